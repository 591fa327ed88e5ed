"""Every word of the text is accounted for: a name in the tree, an allowed function, or a reading keyword.

The parser is lenient: it drops an argument too many, and takes some keywords for names. What it did not put into the
tree would run unseen, so each word and quoted name must have its node at its own place in the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ..core import Violation, closest
from .dialects import RULES, DialectRules
from .keywords import BEFORE_PAREN, KEYWORDS, SIZED_TYPES, VERBS
from .lexer import Lexed, Token
from .policy import Policy

_GOES_ON = frozenset(
    """
    and as asc at between collate cross desc div escape except from full glob ilike in inner intersect is isnull join
    left like limit match mod natural not notnull on or order over regexp right rlike similar union using xor
    """.split()
)
_CALLS = (exp.Anonymous, exp.Aliases)
_NOTHING = Token("op", "", 0, 0)


def check_words(nodes: list[exp.Expr], lexed: Lexed, policy: Policy) -> Iterator[Violation]:
    """`nodes` is the whole tree of `lexed.text`. One violation for each word, in reading order."""
    # rename(b) is also read as a column with a list of aliases.
    calls = [n.this.this if isinstance(n, exp.Aliases) else n for n in nodes if isinstance(n, _CALLS)]
    called = {call.meta["start"] for call in calls if isinstance(call, exp.Expr) and "start" in call.meta}
    places = {node.meta["start"] for node in nodes if "start" in node.meta}
    aliases = {
        node.this.meta.get("start")
        for node in nodes
        if isinstance(node, exp.TableAlias) and node.args.get("columns") and node.this is not None
    }
    clauses = _clause_words(nodes, lexed.tokens, RULES[policy.dialect])
    tokens = (_NOTHING, _NOTHING, *lexed.tokens, _NOTHING)
    seen: set[str] = set()
    for before2, before, token, after in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        if token.kind in ("op", "number") or token.value in seen or token.start in clauses:
            continue
        if before.value == "(" and token.kind == "word" and token.value.lower() in VERBS and _goes_on(after):
            violation: Violation | None = _refused(token)
        elif after.kind == "op" and after.value == "(" and token.start not in aliases:
            violation = _check_call(token, before, before2, policy, token.start in called)
        elif token.kind == "string":
            continue
        else:
            violation = _check_name(token, before, places, policy)
        if violation is not None:
            seen.add(token.value)
            yield violation


def _clause_words(nodes: list[exp.Expr], tokens: tuple[Token, ...], rules: DialectRules) -> set[int]:
    """Where the words of the dialect's own clauses are; none where the tree has fewer of the clauses."""
    if rules.clauses is None:
        return set()
    places, written, parsed = rules.clauses([t.value.lower() if t.kind == "word" else "" for t in tokens], nodes)
    return {tokens[i].start for i in places} if written == parsed else set()


def _check_call(token: Token, before: Token, before2: Token, policy: Policy, called: bool) -> Violation | None:
    """A word, name or string right before a parenthesis. `called`: the tree has a function of that name there."""
    word = token.value.lower()
    called = called and word not in ("all", "any", "some")  # operators that the parser takes for functions
    if token.kind == "word" and not called and before.value != "." and (word in BEFORE_PAREN or _is_type(word, before)):
        return None
    name = token.value if token.kind == "name" and RULES[policy.dialect].names == "folded" else word
    if token.kind == "string" or not name.isascii() or name not in policy.functions:
        hint = closest(word[:60], policy.functions, cutoff=0.75, listing=False) if token.kind != "string" else ""
        return Violation("function", f"The function {word[:60]!r} is not allowed. {hint}".strip())
    if before.value == "." and not _is_method_or_own(before2, policy):
        return Violation("function", f"The function {before2.value[:60]}.{word[:60]} is not the engine's own.")
    return None


def _is_method_or_own(owner: Token, policy: Policy) -> bool:
    """Whether what stands before the dot of a call is a value, or the engine's own schema.

    A function of some schema may do anything. In DuckDB the dot is a method call as well, 'abc'.upper() and
    name.upper(): its owner is no schema where it is a literal, a bracket, or a column.
    """
    if not RULES[policy.dialect].method_calls:
        return owner.value.lower() == "pg_catalog"
    columns = None if policy.columns is None else {c.lower() for c in policy.columns}
    is_name = owner.kind == "name" or (owner.kind == "word" and owner.value.lower() not in KEYWORDS)
    return not is_name or columns is None or owner.value.strip('"').lower() in columns


def _is_type(word: str, before: Token) -> bool:
    """Whether a sized type (or a method of sampling) stands where one is due, and no call can."""
    behind = before.value.lower()
    if word in ("bernoulli", "reservoir", "system"):
        return behind in ("tablesample", "sample")
    due = behind in (":", "as", "character", "char", "bit", "national") or (
        before.kind in ("word", "name") and behind not in KEYWORDS
    )
    return word in SIZED_TYPES and due


def _check_name(token: Token, before: Token, places: set[int], policy: Policy) -> Violation | None:
    """A word or quoted name elsewhere."""
    word = token.value.lower()
    in_tree = token.start in places
    if token.kind == "name":
        known = in_tree
    elif before.kind == "word" and before.value.lower() in ("collate", "using"):
        known = True  # a collation or character set
    else:
        behind = before.value == "." or (before.kind == "word" and before.value.lower() == "as")
        known = word in KEYWORDS or (in_tree and (behind or word not in RULES[policy.dialect].reserved))
    return None if known else _refused(token)


def _goes_on(after: Token) -> bool:
    """Whether the parser would take `after` for the alias of the word before it: (PRAGMA x), (LOAD 'x')."""
    return after.kind != "op" and not (after.kind == "word" and after.value.lower() in _GOES_ON)


def _refused(token: Token) -> Violation:
    return Violation("not_allowed", f"{token.value[:60].upper()} is not part of a read-only query.")
