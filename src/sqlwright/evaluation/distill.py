"""Training rows from a model's own answers that ran and that most of its samples agree on (rejection sampling)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core import Example
from ..core.fold import fold
from ..data.prompting import Context
from ..generation import Generator, Sampling
from ..inference import Decision, InferenceOptions, Question, infer_all
from ..sql import normalize

if TYPE_CHECKING:
    from ..db import Database

BATCH = 16  # questions at once


@dataclass(frozen=True, slots=True)
class DistillOptions:
    """`samples` answers a question, of which `agreement` (0 to 1) have to give the same rows.

    `avoid` are the examples whose questions and statements, compared in normal form, are left out.
    """

    samples: int = 8
    temperature: float = 0.8
    agreement: float = 0.5
    max_new_tokens: int = 256
    avoid: tuple[Example, ...] = field(default=())


def distill(
    generator: Generator,
    database: Database,
    db_id: str,
    questions: Sequence[str],
    seed: int = 0,
    options: DistillOptions | None = None,
    rejections: Counter[str] | None = None,
) -> Iterator[Example]:
    """Examples of `questions` whose answer ran, gave rows and was agreed on; why others were left out is counted.

    A result without rows is left out: many wrong queries give it. Raises what `generator` raises where no prompt can
    succeed.
    """
    options = options or DistillOptions()
    rejections = Counter() if rejections is None else rejections
    how = InferenceOptions(
        sampling=Sampling(options.temperature, max_new_tokens=options.max_new_tokens, seed=seed, n=options.samples),
        repairs=0,
    )
    context = Context.of(database, how.context_of(generator))
    seen = {fold(e.question) for e in options.avoid}
    statements = {normalize(e.gold_sql, database.dialect) for e in options.avoid if e.gold_sql}
    asked = []
    for question in questions:
        if fold(question) in seen:
            rejections["known_question"] += 1
        else:
            seen.add(fold(question))
            asked.append(question)
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        given = [Question(text, context, database.run) for text in batch]
        for number, found in enumerate(infer_all(given, generator, how), start):
            if reason := _why_not(found, options.agreement):
                rejections[reason] += 1
                continue
            assert isinstance(found, Decision)
            if normalize(found.sql, database.dialect) in statements:
                rejections["known_sql"] += 1
            else:
                yield Example(f"own-{db_id}-{number}", db_id, asked[number], found.sql)


def _why_not(found: object, agreement: float) -> str:
    if not isinstance(found, Decision) or found.kind != "query" or not found.attempts:
        return "no_query"
    if not found.ok:
        return "fails"
    table = found.attempts[-1].outcome.table
    if table is None or not table.rows:
        return "no_rows"
    return "" if found.agreement >= agreement else "no_agreement"
