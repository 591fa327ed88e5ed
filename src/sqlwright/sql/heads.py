"""How many queries a text has, counted in its tokens, to hold the parser's tree against.

A query begins with SELECT, or in DuckDB with FROM: `FROM t`, `FROM t SELECT a`, `(FROM t)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lexer import Token

_NOTHING = Token("op", "", 0, 0)


@dataclass
class _Level:
    """Inside one pair of brackets. `is_query`: a FROM there may begin a query, and is not part of a call."""

    is_query: bool
    from_first: bool = False
    selected: bool = False


def count_queries(tokens: Sequence[Token], *, from_first: bool) -> int:
    """The SELECTs of the text and, with `from_first`, the queries that are written without the word."""
    count = sum(t.kind == "word" and t.value.lower() == "select" for t in tokens)
    return count + _without_select(tokens) if from_first else count


def _without_select(tokens: Sequence[Token]) -> int:
    found = 0
    levels = [_Level(is_query=True)]
    before: tuple[Token, Token] = (_NOTHING, _NOTHING)
    for token, after in zip(tokens, (*tokens[1:], _NOTHING), strict=True):
        word = token.value.lower() if token.kind == "word" else ""
        level = levels[-1]
        if token.kind == "op" and token.value in "([{":
            levels.append(_Level(_begins_query(token, before[1], after)))
        elif token.kind == "op" and token.value in ")]}":
            found += level.from_first and not level.selected
            levels = levels[:-1] or [_Level(is_query=True)]
        elif word in ("union", "intersect", "except") and before[1].value != "*":
            found += level.from_first and not level.selected
            levels[-1] = _Level(is_query=True)
        elif word == "select":
            level.selected = True
        elif word == "from" and level.is_query and not level.selected:
            level.from_first = True
        before = (before[1], token)
    return found + sum(level.from_first and not level.selected for level in levels)


def _begins_query(bracket: Token, before: Token, after: Token) -> bool:
    """Not `trim(FROM b)`."""
    called = before.kind == "word" and before.value.lower() == "trim"
    return bracket.value == "(" and not called and after.kind == "word" and after.value.lower() in ("from", "with")
