"""What the guard and the grammar have to know of a dialect, as one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ...core import Dialect

if TYPE_CHECKING:
    from sqlglot import exp

_NOTHING = re.compile(r"(?!)")

RESERVED_EVERYWHERE = """
    all and as case create distinct else except from grant group having in into join limit not null on or order
    select table then to union using when where with
"""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Clauses(NamedTuple):
    """Words that the tree holds without their places: where they are written, how many clauses, and how many parsed."""

    places: Sequence[int]  # indexes of tokens
    written: int
    parsed: int


class PlainTypes(NamedTuple):
    """Types of plain data: the parser's own `classes`, and those that it knows by no more than their name."""

    classes: frozenset[str]
    by_name: frozenset[str]


@dataclass(frozen=True, slots=True)
class DialectRules:
    """Every default is the case of most dialects."""

    dialect: Dialect

    # Characters (`lexer.py`).
    tokens: re.Pattern[str]
    nested_comments: bool = False
    hint_comments: bool = False  # the server may run what is in /*+ */
    joined_strings: bool = False  # a string goes on behind a line break
    backslash_strings: bool = False  # a backslash escapes in a plain string
    strings_by_setting: bool = False  # whether it does depends on a setting, which E'' does not

    # Statements (`guard.py`, `check_tokens.py`). `heads` are what one may begin with, besides brackets; `roots` are the
    # parser's classes for a query.
    heads: tuple[str, ...] = ("select", "with")
    from_first: bool = False  # a query may begin with FROM
    roots: tuple[str, ...] = ("Query",)
    reserved: frozenset[str] = words(RESERVED_EVERYWHERE)
    clauses: Callable[[Sequence[str], Sequence[exp.Expr]], Clauses] | None = None
    syntax: type | None = None  # what sqlglot's parser does not read, as a class to be put before it

    # Functions (`functions.py`). `minus` are free of side effects in the sense of the engine's catalogue, and still
    # none of a question's business: they read the server's state or another table through a string or an oid, hold a
    # session, or run SQL or a check that the guard has not seen. `plus` are written like functions and part of the
    # grammar, or volatile and harmless: the clock and random numbers. Only `table_functions` may be a table: readers of
    # files, settings and catalogues are table functions too.
    has_catalogue: bool = True
    minus: re.Pattern[str] = _NOTHING
    plus: frozenset[str] = frozenset()
    table_functions: frozenset[str] = frozenset()
    method_calls: bool = False  # name.upper() calls upper(name)
    attribute_calls: bool = False  # name.f calls f(name) where f is no column
    plain_types: PlainTypes | None = None  # where a cast may run code, the only types that a query may name

    # Tables and names (`tables.py`). `names` says how the engine compares them: letter case ignored; kept, so that the
    # server decides; or folded to lower case unless they are quoted. `system_tables` and `system_schemas` are the
    # engine's own, for a policy without a list of tables. `free_tables` are no tables.
    names: Literal["ignored", "kept", "folded"] = "ignored"
    default_schema: str = ""
    system_tables: re.Pattern[str] = _NOTHING
    system_schemas: re.Pattern[str] = _NOTHING
    free_tables: frozenset[str] = frozenset()
    in_reads_tables: bool = False  # `x IN t` reads the table t
    only_keyword: bool = False
    # What a CTE sees besides the ones before it, where the engine could not read a real table instead: every CTE of its
    # WITH, itself too; the same with RECURSIVE; or itself, only with RECURSIVE and behind the first query of its UNION.
    cte_scope: Literal["all", "all_if_recursive", "itself"] = "itself"
    recursive_arms: Literal["last", "each"] = "last"  # the queries of that UNION which see it

    # How it is written (`terminals.py`, `normalize.py`).
    name_quotes: tuple[tuple[str, str], ...] = (('"', '"'),)
    double_quotes: Literal["name", "text", "both"] = "name"  # both: text where no name fits
    alias_optional: bool = False  # of a subquery in FROM
    types: str = "integer"  # that CAST may name in a query written under the grammar
