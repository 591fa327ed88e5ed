"""What an evaluation found, as one value that survives a trip through JSON."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..core import DataError, NotFoundError
from .hardness import LEVELS
from .item import ItemReport
from .metrics import METRICS, verdicts
from .provenance import Provenance
from .score import Score, score, slice_scores

NO_POWER = "without power: the gold query gives no row, or nothing but 0 or NULL, so that a wrong query passes easily."
NO_ROWS = "not judged by their results: the tables that come with the question hold no rows."
NO_TEXT_SCORES = "without BLEU and ROUGE-L: pip install 'sqlwright[prove]' adds them."
RIGHT_WITHOUT_SQL = (
    "right by BIRD's rule although the model wrote no SQL: the rule compares sets of rows, and the gold query has none."
)
ENDED_EARLY = "The evaluation of this item ended early: "
VERSION = 1  # of the JSON; raised when a key is removed or changes its meaning


@dataclass(frozen=True)
class Report:
    """The judged predictions of one model on one set of questions; every score is computed from `items`.

    `n` counts the items that were judged by execution. Items without a database, with empty tables, with a gold
    query that fails, or that no schema can answer are in `items` too, with their state, and in none of the execution
    scores.
    `bleu` is the corpus's, which is not the mean of the items'. `schemas` holds each database's DDL.
    """

    items: tuple[ItemReport, ...]
    bleu: float | None = None
    provenance: Provenance = field(default_factory=Provenance)
    schemas: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The scores as plain text, for `print`."""
        from .summary import report_text

        return report_text(self)

    @cached_property
    def judged(self) -> tuple[ItemReport, ...]:
        return tuple(i for i in self.items if i.state == "judged")

    @property
    def n(self) -> int:
        return len(self.judged)

    @cached_property
    def scores(self) -> dict[str, Score]:
        """By name, each with its own n: text scores also count the items that could not be run."""
        scores = {name: score(self.items, metric) for name, metric in METRICS.items()}
        scores["bleu"] = replace(scores["bleu"], value=self.bleu)
        return {name: found for name, found in scores.items() if found.n or not METRICS[name].optional}

    def by_hardness(self) -> dict[str, dict[str, Any]]:
        slices = _slices(self.judged, lambda i: [i.hardness])
        return {level: slices[level] for level in LEVELS if level in slices}

    def by_database(self) -> dict[str, dict[str, Any]]:
        return dict(sorted(_slices(self.judged, lambda i: [i.db_id] if i.db_id else []).items()))

    def by_clause(self) -> dict[str, dict[str, Any]]:
        """By the clauses of the gold query; an item stands in as many slices as its gold has clauses."""
        slices = _slices(self.judged, lambda i: i.clauses)
        return dict(sorted(slices.items(), key=lambda s: (-s[1]["n"], s[0])))

    def by_turn(self) -> dict[str, dict[str, Any]]:
        """Question match by 1-based turn; empty where there are no dialogues."""
        slices = _slices([i for i in self.judged if i.dialogue_id], lambda i: [i.turn + 1])
        return {str(turn): slices[turn] for turn in sorted(slices)}

    def interactions(self) -> dict[str, Any] | None:
        """Interaction match: dialogues of which every judged turn is right. None where there are no dialogues."""
        dialogues: dict[str, list[ItemReport]] = defaultdict(list)
        for item in self.judged:
            if item.dialogue_id:
                dialogues[item.dialogue_id].append(item)
        if not dialogues:
            return None
        found: dict[str, Any] = {"n": len(dialogues)}
        for metric in verdicts():
            right = sum(all(metric.value(i) for i in turns) for turns in dialogues.values())
            found[metric.name] = right / len(dialogues)
        return found

    def by_cause(self) -> dict[str, int]:
        """How many items failed for each cause by the strict rule, the most frequent first."""
        return dict(Counter(i.cause for i in self.judged if i.cause is not None).most_common())

    def states(self) -> dict[str, int]:
        return dict(Counter(i.state for i in self.items))

    def latency(self) -> dict[str, float | int | None]:
        """Seconds the model took per question, where the predictions tell."""
        return _times([i.latency_s for i in self.items if i.latency_s is not None])

    def query_time(self) -> dict[str, float | int | None]:
        """Seconds the predicted queries ran."""
        return _times([i.predicted.elapsed_s for i in self.judged if i.predicted])

    def notes(self) -> list[str]:
        """What a reader has to know beside the scores, in sentences; empty where there is nothing to say."""
        told = (
            (sum(i.missing for i in self.items), "without a prediction, counted as wrong."),
            (sum(bool(i.no_power) for i in self.judged), NO_POWER),
            (sum(bool(i.bird_execution) and i.cause == "no_sql" for i in self.judged), RIGHT_WITHOUT_SQL),
            (self.states().get("no_database", 0), "not judged: no database file of that name."),
            (self.states().get("no_rows", 0), NO_ROWS),
            (self.states().get("gold_failed", 0), "not judged: the gold query itself does not run."),
            (self.states().get("unanswerable", 0), "not judged: the data set says that the schema cannot answer."),
            (len(self.judged) if self.bleu is None else 0, NO_TEXT_SCORES),
            (sum(i.reason.startswith(ENDED_EARLY) for i in self.judged), "ended early and counted as wrong."),
        )
        return [f"{count_items(n)} {text}" for n, text in told if n]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready and stable: keys are never removed or given another meaning within one `version`."""
        scores = {name: score.to_dict() for name, score in self.scores.items()}
        states = self.states()
        return {
            "version": VERSION,
            "n": self.n,
            "interval_95": scores["execution_accuracy"]["interval_95"],
            "strict_interval_95": scores["strict_execution_accuracy"]["interval_95"],
            **{name: score["value"] for name, score in scores.items()},
            "no_power": sum(bool(i.no_power) for i in self.judged),
            "n_items": len(self.items),
            "missing_predictions": sum(i.missing for i in self.items),
            "skipped": states.get("no_database", 0),
            "no_rows": states.get("no_rows", 0),
            "gold_failed": states.get("gold_failed", 0),
            "unanswerable": states.get("unanswerable", 0),
            "abstained": sum(
                i.state == "unanswerable" and not i.missing and not i.predicted_sql.strip() for i in self.items
            ),
            "scores": scores,
            "by_hardness": self.by_hardness(),
            "by_database": self.by_database(),
            "by_clause": self.by_clause(),
            "by_turn": self.by_turn(),
            "interaction_match": self.interactions(),
            "by_cause": self.by_cause(),
            "flags": dict(Counter(flag for i in self.judged for flag in i.flags).most_common()),
            "latency": self.latency(),
            "query_time": self.query_time(),
            "provenance": self.provenance.to_dict(),
            "schemas": dict(self.schemas),
            "items": [i.to_dict() for i in self.items],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of `to_dict`; scores are computed again from the items."""
        items = tuple(ItemReport.from_dict(i) for i in data["items"])
        provenance = Provenance.from_dict(data.get("provenance", {}))
        return cls(items, data.get("bleu"), provenance, data.get("schemas", {}))


def read_report(path: str | Path) -> Report:
    """A report written by `evaluate --json`. Raises NotFoundError and DataError."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return Report.from_dict(data)
    except FileNotFoundError:
        raise NotFoundError(f"No report at {str(path)!r}.", "Make one with: sqlwright evaluate --json FILE") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "Expected a file written by: sqlwright evaluate --json FILE"
        raise DataError(f"not a report ({type(error).__name__}: {error})", path=path, hint=hint) from None


def report_json(report: Report) -> str:
    """One line per item, for diffs; an indent would take the encoder's slow way."""
    d = report.to_dict()
    items = ",\n".join(json.dumps(i, ensure_ascii=False) for i in d.pop("items"))
    return json.dumps(d, ensure_ascii=False)[:-1] + f', "items": [\n{items}\n]}}\n'


def write_report(report: Report, path: str | Path) -> None:
    # Half of a surrogate pair, which JSON lets into a model's output, has no UTF-8: it stays the escape it was.
    Path(path).write_text(report_json(report), encoding="utf-8", errors="backslashreplace", newline="\n")


def count_items(n: int) -> str:
    return f"{n} item" if n == 1 else f"{n} items"


def _slices(
    items: Sequence[ItemReport], names_of: Callable[[ItemReport], Iterable[Hashable]]
) -> dict[Any, dict[str, Any]]:
    groups: dict[Hashable, list[ItemReport]] = defaultdict(list)
    for item in items:
        for name in names_of(item):
            groups[name].append(item)
    return {name: slice_scores(group) for name, group in groups.items()}


def _times(seconds: list[float]) -> dict[str, float | int | None]:
    if not seconds:
        return {"n": 0, "median_s": None, "p95_s": None}
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"n": len(ordered), "median_s": round(statistics.median(ordered), 5), "p95_s": round(p95, 5)}
