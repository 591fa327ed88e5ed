"""One model on one set of questions under many sampling settings: what temperature, top-k and top-p do to its score."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from ..core import DataError, Example, NotFoundError, UsageError
from ..data.databases import DatabaseFolder
from ..generation import Generator, Sampling
from .evaluate import evaluate
from .html import percent, point, render_page
from .predict import PredictProgress, predict
from .predict_options import PredictOptions
from .provenance import sha256_file
from .report import Report, read_report, write_report
from .score import Score

SCORES = ("execution_accuracy", "strict_execution_accuracy", "valid_sql_rate")
Number = TypeVar("Number", int, float)
CAUTION = "The best of several settings on the same questions looks better than it is: confirm it on other questions."


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the grid. Greedy decoding is temperature 0, where top-k and top-p have nothing to cut."""

    temperature: float
    top_k: int | None = None
    top_p: float | None = None

    @property
    def name(self) -> str:
        """For files: `t0.7-k50-p0.9`, or `greedy`."""
        if self.temperature == 0:
            return "greedy"
        cuts = [f"-k{self.top_k}" if self.top_k else "", f"-p{self.top_p:g}" if self.top_p else ""]
        return f"t{self.temperature:g}" + "".join(cuts)

    def sampling(self, base: Sampling) -> Sampling:
        return replace(base, temperature=self.temperature, top_k=self.top_k, top_p=self.top_p)


@dataclass(frozen=True, slots=True)
class Point:
    """A setting with its scores, and how many questions gave no text."""

    setting: Setting
    scores: Mapping[str, Score]
    failed: int = 0

    def to_dict(self) -> dict[str, Any]:
        s = self.setting
        settings = {"name": s.name, "temperature": s.temperature, "top_k": s.top_k, "top_p": s.top_p}
        return {**settings, "failed": self.failed, "scores": {name: self.scores[name].to_dict() for name in SCORES}}


@dataclass(frozen=True, slots=True)
class Sweep:
    """The `points` in the order of the grid."""

    model: str
    data: str
    points: tuple[Point, ...]

    def best(self) -> Point:
        """By execution accuracy, then the strict one; of equals the first."""
        return max(self.points, key=lambda p: [p.scores[name].value or 0.0 for name in SCORES[:2]])

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "data": self.data,
            "best": self.best().setting.name,
            "points": [p.to_dict() for p in self.points],
        }


def grid(temperatures: Sequence[float], top_ks: Sequence[int], top_ps: Sequence[float]) -> tuple[Setting, ...]:
    """Every combination once; a top_k of 0 and a top_p of 1 cut nothing. Raises ConfigError for other bounds."""
    found = []
    for temperature, top_k, top_p in product(temperatures, top_ks, top_ps):
        setting = Setting(temperature, top_k or None, None if top_p == 1 else top_p)
        setting.sampling(Sampling())  # refuses what is out of range before any model is loaded
        found.append(Setting(0.0) if temperature == 0 else setting)
    return tuple(dict.fromkeys(found))


def sweep(
    generator: Generator,
    examples: Sequence[Example],
    data: str,
    databases: Path,
    out: Path,
    settings: Sequence[Setting],
    options: PredictOptions,
    *,
    run: Mapping[str, Any] | None = None,
    data_format: str | None = None,
    limit: int | None = None,
    workers: int | None = None,
    overwrite: bool = False,
    on_progress: Callable[[Setting, PredictProgress], None] = lambda setting, progress: None,
) -> Sweep:
    """Predict and evaluate `examples`, which are `data` or its first `limit`, under each of `settings`.

    In the folder `out` a setting has `NAME.jsonl` and `NAME.report.json`, as `predict` and `evaluate` write them.
    Called again with the same arguments it goes on where it was stopped. Raises what these two raise.
    """
    out.mkdir(parents=True, exist_ok=True)
    points = []
    for setting in settings:
        predictions = out / f"{setting.name}.jsonl"
        done = predict(
            generator,
            examples,
            DatabaseFolder(databases),
            predictions,
            options=replace(options, sampling=setting.sampling(options.sampling)),
            run=run,
            overwrite=overwrite,
            on_progress=lambda progress, setting=setting: on_progress(setting, progress),  # type: ignore[misc]
        )
        path = out / f"{setting.name}.report.json"
        report = None if overwrite else _known(path, predictions, data)
        if report is None:
            report = evaluate(predictions, data, databases, data_format=data_format, limit=limit, workers=workers)
            write_report(report, path)
        points.append(Point(setting, {name: report.scores[name] for name in SCORES}, len(done.failed)))
    found = Sweep(generator.name, data, tuple(points))
    (out / "sweep.json").write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return found


def read_numbers(text: str, name: str, kind: Callable[[str], Number]) -> tuple[Number, ...]:
    """`0,0.5,1` as numbers of a `kind`, int or float. Raises UsageError."""
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        what = "whole numbers" if kind is int else "numbers"
        raise UsageError(f"{name} takes {what} with commas between them, not {text!r}.", "Such as 0,1.") from None


def render_sweep(found: Sweep) -> str:
    """The page: a mark with its interval for each setting, under both rules, and the share of valid SQL."""
    best = found.best()
    rows = [
        {
            "name": p.setting.name,
            "n": p.scores["execution_accuracy"].n,
            "text": percent(p.scores["execution_accuracy"].value),
            "published": _mark(p.scores["execution_accuracy"]),
            "strict": _mark(p.scores["strict_execution_accuracy"]),
            "spoken": f"{p.setting.name}: published rule {p.scores['execution_accuracy']}, "
            f"strict rule {p.scores['strict_execution_accuracy']}",
        }
        for p in found.points
    ]
    table = [[p.setting.name, *(str(p.scores[name]) for name in SCORES)] for p in found.points]
    return render_page(
        "sweep.html.jinja",
        ("theme.js",),
        title=f"Sampling settings of {found.model}",
        sentence=f"{best.setting.name} answers most: {best.scores['execution_accuracy']} of the questions.",
        caution=CAUTION,
        data=Path(found.data).name,
        rows=rows,
        table=table,
    )


def _mark(score: Score) -> dict[str, float | None]:
    return point(score.value, score.interval_95)


def _known(path: Path, predictions: Path, data: str) -> Report | None:
    """An earlier report on these very predictions and questions."""
    try:
        report = read_report(path)
    except (NotFoundError, DataError):
        return None
    files = ((report.provenance.predictions_sha256, predictions), (report.provenance.data_sha256, Path(data)))
    return report if all(Path(f).is_file() and digest == sha256_file(Path(f)) for digest, f in files) else None
