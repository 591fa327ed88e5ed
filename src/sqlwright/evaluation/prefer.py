"""Preference pairs made by execution: queries that give the gold rows against those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..core import DataError, Example
from ..data.databases import Databases
from ..data.preference import Preference
from ..data.rows import read_rows
from ..sql import normalize
from .trial import Attempt, Trial, try_all

Chosen = Literal["own", "gold"]


@dataclass(frozen=True, slots=True)
class PreferReport:
    """`left_out` counts the questions without a pair, by reason; `causes` the pairs by what is wrong in them."""

    questions: int
    pairs: int
    left_out: Mapping[str, int]
    causes: Mapping[str, int]


def read_candidates(path: str | Path) -> dict[str, tuple[str, ...]]:
    """By id the queries that `predict` wrote for a question: the prediction, and the other candidates of `-n`.

    Raises DataError for a row that is not a prediction.
    """
    found: dict[str, tuple[str, ...]] = {}
    for row in read_rows(path):
        if isinstance(row, DataError):
            raise row
        if "predicted_sql" not in row.fields:
            raise DataError(
                "no predicted_sql", path=path, line=row.line, hint="Expected a file of `sqlwright predict`."
            )
        others = row.fields.get("candidates") or []
        name = str(row.fields.get("id", row.number))
        found[name] = tuple(str(sql) for sql in (row.fields["predicted_sql"], *others) if sql)
    return found


def prefer(
    examples: Sequence[Example],
    candidates: Mapping[str, Sequence[str]],
    databases: Databases,
    *,
    pairs: int = 1,
    chosen: Chosen = "own",
    workers: int | None = None,
) -> tuple[list[Preference], PreferReport]:
    """Up to `pairs` preferences for each question, near misses first, from queries that all ran on its database.

    Of wrong candidates with equal results one is taken, and of those that fail one for each cause. "own" prefers the
    model's own right query and takes the gold where it has none, "gold" always takes the gold.
    """
    left_out: Counter[str] = Counter()
    asked: list[tuple[Example, list[str]]] = []
    for example in examples:
        if example.id not in candidates:
            left_out["no candidates"] += 1
        elif not example.gold_sql or example.db_id not in databases:
            left_out["no gold query" if not example.gold_sql else "no database"] += 1
        else:
            asked.append((example, _distinct(candidates[example.id])))
    attempts = [Attempt(e.db_id, e.gold_sql, sql) for e, found in asked for sql in found]
    trials = iter(try_all(attempts, databases, workers=workers))
    made: list[Preference] = []
    for example, found in asked:
        tried = [(sql, next(trials)) for sql in found]
        own, reason = _pairs(example, tried, pairs, chosen)
        made += own
        if reason:
            left_out[reason] += 1
    causes = Counter(p.why for p in made)
    return made, PreferReport(len(examples), len(made), dict(left_out), dict(causes))


def _distinct(found: Sequence[str]) -> list[str]:
    """Without the same query in another spelling, in the order of the first ones."""
    forms: dict[str, str] = {}
    for sql in found:
        forms.setdefault(normalize(sql, "sqlite"), sql)
    return list(forms.values())


def _pairs(
    example: Example, tried: Sequence[tuple[str, Trial]], count: int, chosen: Chosen
) -> tuple[list[Preference], str]:
    """The pairs of one question, or why it has none."""
    if not tried:
        return [], "no candidates"
    if any(trial.no_power for _, trial in tried):
        return [], "the gold result cannot tell right from wrong"
    right = [sql for sql, trial in tried if trial.correct]
    kinds: dict[str, tuple[str, Trial]] = {}
    for sql, trial in sorted((t for t in tried if not t[1].correct), key=lambda t: nearness(t[1])):
        kinds.setdefault(trial.result or str(trial.cause), (sql, trial))
    if not kinds:
        return [], "every candidate is right"
    better = right[0] if right and chosen == "own" else example.gold_sql
    pairs = []
    for number, (sql, trial) in enumerate(list(kinds.values())[:count]):
        name = example.id if number == 0 else f"{example.id}-{number + 1}"
        pairs.append(Preference(replace(example, id=name, gold_sql=better), sql, str(trial.cause)))
    return pairs, ""


def nearness(trial: Trial) -> int:
    """A sort key: near misses first, then queries with rows, without rows, with an error, and texts without a query."""
    if trial.near:
        return 0
    if trial.ran:
        return 1 if trial.rows else 2
    return 4 if trial.cause in ("no_sql", "refused", "syntax") else 3
