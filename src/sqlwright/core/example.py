"""A question with its gold SQL, alone or as part of a dialogue."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a dialogue and the SQL that answered it ("" where none did)."""

    question: str
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One question.

    `evidence` is outside knowledge in words (BIRD). `history` holds the earlier turns, oldest first. `ddl` is the
    schema where the row itself carries it (sql-create-context); otherwise `db_id` names the database.
    `dialogue_id` and `turn` (0-based) are set for a turn of a dialogue. `answerable` is False where the data
    set says that the schema cannot answer; `gold_sql` is then "".
    """

    id: str
    db_id: str
    question: str
    gold_sql: str = ""
    evidence: str = ""
    history: tuple[Turn, ...] = ()
    ddl: str = ""
    dialogue_id: str = ""
    turn: int = 0
    answerable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Our JSONL row: `id, db_id, question, gold_sql` always, the rest where it is not the default."""
        row = {k: v for k, v in asdict(self).items() if k in _ALWAYS or v != _DEFAULTS[k]}
        if self.history:
            row["history"] = [asdict(t) for t in self.history]
        return row


_ALWAYS = frozenset({"id", "db_id", "question", "gold_sql"})
_DEFAULTS = {f.name: f.default for f in fields(Example)}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of one conversation as Examples, each with the turns before it as its history."""

    id: str
    db_id: str
    turns: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One line of a predictions file."""

    id: str
    db_id: str
    question: str
    predicted_sql: str
    raw_output: str = ""
    model: str = ""
    latency_s: float | None = None
    prompt_hash: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k not in ("latency_s", "prompt_hash") or v not in (None, "")}
