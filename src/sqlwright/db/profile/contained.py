"""How many values of a column are keys of another table: from the samples, or by a bounded query."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...core import Checked, Dialect, QueryLimits, Schema, quote_identifier
from ..catalog import qualified
from ..engine import Engine
from .candidates import Candidate
from .sample import Samples
from .seen import Seen

TESTED_VALUES = 100  # distinct values of the child that are looked up
QUESTIONS_PER_QUERY = 30
_NEVER = frozenset({"0", "-1"})  # written where there is no parent

Share = tuple[int, int]  # (values found, values tested)


def contained(
    candidates: Iterable[Candidate],
    schema: Schema,
    samples: Samples,
    engine: Engine | None,
    limits: QueryLimits,
    deadline: float,
) -> dict[Candidate, Share]:
    """For each candidate that can be tested, how many of its distinct values are keys of the parent.

    Where the sample is the whole parent table no query is needed. A candidate without a value on either side, or
    not tested by `deadline`, is left out.
    """
    found: dict[Candidate, Share] = {}
    waiting: list[tuple[Candidate, list[str]]] = []
    for candidate in candidates:
        child = samples.get((candidate.table, candidate.column))
        parent = samples.get((candidate.parent, candidate.key))
        if child is None or parent is None or not child.counts or not parent.counts:
            continue
        values = _tested(child, parent)
        missing = [v for v in values if v not in parent.counts]
        if parent.whole or not missing:
            found[candidate] = (len(values) - len(missing), len(values))
        elif engine is not None and _same_kind(child, parent) and all(_can_write(v) for v in missing):
            found[candidate] = (len(values) - len(missing), len(values))  # what the sample alone says, until asked
            waiting.append((candidate, missing))
    if engine is not None:
        for candidate, more in _looked_up(waiting, schema, samples, engine, limits, deadline).items():
            hits, tested = found[candidate]
            found[candidate] = (hits + more, tested)
    return found


def _same_kind(child: Seen, parent: Seen) -> bool:
    return child.is_number == parent.is_number


def _tested(child: Seen, parent: Seen) -> list[str]:
    """Values spread over the sample; 0 and -1 only where the parent has them."""
    values = [v for v in child.counts if v not in _NEVER or v in parent.counts] or list(child.counts)
    step = max(1, len(values) // TESTED_VALUES)
    return values[::step][:TESTED_VALUES]


def _can_write(value: str) -> bool:
    return "\\" not in value and value.isprintable()


def _looked_up(
    waiting: Sequence[tuple[Candidate, list[str]]],
    schema: Schema,
    samples: Samples,
    engine: Engine,
    limits: QueryLimits,
    deadline: float,
) -> dict[Candidate, int]:
    tables = {t.full_name: t for t in schema}
    found: dict[Candidate, int] = {}
    for start in range(0, len(waiting), QUESTIONS_PER_QUERY):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        batch = waiting[start : start + QUESTIONS_PER_QUERY]
        parts = []
        for i, (candidate, values) in enumerate(batch):
            key = quote_identifier(candidate.key, schema.dialect, always=True)
            number = samples[candidate.parent, candidate.key].is_number
            written = ", ".join(v if number else _literal(v, schema.dialect) for v in values)
            source = qualified(tables[candidate.parent], schema.dialect)
            parts.append(f"SELECT {i}, count(DISTINCT {key}) FROM {source} WHERE {key} IN ({written})")
        bounds = replace(limits, timeout_s=min(limits.timeout_s, left_s), max_rows=len(batch) + 1)
        result = engine.execute(Checked.trusted(" UNION ALL ".join(parts), "profile"), bounds).table
        for row in result.rows if result else ():
            found[batch[int(str(row[0]))][0]] = int(str(row[1]))
    return found


def _literal(value: str, dialect: Dialect) -> str:
    return "'" + value.replace("'", "''") + "'"
