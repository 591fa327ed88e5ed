"""Cube data models in YAML: measures, segments, dimensions and joins of each cube."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core import Table
from .draft import PLAIN, Draft, aggregate, rows, texts

_MEMBER = re.compile(r"\$?\{\s*([\w.]+)\s*\}")
_JOIN = re.compile(r"\s*\"?([\w.]+)\"?\.(\w+)\s*=\s*\"?([\w.]+)\"?\.(\w+)\s*\Z")
MAX_DEPTH = 8


@dataclass(slots=True)
class _Cube:
    table: Table
    data: Mapping[str, Any]

    def member(self, section: str, name: str) -> Mapping[str, Any] | None:
        return next((m for m in rows(self.data.get(section)) if m.get("name") == name), None)


def read_cube(data: Mapping[str, Any], draft: Draft) -> None:
    cubes: dict[str, _Cube] = {}
    for row in rows(data.get("cubes")):
        name = str(row.get("name"))
        source = str(row.get("sql_table") or "")
        if not source:
            draft.leave_out(f"cube {name}", "it has no `sql_table`: cubes over queries are not read.")
        elif table := draft.table(source, f"cube {name}"):
            cubes[name] = _Cube(table, row)
    for name, cube in cubes.items():
        _read(name, cube, cubes, draft)


def _read(name: str, cube: _Cube, cubes: Mapping[str, _Cube], draft: Draft) -> None:
    draft.add_table(cube.table, [name, *texts(cube.data.get("title"))])
    for dimension in rows(cube.data.get("dimensions")):
        key = str(dimension.get("name"))
        sql = _plain(str(dimension.get("sql") or key))
        if PLAIN.match(sql):
            draft.add_column(cube.table, sql, [key, *texts(dimension.get("title"))], f"dimension {name}.{key}")
        else:
            draft.leave_out(f"dimension {name}.{key}", f"{sql!r} is not a column.")
    for segment in rows(cube.data.get("segments")):
        key = str(segment.get("name"))
        try:
            sql = _sql(str(segment.get("sql") or ""), name, cubes, 0)
        except ValueError as error:
            draft.leave_out(f"segment {name}.{key}", error)
            continue
        draft.add_condition(key, sql, cube.table, texts(segment.get("title")), _about(segment))
    for measure in rows(cube.data.get("measures")):
        key = str(measure.get("name"))
        label = key if key != "count" else f"{name} count"
        try:
            sql = _measure(measure, name, cubes, 0)
        except ValueError as error:
            draft.leave_out(f"measure {name}.{key}", error)
            continue
        draft.add_measure(label, sql, cube.table, texts(measure.get("title")), _about(measure))
    for join in rows(cube.data.get("joins")):
        _join(join, name, cubes, draft)


def _measure(measure: Mapping[str, Any], cube: str, cubes: Mapping[str, _Cube], depth: int) -> str:
    """Raises ValueError for a type without a counterpart in SQL."""
    kind = str(measure.get("type") or "")
    text = str(measure.get("sql") or "")
    expression = _sql(text, cube, cubes, depth) if text else ""
    if kind in ("number", "string", "time", "boolean"):
        return expression
    if measure.get("rolling_window") or measure.get("multi_stage"):
        raise ValueError("rolling windows and stages are not one aggregate.")
    conditions = [_sql(str(f.get("sql") or ""), cube, cubes, depth) for f in rows(measure.get("filters"))]
    condition = " and ".join(f"({c})" for c in conditions) if len(conditions) > 1 else "".join(conditions)
    found = aggregate(kind, expression or "1", condition)
    if found is None:
        raise ValueError(f"the type {kind!r} has no counterpart in SQL.")
    return found


def _sql(text: str, cube: str, cubes: Mapping[str, _Cube], depth: int) -> str:
    """SQL with the references `{CUBE}.column`, `{other.column}` and `{member}` resolved."""
    if depth > MAX_DEPTH:
        raise ValueError("its members refer to one another.")

    def named(match: re.Match[str]) -> str:
        owner, dot, member = match[1].rpartition(".")
        if not dot and (member == "CUBE" or member in cubes):
            return _quoted(cubes[cube if member == "CUBE" else member].table)
        owner = cube if owner in ("", "CUBE") else owner
        if owner not in cubes:
            raise ValueError(f"these files define no cube {owner!r}.")
        if measure := cubes[owner].member("measures", member):
            return f"({_measure(measure, owner, cubes, depth + 1)})"
        if dimension := cubes[owner].member("dimensions", member):
            inner = _sql(str(dimension.get("sql") or member), owner, cubes, depth + 1)
            return f"{_quoted(cubes[owner].table)}.{inner}" if PLAIN.match(inner) else f"({inner})"
        return f"{_quoted(cubes[owner].table)}.{member}"

    return _MEMBER.sub(named, " ".join(text.split()))


def _join(join: Mapping[str, Any], cube: str, cubes: Mapping[str, _Cube], draft: Draft) -> None:
    what = f"join {cube} to {join.get('name')}"
    try:
        match = _JOIN.match(_sql(str(join.get("sql") or ""), cube, cubes, 0))
    except ValueError as error:
        draft.leave_out(what, error)
        return
    if match is None:
        draft.leave_out(what, "only one column of each table is read.")
        return
    sides = [(draft.table(match[i], what), match[i + 1]) for i in (1, 3)]
    own = next((side for side in sides if side[0] is cubes[cube].table), sides[0])
    other = next((side for side in sides if side is not own), sides[1])
    if str(join.get("relationship") or "") in ("one_to_many", "has_many"):
        own, other = other, own
    if own[0] and other[0]:
        draft.add_join(own[0], own[1], other[0], other[1], what)


def _plain(sql: str) -> str:
    """The column of `{CUBE}.column` or `{CUBE.column}`."""
    return re.sub(r"^\$?\{\s*CUBE\s*(?:\}\s*\.\s*(\w+)|\.\s*(\w+)\s*\})$", r"\1\2", sql.strip())


def _quoted(table: Table) -> str:
    return ".".join(f'"{part}"' for part in table.full_name.split("."))


def _about(member: Mapping[str, Any]) -> str:
    return " ".join(str(member.get("description") or "").split())
