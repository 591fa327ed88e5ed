"""Models side by side on the same questions: who is better, by how much, and where."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from ..core import UsageError, closest
from .html import percent, point, render_page
from .item import ItemReport
from .metric import Metric
from .metrics import METRICS, verdicts
from .paired import Paired, compare_paired
from .report import Report
from .score import Score, share


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. Entries with the same number of right answers share a `rank`."""

    rank: int
    name: str
    score: Score
    scores: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two models, `first` the lower or earlier of the two: the test, and the ids of the questions by who was right.

    p_holm: the p-value after Holm's correction for the number of pairs (Scandinavian Journal of Statistics 6, 1979);
    equal to the plain one for two models.
    """

    first: str
    second: str
    first_right: int
    second_right: int
    paired: Paired
    p_holm: float
    both: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    neither: tuple[str, ...]

    def sentence(self) -> str:
        p, interval = self.paired, self.paired.interval
        corrected = f" ({_p(self.p_holm)} after Holm's correction)" if self.p_holm != p.p_value else ""
        return (
            f"{self.first}: {self.first_right} of {p.n}, {self.second}: {self.second_right} of {p.n}, "
            f"difference {100 * p.difference:+.1f} points [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}], "
            f"McNemar p {_p(p.p_value)}{corrected}"
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """`entries` from best to worst by `metric`, over the `n` questions that all reports judged.

    `left_out` counts the questions that not every report judged; 0 where the reports are on the same questions.
    `warnings` says what else was not the same for all: database files, limits, versions.
    """

    metric: str
    n: int
    left_out: int
    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...]
    questions: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The ranking and its pairs as plain text, for `print`."""
        from .summary import ranking_text

        return ranking_text(self)

    def to_dict(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "n": self.n,
            "left_out": self.left_out,
            "warnings": list(self.warnings),
            "ranking": [
                {
                    "rank": e.rank,
                    "model": e.name,
                    "right": e.score.correct,
                    "n": e.score.n,
                    "interval_95": list(e.score.interval_95 or ()),
                    **{name: score.value for name, score in e.scores.items()},
                }
                for e in self.entries
            ],
            "pairs": [_pair_dict(d) for d in self.differences],
        }


def rank(reports: Mapping[str, Report], metric: str = "execution_accuracy", *, common: bool = False) -> Ranking:
    """Rank reports by name.

    Raises UsageError for fewer than two reports, an unknown metric, or reports on different questions, unless
    `common`: then only the questions that all of them judged count.
    """
    if len(reports) < 2:
        raise UsageError("Comparing takes at least two reports.")
    known = {m.name: m for m in verdicts()}
    if metric not in known:
        raise UsageError(f"No metric {metric!r}.", closest(metric, known))
    judged = {name: _judged(report, known[metric]) for name, report in reports.items()}
    keys = _common_keys(judged, common=common)
    aligned = {name: [items[key] for key in keys] for name, items in judged.items()}
    scores = {name: {n: share(items, m) for n, m in known.items()} for name, items in aligned.items()}
    best_first = sorted(aligned, key=lambda name: -(scores[name][metric].correct or 0))
    counts = [scores[name][metric].correct for name in best_first]
    entries = [
        Entry(counts.index(c) + 1, n, scores[n][metric], scores[n]) for n, c in zip(best_first, counts, strict=True)
    ]
    questions = {item.id: item.question for item in next(iter(aligned.values()))}
    total = len({key for items in judged.values() for key in items})
    differences = _differences(aligned, best_first, known[metric])
    return Ranking(metric, len(keys), total - len(keys), tuple(entries), differences, questions, _warnings(reports))


def names_for(paths: Sequence[str | Path], reports: Sequence[Report]) -> list[str]:
    """A name for each report: the model where it is named and no other report's, else the file's."""
    models = [r.provenance.model for r in reports]
    stems = [Path(p).name.removesuffix(".json") for p in paths]
    names = [m if m and models.count(m) == 1 else s for m, s in zip(models, stems, strict=True)]
    return [n if names.count(n) == 1 else str(p) for n, p in zip(names, paths, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, least = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        least = max(least, min(1.0, p_values[i] * (len(p_values) - place)))
        corrected[i] = least
    return corrected


def render_ranking(ranking: Ranking, reports: Mapping[str, Report]) -> str:
    """The page of a ranking; questions on which models differ stand side by side."""
    metric = METRICS[ranking.metric]
    answers = {name: {i.id: i for i in report.items} for name, report in reports.items()}
    names = [e.name for e in ranking.entries]
    rows = [(key, [bool(metric.value(answers[name][key])) for name in names]) for key in ranking.questions]
    return render_page(
        "ranking.html.jinja",
        ("theme.js",),
        title="Ranking: " + ", ".join(names),
        metric=ranking.metric.replace("_", " "),
        n=ranking.n,
        left_out=ranking.left_out,
        warnings=ranking.warnings,
        entries=[
            {
                "rank": e.rank,
                "name": e.name,
                "right": e.score.correct,
                "text": percent(e.score.value),
                "strict": percent(e.scores["strict_execution_accuracy"].value),
                "valid": percent(e.scores["valid_sql_rate"].value),
                "point": point(e.score.value, e.score.interval_95),
                "spoken": f"{e.name}: {e.score}",
            }
            for e in ranking.entries
        ],
        differences=ranking.differences,
        names=names,
        rows=[
            {
                "id": key,
                "question": ranking.questions[key],
                "cells": [
                    {"right": r, "sql": answers[m][key].predicted_sql} for m, r in zip(names, right, strict=True)
                ],
            }
            for key, right in rows
            if len(set(right)) > 1
        ],
        version=next(iter(reports.values())).provenance.sqlwright,
    )


def _judged(report: Report, metric: Metric) -> dict[Hashable, ItemReport]:
    """By what makes a question the same question in two reports."""
    return {(i.id, i.db_id, i.question, i.gold_sql): i for i in report.judged if metric.value(i) is not None}


def _common_keys(judged: Mapping[str, Mapping[Hashable, ItemReport]], *, common: bool) -> list[Hashable]:
    first_name, *others = judged
    keys = [k for k in judged[first_name] if all(k in judged[name] for name in others)]
    for name in others:
        apart = len(judged[first_name].keys() ^ judged[name].keys())
        if apart and not common:
            raise UsageError(
                f"{first_name} and {name} are not on the same questions: {apart} of them are in one report only.",
                "To compare on the questions they share, give --common." if keys else "They share no question.",
            )
    if not keys:
        raise UsageError("The reports share no question that was judged.")
    return keys


def _warnings(reports: Mapping[str, Report]) -> tuple[str, ...]:
    origins = [r.provenance for r in reports.values()]
    shared = set.intersection(*(set(o.databases) for o in origins))
    changed = sorted(name for name in shared if len({o.databases[name] for o in origins}) > 1)
    found = [f"The database files of {', '.join(changed)} were not the same for all reports."] if changed else []
    for word in ("limits", "sqlwright", "sqlite"):
        values = list(dict.fromkeys(str(v) for o in origins if (v := getattr(o, word))))
        if len(values) > 1:
            found.append(f"Not all reports were made with the same {word}: {'; '.join(values)}.")
    return tuple(found)


def _differences(
    aligned: Mapping[str, Sequence[ItemReport]], best_first: Sequence[str], metric: Metric
) -> tuple[Difference, ...]:
    """Two reports in the order given, so that "before" stands before "after"; more from the best pair down."""
    pairs = [tuple(aligned)] if len(aligned) == 2 else [(b, a) for a, b in combinations(best_first, 2)]
    right = {name: [bool(metric.value(i)) for i in items] for name, items in aligned.items()}
    ids = [i.id for i in next(iter(aligned.values()))]
    databases = [i.cluster for i in next(iter(aligned.values()))]
    # With one database there is nothing to draw whole databases from: questions are drawn.
    clusters = databases if len(set(databases)) > 1 else None
    tests = [compare_paired(right[a], right[b], clusters) for a, b in pairs]
    corrected = holm([t.p_value for t in tests])
    found = []
    for (a, b), test, p in zip(pairs, tests, corrected, strict=True):
        by: dict[tuple[bool, bool], list[str]] = {(x, y): [] for x in (True, False) for y in (True, False)}
        for key, x, y in zip(ids, right[a], right[b], strict=True):
            by[x, y].append(key)
        groups = (tuple(by[k]) for k in ((True, True), (True, False), (False, True), (False, False)))
        found.append(Difference(a, b, sum(right[a]), sum(right[b]), test, p, *groups))
    return tuple(found)


def _pair_dict(d: Difference) -> dict[str, Any]:
    return {
        "first": d.first,
        "second": d.second,
        "first_right": d.first_right,
        "second_right": d.second_right,
        "n": d.paired.n,
        "difference": d.paired.difference,
        "interval_95": [d.paired.interval.low, d.paired.interval.high],
        "interval_method": d.paired.interval.method,
        "p_value": d.paired.p_value,
        "p_holm": d.p_holm,
        "both": list(d.both),
        "only_first": list(d.only_first),
        "only_second": list(d.only_second),
        "neither": list(d.neither),
        "sentence": d.sentence(),
    }


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"= {value:.4f}"
