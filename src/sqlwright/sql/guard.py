"""The guard: every reason not to run a statement that a model wrote.

One allow-list at each level, and no mode that switches one off:

1. characters (`lexer.py`): the text is read by the engine's own rules and written again without comments;
2. agreement: the parser cut that text at the same places, and left nothing of it out;
3. tree (`nodes.py`): one query, made only of nodes that read;
4. words (`words.py`): every keyword is a reading one, every word before a parenthesis an allowed function;
5. tables (`tables.py`): on the policy's list, or a CTE in scope.

Not covered: what a query costs (`QueryLimits`), and what the engine itself would do on a connection that may write
(`db/` opens it read-only with the least rights). A function that a person put into the catalogue under a built-in's
name is taken for the built-in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core import Dialect, Violation, closest
from .functions import allowed, packaged_catalogue
from .lexer import Lexed, LexError, Token, lex
from .nodes import GRAMMAR_FUNCTIONS, NODES
from .words import BEFORE_PAREN, KEYWORDS, RESERVED

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokens import Token as ParserToken

CODES: dict[str, str] = {
    "empty": "no statement",
    "too_long": "over 64 kB",
    "too_deep": "nested too deep to be read",
    "bad_character": "a character or sequence that readers disagree on",
    "bad_literal": "a literal that is not well formed",
    "unclosed": "a string, name or comment without its end",
    "parameter": "a parameter, variable or placeholder",
    "syntax": "not SQL of this dialect",
    "several_statements": "more than one statement",
    "not_a_query": "the statement is not a SELECT",
    "not_allowed": "a clause, operator or construct that is not on the list",
    "reserved_word": "a reserved word stands where a name should",
    "function": "a function that is not on the list",
    "table_function": "a function that may not be a table",
    "table_name": "something else than a name where a table stands",
    "unknown_table": "a table that is not on the policy's list",
    "system_table": "a table of the engine's own catalogue",
    "other_database": "a name in another database",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a statement may touch.

    `functions` are lower-case names; `tables` are full names, or None for any table that is not the engine's own.
    """

    dialect: Dialect
    functions: frozenset[str]
    tables: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The guard's verdict. `sql` is the text to run: what was checked and nothing else; "" where it is refused."""

    sql: str
    violations: tuple[Violation, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.violations


class RefusedError(Exception):
    """One reason that ends the check at once."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.violation = Violation(code, message)


def default_policy(dialect: Dialect, tables: frozenset[str] | None = None) -> Policy:
    """A policy with the packaged function catalogue, for when there is no connection to ask."""
    return Policy(dialect, allowed(dialect, packaged_catalogue(dialect)), tables)


def check(sql: str, policy: Policy) -> Checked:
    """Every reason not to run `sql`; no violations means one read-only query on `policy.tables`."""
    try:
        lexed = _one_statement(lex(sql, policy.dialect))
        root = _parse(lexed, policy.dialect)
    except LexError as error:
        return Checked("", (Violation(error.code, str(error)),))
    except RefusedError as refused:
        return Checked("", (refused.violation,))
    violations = tuple(_violations(root, lexed, policy))
    return Checked("" if violations else lexed.text, violations)


def _one_statement(lexed: Lexed) -> Lexed:
    tokens = list(lexed.tokens)
    while tokens and tokens[-1].value == ";" and tokens[-1].kind == "op":
        tokens.pop()
    if not tokens:
        raise RefusedError("empty", "There is no statement.")
    if any(t.kind == "op" and t.value == ";" for t in tokens):
        raise RefusedError("several_statements", "There is more than one statement. Ask one question at a time.")
    return Lexed(lexed.text[: tokens[-1].end], tuple(tokens))


def _parse(lexed: Lexed, dialect: Dialect) -> exp.Expr:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect as Grammar
    from sqlglot.errors import SqlglotError

    first = lexed.tokens[0]
    if not _starts_a_query(lexed.tokens):
        raise RefusedError(
            "not_a_query", f"{first.value[:40].upper()} is not a query. Ask for rows with one SELECT statement."
        )
    grammar = Grammar.get_or_raise(dialect)
    try:
        tokens = grammar.tokenize(lexed.text)
        _agree(tokens, lexed)
        trees = grammar.parser().parse(tokens, lexed.text)
    except SqlglotError as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        raise RefusedError("syntax", f"This is not {dialect} SQL: {reason[:200]}") from None
    except RecursionError:
        raise RefusedError("too_deep", "The statement is nested too deep to be read.") from None
    except (AttributeError, TypeError, ValueError, IndexError, KeyError, AssertionError):
        # The parser met a text that it was not written for.
        raise RefusedError("syntax", f"This is not {dialect} SQL that can be read.") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise RefusedError("not_a_query", "This is not a query. Ask for rows with one SELECT statement.")
    return trees[0]


def _starts_a_query(tokens: tuple[Token, ...]) -> bool:
    first = next((t for t in tokens if t.value != "("), tokens[0])
    return first.kind == "word" and first.value.lower() in ("select", "with", "from")


def _agree(tokens: Sequence[ParserToken], lexed: Lexed) -> None:
    """The parser's tokens cut the text where ours do and cover all of it; raises RefusedError where they do not."""
    starts = {t.start for t in lexed.tokens}
    ends = {t.end for t in lexed.tokens}
    literals = {t.start: t.end for t in lexed.tokens if t.kind in ("string", "name")}
    covered = 0
    for token in tokens:
        start, end = token.start, token.end + 1
        whole = start in starts and end in ends
        inside = [s for s in (start,) if s in literals and literals[s] != end]
        if not whole or inside or lexed.text[covered:start].strip() or token.comments:
            raise RefusedError("syntax", f"The text near {lexed.text[start : start + 20]!r} can be read in two ways.")
        covered = end
    if lexed.text[covered:].strip():
        raise RefusedError("syntax", f"The text near {lexed.text[covered : covered + 20]!r} can be read in two ways.")


def _violations(root: exp.Expr, lexed: Lexed, policy: Policy) -> Iterator[Violation]:
    from .tables import check_tables

    nodes = list(root.walk())
    yield from _check_nodes(nodes, lexed)
    yield from _check_words(nodes, lexed, policy)
    yield from check_tables(root, lexed.text, policy)


def _check_nodes(nodes: list[exp.Expr], lexed: Lexed) -> Iterator[Violation]:
    from sqlglot import exp

    refused: set[str] = set()
    for node in nodes:
        name = type(node).__name__
        called = isinstance(node, exp.Func) and ("start" in node.meta or name in GRAMMAR_FUNCTIONS)
        if name not in NODES and not called:
            refused.add(name)
    for name in sorted(refused):
        yield Violation("not_allowed", f"{name} is not part of a read-only query.")
    selects = sum(isinstance(node, exp.Select) for node in nodes)
    if selects > sum(t.kind == "word" and t.value.lower() == "select" for t in lexed.tokens):
        yield Violation("not_a_query", "A query has no SELECT. Say which columns to show: SELECT ... FROM ...")


def _check_words(nodes: list[exp.Expr], lexed: Lexed, policy: Policy) -> Iterator[Violation]:
    from sqlglot import exp

    names = {str(n.this).lower() for n in nodes if isinstance(n, (exp.Identifier, exp.Var))}
    names |= {str(n.args["kind"]).lower() for n in nodes if isinstance(n, exp.DataType) and n.args.get("kind")}
    listed = {
        str(n.this.this).lower()
        for n in nodes
        if isinstance(n, exp.TableAlias) and n.args.get("columns") and isinstance(n.this, exp.Identifier)
    }
    tokens = lexed.tokens
    seen: set[str] = set()
    for i, token in enumerate(tokens):
        if token.kind in ("op", "number") or token.value.lower() in seen:
            continue
        before = tokens[i - 1] if i else None
        called = i + 1 < len(tokens) and tokens[i + 1].kind == "op" and tokens[i + 1].value == "("
        for violation in _check_word(token, before, called, names, listed, policy):
            seen.add(token.value.lower())
            yield violation


def _check_word(
    token: Token, before: Token | None, called: bool, names: set[str], listed: set[str], policy: Policy
) -> Iterator[Violation]:
    word = token.value.lower()
    after_as = before is not None and (
        (before.kind == "word" and before.value.lower() == "as") or (before.kind == "op" and before.value == ".")
    )
    if called and not _may_be_called(token, word, listed, policy):
        yield Violation("function", f"The function {word[:60]}(...) is not allowed. {closest(word, policy.functions)}")
    elif token.kind == "word" and not called:
        reserved = word in RESERVED[policy.dialect] and not after_as
        if word not in KEYWORDS and (reserved or word not in names):
            yield Violation("not_allowed", f"{word.upper()} is not part of a read-only query.")


def _may_be_called(token: Token, word: str, listed: set[str], policy: Policy) -> bool:
    if token.kind == "string":
        return False
    if word in policy.functions and word.isascii():
        return True
    return (token.kind == "word" and word in BEFORE_PAREN) or word in listed
