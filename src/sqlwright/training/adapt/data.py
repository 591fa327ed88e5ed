"""What a database is learned from and what it is judged by: its own questions made and verified, and public ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...core import Example, SqlwrightError
from ...data.databases import Databases, OneDatabase
from ...data.demo import DEMO_DB_ID, demo_database_path, demo_examples
from ...data.split import plan_sample, split_examples
from ...db import Database, open_database
from ...sql import normalize
from ...synthesis import SynthesisOptions, synthesize

LEAST_TO_SPLIT = 40  # verified pairs; fewer are all learned from
VERIFIED_RATIO = (0.75, 0.25)
PUBLIC_TEST = 150
DEMO_PAIRS = 300  # synthetic ones beside the demo database's own, where no public data is given


@dataclass(frozen=True, slots=True)
class AdaptData:
    """`learn` and `test` by origin, "verified" and "synthetic"; no statement of `test` is in `learn`.

    `left_out` counts verified pairs by why they are neither.
    """

    learn: Mapping[str, tuple[Example, ...]]
    test: Mapping[str, tuple[Example, ...]]
    left_out: Mapping[str, int]


def gather(
    database: Database,
    *,
    synthetic: int,
    synthetic_test: int,
    pairs: Iterable[Example] = (),
    test: Iterable[Example] = (),
    seed: int = 0,
) -> AdaptData:
    """Make and divide the questions about `database`.

    `pairs` are verified questions of it. `test`, where given, is what the model is judged by, and all pairs are
    learned from; else from LEAST_TO_SPLIT pairs on a quarter is kept apart. Raises SqlwrightError where the database
    gives no question at all.
    """
    left_out: Counter[str] = Counter()
    own = _that_run(pairs, database, left_out)
    kept = _that_run(test, database, left_out)
    statement = partial(_statement, database)
    if not kept and len(own) >= LEAST_TO_SPLIT:
        own, kept = split_examples(own, VERIFIED_RATIO, seed=seed)
    apart = {statement(e) for e in kept}
    questions = {e.question.casefold() for e in kept}
    learned = tuple(e for e in own if statement(e) not in apart and e.question.casefold() not in questions)
    if dropped := len(own) - len(learned):
        left_out["asks what a kept question asks"] += dropped
    options = SynthesisOptions(avoid=(*kept, *learned), style="both")
    made = tuple(synthesize(database, synthetic + synthetic_test, seed, options))
    # Of a small database fewer come than were wanted: then both parts shrink.
    share = synthetic_test / (synthetic + synthetic_test)
    practice, exam = split_examples(made, (1 - share, share), seed=seed)
    apart = {statement(e) for e in exam}
    practice = tuple(e for e in practice if statement(e) not in apart)
    return AdaptData({"verified": learned, "synthetic": practice}, {"verified": kept, "synthetic": exam}, left_out)


@dataclass(frozen=True, slots=True)
class Public:
    """Questions of other databases, so that what the model knew is neither lost nor lost unseen. `name` is shown."""

    name: str
    learn: tuple[Example, ...]
    test: tuple[Example, ...]
    databases: Databases


def public_from(
    name: str, examples: Sequence[Example], databases: Databases, *, test: int = PUBLIC_TEST, seed: int = 0
) -> Public:
    """A data set of the user's; `test` of its questions are kept apart. Raises SqlwrightError."""
    usable = [e for e in examples if e.db_id in databases]
    if not usable:
        raise SqlwrightError(
            f"No question of {name} has its database at hand.", "Pass --databases DIR with <db_id>/<db_id>.sqlite."
        )
    size = min(test, len(usable) // 2)
    apart = plan_sample(usable, size, seed=seed) if size else [False] * len(usable)
    learn = tuple(e for e, kept in zip(usable, apart, strict=True) if not kept)
    return Public(name, learn, tuple(e for e, kept in zip(usable, apart, strict=True) if kept), databases)


def public_from_demo(target: str, seed: int = 0) -> Public | None:
    """What there is without any download: the demo database's questions, and synthetic ones about it.

    None where `target` is that database.
    """
    path = str(demo_database_path())
    test = demo_examples("en", "dev")
    with open_database(path) as database, open_database(target) as own:
        if own.schema().fingerprint() == database.schema().fingerprint():
            return None
        made = synthesize(database, DEMO_PAIRS, seed, SynthesisOptions(avoid=test, style="both"))
        learn = (*demo_examples("en", "train"), *(replace(e, db_id=DEMO_DB_ID) for e in made))
    return Public("demo database's questions", learn, test, OneDatabase(path, DEMO_DB_ID))


def _that_run(examples: Iterable[Example], database: Database, left_out: Counter[str]) -> tuple[Example, ...]:
    """Those whose SQL passes the guard and runs, as questions about `database`, each question once."""
    found: dict[Any, Example] = {}
    for example in examples:
        if not example.answerable:
            left_out["marked as not answerable"] += 1
            continue
        outcome = database.run(example.gold_sql)
        if not outcome.ok:
            left_out[outcome.status] += 1
            continue
        key = (example.dialogue_id, example.turn, example.question)
        found.setdefault(key, replace(example, db_id=database.name))
    return tuple(found.values())


def _statement(database: Database, example: Example) -> str:
    return normalize(example.gold_sql, database.dialect)
