"""What retrieval found for a question: names of the schema, verified pairs, passages of documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .hint import NameMatch

SourceKind = Literal["pair", "document"]


@dataclass(frozen=True, slots=True)
class RetrievedSource:
    """A verified pair or a passage; `place` is where a person finds it, `score` is in [0, 1].

    `text` is a pair's question or the passage, `sql` the pair's query. All of it is data that somebody wrote.
    """

    kind: SourceKind
    place: str
    score: float
    text: str
    sql: str = ""

    def to_dict(self) -> dict[str, Any]:
        row = {"kind": self.kind, "place": self.place, "score": round(self.score, 4), "text": self.text}
        return {**row, "sql": self.sql} if self.kind == "pair" else row


@dataclass(frozen=True, slots=True)
class Retrieved:
    """`names` are tables and columns, `sources` pairs and passages; each best first."""

    names: tuple[NameMatch, ...] = ()
    sources: tuple[RetrievedSource, ...] = ()
