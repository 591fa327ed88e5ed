"""One model before and after its tuning, on one or several sets of questions, as values and as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from .html import percent, point, render_page
from .metrics import METRICS
from .ranking import Difference, rank
from .report import Report
from .score import Score

METRIC = "execution_accuracy"
MAX_SHOWN = 20  # differences shown of each set, with both queries

Role = Literal["own", "public"]


@dataclass(frozen=True)
class BeforeAfter:
    """The same questions asked before and after. `role`: those of the database the model was tuned to, or public ones.

    `about` says in a sentence where the questions come from.
    """

    name: str
    role: Role
    about: str
    before: Report
    after: Report

    @cached_property
    def difference(self) -> Difference:
        """The paired test, by the published rule."""
        return rank({"before": self.before, "after": self.after}, METRIC).differences[0]

    @property
    def scores(self) -> tuple[Score, Score]:
        return self.before.scores[METRIC], self.after.scores[METRIC]

    def to_dict(self) -> dict[str, Any]:
        before, after = self.scores
        paired = self.difference.paired
        return {
            "name": self.name,
            "role": self.role,
            "about": self.about,
            "n": paired.n,
            "before": before.to_dict(),
            "after": after.to_dict(),
            "difference": paired.difference,
            "interval_95": [paired.interval.low, paired.interval.high],
            "p_value": paired.p_value,
            "won": len(self.difference.only_second),
            "lost": len(self.difference.only_first),
        }


def worth_using(sets: Sequence[BeforeAfter], *, least: int = 10, forgetting: float = 0.03) -> tuple[bool, str]:
    """Whether the tuned model should answer from now on, and why, in a sentence.

    It should where it answers some of the database's own questions and no fewer than before, by the first own set of
    at least `least` questions, and public questions did not get worse by more than `forgetting` with a p-value below
    0.05.
    """
    decisive = _decisive(sets, least)
    if decisive is None:
        return False, "There is no question to judge it by."
    if not decisive.scores[1].correct:
        return False, f"It answers none of the {decisive.name}."
    if decisive.difference.paired.difference < 0:
        return False, f"It answers fewer of the {decisive.name} than before."
    for other in (s for s in sets if s.role == "public"):
        paired = other.difference.paired
        if paired.difference < -forgetting and paired.p_value < 0.05:
            return False, f"It forgot: {_points(-paired.difference)} fewer of the {other.name} are right."
    if decisive.difference.paired.difference == 0:
        return True, f"It answers as many of the {decisive.name} as before."
    return True, f"It answers {_points(decisive.difference.paired.difference)} more of the {decisive.name}."


def better_than(sets: Sequence[BeforeAfter], rival: str, reason: str, *, least: int = 10) -> tuple[bool, str]:
    """`worth_using` had its `reason`; now `sets` hold `rival`'s reports for those before. As many are enough."""
    decisive = _decisive(sets, least)
    if decisive is not None and (lost := -decisive.difference.paired.difference) > 0:
        return False, f"{reason.rstrip('.')}, but {_points(lost)} fewer than {rival}."
    return True, reason


def _decisive(sets: Sequence[BeforeAfter], least: int) -> BeforeAfter | None:
    own = [s for s in sets if s.role == "own"]
    return next((s for s in own if s.difference.paired.n >= least), own[0] if own else None)


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def render_before_after(
    sets: Sequence[BeforeAfter], *, title: str, sentence: str, facts: Mapping[str, str], version: str = ""
) -> str:
    """One page that loads nothing: scores with intervals, the paired test, and opened differences of each set."""
    return render_page(
        "before_after.html.jinja",
        ("theme.js",),
        title=title,
        sentence=sentence,
        facts=list(facts.items()),
        sets=[_section(s) for s in sets],
        opened=MAX_SHOWN,
        version=version or next((s.after.provenance.sqlwright for s in sets), ""),
    )


def _section(s: BeforeAfter) -> dict[str, Any]:
    before, after = s.scores
    answers = {word: {i.id: i for i in report.items} for word, report in (("before", s.before), ("after", s.after))}
    metric = METRICS[METRIC]
    return {
        "name": s.name,
        "about": s.about,
        "sentence": s.difference.sentence(),
        "won": len(s.difference.only_second),
        "lost": len(s.difference.only_first),
        "marks": [
            {
                "name": word,
                "kind": kind,
                "text": percent(score.value),
                "of": f"{score.correct} of {score.n}",
                "point": point(score.value, score.interval_95),
                "spoken": f"{word}: {score}",
            }
            for word, kind, score in (("before", "strict", before), ("after", "published", after))
        ],
        "rows": [
            {
                "id": key,
                "question": answers["before"][key].question,
                "gold": answers["before"][key].gold_sql,
                "cells": [
                    {"right": bool(metric.value(answers[w][key])), "sql": answers[w][key].predicted_sql}
                    for w in ("before", "after")
                ],
            }
            for key in _interleaved(s.difference.only_second, s.difference.only_first)[:MAX_SHOWN]
        ],
    }


def _interleaved(won: Sequence[str], lost: Sequence[str]) -> list[str]:
    """Won and lost in turn, so that a page that shows the first few hides neither."""
    longest = max(len(won), len(lost))
    return [side[i] for i in range(longest) for side in (won, lost) if i < len(side)]
