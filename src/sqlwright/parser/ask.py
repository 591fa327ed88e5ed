"""From a question and a schema to queries in SQL, best first."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Hints, Profile, Schema, Turn
from .asked import as_asked
from .choose import Scored
from .decode import search
from .evidence import penalty
from .graph_cache import BUILT_IN
from .layout import lay_out
from .left_out import left_out
from .linear import SequenceError, delinearize
from .runtime import Network, PreparedSchema
from .select import choose_items
from .to_sql import Reading, render_form
from .tokens import ColumnPointer, TablePointer, Token

BEAM = 5
TABLE_PRICE = 0.5  # in log probability: where a name stands in several tables, the query with fewer is meant more often
LEFT_OUT = 0.7  # in log probability: for each part of the question that `left_out` finds
UNLIKELY = -20.0  # in log probability: a query below it is not an answer but a search that ran out of ways
MAX_PREPARED = 8  # schemas kept ready


@dataclass(frozen=True, slots=True)
class Queries:
    """`queries` best first: by log probability less TABLE_PRICE for every table after the first and `evidence.penalty`.

    `refusal` is the probability that the schema does not hold the answer.
    """

    queries: tuple[Scored, ...]
    refusal: float
    tokens: int

    @property
    def refused(self) -> bool:
        return self.refusal > 0.5 or not self.queries or self.queries[0].score < UNLIKELY


class ParserModel:
    """A network in a folder, ready to be asked. Raises NotFoundError, DataError."""

    def __init__(self, folder: Path = BUILT_IN, threads: int = 0) -> None:
        self.network = Network(folder, threads)
        self._prepared: dict[int, tuple[Schema, PreparedSchema]] = {}
        self._preparing = threading.Lock()

    def ask(
        self,
        question: str,
        schema: Schema,
        hints: Hints,
        history: Sequence[Turn] = (),
        *,
        beam: int = BEAM,
        profile: Profile = Profile(),  # noqa: B008
    ) -> Queries:
        """`schema` with samples (`candidates.MAX_CODES` + 1 a column); `hints` as linking finds them."""
        prepared, reading = self.prepare(schema, profile), Reading.of(profile)
        last = _last_query(history, schema, profile, reading)
        chosen = choose_items(prepared.text, question, hints, last, self.network.pieces)
        layout = lay_out(
            question, prepared.text, hints, self.network.pieces, history=history, last_query=last, chosen=chosen
        )
        found = search([layout], self.network.stepper(layout, prepared), beam=beam)[0]
        queries = []
        for hypothesis in found.hypotheses:
            if not hypothesis.answerable:
                continue
            try:
                query = as_asked(delinearize(hypothesis.tokens), question, schema, profile)
                sql = render_form(query, schema, reading=reading)
            except (SequenceError, ValueError):  # a limit that is not a whole number, a date that does not exist
                continue
            score = hypothesis.score - TABLE_PRICE * (_tables(hypothesis.tokens) - 1)
            missed = left_out(layout, question, hypothesis.tokens, hints)
            score -= penalty(layout, question, hypothesis.tokens, sql) + LEFT_OUT * len(missed)
            queries.append(Scored(sql, score, missed))
        queries.sort(key=lambda q: -q.score)
        tokens = max((len(h.tokens) for h in found.hypotheses), default=0)
        return Queries(tuple(queries), math.exp(min(0.0, found.refusal)), tokens)

    def prepare(self, schema: Schema, profile: Profile = Profile()) -> PreparedSchema:  # noqa: B008
        """The schema read once; the last few are kept."""
        # By identity: comparing two schemas of a thousand tables takes longer than a question. The schema is kept
        # with what was made of it, so that its place in memory is not another's meanwhile.
        with self._preparing:
            known = self._prepared.get(id(schema))
            if known is None:
                while len(self._prepared) >= MAX_PREPARED:
                    del self._prepared[next(iter(self._prepared))]
                known = self._prepared[id(schema)] = (schema, self.network.prepare(schema, profile))
            return known[1]


def _last_query(history: Sequence[Turn], schema: Schema, profile: Profile, reading: Reading) -> tuple[Token, ...]:
    if not any(turn.sql for turn in history):
        return ()
    from .rows import last_query  # slow import, for follow-ups only

    return last_query(history, schema, profile, reading.today)


def _tables(tokens: Sequence[Token]) -> int:
    """How many tables a query names, at least one."""
    return max(1, len({t.table for t in tokens if isinstance(t, (TablePointer, ColumnPointer))}))
