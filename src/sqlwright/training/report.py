"""The page of a run: what was trained, how loss and score went, and what it brought. One file that loads nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..evaluation.html import percent, point, render_page, write_page
from .checkpoint import METRICS
from .pictures import write_picture
from .prepare import Prepared
from .proof import BASE, TUNED, BaseAndTuned

# What objectives measure at each step, with how the page calls it.
EXTRA = {
    "margin": ("Margin", "How much higher the better answer of a pair is scored than the worse one."),
    "pair_accuracy": ("Pairs in the right order", "Of the step's pairs."),
    "eval_pair_accuracy": ("Pairs in the right order, held out", "On databases kept apart where there are enough."),
    "reward": ("Reward", "Mean over the sampled answers of a step."),
    "solved": ("Right answers among the samples", "By execution, mean over the sampled answers of a step."),
    "kl": ("Distance from the reference", "KL divergence per token."),
}
SHARES = ("pair_accuracy", "eval_pair_accuracy", "solved")
PICTURES = {
    "loss": "Loss, and its running mean",
    "held_out_loss": "Loss on what is held out",
    "score": "Execution accuracy on the held-out sample",
}
MAX_SHOWN = 20  # differences shown
SMOOTHED = 0.9  # share of the mean before in the drawn line of the loss


def write_run_page(prepared: Prepared, facts: Mapping[str, Any], comparison: BaseAndTuned | None, folder: Path) -> Path:
    """report.html in `folder`, and its curves as PNG, from metrics.jsonl and what is given."""
    rows = read_metrics(folder / METRICS)
    config = prepared.config
    curves = {
        "loss": curve(rows, "loss", smooth=True),
        "held_out_loss": curve(rows, "eval_loss"),
        "score": curve(rows, "eval_execution_accuracy", top=1.0),
    }
    _write_pictures(curves, folder)
    page = render_page(
        "training.html.jinja",
        ("theme.js",),
        title=f"{config.model_name_or_path or 'A new model'}: {config.stage}, {config.finetuning_type}",
        sentence=_sentence(comparison, rows),
        **curves,
        extra=_extra(rows),
        comparison=_compared(comparison) if comparison else None,
        facts=_facts(prepared, facts),
        settings=[(k, json.dumps(v, ensure_ascii=False)) for k, v in config.to_dict().items()],
        versions=sorted(prepared.record()["versions"].items()),
        version=prepared.record()["versions"].get("sqlwright", ""),
    )
    path = folder / "report.html"
    write_page(page, path)
    return path


def _extra(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The charts of what the objective measured."""
    found = []
    for key, (title, note) in EXTRA.items():
        share = key in SHARES
        if drawn := curve(rows, key, smooth=not key.startswith("eval_"), top=1.0 if share else None):
            found.append({"title": title, "note": note, "chart": drawn, "unit": "%" if share else ""})
    return found


def _write_pictures(curves: Mapping[str, Any], folder: Path) -> None:
    """loss.png, held_out_loss.png and score.png, of what has at least two values; none without Pillow."""
    if find_spec("PIL") is None:
        return
    for name, found in curves.items():
        if found:
            write_picture(found, PICTURES[name], folder / f"{name}.png")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def curve(rows: Sequence[Mapping[str, Any]], key: str, *, smooth: bool = False, top: float | None = None) -> Any:
    """A line over the steps as points of an SVG of 1000 by 300, with its axis; None for fewer than two values."""
    found = [(row["step"], float(row[key])) for row in rows if key in row]
    if len(found) < 2:
        return None
    steps, values = zip(*found, strict=True)
    high = top if top is not None else max(values) * 1.05
    low = 0.0 if top is not None else max(0.0, min(values) * 0.95)
    first, last = steps[0], max(steps[-1], steps[0] + 1)

    def points(line: Sequence[float]) -> str:
        return " ".join(
            f"{1000 * (s - first) / (last - first):.1f},{300 * (1 - (v - low) / max(high - low, 1e-9)):.1f}"
            for s, v in zip(steps, line, strict=True)
        )

    ticks = [
        (round(300 * i / 4), f"{high - (high - low) * i / 4:.2f}" if top is None else percent(high * (1 - i / 4)))
        for i in range(5)
    ]
    return {
        "raw": points(values),
        "line": points(_smoothed(values)) if smooth else points(values),
        "marks": [tuple(p.split(",")) for p in points(values).split()] if len(values) <= 60 else [],
        "ticks": ticks,
        "first": first,
        "last": last,
        "spoken": f"{key.replace('_', ' ')}: {values[0]:.3f} at step {first}, {values[-1]:.3f} at step {last}",
    }


def _smoothed(values: Sequence[float]) -> list[float]:
    """An exponential mean, corrected for its start as Adam does."""
    mean, line = 0.0, []
    for count, value in enumerate(values, 1):
        mean = SMOOTHED * mean + (1 - SMOOTHED) * value
        line.append(mean / (1 - SMOOTHED**count))
    return line


def _sentence(comparison: BaseAndTuned | None, rows: Sequence[Mapping[str, Any]]) -> str:
    if comparison and comparison.ranking.differences:
        return comparison.ranking.differences[0].sentence() + "."
    scores = [row["eval_execution_accuracy"] for row in rows if "eval_execution_accuracy" in row]
    if scores:
        return f"Execution accuracy on the held-out sample: {percent(scores[0])} first, {percent(max(scores))} at best."
    losses = [row["loss"] for row in rows if "loss" in row]
    return f"Loss {losses[0]:.3f} at first, {losses[-1]:.3f} at the end." if losses else "No step was logged."


def _compared(comparison: BaseAndTuned) -> dict[str, Any]:
    ranking = comparison.ranking
    difference = ranking.differences[0]
    scores = {name: comparison.reports[name].scores for name in (BASE, TUNED)}
    items = {name: {i.id: i for i in comparison.reports[name].items} for name in (BASE, TUNED)}
    opened = [*difference.only_second, *difference.only_first][:MAX_SHOWN]
    return {
        "sentence": difference.sentence(),
        "counts": {
            "both right": len(difference.both),
            "only the base right": len(difference.only_first),
            "only the tuned right": len(difference.only_second),
            "both wrong": len(difference.neither),
        },
        "entries": [
            {
                "name": name,
                "text": percent(s["execution_accuracy"].value),
                "of": f"{s['execution_accuracy'].correct} of {s['execution_accuracy'].n}",
                "point": point(s["execution_accuracy"].value, s["execution_accuracy"].interval_95),
                "spoken": f"{name}: {s['execution_accuracy']}",
                "interval": str(s["execution_accuracy"]),
                "strict": percent(s["strict_execution_accuracy"].value),
                "valid": percent(s["valid_sql_rate"].value),
            }
            for name, s in scores.items()
        ],
        "opened": [
            {
                "id": name,
                "question": items[BASE][name].question,
                "gold": items[BASE][name].gold_sql,
                "cells": [
                    {"right": bool(items[m][name].test_suite_execution), "sql": items[m][name].predicted_sql}
                    for m in (BASE, TUNED)
                ],
            }
            for name in opened
        ],
        "differing": len(difference.only_first) + len(difference.only_second),
    }


def _facts(prepared: Prepared, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    record, saved = prepared.record(), prepared.savings()
    sharing = str(saved) if facts["shared"] else "off"
    return [
        (
            "Rows",
            f"{record['rows']:,}, and {record['held_out_rows']:,} held out; left out: {record['left_out'] or 'none'}",
        ),
        ("Data", record["data_sha256"]),
        ("Steps", f"{facts['steps']:,}, {prepared.epochs(facts['steps']):.2f} epochs"),
        ("Prefix sharing", sharing),
        ("Tokens computed", f"{facts['tokens_computed']:,}, padding included"),
        ("Time", f"{facts['training_s']:,} s of training; {facts['elapsed_s']:,} s with the scores in between"),
        ("Memory", f"{facts['peak_memory_gb']:.2f} GB at most"),
        ("Forecast", str(facts.get("forecast", ""))),
        *_found(facts),
        ("Machine", record["machine"]["machine"]),
    ]


def _found(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the trainer of a stage said at the end."""
    found = []
    if pairs := facts.get("pair_accuracy"):
        low, high = (percent(pairs["interval_95"][end]) for end in ("low", "high"))
        text = f"{percent(pairs['value'])} [{low}, {high}], {pairs['correct']} of {pairs['n']} held-out pairs"
        found.append(("Pair accuracy", f"{text} on {pairs['databases']} databases"))
    if halted := facts.get("halted"):
        found.append(("Halted", str(halted)))
    return found
