"""Preference pairs without a model: gold queries against copies with one change, judged by running both."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core import Example, QueryLimits
from ..data.preference import Preference
from ..db.database import Database
from ..synthesis.changed_queries import Changed, Changes, changed_queries
from ..synthesis.profile import read_profile
from .cached_engine import CachedDatabase
from .trial import LIMITS, Trial, try_sql

MAX_TRIED = 12  # changed queries that are run for one question
UNREADABLE = "the gold query cannot be written again"
NO_POWER = "the gold result cannot tell right from wrong"
NO_CHANGE = "no change gives another result"


@dataclass(frozen=True, slots=True)
class ChangedReport:
    """What became of the changed queries.

    `tried` were run. Of these `equal` gave the gold rows (or every row that ties for the last place) and were dropped,
    `failed` were refused, failed or took too long, `undecided` could not be compared, and `repeated` gave the rows of
    another wrong one. `left_out` counts questions without a pair by reason, `kinds` the pairs by kind of change.
    """

    questions: int
    pairs: int
    tried: int
    equal: int
    failed: int
    undecided: int
    repeated: int
    left_out: Mapping[str, int]
    kinds: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        names = ("questions", "pairs", "tried", "equal", "failed", "undecided", "repeated")
        counts = {name: getattr(self, name) for name in names}
        return {**counts, "left_out": dict(self.left_out), "kinds": dict(self.kinds)}


@dataclass
class _Counts:
    dropped: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    tried: int = 0


def prefer_changed(
    examples: Sequence[Example],
    database: Database,
    *,
    pairs: int = 1,
    seed: int = 0,
    limits: QueryLimits = LIMITS,
) -> tuple[list[Preference], ChangedReport]:
    """Up to `pairs` preferences for each question about `database`, and what was dropped.

    The rejected query runs and gives another result than the gold query. Of the kinds of change that a question allows,
    the one that has the fewest pairs so far comes first, so that frequent kinds do not crowd out the others. The same
    arguments give the same pairs, except for queries near the time limit.
    """
    profile = read_profile(database, limits)
    cached: Any = CachedDatabase(database.engine)
    counts, made = _Counts(), list[Preference]()
    for example in examples:
        rng = random.Random(f"{seed}/{example.id}")  # noqa: S311
        changes = changed_queries(example.gold_sql, profile, rng)
        found = _pairs(cached, example, changes, pairs, counts, limits)
        made += found
    dropped = counts.dropped
    report = ChangedReport(
        len(examples),
        len(made),
        counts.tried,
        dropped["equal"],
        dropped["failed"],
        dropped["undecided"],
        dropped["repeated"],
        dict(counts.left_out),
        dict(counts.kinds),
    )
    return made, report


def _pairs(
    database: Database, example: Example, changes: Changes | None, count: int, counts: _Counts, limits: QueryLimits
) -> list[Preference]:
    if changes is None:
        counts.left_out[UNREADABLE] += 1
        return []
    right = try_sql(database, example.gold_sql, changes.original, limits)
    if right.no_power or not right.correct:
        counts.left_out[NO_POWER if right.no_power else UNREADABLE] += 1
        return []
    found: list[Preference] = []
    results = {right.result}
    for changed in list(_in_turn(changes.changed, counts.kinds))[:MAX_TRIED]:
        counts.tried += 1
        trial = try_sql(database, example.gold_sql, changed.sql, limits)
        if reason := _why_dropped(trial, results):
            counts.dropped[reason] += 1
            continue
        results.add(trial.result)
        counts.kinds[changed.kind] += 1
        name = example.id if not found else f"{example.id}-{len(found) + 1}"
        better = replace(example, id=name, gold_sql=changes.original)
        found.append(Preference(better, changed.sql, changed.kind))
        if len(found) == count:
            return found
    if not found:
        counts.left_out[NO_CHANGE] += 1
    return found


def _why_dropped(trial: Trial, results: set[str]) -> str:
    if not trial.ran:
        return "failed"
    if trial.correct or (trial.cause == "wrong_limit" and trial.near):
        return "equal"
    if trial.cause is None:
        return "undecided"
    return "repeated" if trial.result in results else ""


def _in_turn(changed: Sequence[Changed], used: Mapping[str, int]) -> Iterator[Changed]:
    """One of each kind, the least used kinds first, then a second one of each."""
    by_kind: dict[str, list[Changed]] = {}
    for one in changed:
        by_kind.setdefault(one.kind, []).append(one)
    kinds = sorted(by_kind, key=lambda kind: used.get(kind, 0))
    for place in range(max(map(len, by_kind.values()), default=0)):
        yield from (by_kind[kind][place] for kind in kinds if place < len(by_kind[kind]))
