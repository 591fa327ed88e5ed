"""Foreign keys that a schema does not declare, from names, types and contained values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ...core import ForeignKey, InferredKey, QueryLimits, Role, Schema
from ..engine import Engine
from .candidates import MEDIUM, ONLY_FK, STRONG, WEAK, Candidate, Candidates
from .contained import Share, contained
from .sample import Samples
from .unique import unique_columns

# The share of a column's values that must be keys of the parent, by the strength of the names. A column may hold
# some values that have lost their parent.
LEAST_SHARE = {STRONG: 0.5, MEDIUM: 0.9, WEAK: 0.95}
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
    candidates = Candidates(schema, samples, roles, unique_columns(schema, samples, engine, limits, deadline))
    by_column: dict[tuple[str, str], list[Candidate]] = {}
    for table in schema:
        declared = {key.columns[0] for key in table.foreign_keys if len(key.columns) == 1}
        declared |= {c for key in table.foreign_keys for c in key.columns if len(key.columns) > 1}
        for column in table.columns:
            if column.name not in declared and (found := candidates.of(table, column)):
                by_column[table.full_name, column.name] = found
    shares = contained((c for found in by_column.values() for c in found), schema, samples, engine, limits, deadline)
    tied = {at: _best(found, shares) for at, found in by_column.items()}
    chosen = {at: best[0] for at, best in tied.items() if len(best) == 1}
    for at, best in tied.items():
        if len(best) > 1 and len(roots := _roots(best, chosen)) == 1:
            chosen[at] = roots[0]
        elif len(best) > 1 and best[0].why == ONLY_FK:
            chosen[at] = _most_referred(best, schema, list(chosen.values()))
    kept = [chosen[at] for at in by_column if at in chosen and not _is_reverse(chosen[at], chosen, shares)]
    return tuple(_key(c, shares.get(c)) for c in kept)


def _is_reverse(key: Candidate, chosen: Mapping[tuple[str, str], Candidate], shares: Mapping[Candidate, Share]) -> bool:
    """Whether the parent's column refers back to the column, and more of its values are found."""
    back = chosen.get((key.parent, key.key))
    if back is None or (back.parent, back.key) != (key.table, key.column):
        return False
    return (_share(key, shares), key.table) < (_share(back, shares), back.table)


def _best(found: Sequence[Candidate], shares: Mapping[Candidate, Share]) -> list[Candidate]:
    """The candidates of one column that the values do not contradict and that no other one beats."""
    fitting = [c for c in found if _fits(c, shares.get(c))]
    best = max(((c.strength, _share(c, shares)) for c in fitting), default=None)
    return [c for c in fitting if (c.strength, _share(c, shares)) == best]


def _roots(tied: Sequence[Candidate], chosen: Mapping[tuple[str, str], Candidate]) -> list[Candidate]:
    """Those of equally good candidates whose key is not itself a reference to another one of them."""
    parents = {c.parent for c in tied}
    above = {c.parent: chosen.get((c.parent, c.key)) for c in tied}
    return [c for c in tied if not ((key := above[c.parent]) and key.parent in parents)]


def _most_referred(tied: Sequence[Candidate], schema: Schema, chosen: Sequence[Candidate]) -> Candidate:
    """The one whose table most other keys refer to; the first of the schema where that says nothing."""
    counts = Counter(key.ref_table for table in schema for key in table.foreign_keys)
    counts.update(candidate.parent for candidate in chosen)
    return max(tied, key=lambda c: counts[c.parent])


def _fits(candidate: Candidate, share: Share | None) -> bool:
    if share is None:
        return candidate.strength == STRONG or (candidate.strength == MEDIUM and candidate.named_id)
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
