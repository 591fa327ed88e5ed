"""The engines by sqlglot's names for their dialects: how each is called, and how it quotes a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Dialect = Literal["sqlite", "duckdb", "postgres", "mysql"]  # mysql also stands for MariaDB

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Naming:
    """`title` is the product's name and `aliases` are other words for the engine.

    `quote` encloses a name, and `plain` matches a name that needs no quotes.
    """

    title: str
    aliases: tuple[str, ...] = ()
    quote: str = '"'
    plain: re.Pattern[str] = _PLAIN


# One line for each engine; `db/engines` and `sql/dialects` have the rest of it.
NAMING: dict[Dialect, Naming] = {
    "sqlite": Naming("SQLite", ("sqlite3",)),
    "duckdb": Naming("DuckDB"),
    # It folds an unquoted name to lower case.
    "postgres": Naming("PostgreSQL", ("postgresql", "pgsql"), plain=re.compile(r"[a-z_][a-z0-9_]*\Z")),
    "mysql": Naming("MySQL", ("mariadb",), quote="`"),
}
DIALECTS: tuple[Dialect, ...] = tuple(NAMING)

# Words that at least one of the engines does not take as a bare column or table name.
RESERVED = frozenset(
    """
    add all alter analyse analyze and any array as asc asymmetric authorization autoincrement before begin between
    both by cascade case cast change check collate column commit concurrently condition constraint create cross cube
    current current_date current_time current_timestamp current_user cursor database databases day_hour declare default
    deferrable delayed delete dense_rank desc describe distinct div do drop each else elseif empty end escape except
    exclude exists exit explain false fetch float for force foreign freeze from full fulltext function generated glob
    grant group grouping groups having if ignore ilike in index indexed initially inner insert int integer intersect
    interval into is isnull join key keys kill lag lateral lead leading leave left like limit lines load localtime
    localtimestamp lock long loop match mod natural not nothing notnull null of offset on only optimize option or order
    outer over overlaps partition percent_rank pivot placing pragma primary procedure qualify range rank read
    recursive references regexp release rename repeat replace require restrict returning revoke right rlike row rows
    row_number schema schemas select session_user set show similar some sql ssl starting summarize symmetric system
    table tablesample then to trailing transaction trigger true union unique unlock unpivot unsigned update usage use
    user using values variadic verbose view when where while window with write xor year_month zerofill
    """.split()
)


def dialect_named(word: str) -> Dialect | None:
    """The dialect that `word` names in any letter case: its own name, an alias or the title; None where none does."""
    for dialect, naming in NAMING.items():
        if word.lower() in (dialect, naming.title.lower(), *naming.aliases):
            return dialect
    return None


def quote_identifier(name: str, dialect: Dialect, *, always: bool = False) -> str:
    """`name` as `dialect` reads it back unchanged; bare where that is safe, unless `always`."""
    naming = NAMING[dialect]
    if not always and naming.plain.match(name) and name.lower() not in RESERVED:
        return name
    quote = naming.quote
    return quote + name.replace(quote, quote * 2) + quote
