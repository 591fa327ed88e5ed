"""Foreign keys that a schema does not declare, from names, types and contained values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...core import ForeignKey, InferredKey, QueryLimits, Role, Schema
from ..engine import Engine
from .candidates import MEDIUM, STRONG, WEAK, Candidate, Candidates
from .contained import Share, contained
from .sample import Samples

# The share of a column's values that must be keys of the parent, by the strength of the names. A column may hold
# some values that have lost their parent.
LEAST_SHARE = {STRONG: 0.7, MEDIUM: 0.9, WEAK: 1.0}
LEAST_VALUES = 3  # distinct values that weak names need


def infer_keys(
    schema: Schema,
    samples: Samples,
    roles: Mapping[tuple[str, str], Role],
    engine: Engine | None,
    limits: QueryLimits,
    deadline: float,
) -> tuple[InferredKey, ...]:
    """One key at most for each column that the schema gives none, in schema order.

    Without `engine`, only names, types and the samples decide.
    """
    candidates = Candidates(schema, samples, roles)
    by_column: dict[tuple[str, str], list[Candidate]] = {}
    for table in schema:
        declared = {key.columns[0] for key in table.foreign_keys if len(key.columns) == 1}
        declared |= {c for key in table.foreign_keys for c in key.columns if len(key.columns) > 1}
        for column in table.columns:
            if column.name not in declared and (found := candidates.of(table, column)):
                by_column[table.full_name, column.name] = found
    shares = contained((c for found in by_column.values() for c in found), schema, samples, engine, limits, deadline)
    chosen = (_choose(found, shares, samples) for found in by_column.values())
    return tuple(_key(c, shares.get(c)) for c in chosen if c is not None)


def _choose(found: Sequence[Candidate], shares: Mapping[Candidate, Share], samples: Samples) -> Candidate | None:
    """The best candidate that the values do not contradict; None where two are equally good."""
    fitting = [c for c in found if _fits(c, shares.get(c), samples)]
    best = max((c.strength for c in fitting), default=0)
    ranked = [c for c in fitting if c.strength == best]
    if not ranked:
        return None
    if len(ranked) > 1:
        top = max(_share(c, shares) for c in ranked)
        ranked = [c for c in ranked if _share(c, shares) == top]
    return ranked[0] if len(ranked) == 1 else None


def _fits(candidate: Candidate, share: Share | None, samples: Samples) -> bool:
    if share is None:
        return candidate.strength > WEAK
    hits, tested = share
    if candidate.strength == WEAK and tested < LEAST_VALUES:
        return False
    return hits >= LEAST_SHARE[candidate.strength] * tested


def _share(candidate: Candidate, shares: Mapping[Candidate, Share]) -> float:
    hits, tested = shares.get(candidate, (0, 0))
    return hits / tested if tested else 0.0


def _key(candidate: Candidate, share: Share | None) -> InferredKey:
    values = f"; {share[0]} of {share[1]} values found" if share else ""
    key = ForeignKey((candidate.column,), candidate.parent, (candidate.key,))
    return InferredKey(candidate.table, key, candidate.why + values)
