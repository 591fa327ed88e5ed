"""Declared column types, reduced to what a value of them can mean."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["integer", "real", "boolean", "text", "date", "timestamp", "time", "json", "binary", "list", ""]

NUMBERS = frozenset({"integer", "real"})
_BASE = re.compile(r"[a-z_]+")
_KINDS: dict[Kind, str] = {
    "integer": """int integer bigint smallint tinyint mediumint hugeint uhugeint ubigint uinteger usmallint utinyint
        serial bigserial smallserial long short year signed unsigned""",
    "real": "numeric decimal number real double float money smallmoney dec currency",
    "boolean": "bool boolean bit",
    "text": """char character varchar nvarchar nchar text tinytext mediumtext longtext clob string citext enum set uuid
        name bpchar longvarchar varying inet cidr xml""",
    "date": "date",
    "timestamp": "timestamp timestamptz datetime smalldatetime timestamp_s timestamp_ms timestamp_ns",
    "time": "time timetz interval",
    "json": "json jsonb variant",
    "binary": "blob bytea binary varbinary tinyblob mediumblob longblob bitstring geometry point image",
    "list": "struct map union array list vector tsvector",
}
_BY_NAME: dict[str, Kind] = {name: kind for kind, names in _KINDS.items() for name in names.split()}


@lru_cache(maxsize=4096)
def kind_of(declared: str) -> Kind:
    """The kind of a declared type in the engine's spelling; "" for an unknown or missing type.

    A type that the engine's list does not have is read as SQLite does, by the letters in it.
    """
    text = declared.casefold()
    if "[" in text:
        return "list"
    base = _BASE.search(text)
    if base is None:
        return ""
    name = base[0]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if re.match(r"u?int\d*$|float\d*$", name):
        return "integer" if "int" in name else "real"
    for part, kind in (("char", "text"), ("text", "text"), ("date", "timestamp"), ("bool", "boolean"), ("num", "real")):
        if part in name:
            return kind  # type: ignore[return-value]
    return ""
