"""Parameters of a query: `:name` for a whole value, and {name}, {name+1} or {name-1} inside a quoted text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..core import Dialect, UsageError, closest

Kind = Literal["text", "number"]

MAX_VALUE_CHARS = 1_000
_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
  | "(?:[^"]|"")*" | `[^`]*` | --[^\n]* | /\*.*?\*/   # names and comments are left as they are
  | (?<![\w:]):(?P<whole>[A-Za-z_]\w*)                # but not PostgreSQL's ::type
  | (?<![\w.])(?P<number>\d+(?:\.\d+)?)(?![\w.])
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSIDE = re.compile(r"\{([A-Za-z_]\w*)(?:([+-])(\d{1,4}))?\}")
_DATE = re.compile(r"'\d{4}(-\d{2}(-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?)?'")
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True, slots=True)
class Param:
    """`default` is the value that the question was saved with."""

    name: str
    default: str
    kind: Kind


def templated(sql: str, values: Mapping[str, str]) -> tuple[str, tuple[Param, ...]]:
    """`sql` with a place for each of `values`, by the name of the parameter.

    A value's place is where it stands in `sql`: as a whole number or text, or as the year of a date. The year after it
    becomes {name+1}, since "in 2024" is written as a range up to 2025-01-01. A place that `sql` has already is kept.
    Raises UsageError for a value that is not there.
    """
    params = []
    for name, value in values.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise UsageError(f"A parameter's name has letters, digits and _; found {name!r}.")
        if name not in _places(sql):
            sql = _with_place(sql, name, value)
        bare = any(m["whole"] == name for m in _TOKEN.finditer(sql))
        kind: Kind = "number" if _NUMBER.fullmatch(value) and (bare or _has_sum(sql, name)) else "text"
        params.append(Param(name, value, kind))
    return sql, tuple(params)


def filled(sql: str, params: Sequence[Param], values: Mapping[str, str], dialect: Dialect) -> str:
    """`sql` with `values`, else the defaults, in the places of `params`. Raises UsageError."""
    known = {param.name: param for param in params}
    for name in values:
        if name not in known:
            hint = closest(name, known) if known else "This question has none."
            raise UsageError(f"Unknown parameter {name!r}.", hint)
    chosen = {name: _checked(param, values.get(name, param.default)) for name, param in known.items()}

    def put(match: re.Match[str]) -> str:
        if match["whole"] in known:
            param = known[match["whole"]]
            value = chosen[param.name]
            return value if param.kind == "number" else f"'{_escaped(value, dialect)}'"
        return _INSIDE.sub(inside, match[0]) if match["text"] else match[0]

    def inside(match: re.Match[str]) -> str:
        name, sign, amount = match.groups()
        if name not in known:
            return match[0]
        if not sign:
            return _escaped(chosen[name], dialect)
        if not chosen[name].isdecimal():
            raise UsageError(f"{name}: expected a whole number, found {chosen[name]!r}.")
        changed = int(chosen[name]) + (int(amount) if sign == "+" else -int(amount))
        return str(changed).zfill(len(chosen[name]))

    return _TOKEN.sub(put, sql)


def _checked(param: Param, value: str) -> str:
    if param.kind == "number" and not _NUMBER.fullmatch(value):
        raise UsageError(f"{param.name}: expected a number such as {param.default}, found {value!r}.")
    if _YEAR.fullmatch(param.default) and not re.fullmatch(r"\d{4}", value):
        raise UsageError(f"{param.name}: expected four digits such as {param.default}, found {value!r}.")
    if len(value) > MAX_VALUE_CHARS or "\0" in value:
        raise UsageError(f"{param.name}: expected at most {MAX_VALUE_CHARS:,} characters without NUL.")
    return value


def _escaped(value: str, dialect: Dialect) -> str:
    """As it is written between single quotes."""
    if dialect == "mysql":
        value = value.replace("\\", "\\\\")
    return value.replace("'", "''")


def _places(sql: str) -> set[str]:
    """The names of the places that `sql` has."""
    found: set[str] = set()
    for match in _TOKEN.finditer(sql):
        found |= {match["whole"]} if match["whole"] else set()
        found |= {inside[1] for inside in _INSIDE.finditer(match["text"] or "")}
    return found


def _has_sum(sql: str, name: str) -> bool:
    inside = (m for token in _TOKEN.finditer(sql) for m in _INSIDE.finditer(token["text"] or ""))
    return any(m[1] == name and m[2] for m in inside)


def _with_place(sql: str, name: str, value: str) -> str:
    """Raises UsageError where the value itself has no place: the year after it alone is another year's range."""
    found = False
    quoted = "'" + value.replace("'", "''") + "'"
    is_year = _YEAR.fullmatch(value) is not None

    def put(match: re.Match[str]) -> str:
        nonlocal found
        token = match[0]
        if match["number"] == value or token == quoted or (is_year and _DATE.fullmatch(token) and token[1:5] == value):
            found = True
        if match["number"] == value:
            return f":{name}"
        if token == quoted:
            return f"'{{{name}}}'" if is_year else f":{name}"
        if is_year and _DATE.fullmatch(token):
            for year, place in ((value, f"{{{name}}}"), (str(int(value) + 1), f"{{{name}+1}}")):
                if token.startswith(f"'{year}"):
                    return f"'{place}{token[5:]}"
        return token

    changed = _TOKEN.sub(put, sql)
    if not found:
        known = dict.fromkeys(m[0] for m in _TOKEN.finditer(sql) if m["text"] or m["number"])
        raise UsageError(
            f"The query has no value {value!r} for the parameter {name}.",
            f"Its values: {', '.join(known)}." if known else "It has no values. Write the query with a place: --sql",
        )
    return changed
