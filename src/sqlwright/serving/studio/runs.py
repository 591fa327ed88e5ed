"""Training runs as their folders tell them: settings, curves, state, what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from .jobs import Job, read_json, read_lines
from .workspace import Workspace

T = TypeVar("T")
POINTS = 600  # of a curve that a page draws
CURVES = ("loss", "eval_loss", "eval_execution_accuracy", "tokens_per_s")
PAGES = ("report.html", "comparison.html", "base.html", "tuned.html")
LISTED = 100


def list_runs(workspace: Workspace, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The newest first: runs in the folder `runs`, and those that a waiting job will make."""
    folders = {p.parent for pattern in ("*/run.json", "*/*/run.json") for p in (workspace.root / "runs").glob(pattern)}
    folders |= {path.parent for path in (workspace.root / "runs").glob("*/metrics.jsonl")}
    names = {str(folder.relative_to(workspace.root)): folder.stat().st_mtime for folder in folders}
    for job in jobs:
        if job.state in ("waiting", "running"):
            for name in job.plan.get("runs", ()):
                names.setdefault(name, math.inf)
    ordered = sorted(names, key=lambda name: names[name], reverse=True)[:LISTED]
    return [summary(workspace, name, jobs) for name in ordered]


def summary(workspace: Workspace, name: str, jobs: Sequence[Job]) -> dict[str, Any]:
    """A run in a line of the list."""
    folder = workspace.root / name
    record, done, rows = read_json(folder / "run.json"), read_json(folder / "done.json"), read_metrics(folder)
    job = next((job for job in jobs if name in job.plan.get("runs", ())), None)
    config = record.get("config", {})
    scores = [row["eval_execution_accuracy"] for row in rows if "eval_execution_accuracy" in row]
    losses = [row["loss"] for row in rows if "loss" in row]
    return {
        "path": name,
        "state": _state(folder, done, job),
        "job": job.id if job else None,
        "stage": config.get("stage", ""),
        "model": config.get("model_name_or_path", ""),
        "config": config,
        "step": rows[-1].get("step", 0) if rows else 0,
        "steps": record.get("steps") or config.get("max_steps") or 0,
        "loss": losses[-1] if losses else None,
        "score": max(scores, default=None),
        "elapsed_s": done.get("training_s"),
        "peak_gb": done.get("peak_memory_gb"),
        "pages": [page for page in PAGES if (folder / page).is_file()],
        "finished": bool(done) or (folder / "parser.safetensors").is_file(),
    }


def _state(folder: Path, done: Mapping[str, Any], job: Job | None) -> str:
    """waiting, running, done, stopped (the same command continues it), failed."""
    if job and job.state in ("waiting", "running"):
        return job.state
    if done or (folder / "parser.safetensors").is_file():
        return "done"
    has_checkpoint = any(folder.glob("checkpoint-*")) or (folder / "checkpoint.pt").is_file()
    if has_checkpoint or (job and job.state in ("stopped", "lost")):
        return "stopped"
    return "failed" if job else "stopped"


def detail(workspace: Workspace, name: str, jobs: Sequence[Job]) -> dict[str, Any]:
    """A run with its curves: for each, points of (step, value)."""
    folder = workspace.root / name
    rows, done = read_metrics(folder), read_json(folder / "done.json")
    last = rows[-1] if rows else {}
    return {
        **summary(workspace, name, jobs),
        "curves": {
            key: thinned([(row["step"], row[key]) for row in rows if _has(row, key)]) for key in curve_names(rows)
        },
        "left_s": last.get("left_s"),
        "tokens_per_s": last.get("tokens_per_s"),
        "forecast": done.get("forecast", ""),
        "record": {key: value for key, value in read_json(folder / "run.json").items() if key != "config"},
    }


def curve_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The usual curves first, then what else a stage writes as numbers, such as rewards."""
    skipped = {"step", "epoch", "learning_rate", "left_s", "eval_s", "rows_per_s", "elapsed_s", "grad_norm"}
    found = dict.fromkeys(key for row in rows for key in row if _has(row, key))
    return [key for key in (*CURVES, *(k for k in found if k not in CURVES and k not in skipped)) if key in found][:8]


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    return [row for row in read_lines(folder / "metrics.jsonl") if isinstance(row.get("step"), int)]


def thinned(points: Sequence[T], most: int = POINTS) -> list[T]:
    """At most `most` of the points, evenly spaced, the last one always."""
    if len(points) <= most:
        return list(points)
    each = -(-len(points) // most)
    return [*points[::each], *([points[-1]] if (len(points) - 1) % each else [])]


def _has(row: Mapping[str, Any], key: str) -> bool:
    value = row.get(key)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
