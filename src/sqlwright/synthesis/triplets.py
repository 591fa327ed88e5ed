"""Question, context and answer by a strong model: each context is built and each answer run before it counts.

A sideways import of `data`: a triplet is a row with its own context, and one place builds databases from those.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import DataError, Example, GenerationError, Message, QueryLimits, Schema, SqlwrightError
from ..core.fold import fold
from ..data.row_database import build_database, read_context
from ..prompts import Prompt
from ..sql import extract_sql

if TYPE_CHECKING:
    from ..generation import Generator, Sampling

PROMPTS_PER_TRIPLET = 3  # asked at most, for each triplet that is wanted
_LIMITS = QueryLimits(timeout_s=2.0)
_KEYS = {
    "question": ("question", "sql_prompt", "query_question"),
    "context": ("context", "schema", "ddl", "sql_context"),
    "answer": ("answer", "sql", "query"),
}
_TASK = """Write an example for training a model that answers questions with SQL: a question, a context and an answer.

- question: what a person wants to know from a database, without the names of its tables.
- context: CREATE TABLE statements, and nothing else, for the tables that the question needs, with their keys.
- answer: one SQLite SELECT statement over these tables that answers the question.

Reply with one JSON object with the keys "question", "context" and "answer"."""
_ONE_SHOT = {
    "question": "Which three lakes did the most volunteers clean in 2023, and how many bags did they fill at each?",
    "context": "CREATE TABLE lake (lake_id INTEGER PRIMARY KEY, name TEXT, region TEXT);\n"
    "CREATE TABLE cleaning (cleaning_id INTEGER PRIMARY KEY, lake_id INTEGER, held_on DATE, volunteers INTEGER, "
    "bags INTEGER, FOREIGN KEY (lake_id) REFERENCES lake (lake_id));",
    "answer": "SELECT l.name, SUM(c.bags) FROM cleaning AS c JOIN lake AS l ON l.lake_id = c.lake_id "
    "WHERE c.held_on BETWEEN '2023-01-01' AND '2023-12-31' GROUP BY l.lake_id, l.name "
    "ORDER BY SUM(c.volunteers) DESC LIMIT 3",
}
_SUBJECTS = (
    "a library|a hospital ward|a bus company|a vineyard|a film archive|a chess league|a hardware shop|an airport|"
    "a research grant office|a bakery chain|a museum|a housing association|a fishing port|a power grid|a music school|"
    "an online course|a parcel service|a zoo|a law firm|a weather network|a football club|a recycling plant|a hotel|"
    "a newspaper|a seed bank|a tax office|a car repair shop|a theatre|a blood bank|a mobile network"
).split("|")
_DEMANDS = (
    "a filter on one table|a join of two tables|groups and a count|groups with a condition on them|a ranking|"
    "something that has no counterpart in another table|a comparison with an average|a date range|three tables|"
    "a share or a difference"
).split("|")


@dataclass(frozen=True, slots=True)
class Triplet:
    question: str
    context: str
    answer: str


def generate_triplets(
    generator: Generator,
    n: int,
    *,
    seed: int = 0,
    batch_size: int = 10,
    sampling: Sampling | None = None,
    rejections: Counter[str] | None = None,
) -> Iterator[Example]:
    """Up to `n` Examples that carry their schema as `ddl`; why others were left out is counted in `rejections`.

    Asks for at most PROMPTS_PER_TRIPLET texts per wanted one. Raises what `generator` raises where no prompt can
    succeed.
    """
    from ..generation import Sampling

    rejections = Counter() if rejections is None else rejections
    sampling = sampling or Sampling(temperature=0.8, max_new_tokens=1024)
    rng = random.Random(seed)  # noqa: S311
    seen: set[str] = set()
    asked = 0
    while len(seen) < n and asked < n * PROMPTS_PER_TRIPLET:
        size = min(batch_size, n - len(seen), n * PROMPTS_PER_TRIPLET - asked)
        asked += size
        for text in _texts(generator, [triplet_prompt(rng) for _ in range(size)], sampling):
            for example in _examples(text, rejections):
                if fold(example.question) in seen:
                    rejections["repeated"] += 1
                elif len(seen) < n:
                    seen.add(fold(example.question))
                    yield Example(
                        f"triplet-{seed}-{len(seen)}", "", example.question, example.gold_sql, ddl=example.ddl
                    )


def triplet_prompt(rng: random.Random) -> Prompt:
    """The task with one example as an earlier turn; subject and demand change, so that the answers do."""
    subject, demand = rng.choice(_SUBJECTS), rng.choice(_DEMANDS)
    asked = f"{_TASK}\n\nSubject: {subject}. The query needs {demand}."
    first = f"{_TASK}\n\nSubject: lakes and the people who clean them. The query needs a ranking."
    messages = (
        Message("user", first),
        Message("assistant", json.dumps(_ONE_SHOT, indent=2)),
        Message("user", asked),
    )
    return Prompt(asked, Schema("", "sqlite", ()), messages, preset="triplets")


def _texts(generator: Generator, prompts: list[Prompt], sampling: Sampling) -> list[str | None]:
    from ..generation import SomeFailedError

    try:
        return [found[0].text if found else None for found in generator.generate(prompts, sampling)]
    except SomeFailedError as error:
        return [None if isinstance(r, GenerationError) or not r else r[0].text for r in error.results]


def _examples(text: str | None, rejections: Counter[str]) -> Iterator[Example]:
    if text is None:
        rejections["no_answer"] += 1
        return
    triplets, faults = read_triplets(text)
    rejections.update(faults)
    for triplet in triplets:
        fault = check_triplet(triplet)
        if fault:
            rejections[fault] += 1
        else:
            yield Example("", "", triplet.question, triplet.answer, ddl=triplet.context)


def read_triplets(text: str) -> tuple[list[Triplet], list[str]]:
    """The triplets in a model's text, be they alone, in a list, in a fence or among prose; and what was wrong."""
    found = list(_objects(text))
    if not found:
        return [], ["no_json"]
    triplets, faults = [], []
    for row in found:
        values = {key: _field(row, names) for key, names in _KEYS.items()}
        if all(values.values()):
            triplets.append(Triplet(values["question"], values["context"], extract_sql(values["answer"]) or ""))
        else:
            faults.append("field_missing")
    return triplets, faults


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every outermost JSON object in `text`; a raw line break within a string is let pass."""
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            row, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(row, dict):
            inner = [v for value in row.values() if isinstance(value, list) for v in value if isinstance(v, dict)]
            yield from inner or [row]
        at = text.find("{", end)


def _field(row: dict[str, Any], names: tuple[str, ...]) -> str:
    folded = {str(key).strip().lower(): value for key, value in row.items()}
    for name in names:
        value = folded.get(name)
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            value = "\n".join(value)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def check_triplet(triplet: Triplet) -> str:
    """Why not to keep it, "" for a sound one: its database is built in SQLite and the answer runs under the guard.

    `data.row_database` says what of the context is read and that nothing else in it is ever executed.
    """
    try:
        context = read_context(triplet.context)
    except DataError:
        return "context_unreadable"
    with tempfile.TemporaryDirectory(prefix="sqlwright-") as folder:
        path = Path(folder) / "context.sqlite"
        try:
            build_database(context, path)
        except DataError:
            return "context_fails"
        return _run(path, triplet.answer)


def _run(path: Path, sql: str) -> str:
    from ..db import open_database

    try:
        with open_database(path) as database:
            outcome = database.run(sql, _LIMITS)
    except SqlwrightError:
        return "context_fails"
    return (
        ""
        if outcome.ok
        else {"refused": "answer_refused", "timeout": "answer_slow"}.get(outcome.status, "answer_fails")
    )
