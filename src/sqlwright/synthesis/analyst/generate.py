"""Analyst questions about one database: asked at random, run, and kept where the answer depends on what was asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...core import Outcome, Profile, QueryLimits, Schema
from ...core.language import Language
from ...db import Database
from ...parser.form import Query, Select
from ...parser.joins import derive, join_graph
from ...parser.to_sql import Reading, render_form
from ...parser.walk import columns_of
from ..check import selects
from ..concepts import Concepts
from .asked import Asked
from .asker import Asker
from .follow_ups import follow_up
from .intents import INTENTS
from .surface import typed

MAX_ROWS = 3_000  # a question whose answer is longer is not one that people ask
FOLLOW_UP = "follow_up"  # the kind of questions that go on from another one
TRIES = 12  # questions drawn for one that is kept


@dataclass(frozen=True, slots=True)
class AnalystPair:
    """A question with its query, as a form and as SQL. `kind` is the name of the intent.

    A follow-up has the pair `before` it, without which its question means nothing.
    """

    question: str
    query: Query
    sql: str
    kind: str
    language: Language
    before: AnalystPair | None = None


def generate(
    database: Database,
    schema: Schema,
    concepts: Concepts,
    profile: Profile,
    count: int,
    rng: random.Random,
    language: Language = "en",
    *,
    follow_ups: float = 0.0,
    limits: QueryLimits = QueryLimits(timeout_s=2.0),  # noqa: B008
    rejected: Counter[str] | None = None,
) -> Iterator[AnalystPair]:
    """At most `count` different pairs. `schema` has the inferred keys; `rejected` counts why questions were dropped.

    `follow_ups` is how often a question goes on from the one before it, in [0, 1].
    """
    runner = _Runner(database, schema, profile, limits)
    ranges = _ranges(profile)
    seen: set[str] = set()
    last: AnalystPair | None = None
    dropped: Counter[str] = Counter() if rejected is None else rejected
    for _ in range(count * TRIES):
        if len(seen) >= count:
            return
        asker = Asker(concepts, language, rng, ranges)
        before = last if last and rng.random() < follow_ups else None
        last = None
        if before:
            kind, asked = FOLLOW_UP, follow_up(asker, before.query)
        else:
            intent = rng.choices([i for i, _ in INTENTS], [w for _, w in INTENTS])[0]
            kind, asked = intent.__name__, intent(asker)
        if asked is None:
            dropped["nothing to ask"] += 1
            continue
        question = typed(asked.question, asker.chinese, rng, openings=before is None)
        known = question.casefold() if before is None else f"{before.question}\n{question}".casefold()
        reason = runner.rejection(asked)
        if reason or known in seen:
            dropped[reason or "repeated"] += 1
            continue
        seen.add(known)
        last = AnalystPair(question, asked.query, runner.sql(asked.query), kind, language, before)
        yield last


def _ranges(profile: Profile) -> Mapping[tuple[str, str], tuple[float | None, float | None]]:
    return {place: (_number(column.lowest), _number(column.highest)) for place, column in profile.columns.items()}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class _Runner:
    """Runs queries on one database, each statement once."""

    def __init__(self, database: Database, schema: Schema, profile: Profile, limits: QueryLimits) -> None:
        self.database, self.schema, self.limits = database, schema, limits
        self.reading = Reading.of(profile)
        self._known: dict[str, Outcome] = {}

    def sql(self, query: Query) -> str:
        return render_form(query, self.schema, reading=self.reading)

    def run(self, query: Query) -> Outcome:
        sql = self.sql(query)
        if sql not in self._known:
            if len(self._known) > 2_000:
                self._known.clear()
            self._known[sql] = self.database.run(sql, self.limits)
        return self._known[sql]

    def rejection(self, asked: Asked) -> str:
        """Why the question is not worth asking; "" for one to keep."""
        if self._crosses(asked.query):
            return "cross join"
        outcome = self.run(asked.query)
        if outcome.table is None:
            return "not run"
        rows = outcome.table.rows
        if not rows or all(v in (None, 0, "") for row in rows for v in row):
            return "empty"
        if len(rows) > MAX_ROWS:
            return "long"
        if isinstance(asked.query, Select) and self._idle(asked.query, rows):
            return "idle condition"
        return ""

    def _crosses(self, query: Query) -> bool:
        graph = join_graph(self.schema)
        for select in selects(query):
            needed = [*(c.table for c in columns_of(select)), *select.tables]
            if any(not step.on for step in derive(needed, select.on, graph)[1:]):
                return True
        return False

    def _idle(self, query: Select, rows: Sequence[object]) -> bool:
        """Whether the condition of WHERE changes nothing."""
        if query.where is None:
            return False
        tables = tuple(dict.fromkeys((*query.tables, *(c.table for c in columns_of(query)))))
        without = self.run(replace(query, where=None, tables=tables))
        return without.table is not None and sorted(map(repr, without.table.rows)) == sorted(map(repr, rows))
