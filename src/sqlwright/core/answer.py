"""The receipt: one dataclass behind the command line's JSON, the Python result, the API and the chat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .candidate import Candidate
from .dialect import Dialect
from .result import Outcome, ResultTable, Violation
from .retrieved import RetrievedSource

AnswerStatus = Literal["answered", "refused", "failed", "not_run"]
AnswerKind = Literal["query", "catalogue", "verified", "small_talk"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader of the rows should know: a stable `code` and a plain sentence."""

    code: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One query the model wrote and what became of it. `refused`: it wrote none, as the tables hold no answer."""

    raw_output: str
    outcome: Outcome
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Another way to take the question: a query whose result differs from the answer's.

    `share` in [0, 1] is the part of the probability, or of the samples, that gave this result; `says` names how the
    query differs from the answer's. `confidence` is on the scale of the answer's own: the two can be compared.
    """

    sql: str
    table: ResultTable
    share: float
    says: str
    confidence: float | None = None

    @property
    def sure(self) -> float:
        """What is shown beside the answer's confidence."""
        return self.share if self.confidence is None else self.confidence

    def to_dict(self) -> dict[str, Any]:
        return {
            "sql": self.sql,
            "result": self.table.to_dict(),
            "share": round(self.share, 4),
            "says": self.says,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds spent in each step; `query_s` includes the guard's check.

    `load_s` is the time to open the database and load the model, 0 where both were at hand; `total_s` includes it.
    """

    load_s: float = 0.0
    schema_s: float = 0.0
    prompt_s: float = 0.0
    generate_s: float = 0.0
    query_s: float = 0.0
    total_s: float = 0.0

    def with_loading(self, load_s: float) -> Timings:
        return replace(self, load_s=load_s, total_s=self.total_s + load_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and what became of it.

    status "answered": `sql` ran and `table` holds its rows. "refused": the guard would not run any query, or the
    schema cannot answer; `reason` says which. "failed": the model or the engine gave an error; `reason` says it.
    "not_run": the guard allows `sql`, and the caller asked not to run it.
    `tables` and `filters` restate the query in words; `dropped_tables` were left out of the prompt, and
    `sources` are the verified pairs and passages of documents that stood in it. `readings` are the other results that
    the question may have meant, most agreed first. An answer of `kind` "catalogue" has a table made from the schema,
    and no SQL; the query of "verified" is that of a pair that a person verified. Both have no `model`.
    "small_talk" is a greeting or the like: status "refused", and `reason` says what can be asked.
    `candidates` are the databases that the question was compared with, best first, where several were named.
    `remarks` say how table files were read where that is not plain, and what of a folder was left out.
    """

    question: str
    status: AnswerStatus
    database: str
    dialect: Dialect
    model: str
    sql: str = ""
    table: ResultTable | None = None
    reason: str = ""
    tables: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    violations: tuple[Violation, ...] = ()
    dropped_tables: tuple[str, ...] = ()
    sources: tuple[RetrievedSource, ...] = ()
    confidence: float | None = None
    readings: tuple[Reading, ...] = ()
    kind: AnswerKind = "query"
    attempts: tuple[Attempt, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    remarks: tuple[str, ...] = ()
    timings: Timings = field(default_factory=Timings, compare=False)

    def __str__(self) -> str:
        """The query, the first rows and the receipt as plain text, for `print`."""
        from .receipt_text import answer_text

        return answer_text(self)

    def notes_around_rows(self) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """The notes to show above the rows, since the rows are probably not the answer, and those to show below."""
        above = tuple(note for note in self.notes if note.code == "unsure")
        return above, tuple(note for note in self.notes if note not in above)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready and stable: keys are never removed or given another meaning."""
        return {
            "question": self.question,
            "status": self.status,
            "reason": self.reason,
            "sql": self.sql,
            "result": self.table.to_dict() if self.table else None,
            "tables": list(self.tables),
            "filters": list(self.filters),
            "notes": [n.to_dict() for n in self.notes],
            "violations": [v.to_dict() for v in self.violations],
            "dropped_tables": list(self.dropped_tables),
            "sources": [s.to_dict() for s in self.sources],
            "confidence": self.confidence,
            "readings": [r.to_dict() for r in self.readings],
            "kind": self.kind,
            "database": self.database,
            "dialect": self.dialect,
            "model": self.model,
            "attempts": [
                {"sql": a.outcome.sql, "status": a.outcome.status, "message": a.outcome.message()}
                for a in self.attempts
            ],
            "candidates": [c.to_dict() for c in self.candidates],
            "remarks": list(self.remarks),
            "timings": {
                "schema_s": round(self.timings.schema_s, 4),
                "prompt_s": round(self.timings.prompt_s, 4),
                "generate_s": round(self.timings.generate_s, 4),
                "query_s": round(self.timings.query_s, 4),
                "total_s": round(self.timings.total_s, 4),
            },
        }
