"""Which token may come next: the pointer form's grammar as a table-driven LL(1) machine.

A state is a stack of symbols still to be written. One look at the next token's class decides how a symbol unfolds, so
the tokens allowed next are found without trying any.
"""

from __future__ import annotations

from functools import cache, lru_cache

from .tokens import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    INSTANCES,
    OUTPUTS,
    SET_OPERATORS,
    WORDS,
    ColumnPointer,
    TablePointer,
    Token,
)

TABLE, COLUMN, VALUE = "<table>", "<column>", "<value>"
Stack = tuple[str, ...]

_WORD_CLASS = {
    **dict.fromkeys(AGGREGATES, "aggregate"),
    **dict.fromkeys(ARITHMETIC, "arithmetic"),
    **dict.fromkeys(FUNCTIONS, "function"),
    **dict.fromkeys(COMPARISONS, "comparison"),
    **dict.fromkeys(SET_OPERATORS, "set"),
    **dict.fromkeys(OUTPUTS, "output"),
    **dict.fromkeys(INSTANCES, "instance"),
}
TERMINALS = frozenset({*(_WORD_CLASS.get(w, w) for w in WORDS), TABLE, COLUMN, VALUE})

# Each line: a symbol and its alternatives; "" is the empty one. Lower-case words are terminals.
_RULES = """
Query: select Distinct Items From Where Group Having Order Limit end | set Query Query
Distinct: distinct |
Items: Expression MoreItems
MoreItems: Expression MoreItems |
From: from Source Sources |
Sources: Source Sources |
Source: <table> Instance | left <table> Instance | on <column> Instance <column> Instance | source Query
Where: where Condition |
Condition: Part MoreParts
MoreParts: and Part MoreParts | or Part MoreParts |
Part: ( Condition ) | not Part | exists Query | Expression Rest
Rest: comparison Expression | between Expression Expression | null | in Members
Members: Query | Constant MoreConstants
MoreConstants: Constant MoreConstants |
Constant: <value> | one
Expression: <column> Instance | <table> Instance | Constant | output | aggregate Distinct Expression |\
 arithmetic Expression Expression | function Expression | Query
Instance: instance |
Group: group Items |
Having: having Condition |
Order: order Ordering MoreOrderings |
Ordering: Expression Direction
MoreOrderings: Ordering MoreOrderings |
Direction: desc |
Limit: limit Constant |
"""


def _read_rules(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    rules = {}
    for line in text.replace("\\\n", "").strip().splitlines():
        symbol, _, alternatives = line.partition(":")
        rules[symbol] = tuple(tuple(a.split()) for a in alternatives.split("|"))
    return rules


RULES = _read_rules(_RULES)
START: Stack = ("Query",)


@cache
def _first(symbol: str) -> frozenset[str]:
    """The terminals a symbol can begin with; "" where it can be empty."""
    if symbol in TERMINALS:
        return frozenset({symbol})
    found: set[str] = set()
    for alternative in RULES[symbol]:
        found |= _first(alternative[0]) if alternative else {""}
    return frozenset(found)


def class_of(token: Token) -> str:
    if isinstance(token, str):
        return _WORD_CLASS.get(token, token)
    return TABLE if isinstance(token, TablePointer) else COLUMN if isinstance(token, ColumnPointer) else VALUE


@lru_cache(maxsize=65536)
def allowed(stack: Stack) -> frozenset[str]:
    """Classes of the tokens that may come next; empty when the query is finished."""
    found: set[str] = set()
    for symbol in reversed(stack):
        first = _first(symbol)
        found |= first - {""}
        if "" not in first:
            break
    return frozenset(found)


@lru_cache(maxsize=65536)
def advance(stack: Stack, terminal: str) -> Stack:
    """The stack after a token of class `terminal`. Raises ValueError where it is not allowed."""
    work = list(stack)
    while work:
        symbol = work.pop()
        if symbol == terminal:
            return tuple(work)
        if symbol in TERMINALS:
            break
        for alternative in RULES[symbol]:
            if alternative and terminal in _first(alternative[0]):
                work.extend(reversed(alternative))
                break
        else:
            if () not in RULES[symbol]:
                break
    raise ValueError(f"{terminal!r} is not allowed after this; allowed: {', '.join(sorted(allowed(stack)))}.")
