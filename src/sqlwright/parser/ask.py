"""From a question and a schema to queries in SQL, best first."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Hints, Profile, Schema, Turn
from ..core.meaning import NO_MEANING, Meaning, Meant
from ..meaning.match import with_calendar_periods
from .asked import as_asked
from .asked.conditions import with_asked_conditions
from .asked.repetition import without_repeated_conditions
from .asked.shown import with_shown_columns
from .choose import Scored
from .decode import Hypothesis, search
from .definitions import Defined, about, define, expanded, unnamed, with_asserted
from .doubts import doubts
from .evidence import MIN_VALUE_CHARS, penalty
from .fiscal import in_fiscal_periods
from .graph_cache import BUILT_IN
from .layout import Layout, lay_out
from .left_out import SURE_MATCHES, WHOLE_NAME, left_out
from .linear import SequenceError, delinearize, linearize
from .runtime import Network, PreparedSchema
from .select import choose_items
from .to_sql import Reading, render_form
from .tokens import ColumnPointer, TablePointer, Token

BEAM = 5
TABLE_PRICE = 0.5  # in log probability: where a name stands in several tables, the query with fewer is meant more often
LEFT_OUT = 0.7  # in log probability: for each part of the question that `left_out` finds
ADDED = 0.5  # in log probability: for conditions that the network forgot and `with_asked_conditions` adds
UNLIKELY = -20.0  # in log probability: a query below it is not an answer but a search that ran out of ways
MOST_REFUSAL = 0.5  # the probability of a refusal above which the question is refused
MOST_REFUSAL_NAMED = 0.85  # the same where NAMED words of the question are names or values of the database
NAMED = 2
MAX_PREPARED = 8  # schemas kept ready


@dataclass(frozen=True, slots=True)
class Queries:
    """`queries` best first: by log probability less TABLE_PRICE for every table after the first and `evidence.penalty`.

    `refusal` is the probability that the schema does not hold the answer; above `most_refusal` it counts.
    """

    queries: tuple[Scored, ...]
    refusal: float
    tokens: int
    most_refusal: float = MOST_REFUSAL

    @property
    def refused(self) -> bool:
        return self.refusal > self.most_refusal or not self.queries or self.queries[0].score < UNLIKELY


class ParserModel:
    """A network in a folder, ready to be asked. Raises NotFoundError, DataError."""

    def __init__(self, folder: Path = BUILT_IN, threads: int = 0) -> None:
        self.network = Network(folder, threads)
        self._prepared: dict[int, tuple[Schema, PreparedSchema]] = {}
        self._defined: dict[tuple[int, int], tuple[Schema, Meaning, Defined]] = {}
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
        meaning: Meaning = NO_MEANING,
        meant: Sequence[Meant] = (),
    ) -> Queries:
        """`schema` with samples (`candidates.MAX_CODES` + 1 a column); `hints` as linking finds them.

        The definitions of `meaning` that the question names are columns for the network; `meant` are its mentions.
        """
        question_as_asked, question = question, with_calendar_periods(question, meant)
        defined = about(question_as_asked, meant, self._define(schema, profile, meaning), meaning, schema)
        prepared, reading = self.prepare(defined.schema, defined.profile), Reading.of(profile)
        last = _last_query(history, schema, profile, reading)
        chosen = choose_items(prepared.text, question, hints, last, self.network.pieces, unnamed(defined, hints))
        layout = lay_out(
            question, prepared.text, hints, self.network.pieces, history=history, last_query=last, chosen=chosen
        )
        found = search([layout], self.network.stepper(layout, prepared), beam=beam)[0]
        queries = []
        for hypothesis in found.hypotheses:
            if not hypothesis.answerable:
                continue
            try:
                queries.append(
                    self._scored(hypothesis, layout, question, schema, hints, profile, defined, meaning, meant)
                )
            except (SequenceError, ValueError):  # a limit that is not a whole number, a date that does not exist
                continue
        queries.sort(key=lambda q: -q.score)
        tokens = max((len(h.tokens) for h in found.hypotheses), default=0)
        refusal = math.exp(min(0.0, found.refusal))
        return Queries(
            tuple(queries),
            refusal,
            tokens,
            MOST_REFUSAL_NAMED if _mentioned(question, hints) >= NAMED else MOST_REFUSAL,
        )

    @staticmethod
    def _scored(
        hypothesis: Hypothesis,
        layout: Layout,
        question: str,
        schema: Schema,
        hints: Hints,
        profile: Profile,
        defined: Defined,
        meaning: Meaning,
        meant: Sequence[Meant],
    ) -> Scored:
        """The query of a hypothesis, as the question and the profile settle it. Raises SequenceError, ValueError."""
        tokens = hypothesis.tokens
        query = with_asserted(expanded(delinearize(tokens), defined), tokens, defined)
        query = as_asked(query, question, schema, profile, hints)
        query = with_shown_columns(query, hints, meaning)
        missed = left_out(layout, question, tokens, hints)
        whole = with_asked_conditions(query, missed, question, hints, profile)
        added = 0.0
        if whole != query:
            query, tokens, added = whole, linearize(whole), ADDED
            missed = left_out(layout, question, tokens, hints)
        query = in_fiscal_periods(without_repeated_conditions(query), meant, schema, profile)
        sql = render_form(query, schema, reading=Reading.of(profile))
        score = hypothesis.score - added - TABLE_PRICE * (_tables(tokens) - 1)
        score -= penalty(layout, question, tokens, sql) + LEFT_OUT * len(missed)
        score -= doubts(query, question, hints, schema, profile)
        return Scored(sql, score, missed)

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

    def _define(self, schema: Schema, profile: Profile, meaning: Meaning) -> Defined:
        """The schema with its definitions, kept like `prepare`, since `prepare` knows a schema by its identity."""
        if not meaning:
            return Defined(schema, profile)
        key = id(schema), id(meaning)
        with self._preparing:
            if key not in self._defined:
                while len(self._defined) >= MAX_PREPARED:
                    del self._defined[next(iter(self._defined))]
                self._defined[key] = (schema, meaning, define(schema, profile, meaning))
            return self._defined[key][2]


def _mentioned(question: str, hints: Hints) -> int:
    """How many different words of the question are names of the schema, or stored values, word for word."""
    names = {m.mention for m in hints.names if m.score >= WHOLE_NAME}
    values = {m.mention for m in hints.values if m.kind in SURE_MATCHES and len(m.mention) >= MIN_VALUE_CHARS}
    return len(names | values)


def _last_query(history: Sequence[Turn], schema: Schema, profile: Profile, reading: Reading) -> tuple[Token, ...]:
    if not any(turn.sql for turn in history):
        return ()
    from .rows import last_query  # slow import, for follow-ups only

    return last_query(history, schema, profile, reading.today)


def _tables(tokens: Sequence[Token]) -> int:
    """How many tables a query names, at least one."""
    return max(1, len({t.table for t in tokens if isinstance(t, (TablePointer, ColumnPointer))}))
