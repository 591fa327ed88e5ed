"""What was made: how often things repeat, what leaked, and how the shapes stand beside those of real data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..core import Dialect, Example
from ..core.fold import fold
from ..sql import normalize
from .clauses import CLAUSES, has_clause
from .pair import Pair
from .shapes import common_shapes


@dataclass(frozen=True, slots=True)
class ShapeShare:
    """How often a shape came, its share, and its share among the shapes that were drawn from."""

    name: str
    count: int
    share: float
    real_share: float


@dataclass(frozen=True, slots=True)
class SynthesisReport:
    """Of `pairs` pairs. `repeated_forms` counts statements that repeat an earlier one in normal form.

    `leaked_questions` and `leaked_sql` count pairs whose question, or statement in normal form, the held-out file has;
    None where there was none. `kinds` counts the questions of analysts; `shapes`, `distance` and `clauses` are of the
    other pairs. `distance` is the total variation distance of the shapes' shares, in [0, 1].
    `clauses` has, for each, the share of pairs and the real share.
    """

    pairs: int
    repeated_questions: int
    repeated_sql: int
    repeated_forms: int
    leaked_questions: int | None
    leaked_sql: int | None
    kinds: Mapping[str, int]
    shapes: tuple[ShapeShare, ...]
    distance: float
    clauses: Mapping[str, tuple[float, float]]
    rejections: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        mappings = {"kinds": dict(self.kinds), "clauses": dict(self.clauses), "rejections": dict(self.rejections)}
        return {**asdict(self), **mappings}


def report_on(
    pairs: Sequence[Pair],
    dialect: Dialect,
    *,
    rejections: Mapping[str, int] | None = None,
    held_out: Iterable[Example] | None = None,
    real: Mapping[str, int] | None = None,
) -> SynthesisReport:
    """`real` are the counts of the shapes that were drawn from, the common ones unless given."""
    real = common_shapes() if real is None else real
    made = Counter(pair.shape for pair in pairs if pair.shape)
    questions = [fold(pair.example.question) for pair in pairs]
    forms = [normalize(pair.example.gold_sql, dialect) for pair in pairs]
    known = list(held_out) if held_out is not None else None
    return SynthesisReport(
        pairs=len(pairs),
        repeated_questions=len(questions) - len(set(questions)),
        repeated_sql=len(pairs) - len({pair.example.gold_sql for pair in pairs}),
        repeated_forms=len(forms) - len(set(forms)),
        leaked_questions=None if known is None else _shared(questions, {fold(e.question) for e in known}),
        leaked_sql=None if known is None else _shared(forms, {normalize(e.gold_sql, dialect) for e in known}),
        kinds=dict(Counter(pair.kind for pair in pairs if pair.kind).most_common()),
        shapes=_shares(made, real),
        distance=round(distance(made, real), 4),
        clauses={name: (clause_share(made, name), clause_share(real, name)) for name in CLAUSES},
        rejections=dict(rejections or {}),
    )


def _shared(texts: Iterable[str], known: set[str]) -> int:
    return sum(text in known for text in texts)


def _shares(made: Mapping[str, int], real: Mapping[str, int]) -> tuple[ShapeShare, ...]:
    total, whole = max(sum(made.values()), 1), max(sum(real.values()), 1)
    rows = sorted(made.items(), key=lambda row: (-row[1], row[0]))
    return tuple(ShapeShare(n, c, round(c / total, 4), round(real.get(n, 0) / whole, 4)) for n, c in rows)


def distance(made: Mapping[str, int], real: Mapping[str, int]) -> float:
    """Half the sum of the absolute differences of the shares: 0 for equal ones, 1 for nothing in common."""
    total, whole = max(sum(made.values()), 1), max(sum(real.values()), 1)
    return sum(abs(made.get(n, 0) / total - real.get(n, 0) / whole) for n in {*made, *real}) / 2


def clause_share(counts: Mapping[str, int], clause: str) -> float:
    """The share of the queries that have it."""
    having = sum(count for name, count in counts.items() if has_clause(name, clause))
    return round(having / max(sum(counts.values()), 1), 4)
