"""Reports and rankings as plain text: what the command line and `print` show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.text_table import aligned
from .html import percent
from .metrics import METRICS

if TYPE_CHECKING:
    from .ranking import Ranking
    from .report import Report

CAUSES_SHOWN = 6
QUESTIONS_SHOWN = 5  # of those that one model of a pair alone got right


def report_text(report: Report) -> str:
    """Scores, hardness, turns, causes and notes."""
    scores = [
        (METRICS[name].title, str(s.n), "" if s.correct is None else str(s.correct), str(s))
        for name, s in report.scores.items()
        if s.n
    ]
    parts = [aligned(("", "n", "right", "score [95 % interval]"), scores)]
    levels = [
        (level, str(s["n"]), _percent(s["execution_accuracy"]), _percent(s["strict_execution_accuracy"]))
        for level, s in report.by_hardness().items()
    ]
    parts.append(aligned(("hardness", "n", "published", "strict"), levels))
    turns = [
        (f"turn {turn}", str(s["n"]), _percent(s["execution_accuracy"]), _percent(s["strict_execution_accuracy"]))
        for turn, s in report.by_turn().items()
    ]
    if turns:
        found = report.interactions() or {}
        values = [_percent(found[name]) for name in ("execution_accuracy", "strict_execution_accuracy")]
        turns.append(("dialogue", str(found["n"]), values[0], values[1]))
        parts.append(aligned(("turn", "n", "published", "strict"), turns))
    causes = [(cause.replace("_", " "), str(n)) for cause, n in list(report.by_cause().items())[:CAUSES_SHOWN]]
    if causes:
        parts.append(aligned(("cause", "n"), causes))
    if told := report.notes():
        parts.append("\n".join(told))
    return "\n\n".join(parts)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}".replace("%", " %")


def ranking_text(ranking: Ranking) -> str:
    """The ranking and its pairs."""
    rows = [
        (
            str(e.rank),
            e.name,
            f"{e.score.correct} of {e.score.n}",
            str(e.score),
            percent(e.scores["strict_execution_accuracy"].value),
            percent(e.scores["valid_sql_rate"].value),
        )
        for e in ranking.entries
    ]
    head = ("rank", "model", "right", ranking.metric.replace("_", " "), "strict", "valid SQL")
    parts = [aligned(head, rows, left=2)]
    if ranking.left_out:
        parts.append(f"{ranking.left_out} questions are left out: not every report judged them.")
    for d in ranking.differences:
        lines = [d.sentence()]
        lines.append(
            f"  both {len(d.both)}, only {d.first} {len(d.only_first)}, "
            f"only {d.second} {len(d.only_second)}, neither {len(d.neither)}"
        )
        for name, ids in ((d.first, d.only_first), (d.second, d.only_second)):
            lines += [f"  only {name}: {key}  {ranking.questions[key]}" for key in ids[:QUESTIONS_SHOWN]]
            if len(ids) > QUESTIONS_SHOWN:
                lines.append(f"  ... and {len(ids) - QUESTIONS_SHOWN} more")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
