"""The guard: every reason not to run a statement that a model wrote.

One allow-list at each level, and no mode that switches one off:

1. characters (`lexer.py`): the text is read by the engine's own rules and written again without comments;
2. agreement: the parser cuts that text at the same places, and leaves nothing of it out;
3. nodes (`nodes.py`): one query, whose tree has only parts that read;
4. words (`check_tokens.py`): every word is in the tree at its place, or is a reading keyword; a word before a
   parenthesis is an allowed function (`functions.py`);
5. tables (`tables.py`): each is on the policy's list, or is a CTE in scope;
6. fields and casts (`fields.py`, `casts.py`): in PostgreSQL each name behind a dot is a column, not a function, and
   each type is one of plain data.

A check ends whatever it is given: nesting is bounded (`lexer.py`), the parser has a budget of steps (`reading.py`), and
a long or deeply nested statement is checked in a process that is killed when its time is up (`apart.py`).

Not covered: what a query costs (`QueryLimits`), and what the engine itself does on a connection that may write (`db/`
opens it read-only with the least rights). A function that a person put into a schema under a built-in's name is taken
for the built-in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..core import Checked, Dialect, Refused, Violation
from ..core.checked import by_guard
from .dialects import RULES
from .heads import count_queries
from .lexer import Lexed, LexError, lex
from .nodes import GRAMMAR_FUNCTIONS, NODES
from .policy import Policy, default_policy
from .reading import TooCostlyError, UnreadableError, read

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["CODES", "Policy", "check", "default_policy"]

CODES: dict[str, str] = {
    "empty": "no statement",
    "too_long": "over 64 kB",
    "too_deep": "nested too deep to be read",
    "too_slow": "takes too long to be checked",
    "bad_character": "a character that readers disagree on: NUL, byte order mark, symbols outside strings",
    "bad_literal": "a number or string that is not well formed",
    "unclosed": "a string, name or comment without its end",
    "run_comment": "a comment that a server may run",
    "parameter": "a parameter, variable or placeholder",
    "syntax": "not SQL of this dialect, or not readable in one way only",
    "several_statements": "more than one statement",
    "not_a_query": "the statement is not a SELECT",
    "not_allowed": "a clause, operator or construct that is not on the list",
    "function": "a function that is not on the list",
    "table_function": "a function that may not be a table",
    "table_name": "something else than a name where a table stands",
    "unknown_table": "a table that is not on the policy's list",
    "unknown_column": "a name after a dot that is not a column (PostgreSQL would call a function)",
    "system_table": "a table of the engine's own catalog",
    "other_database": "a name in another database",
}


MAX_VIOLATIONS = 50
MAX_TREE_DEPTH = 400  # 1 + 1 + 1 ... and unions are trees as deep as they are long; Python's own limit is 1,000 frames
# Longer or deeper statements are checked apart. No gold query of Spider or BIRD has more than 200 tokens; to check
# these many takes about 50 ms, and at most 1 s where the budget of steps is used up.
APART_TOKENS, APART_DEPTH = 1_500, 20
# What a rule raises for a tree that it was not written for.
UNREADABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


class RefusedError(Exception):
    """One reason that ends the check at once."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(sql: str, policy: Policy) -> Checked | Refused:
    """Every reason not to run `sql`, or the statement to run: one read-only query on `policy.tables`."""
    try:
        lexed = lex(sql, policy.dialect)
        if len(lexed.tokens) <= APART_TOKENS and lexed.depth <= APART_DEPTH:
            return check_here(lexed, policy)
    except LexError as error:
        return refused(error.code, str(error))
    except RecursionError:  # the caller's own frames count as well: the other process decides for all callers alike
        pass
    from .apart import check_apart

    return check_apart(sql, policy)


def check_here(lexed: Lexed, policy: Policy) -> Checked | Refused:
    """`check` in this process. Raises RecursionError where the statement is too deep for the stack that is left."""
    try:
        root = _parse(lexed, policy.dialect)
        # One construct can be met as a node and as a word: say it once.
        found = islice(_violations(root, lexed, policy), MAX_VIOLATIONS)
        violations = tuple({v.message.casefold(): v for v in found}.values())
    except RefusedError as error:
        return refused(error.code, str(error))
    except UNREADABLE:
        return refused("syntax", f"This is not {policy.dialect} SQL that can be read.")
    return Refused(violations) if violations else by_guard(lexed.sql, policy.dialect, root)


def refused(code: str, message: str) -> Refused:
    return Refused((Violation(code, message),))


def _parse(lexed: Lexed, dialect: Dialect) -> exp.Expr:
    """The tree of one query. Raises RefusedError for anything else."""
    _check_head(lexed, dialect)
    try:
        tokens, trees = read(lexed.text, dialect)
    except TooCostlyError as error:
        raise RefusedError("too_deep", str(error)) from None
    except UnreadableError as error:
        raise RefusedError("syntax", f"This is not {dialect} SQL: {error}") from None
    _check_agreement(tokens, lexed)
    from sqlglot import exp

    roots = tuple(getattr(exp, name) for name in RULES[dialect].roots)
    root = trees[0] if len(trees) == 1 else None
    is_query: bool = isinstance(root, roots)
    if root is None or not is_query:
        raise RefusedError("not_a_query", "This is not a query. Ask for rows with one SELECT statement.")
    return root


def _check_head(lexed: Lexed, dialect: Dialect) -> None:
    if not lexed.tokens:
        raise RefusedError("empty", "There is no statement.")
    if any(t.kind == "op" and t.value == ";" for t in lexed.tokens):
        raise RefusedError("several_statements", "There is more than one statement. Ask one question at a time.")
    head = next((t for t in lexed.tokens if t.value != "("), lexed.tokens[0])
    if head.kind != "word" or head.value.lower() not in RULES[dialect].heads:
        message = f"{head.value[:40].upper()} is not a query. Ask for rows with one SELECT statement."
        raise RefusedError("not_a_query", message)


def _check_agreement(tokens: Sequence[Any], lexed: Lexed) -> None:
    """The parser's tokens begin and end where ours do, cover all of the text, and cut through no literal."""
    begins, ends = {t.start for t in lexed.tokens}, {t.end for t in lexed.tokens}
    literals = {t.start: t.end for t in lexed.tokens if t.kind in ("string", "name")}
    covered = 0
    for token in tokens:
        start, end = token.start, token.end + 1
        same = start in begins and end in ends and literals.get(start, end) == end
        if not same or token.comments or lexed.text[covered:start].strip():
            raise RefusedError("syntax", f"The text near {lexed.text[start : start + 20]!r} can be read in two ways.")
        covered = end
    if lexed.text[covered:].strip():
        raise RefusedError("syntax", f"The text near {lexed.text[covered : covered + 20]!r} is not read as SQL.")


def _violations(root: exp.Expr, lexed: Lexed, policy: Policy) -> Iterator[Violation]:
    from .casts import check_casts
    from .check_tokens import check_words
    from .fields import check_fields
    from .tables import check_tables

    nodes = _walk(root)
    yield from _check_nodes(nodes)
    yield from _check_selects(nodes, lexed, policy.dialect)
    yield from check_words(nodes, lexed, policy)
    yield from check_tables(root, lexed.text, policy)
    yield from check_fields(root, lexed.text, policy)
    yield from check_casts(nodes, policy)


def _walk(root: exp.Expr) -> list[exp.Expr]:
    """Every node, level by level. Raises RefusedError where there are more than MAX_TREE_DEPTH levels."""
    nodes, level, depth = [root], [root], 0
    while level := [child for node in level for child in node.iter_expressions()]:
        nodes += level
        depth += 1
        if depth > MAX_TREE_DEPTH:
            raise RefusedError("too_deep", f"The query has more than {MAX_TREE_DEPTH} levels. Write it shorter.")
    return nodes


def _check_nodes(nodes: list[exp.Expr]) -> Iterator[Violation]:
    """A function written as a call has a place in the text, and `check_tokens.py` has judged the word there."""
    from sqlglot import exp

    refused = set()
    for node in nodes:
        name = type(node).__name__
        called = isinstance(node, exp.Func) and ("start" in node.meta or name in GRAMMAR_FUNCTIONS)
        if name not in NODES and not called:
            refused.add(name)
    for name in sorted(refused):
        yield Violation("not_allowed", f"{name} is not part of a read-only query.")


def _check_selects(nodes: list[exp.Expr], lexed: Lexed, dialect: Dialect) -> Iterator[Violation]:
    """As many queries in the tree as there are in the text: none dropped, none that is not written."""
    from sqlglot import exp

    written = count_queries(lexed.tokens, from_first=RULES[dialect].from_first)
    parsed = sum(isinstance(n, exp.Select) and not _is_values(n) for n in nodes)
    if parsed != written:
        yield Violation("not_a_query", "A part is not written as SELECT ... FROM ..., the only form that is read.")


def _is_values(select: exp.Select) -> bool:
    """The SELECT that the parser puts around VALUES."""
    from sqlglot import exp

    source = select.args.get("from_")
    return source is not None and isinstance(source.this, exp.Values) and source.this.alias == "_values"
