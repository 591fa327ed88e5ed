"""What came back from a database: rows inside limits, or the reason there are none."""

from __future__ import annotations

import base64
import datetime as dt
import math
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from .errors import ConfigError

if TYPE_CHECKING:
    from .checked import Checked

# list and dict hold Values again (arrays, structs, JSON columns).
Value = (
    None
    | bool
    | int
    | float
    | Decimal
    | str
    | bytes
    | dt.date
    | dt.time
    | dt.datetime
    | dt.timedelta
    | uuid.UUID
    | list[Any]
    | dict[str, Any]
)
Truncation = Literal["rows", "cell_bytes", "result_bytes"]
Status = Literal["rows", "error", "timeout", "refused", "not_run"]

MAX_SAFE_INTEGER = 2**53 - 1  # beyond it a JSON reader that uses doubles loses digits


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """How much one statement may take; every limit is enforced inside the engine or while fetching."""

    timeout_s: float = 10.0
    max_rows: int = 1_000
    max_cell_bytes: int = 1 << 20
    max_result_bytes: int = 16 << 20

    def __post_init__(self) -> None:
        """Raises ConfigError for a limit that limits nothing: zero, negative, infinite or not a number."""
        for name in ("timeout_s", "max_rows", "max_cell_bytes", "max_result_bytes"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be above 0 and finite; found {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class ResultTable:
    """`columns` may repeat a name. `truncated` says which limit cut the result, None where it is whole."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    truncated: Truncation | None = None

    def __str__(self) -> str:
        """The first rows as plain text, for `print`."""
        from .text_table import table_text

        return table_text(self)

    def column_types(self) -> tuple[str, ...]:
        """One name per column, from its values: integer, real, text, ..., "null" (no value) or "mixed"."""
        return tuple(_column_type([row[i] for row in self.rows]) for i in range(len(self.columns)))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: see `to_json_value`; `types` tells the reader how to read strings back."""
        return {
            "columns": list(self.columns),
            "types": list(self.column_types()),
            "rows": [[to_json_value(v) for v in row] for row in self.rows],
            "row_count": len(self.rows),
            "truncated": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason not to run a statement: a stable `code` and a sentence a person can act on."""

    code: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one statement. `sql` is the text that was sent, or was refused.

    status "rows": `table` is set. "error": `error` is the engine's message, trimmed. "timeout": stopped at
    `QueryLimits.timeout_s`. "refused": `violations` says why; nothing was sent. "not_run": the caller asked not to run
    it. `statement` is what the guard allowed, with its parsed tree; None where the guard allowed nothing or was not
    asked.
    """

    status: Status
    sql: str
    table: ResultTable | None = None
    error: str = ""
    violations: tuple[Violation, ...] = ()
    elapsed_s: float = field(default=0.0, compare=False)
    statement: Checked | None = field(default=None, compare=False, repr=False)

    @property
    def ok(self) -> bool:
        return self.status == "rows"

    def message(self) -> str:
        """One line for a person; "" where there are rows."""
        if self.status == "refused":
            return "; ".join(v.message for v in self.violations)
        if self.status == "timeout":
            return f"Stopped after {self.elapsed_s:.1f} s: the time limit was reached."
        return self.error


def to_json_value(value: Value) -> Any:
    """A value as JSON that loses nothing.

    Integers beyond 2^53 and decimals become strings, dates and times ISO 8601, blobs {"base64": ...}, and
    the floats JSON cannot write "NaN", "Infinity", "-Infinity".
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, (dt.date, dt.time, dt.datetime)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value)
    if isinstance(value, dict):
        return {str(k): to_json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(v) for v in value]
    return str(value)  # Decimal, UUID and whatever an engine's extension returns


# A datetime is a date and a bool is an int: the more special type stands first.
_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "real"),
    (Decimal, "decimal"),
    (str, "text"),
    (bytes, "blob"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "interval"),
    (uuid.UUID, "uuid"),
    (list, "array"),
    (dict, "object"),
)


def _column_type(values: list[Value]) -> str:
    names = {next((n for t, n in _TYPE_NAMES if isinstance(v, t)), "text") for v in values if v is not None}
    if not names:
        return "null"
    return names.pop() if len(names) == 1 else "mixed"
