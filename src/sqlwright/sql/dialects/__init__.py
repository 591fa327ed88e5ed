"""The registry of SQL dialects. A new one is a module here and a line in RULES."""

from __future__ import annotations

from ...core import Dialect
from . import duckdb, mysql, postgres, sqlite
from .rules import DialectRules

__all__ = ["RULES", "DialectRules"]

RULES: dict[Dialect, DialectRules] = {
    "sqlite": sqlite.RULES,
    "duckdb": duckdb.RULES,
    "postgres": postgres.RULES,
    "mysql": mysql.RULES,
}
