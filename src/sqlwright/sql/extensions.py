"""Syntax that sqlglot's parsers do not read, as classes to be put before them.

Every part is put into the tree, where the guard's rules see it.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ..core import Dialect


class MysqlSyntax:
    """`JSON_TABLE(... COLUMNS (x INT PATH '$.x' DEFAULT '0' ON EMPTY NULL ON ERROR))`."""

    def _parse_json_column_def(self: Any) -> exp.JSONColumnDef:
        column: exp.JSONColumnDef = super()._parse_json_column_def()  # type: ignore[misc]
        empty = self._parse_on_handling("EMPTY", "NULL", "ERROR")
        error = self._parse_on_handling("ERROR", "NULL", "ERROR")
        if empty or error:
            column.set("on_condition", exp.OnCondition(empty=empty, error=error))
        return column


class DuckdbSyntax:
    """`PIVOT t ON a USING sum(b) ORDER BY 1 LIMIT 5`."""

    def _parse_simplified_pivot(self: Any, is_unpivot: bool | None = None) -> exp.Pivot:
        pivot: exp.Pivot = super()._parse_simplified_pivot(is_unpivot)  # type: ignore[misc]
        for key, parse in (("order", self._parse_order), ("limit", self._parse_limit), ("offset", self._parse_offset)):
            if (clause := parse()) is not None:
                pivot.set(key, clause)
        return pivot


SYNTAX: dict[Dialect, type] = {"mysql": MysqlSyntax, "duckdb": DuckdbSyntax}
