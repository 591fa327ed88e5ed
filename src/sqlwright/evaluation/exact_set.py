"""Spider's exact set match, as its published script decides it."""

from __future__ import annotations

from ..core import Schema
from .spider import SpiderSyntaxError, exact_set, parse


def exact_set_match(gold_sql: str, predicted_sql: str, schema: Schema) -> bool:
    """False where either text is not in Spider's grammar. Columns and keys come from `schema`; values never count."""
    try:
        return exact_set(parse(gold_sql, schema), parse(predicted_sql, schema), schema)
    except (SpiderSyntaxError, RecursionError):
        return False
