"""One judged prediction: everything a reader needs to check its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ..core import Cause, Turn
from ..core.result import Status
from .metric import Value
from .result_view import ResultView

# "judged" counts in the execution scores. The others are listed and counted apart: no database file of that name, and
# none could be made from the row; the tables that the row carries are empty; the gold query itself fails; the data set
# says that the schema cannot answer.
State = Literal["judged", "no_database", "no_rows", "gold_failed", "unanswerable"]


@dataclass(frozen=True, slots=True)
class StatementRun:
    """What came of one statement; `message` says why there is no `result`."""

    status: Status
    elapsed_s: float
    message: str = ""
    result: ResultView | None = None

    def to_dict(self) -> dict[str, Any]:
        result = self.result.to_dict() if self.result else None
        return {
            "status": self.status,
            "elapsed_s": round(self.elapsed_s, 5),
            "message": self.message,
            "result": result,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StatementRun:
        result = ResultView.from_dict(data["result"]) if data["result"] else None
        return cls(data["status"], data["elapsed_s"], data["message"], result)


@dataclass(frozen=True, slots=True)
class ItemReport:
    """A question, its prediction and the verdict of every rule; a verdict is None where its rule could not be asked.

    missing: the predictions file has no row of this id, which counts as wrong. `predicted` and `gold` show the runs
    behind `strict_correct`. robust_correct: also right on each of the `copies` of the database, changed so that luck
    shows, on which the gold has a telling result; both are None where no copies were asked for. `latency_s` is the
    model's, as the predictions file tells it. `flags` names arguable near misses, `clauses` the clauses of the gold.
    `metrics` holds the values of metrics that have no field here, by name.
    """

    id: str
    db_id: str
    question: str
    gold_sql: str
    predicted_sql: str
    state: State = "judged"
    strict_correct: bool | None = None
    no_power: bool | None = None
    test_suite_execution: bool | None = None
    bird_execution: bool | None = None
    robust_correct: bool | None = None
    copies: int | None = None
    exact_set_match: bool | None = None
    exact_match: bool | None = None
    valid_sql: bool | None = None
    hardness: str = "unknown"
    cause: Cause | None = None
    reason: str = ""
    flags: tuple[str, ...] = ()
    bleu: float | None = None
    rouge_l: float | None = None
    embedding_distance: float | None = None
    clauses: tuple[str, ...] = ()
    evidence: str = ""
    history: tuple[Turn, ...] = ()
    dialogue_id: str = ""
    turn: int = 0
    missing: bool = False
    raw_output: str = ""
    latency_s: float | None = None
    prompt_hash: str = ""
    gold: StatementRun | None = None
    predicted: StatementRun | None = None
    metrics: Mapping[str, Value] = field(default_factory=dict)

    @property
    def cluster(self) -> str:
        """What a bootstrap over databases draws: a question that carries its own schema is a database of its own."""
        return self.db_id or f"\0{self.id}"

    def to_dict(self) -> dict[str, Any]:
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        row["flags"], row["clauses"] = list(self.flags), list(self.clauses)
        row["history"] = [{"question": t.question, "sql": t.sql} for t in self.history]
        row["metrics"] = dict(self.metrics)
        row["gold"] = self.gold.to_dict() if self.gold else None
        row["predicted"] = self.predicted.to_dict() if self.predicted else None
        return row

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ItemReport:
        """The inverse of `to_dict`; keys of a later version are left out."""
        known = {f.name for f in fields(cls)}
        row = {k: v for k, v in data.items() if k in known}
        row["flags"], row["clauses"] = tuple(row.get("flags", ())), tuple(row.get("clauses", ()))
        row["history"] = tuple(Turn(t["question"], t["sql"]) for t in row.get("history", ()))
        for side in ("gold", "predicted"):
            row[side] = StatementRun.from_dict(row[side]) if row.get(side) else None
        return cls(**row)
