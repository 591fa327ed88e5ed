"""SQL text to trees, with a budget: reading ends after a number of steps that grows with the text alone.

sqlglot tries one reading of a text after another, so its time can double with each level: 30 calls of `char(` inside
one another take hours. Every text that a model wrote is therefore parsed here, and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ..core import Checked, Dialect

if TYPE_CHECKING:
    from sqlglot import exp

MAX_CHARACTERS = 64 * 1024
# A step is a move of the parser to another token. Spider's and BIRD's gold queries take at most 2.6 a token; a step
# takes about 20 microseconds, so these are 40 ms for a short text and about 10 s for the longest.
STEPS, STEPS_PER_TOKEN = 2_000, 20
# The parser walks through a whole operand again for each subscript or method call behind it: `a[1][1]...` takes 0.2 s
# for 100. Operands of a few tokens cost nothing to speak of.
MAX_REPEATED, SHORT_OPERAND = 15_000, 8
# What the parser raises for a text that it was not written for.
_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class UnreadableError(ValueError):
    """The text is not SQL of the dialect; the message is the parser's."""


class TooCostlyError(UnreadableError):
    """Reading the text takes more than its budget."""


class _OutOfStepsError(Exception):
    """Not a ParseError or ValueError: the parser takes those for a reason to try another reading."""


def read(text: str, dialect: Dialect) -> tuple[Sequence[Any], Sequence[exp.Expr | None]]:
    """The tokens and trees of `text`. Raises UnreadableError, TooCostlyError among them, and RecursionError."""
    from sqlglot.dialects.dialect import Dialect as Grammar
    from sqlglot.errors import SqlglotError

    if len(text) > MAX_CHARACTERS:
        raise TooCostlyError(f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.")
    # It warns of statements that it cannot parse; whoever asked gets the reason.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    grammar = Grammar.get_or_raise(dialect)
    try:
        tokens = grammar.tokenize(text)
        if _repeated(tokens) > MAX_REPEATED:
            raise TooCostlyError("There are too many subscripts or method calls behind one another.")
        return tokens, _parser(dialect, len(tokens)).parse(tokens, text)
    except TooCostlyError:
        raise
    except _OutOfStepsError:
        raise TooCostlyError("It is nested in a way that has too many readings.") from None
    except SqlglotError as error:
        raise UnreadableError(next(iter(str(error).splitlines()), "")[:200]) from None
    except _FAILURES:
        raise UnreadableError("the parser cannot read it") from None


def read_first(text: str, dialect: Dialect) -> exp.Expr:
    """The tree of the first statement. Raises UnreadableError where there is none, or one nested too deep."""
    try:
        trees = read(text, dialect)[1]
    except RecursionError:
        raise TooCostlyError("It is nested too deep.") from None
    if not trees or trees[0] is None:
        raise UnreadableError("there is no statement")
    return trees[0]


def read_one(text: str, dialect: Dialect) -> exp.Expr | None:
    """`read_first`, with None where it raises."""
    try:
        return read_first(text, dialect)
    except UnreadableError:
        return None


def tree_of(statement: Checked, dialect: Dialect) -> exp.Expr | None:
    """The tree that the guard made, or a new one where it is not at hand; None where the text does not parse."""
    return statement.tree or read_one(statement.sql, dialect)


def _repeated(tokens: Sequence[Any]) -> int:
    """Tokens of operands that a subscript `[...]` or a call `.f(...)` follows, counted once for each that does."""
    opened: list[int] = []
    begin = total = 0  # `begin`: where the operand that ends here began
    operand = after_dot = False
    for i, token in enumerate(tokens):
        text = token.text.lower()
        if text in ("(", "[", "{", "case"):
            total += max(0, i - begin - SHORT_OPERAND) if operand and text != "case" else 0
            opened.append(begin if operand and text != "case" else i)
            operand = False
        elif text in (")", "]", "}", "end") and opened:
            begin, operand = opened.pop(), True
        elif text != ".":
            begin = begin if after_dot else i
            operand = len(text) > 1 or text.isalnum() or text == "_"
        after_dot = text == "."
    return total


def _parser(dialect: Dialect, tokens: int) -> Any:
    """A parser for so many tokens that gives up after its budget."""
    steps = STEPS + STEPS_PER_TOKEN * tokens
    counting = _counting_parser(dialect)
    if counting is None:
        from sqlglot.dialects.dialect import Dialect as Grammar

        return Grammar.get_or_raise(dialect).parser(max_nodes=steps)
    return counting(steps)


@cache
def _counting_parser(dialect: Dialect) -> Any:
    """The dialect's parser, counting its steps; None for the compiled build of sqlglot, which can only count nodes."""
    from sqlglot.dialects.dialect import Dialect as Grammar

    from .extensions import SYNTAX

    grammar = Grammar.get_or_raise(dialect)
    base: Any = grammar.parser_class
    bases: Any = (SYNTAX[dialect], base) if dialect in SYNTAX else (base,)
    try:

        class CountingParser(*bases):  # type: ignore[misc]
            def __init__(self, steps: int) -> None:
                super().__init__(dialect=grammar)
                self.steps_left = steps

            def _advance(self, times: int = 1) -> None:
                self.steps_left -= 1
                if self.steps_left < 0:
                    raise _OutOfStepsError
                super()._advance(times)

        CountingParser(STEPS)
    except (TypeError, AttributeError):
        return None
    return CountingParser
