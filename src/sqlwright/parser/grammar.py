"""Which class of token may come next: the pointer form's grammar as a table-driven LL(1) machine.

A state is a stack of symbols still to be written. One look at the next token's class decides how a symbol unfolds, so
the tokens allowed next are found without trying any. Symbols that begin with "@" write nothing: they tell
`well_typed` where in the query the next token stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from .tokens import (
    ARITHMETIC,
    COMPARISONS,
    DATE_PARTS,
    ELAPSED,
    INSTANCES,
    OUTPUTS,
    PERIODS,
    SCALES,
    SET_OPERATORS,
    SPANS,
    WINDOWS,
    WORDS,
    ColumnPointer,
    PeriodPointer,
    TablePointer,
    Token,
)

TABLE, COLUMN, VALUE, PERIOD = "<table>", "<column>", "<value>", "<period>"
UNANSWERABLE = "unanswerable"
Stack = tuple[str, ...]

_WORD_CLASS = {
    **dict.fromkeys(("sum", "avg", "median"), "total"),
    **dict.fromkeys(("min", "max"), "extreme"),
    **dict.fromkeys(ARITHMETIC, "arithmetic"),
    **dict.fromkeys(("lower", "upper"), "case"),
    **dict.fromkeys(("abs", "round"), "rounding"),
    **dict.fromkeys(DATE_PARTS, "part"),
    **dict.fromkeys(PERIODS, "truncation"),
    **dict.fromkeys(SCALES, "scale"),
    **dict.fromkeys(ELAPSED, "elapsed"),
    **dict.fromkeys(WINDOWS, "window"),
    **dict.fromkeys(SPANS, "span"),
    **dict.fromkeys(COMPARISONS, "comparison"),
    **dict.fromkeys(SET_OPERATORS, "set"),
    **dict.fromkeys(OUTPUTS, "output"),
    **dict.fromkeys(INSTANCES, "instance"),
}
TERMINALS = frozenset({*(_WORD_CLASS.get(w, w) for w in WORDS), TABLE, COLUMN, VALUE, PERIOD})

# Each line: a symbol and its alternatives; "" is the empty one. Lower-case words are terminals.
_RULES = """
Whole: Query | unanswerable
Query: select @select Distinct Items From Where Group Having Order Limit end @end |\
 set @set Query @other_side Query @joined
Distinct: distinct |
Items: @item Item @done MoreItems
MoreItems: @item Item @done MoreItems |
Item: <table> Instance | Expression
From: from @from Source Sources |
Sources: Source Sources |
Source: <table> Instance | left <table> Instance | on @on <column> Instance @equal <column> Instance @equated |\
 source @source Query @derived
Where: where @where Condition |
Condition: Part MoreParts
MoreParts: and Part MoreParts | or Part MoreParts |
Part: not Positive | Positive
Positive: ( Condition ) | exists @exists Query @existing | @left Expression @compared Rest
Rest: comparison @right Expression | between @right Expression @right Expression | null | true |\
 span @span <period> | in @members Members
Members: @nested Query @scalar | Constant MoreConstants
MoreConstants: Constant MoreConstants |
Constant: <value> | one
Expression: <column> Instance | Constant | output | Aggregate | now | window @window Aggregate @aggregated @number |\
 arithmetic @operand Expression @other_operand Expression @number | case @textual Expression @text |\
 length @textual Expression @number | rounding @numeric Expression @number | part @dated Expression @number |\
 truncation @dated Expression @date | scale @numeric Expression @number |\
 elapsed @dated Expression @later Expression @number | concat @textual Expression @textual Expression @text |\
 bucket @numeric Expression @bounds Constant MoreConstants @text | @nested Query @scalar
Aggregate: Plain | share @aggregate ( @test Condition ) @tested @aggregated @number |\
 filter @aggregate ( @test Condition ) @tested Plain
Plain: count @aggregate Counted @aggregated @number |\
 total @aggregate @numeric Distinct Expression @aggregated @number |\
 extreme @aggregate Distinct Expression @aggregated
Counted: distinct @any Expression | <table> Instance | @any Expression
Instance: instance |
Group: group @group Items |
Having: having @having Condition |
Order: order @order Ordering MoreOrderings |
Ordering: @item Expression @done Direction
MoreOrderings: Ordering MoreOrderings |
Direction: desc |
Limit: limit @limit Constant Skip Per |
Skip: skip Constant |
Per: per @per Items |
"""


def _read_rules(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    rules = {}
    for line in text.replace("\\\n", "").strip().splitlines():
        symbol, _, alternatives = line.partition(":")
        rules[symbol] = tuple(tuple(a.split()) for a in alternatives.split("|"))
    return rules


RULES = _read_rules(_RULES)
START: Stack = ("Whole",)


class Unfolded(NamedTuple):
    """What a token does to a stack: `before` are the marks passed to reach it, `after` those that follow it at once."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    stack: Stack


@cache
def _first(symbol: str) -> frozenset[str]:
    """The terminals a symbol can begin with; "" where it can be empty."""
    if symbol in TERMINALS:
        return frozenset({symbol})
    found: set[str] = set()
    for alternative in RULES[symbol]:
        first = _begins_with(alternative)
        found |= _first(first) if first else {""}
    return frozenset(found)


def _begins_with(alternative: Sequence[str]) -> str:
    return next((s for s in alternative if not s.startswith("@")), "")


def class_of(token: Token) -> str:
    if isinstance(token, str):
        return _WORD_CLASS.get(token, token)
    if isinstance(token, TablePointer):
        return TABLE
    if isinstance(token, ColumnPointer):
        return COLUMN
    return PERIOD if isinstance(token, PeriodPointer) else VALUE


@lru_cache(maxsize=65536)
def allowed(stack: Stack) -> frozenset[str]:
    """Classes of the tokens that may come next; empty when the query is finished."""
    found: set[str] = set()
    for symbol in reversed(stack):
        if symbol.startswith("@"):
            continue
        first = _first(symbol)
        found |= first - {""}
        if "" not in first:
            break
    return frozenset(found)


def advance(stack: Stack, terminal: str) -> Stack:
    """The stack after a token of class `terminal`. Raises ValueError where it is not allowed."""
    return unfold(stack, terminal).stack


@lru_cache(maxsize=65536)
def unfold(stack: Stack, terminal: str) -> Unfolded:
    """`advance`, with the marks on the way. Raises ValueError where `terminal` is not allowed."""
    work, before = list(stack), []
    while work:
        symbol = work.pop()
        if symbol.startswith("@"):
            before.append(symbol)
        elif symbol == terminal:
            after = []
            while work and work[-1].startswith("@"):
                after.append(work.pop())
            return Unfolded(tuple(before), tuple(after), tuple(work))
        elif symbol in TERMINALS or not _expand(symbol, terminal, work):
            break
    raise ValueError(f"{terminal!r} is not allowed after this; allowed: {', '.join(sorted(allowed(stack)))}.")


def _expand(symbol: str, terminal: str, work: list[str]) -> bool:
    """Push the alternative of `symbol` that leads to `terminal`; False where there is none, not even the empty one."""
    for alternative in RULES[symbol]:
        if alternative and terminal in _first(_begins_with(alternative)):
            work.extend(reversed(alternative))
            return True
    return () in RULES[symbol]


@lru_cache(maxsize=65536)
def least_tokens(stack: Stack) -> int:
    """How many tokens the shortest end of the query takes."""
    return sum(_LEAST[symbol] for symbol in stack)


def _least() -> dict[str, int]:
    """The fewest tokens each symbol can be written with."""
    marks = {s for alternatives in RULES.values() for a in alternatives for s in a if s.startswith("@")}
    least = {**dict.fromkeys(RULES, 1000), **dict.fromkeys(marks, 0), **dict.fromkeys(TERMINALS, 1)}
    changed = True
    while changed:
        changed = False
        for symbol, alternatives in RULES.items():
            found = min(sum(least[s] for s in a) for a in alternatives)
            changed |= found < least[symbol]
            least[symbol] = min(found, least[symbol])
    return least


_LEAST = _least()
