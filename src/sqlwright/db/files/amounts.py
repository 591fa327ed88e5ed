"""Text columns of amounts: thousands separators, currencies and percent signs, 1,234.50 or 1.234,50."""

from __future__ import annotations

import duckdb

from ...core import quote_identifier
from .text_columns import is_missing, text_columns

_CURRENCY = r"(?:[$€£¥₹₽₩₺]|R\$|US\$|(?:USD|EUR|GBP|CHF|CNY|RMB|JPY|INR|BRL|PLN|SEK|NOK|DKK)|元|kr|zł)"
_SPACE = r"[ \x{a0}\x{202f}]?"
_MARK = rf"(?:{_CURRENCY}|[%％])"
# Group 1 is the sign before the mark, 2 the mark before the number, 3 the number with its sign, 4 the mark behind it.
_SHAPE = rf"([+-]?){_SPACE}({_MARK}?){_SPACE}([+-]?[0-9][0-9.,' \x{{a0}}\x{{202f}}]*?){_SPACE}({_MARK}?)"
_GROUPS = {
    ".": r"[+-]?(?:\d+|\d{1,3}(?:[,' \x{a0}\x{202f}]\d{3})+)(?:\.\d+)?",
    ",": r"[+-]?(?:\d+|\d{1,3}(?:[.' \x{a0}\x{202f}]\d{3})+)(?:,\d+)?",
}
_GROUPED = {".": r"\d[,' \x{a0}\x{202f}]\d{3}", ",": r"\d[.' \x{a0}\x{202f}]\d{3}"}
# What tells the decimal sign: 1,234 alone, and 1.234, may be a thousand and more.
_TELLING = {
    ".": r".*(,\d{3}\.\d+|\.\d{1,2}|\.\d{4,}|'\d{3})",
    ",": r".*,(\d{1,2}|\d{4,})",
}
LOOKED_AT = 100  # rows that decide whether the whole column is read


def read_amounts(connection: duckdb.DuckDBPyConnection, table: str, *, decimal_comma: bool) -> list[str]:
    """Make numbers of each text column of `table` that holds nothing else; returns what was removed, for people.

    A column has one mark throughout, or no mark and separators of thousands. 12% becomes 12. `decimal_comma`: the
    file may write 1.234,50, as one does whose delimiter is not the comma. Words for a missing value become NULL.
    """
    name = quote_identifier(table, "duckdb", always=True)
    remarks = []
    for text, column in text_columns(connection, table):
        for point in (",", ".") if decimal_comma else (".",):
            if (found := _mark_of(connection, name, column, point, decimal_comma)) is not None:
                _change(connection, name, column, point)
                remarks.append(_remark(table, text, found, point))
                break
    return remarks


def _parts(column: str) -> tuple[str, str, str]:
    """SQL for the value, its mark and its number."""
    value, shape = f"trim({column})", _quoted(f"^{_SHAPE}$")
    group = {number: f"regexp_extract({value}, '{shape}', {number})" for number in range(1, 5)}
    return value, f"concat({group[2]}, {group[4]})", f"concat({group[1]}, {group[3]})"


def _mark_of(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, point: str, decimal_comma: bool
) -> str | None:
    """The one mark of all values ("" for none); None for a column that is not of amounts, or may be of other ones."""
    value, mark, number = _parts(column)
    for source in (f"(SELECT {column} FROM {name} WHERE {column} IS NOT NULL LIMIT {LOOKED_AT})", name):
        found = connection.execute(
            f"SELECT bool_and(regexp_full_match({value}, '{_quoted(_SHAPE)}')"
            f" AND regexp_full_match({number}, '{_quoted(_GROUPS[point])}')), min({mark}), max({mark}), "
            f"bool_or(regexp_matches({number}, '{_quoted(_GROUPED[point])}')), "
            f"bool_or(regexp_full_match({number}, '{_quoted(_TELLING[point])}')) "
            f"FROM {source} WHERE {column} IS NOT NULL AND NOT {is_missing(column)}"
        ).fetchone()
        fits, first, last, grouped, telling = found or (False, "", "", False, False)
        if not fits or first != last:
            return None
    marked = bool(first)
    if not marked and _spaced(connection, name, column):
        return None
    if decimal_comma:  # either sign may be the decimal one
        return first if telling or (marked and not grouped) else None
    return first if marked or grouped else None


def _spaced(connection: duckdb.DuckDBPyConnection, name: str, column: str) -> bool:
    """Whether a value has a space or begins with a zero before another digit, as phone numbers and codes do."""
    found = connection.execute(
        f"SELECT bool_or(regexp_matches(trim({column}), '\\d \\d|^[+-]?0\\d')) FROM {name}"
    ).fetchone()
    return bool(found and found[0])


def _change(connection: duckdb.DuckDBPyConnection, name: str, column: str, point: str) -> None:
    _, _, number = _parts(column)
    others = "," if point == "." else "."
    plain = f"regexp_replace({number}, '[{others}'' \\x{{a0}}\\x{{202f}}]', '', 'g')"
    plain = plain if point == "." else f"replace({plain}, ',', '.')"
    found = connection.execute(
        f"SELECT bool_or(contains({plain}, '.')) FROM {name} WHERE {column} IS NOT NULL AND NOT {is_missing(column)}"
    ).fetchone()
    kind = "DOUBLE" if found and found[0] else "BIGINT"
    connection.execute(
        f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {kind} "
        f"USING CASE WHEN {is_missing(column)} THEN NULL ELSE CAST({plain} AS {kind}) END"
    )


def _remark(table: str, column: str, mark: str, point: str) -> str:
    read = "1.234,50 is 1234.50" if point == "," else "1,234 is 1234"
    if mark in ("%", "％"):
        read = f"12{mark} is 12"
    elif mark:
        read = f"numbers without {mark}"
    return f"{table}.{column}: read as numbers; {read}"


def _quoted(pattern: str) -> str:
    return pattern.replace("'", "''")
