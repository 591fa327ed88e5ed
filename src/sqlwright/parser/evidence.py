"""What speaks against a query without running it: words of the question it leaves out, joins without a condition.

The network scores tokens one after the other and can forget a condition. Periods, numbers and stored values that the
question names are known beforehand, so a query that uses none of them is less likely than its score says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .layout import Layout
from .tokens import ColumnPointer, Token, ValuePointer

# In log probability, each.
UNUSED_PERIOD = 1.5
UNUSED_VALUE = 1.0
UNUSED_NUMBER = 0.7
CROSS_JOIN = 2.5
TOTAL_OF_KEY = 1.5
TOTAL_PER_KEY = 2.0  # "average delay by carrier" asks for the mean of each carrier's rows, not for a total over a count
MIN_VALUE_CHARS = 3  # a shorter stored value is a common word now and then


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the question, in characters, and the constants that it may mean."""

    kind: str
    start: int
    end: int
    tokens: frozenset[Token]


def unused(layout: Layout, question: str, query: Sequence[Token]) -> list[Mention]:
    """The periods, stored values and numbers that the question names and `query` does not use."""
    taken = used(layout, query)
    return [
        m
        for m in _mentions(layout)
        if m not in taken and not any(_overlap(m, t) for t in taken) and _counts(m, question)
    ]


def used(layout: Layout, query: Sequence[Token]) -> list[Mention]:
    """The periods, stored values and numbers of the question that `query` uses."""
    tokens = {_key(t) for t in query}
    return [m for m in _mentions(layout) if m.tokens & tokens]


def penalty(layout: Layout, question: str, query: Sequence[Token], sql: str) -> float:
    """What to take from the log probability of a query, 0 or more."""
    prices = {"period": UNUSED_PERIOD, "value": UNUSED_VALUE, "number": UNUSED_NUMBER}
    left_out = sum(prices[m.kind] for m in longest(unused(layout, question, query)))
    totals = TOTAL_OF_KEY * _totals_of_keys(layout, query) + TOTAL_PER_KEY * _totals_per_key(query)
    return left_out + CROSS_JOIN * sql.count("CROSS JOIN") + totals


def _mentions(layout: Layout) -> Iterator[Mention]:
    for period, (start, end) in layout.period_places.items():
        yield Mention("period", start, end, frozenset({period}))
    for value in layout.candidates:
        if value.start < 0:
            continue
        if value.columns or value.numeric:
            kind = "value" if value.columns else "number"
            yield Mention(kind, value.start, value.end, frozenset({_key(ValuePointer(value.text))}))


def _counts(mention: Mention, question: str) -> bool:
    """Whether leaving a mention out says something: not for 1, or a stored value of two letters."""
    text = question[mention.start : mention.end]
    if mention.kind == "number":
        return text not in ("1", "one", "一")
    code = len(text) == MIN_VALUE_CHARS - 1 and text.isupper()  # "in the US"
    return mention.kind == "period" or len(text) >= MIN_VALUE_CHARS or code or not text.isascii()


def longest(mentions: Sequence[Mention]) -> list[Mention]:
    """Of those that overlap, the longest."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.kind)):
        if not any(_overlap(mention, other) for other in kept):
            kept.append(mention)
    return kept


def _overlap(one: Mention, other: Mention) -> bool:
    return one.start < other.end and other.start < one.end


def _key(token: Token) -> Token:
    if isinstance(token, ValuePointer):
        return ValuePointer(token.text.strip().casefold())  # "Aberdeen " is stored so, and compared without the blank
    return ValuePointer("1") if token == "one" else token  # noqa: S105  (a word of the form)


def _totals_of_keys(layout: Layout, query: Sequence[Token]) -> int:
    """Sums and averages of columns that only identify rows."""
    found = 0
    for word, argument in pairwise(query):
        if word in ("sum", "avg", "median") and isinstance(argument, ColumnPointer):
            profile = layout.text.profile.of(argument.table, argument.column)
            found += profile is not None and profile.role in ("key", "reference", "code")
    return found


def _totals_per_key(query: Sequence[Token]) -> int:
    """Sums divided by a number of different values."""
    form = ("ratio", "sum", None, "count", "distinct")
    places = range(len(query) - len(form) + 1)
    return sum(all(wanted in (None, query[i + n]) for n, wanted in enumerate(form)) for i in places)
