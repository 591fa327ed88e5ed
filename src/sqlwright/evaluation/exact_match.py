"""Exact match: the same statement once both texts are written the same way."""

from __future__ import annotations

from ..core import Dialect


def exact_match(gold_sql: str, predicted_sql: str, dialect: Dialect = "sqlite") -> bool:
    """Equal after `sql.normalize`: case of names and keywords, blanks, quotes and alias names do not count."""
    from ..sql.normalize import normalize

    if not predicted_sql.strip():
        return False
    return normalize(gold_sql, dialect) == normalize(predicted_sql, dialect)
