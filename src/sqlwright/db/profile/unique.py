"""Columns whose values all differ, which may serve as keys that are not declared."""

from __future__ import annotations

import time
from dataclasses import replace

from ...core import Checked, QueryLimits, Schema, quote_identifier
from ..catalog import qualified
from ..engine import Engine
from .extremes import TIMEOUT_S
from .sample import Samples
from .words import ID, ends, name_words

MAX_QUERIES = 100


def unique_columns(
    schema: Schema, samples: Samples, engine: Engine | None, limits: QueryLimits, deadline: float
) -> frozenset[tuple[str, str]]:
    """Pairs of full table name and column name.

    Where the sample is not the whole table it proves nothing: then the engine counts, and only for columns called an
    identifier in tables without a primary key.
    """
    found: set[tuple[str, str]] = set()
    queries = 0
    for table in schema:
        for column in table.columns:
            seen = samples.get((table.full_name, column.name))
            if table.is_view or seen is None or not seen.unique or seen.kind not in ("integer", "text"):
                continue
            if seen.whole:
                found.add((table.full_name, column.name))
                continue
            left_s = deadline - time.monotonic()
            if engine is None or table.primary_key or not ends(name_words(column.name), ID) or left_s <= 0:
                continue
            if queries < MAX_QUERIES:
                queries += 1
                key = quote_identifier(column.name, schema.dialect, always=True)
                sql = f"SELECT count(*) - count(DISTINCT {key}) FROM {qualified(table, schema.dialect)}"
                bounds = replace(limits, timeout_s=min(limits.timeout_s, TIMEOUT_S, left_s))
                result = engine.execute(Checked.trusted(sql, "profile"), bounds).table
                if result is not None and result.rows and int(str(result.rows[0][0])) == 0:
                    found.add((table.full_name, column.name))
    return frozenset(found)
