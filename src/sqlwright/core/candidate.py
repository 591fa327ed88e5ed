"""One of several databases that a question was compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """How well a database fits a question.

    `share` in [0, 1] is its part of the evidence; the shares of all candidates sum to 1, or are all 0 where no database
    fits. `mentions` are the tables, columns and stored values that the question names, as the database spells them,
    best first.
    """

    database: str
    share: float
    mentions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"database": self.database, "share": round(self.share, 4), "mentions": list(self.mentions)}
