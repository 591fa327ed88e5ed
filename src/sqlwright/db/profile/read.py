"""Read the profile of a database inside limits, or guess it from a schema alone."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace

from ...core import ColumnProfile, Profile, QueryLimits, Schema
from ..engine import Engine
from .build import Columns, profile_columns, with_lookup_labels, with_references
from .extremes import read_extremes
from .keys import infer_keys
from .latest import last_date
from .sample import Samples, read_samples
from .seen import Seen, seen_in_samples

PROFILE_S = 20.0  # for all queries together; what is not read by then is guessed from names and types
LIMITS = QueryLimits(timeout_s=10.0, max_cell_bytes=1 << 16, max_result_bytes=64 << 20)


def read_profile(engine: Engine, schema: Schema, limits: QueryLimits = LIMITS, budget_s: float = PROFILE_S) -> Profile:
    """The profile of the database behind `engine`, whose tables `schema` describes.

    One query per table for at most 2,000 rows, then, for tables with more rows, the bounds of date columns and a test
    of the values that may be keys of them. On servers a query reads many tables. Values of sensitive columns are not
    read. A table or view that cannot be read is profiled by names and types.
    """
    deadline = time.monotonic() + budget_s
    samples = read_samples(engine, schema, limits, deadline)
    return _profile(schema, samples, engine, limits, deadline)


def profile_of_schema(schema: Schema) -> Profile:
    """The profile that names, types, comments and the samples of `schema` give, for a database that is not at hand.

    Keys are inferred from names alone: a sample of a few values proves nothing.
    """
    samples = {(t.full_name, c.name): seen_in_samples(c) for t in schema for c in t.columns if c.samples}
    return _profile(schema, samples, None, LIMITS, 0.0)


def _profile(schema: Schema, samples: Samples, engine: Engine | None, limits: QueryLimits, deadline: float) -> Profile:
    columns = profile_columns(schema, samples)
    roles = {at: column.role for at, column in columns.items()}
    tested = samples if engine is not None else {}
    keys = infer_keys(schema, tested, roles, engine, limits, deadline)
    with_references(columns, keys)
    with_lookup_labels(schema, samples, columns, keys)
    if engine is not None:
        _widen_dates(engine, schema, samples, columns, limits, deadline)
    views = {t.full_name for t in schema if t.is_view}
    dates = [c for c in columns.values() if c.role == "date" and c.table not in views]
    return Profile(columns, keys, last_date(dates))


def _widen_dates(
    engine: Engine, schema: Schema, samples: Samples, columns: Columns, limits: QueryLimits, deadline: float
) -> None:
    """Replace the bounds of dates in tables that the sample did not read to the end, in place."""
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for (table, name), column in columns.items():
        if column.role == "date" and not samples.get((table, name), Seen(whole=True)).whole:
            asked[table].append(name)
    for at, (low, high) in read_extremes(engine, schema, asked, limits, deadline).items():
        columns[at] = _bounded(columns[at], low, high)


def _bounded(column: ColumnProfile, low: str, high: str) -> ColumnProfile:
    """Zero dates and epochs that stand for "never" do not count: then the sample's lowest value stays."""
    never = low.startswith("0000-00-00") or (column.numeric and column.date_storage != "year" and low[:1] in ("0", "-"))
    return replace(column, lowest=column.lowest if never else low, highest=high)
