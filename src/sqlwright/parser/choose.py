"""Choosing among a search's queries by running them: what fails is dropped, and what agrees counts together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..core import Outcome, ResultTable, Value
from .calibrate import Calibration

MARGIN = 1.5  # in log probability: an empty result gives way only to a query nearly as likely
MAX_SCORE_GAP = 3.5  # in log probability, 3 %: so much less likely than one that ran, a query is not worth its time
MAX_RUN = 5
DIGITS = 9  # sums of floats in another order differ further to the right

Run = Callable[[str], Outcome]


@dataclass(frozen=True, slots=True)
class Scored:
    """A query as SQL, with the log probability that the model gives it.

    `left_out` are words of the question that name something in the database and that the query does not use.
    """

    sql: str
    score: float
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """The likeliest query of those with one result; `agreement` is the share of the probability that they have."""

    sql: str
    outcome: Outcome
    score: float
    agreement: float

    @property
    def degenerate(self) -> bool:
        return self.outcome.table is None or is_degenerate(self.outcome.table)


@dataclass(frozen=True, slots=True)
class Choice:
    """The query to answer with and the calibrated probability that it is right; `alternatives` gave other results.

    The confidence is made of `agreement`, the share of the probability on this result, and `top`, that of the query.
    """

    sql: str
    outcome: Outcome
    confidence: float
    agreement: float
    top: float
    alternatives: tuple[ResultGroup, ...] = ()


def choose(
    candidates: Sequence[Scored],
    run: Run,
    calibration: Calibration | None = None,
    *,
    most: int = MAX_RUN,
    margin: float = MARGIN,
) -> Choice | None:
    """Run the `most` likeliest and take the result that has most of the probability; None where nothing runs.

    `run` is to check and limit each statement. A degenerate result stands behind every other one whose query is at most
    `margin` less likely. Queries that are MAX_SCORE_GAP less likely than one that ran are not run, and
    count as other results.
    """
    likeliest = sorted(candidates, key=lambda c: -c.score)[:most]
    tried: list[tuple[Scored, Outcome]] = []
    least = -math.inf
    for candidate in likeliest:
        if candidate.score < least:
            break
        outcome = run(candidate.sql)
        tried.append((candidate, outcome))
        if outcome.ok:
            least = max(least, candidate.score - MAX_SCORE_GAP)
    ran = _by_result(tried, [c.score for c in likeliest[len(tried) :]])
    if not ran:
        return None
    best, *others = _degenerate_behind(ran, margin)
    top = math.exp(min(best.score, 0.0))
    confidence = (calibration or Calibration()).confidence(best.agreement, top)
    return Choice(best.sql, best.outcome, confidence, best.agreement, top, tuple(others))


def _by_result(tried: Sequence[tuple[Scored, Outcome]], not_run: Sequence[float]) -> list[ResultGroup]:
    """One entry a result, that with most of the probability first; `tried` come likeliest first."""
    groups: dict[Hashable, list[tuple[Scored, Outcome]]] = {}
    for candidate, outcome in tried:
        if outcome.ok and outcome.table is not None:
            groups.setdefault(fingerprint(outcome.table), []).append((candidate, outcome))
    if not groups:
        return []
    # Relative to the highest score, so that long queries do not underflow.
    highest = max(c.score for group in groups.values() for c, _ in group)
    weights = [sum(math.exp(c.score - highest) for c, _ in group) for group in groups.values()]
    total = sum(weights) + sum(math.exp(score - highest) for score in not_run)
    found = []
    for group, weight in zip(groups.values(), weights, strict=True):
        candidate, outcome = group[0]
        found.append(ResultGroup(candidate.sql, outcome, candidate.score, weight / total))
    return sorted(found, key=lambda r: -r.agreement)


def _degenerate_behind(ran: Sequence[ResultGroup], margin: float) -> list[ResultGroup]:
    first = ran[0]
    if not first.degenerate:
        return list(ran)
    better = [r for r in ran if not r.degenerate and r.score >= first.score - margin]
    return [*better, *(r for r in ran if r not in better)]


def is_degenerate(table: ResultTable) -> bool:
    """No row, nothing but NULLs, or a lone 0: what a query with a wrong condition gives as well."""
    cells = [value for row in table.rows for value in row]
    if all(value is None for value in cells):
        return True
    return len(cells) == 1 and not isinstance(cells[0], (bool, str)) and cells[0] == 0


def fingerprint(table: ResultTable) -> Hashable:
    """Equal for equal results: rows as a typed multiset, floats to `DIGITS` digits, without names of columns."""
    rows = Counter(tuple(_key(value) for value in row) for row in table.rows)
    return len(table.columns), table.truncated, frozenset(rows.items())


def _key(value: Value) -> Hashable:
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int):
        return value
    if isinstance(value, (float, Decimal)):
        return _number(float(value))
    if isinstance(value, (list, dict)):
        return repr(value)
    return value


def _number(value: float) -> Hashable:
    if not math.isfinite(value):
        return "number", str(value)
    return int(value) if value.is_integer() else float(f"{value:.{DIGITS}g}")
