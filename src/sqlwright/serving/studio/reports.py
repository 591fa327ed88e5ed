"""Reports of `evaluate` in the studio's folder: scores, causes of failure, items."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from .jobs import read_json
from .workspace import Workspace

LISTED = 200
ITEMS = 50  # of a page
SCORES = ("execution_accuracy", "strict_execution_accuracy", "valid_sql_rate", "exact_set_match")
SHOWN = (
    "id",
    "db_id",
    "question",
    "gold_sql",
    "predicted_sql",
    "strict_correct",
    "test_suite_execution",
    "cause",
    "hardness",
)


def list_reports(workspace: Workspace) -> list[dict[str, Any]]:
    """The newest first: the reports of proofs, of sweeps, and of runs that compared base and tuned model."""
    root = workspace.root
    paths = [p for pattern in ("*/*.report.json", "*/*/*.report.json") for p in (root / "proofs").glob(pattern)]
    paths += [p for name in ("base", "tuned") for p in (root / "runs").glob(f"*/{name}.json")]
    paths = sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[:LISTED]
    return [found for path in paths if (found := _summary(path, path.stat().st_mtime_ns, root))]


def list_pages(workspace: Workspace) -> list[str]:
    """HTML pages of proofs and runs, the newest first."""
    patterns = ("proofs/*.html", "proofs/*/*.html", "runs/*/*.html", "runs/*/*/*.html")
    paths = [path for pattern in patterns for path in workspace.root.glob(pattern)]
    paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [str(path.relative_to(workspace.root)) for path in paths[:LISTED]]


def read_report(workspace: Workspace, name: str, cause: str, start: int) -> dict[str, Any]:
    """A report with one page of its items: those of `cause`, or all with ""."""
    path = workspace.root / workspace.inside(name)
    report = _report(path, path.stat().st_mtime_ns)
    items = [item for item in report.get("items", ()) if not cause or item.get("cause") == cause]
    shown = [{key: item.get(key) for key in SHOWN} for item in items[start : start + ITEMS]]
    return {
        **_scores(report),
        "path": name,
        "by_cause": report.get("by_cause", {}),
        "by_hardness": report.get("by_hardness", {}),
        "by_database": report.get("by_database", {}),
        "items": shown,
        "matching": len(items),
        "start": start,
        "page_size": ITEMS,
    }


@lru_cache(maxsize=200)
def _summary(path: Path, changed: int, root: Path) -> dict[str, Any] | None:
    report = _report(path, changed)
    if "execution_accuracy" not in report:
        return None
    return {"path": str(path.relative_to(root)), "changed": changed / 1e9, **_scores(report)}


@lru_cache(maxsize=4)
def _report(path: Path, changed: int) -> dict[str, Any]:
    return read_json(path)


def _scores(report: dict[str, Any]) -> dict[str, Any]:
    provenance = report.get("provenance", {})
    return {
        "n": report.get("n", 0),
        "interval_95": report.get("interval_95"),
        "model": provenance.get("model", ""),
        "data": provenance.get("data", ""),
        **{name: report.get(name) for name in SCORES},
    }
