"""Log an evaluation to Weights & Biases: its scores, and a table with every prediction and verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core import MissingExtraError
from .item import ItemReport
from .report import Report

COLUMNS = (
    "id",
    "database",
    "question",
    "gold_sql",
    "predicted_sql",
    "right",
    "state",
    "cause",
    "hardness",
    "embedding_distance",
)


def log_to_wandb(report: Report, project: str, *, name: str = "", folder: Path | None = None) -> str:
    """Log to `project` and return the folder of the run. WANDB_MODE=offline writes it without any connection.

    Raises MissingExtraError where wandb is not installed.
    """
    try:
        import wandb
    except ImportError:
        raise MissingExtraError("--wandb needs the wandb client.", "trackers") from None
    provenance = {k: v for k, v in report.provenance.to_dict().items() if isinstance(v, (str, int, float, bool))}
    settings: dict[str, Any] = {"project": project, "job_type": "evaluate", "config": provenance}
    settings |= {"name": name} if name else {}
    settings |= {"dir": str(folder)} if folder else {}
    with wandb.init(**settings) as run:
        scores = {key: score.value for key, score in report.scores.items() if score.value is not None}
        run.summary.update({f"score/{key}": value for key, value in scores.items()})
        run.log({"predictions": wandb.Table(columns=list(COLUMNS), data=[_row(item) for item in report.items])})
        return str(run.dir)


def _row(item: ItemReport) -> list[Any]:
    return [
        item.id,
        item.db_id,
        item.question,
        item.gold_sql,
        item.predicted_sql,
        item.strict_correct,
        item.state,
        item.cause or "",
        item.hardness,
        item.embedding_distance,
    ]
