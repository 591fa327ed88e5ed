"""A predictions file and how it joins the questions it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import DataError, Example, Prediction
from ..data.rows import Row, read_rows


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its prediction; None where the file has none."""

    example: Example
    prediction: Prediction | None

    @property
    def predicted_sql(self) -> str:
        return self.prediction.predicted_sql if self.prediction else ""


def read_predictions(path: str | Path) -> dict[str, tuple[int, Prediction]]:
    """Each prediction with its line (or row number), by id, in file order.

    A row has `predicted_sql`; `id` defaults to the row's 0-based number. Raises DataError with the line for a row that
    cannot be read or an id that is there twice, NotFoundError for a missing file.
    """
    found: dict[str, tuple[int, Prediction]] = {}
    for row in read_rows(path):
        if isinstance(row, DataError):
            raise row
        prediction = _prediction(row, path)
        place = row.line or row.number + 1
        if prediction.id in found:
            first = found[prediction.id][0]
            raise DataError(f"id {prediction.id!r} is there twice, first in line {first}", path=path, line=place)
        found[prediction.id] = (place, prediction)
    if not found:
        raise DataError("the file holds no predictions", path=path)
    return found


def join(
    examples: Sequence[Example], predictions: dict[str, tuple[int, Prediction]], *, path: str | Path, data: str | Path
) -> tuple[Pair, ...]:
    """Every example with its prediction, in the order of `examples`.

    Raises DataError for a prediction of an unknown id, or one made for another database: both mean that the files do
    not belong together.
    """
    by_id = {e.id: e for e in examples}
    if len(by_id) < len(examples):
        twice = next(e.id for i, e in enumerate(examples) if e.id in {x.id for x in examples[:i]})
        raise DataError(f"the id {twice!r} is there twice", path=data)
    unknown = [(line, p.id) for line, p in predictions.values() if p.id not in by_id]
    if unknown:
        line, name = unknown[0]
        more = f" ({len(unknown)} such rows)" if len(unknown) > 1 else ""
        hint = "Give --data the file that was predicted."
        raise DataError(f"id {name!r} is not in {data}{more}", path=path, line=line, hint=hint)
    for line, p in predictions.values():
        wanted = by_id[p.id].db_id
        if p.db_id and wanted and p.db_id != wanted:
            reason = f"id {p.id!r} was answered on database {p.db_id!r}, but {data} asks it of {wanted!r}"
            raise DataError(reason, path=path, line=line, hint="Give --data the file that was predicted.")
    return tuple(Pair(e, predictions[e.id][1] if e.id in predictions else None) for e in examples)


def _prediction(row: Row, path: str | Path) -> Prediction:
    fields = row.fields
    if "predicted_sql" not in fields:
        hint = 'Expected rows like {"id": "0", "db_id": "...", "question": "...", "predicted_sql": "SELECT ..."}.'
        raise DataError(f"no predicted_sql, only {_names(fields)}", path=path, line=row.line, hint=hint)
    sql = fields["predicted_sql"]
    if sql is not None and not isinstance(sql, str):
        raise DataError(f"predicted_sql is {type(sql).__name__}, expected text", path=path, line=row.line)
    identity = fields.get("id")
    return Prediction(
        id=str(row.number if identity is None else identity),
        db_id=_text(fields.get("db_id")),
        question=_text(fields.get("question")),
        predicted_sql=sql or "",
        raw_output=_text(fields.get("raw_output")),
        model=_text(fields.get("model")),
        latency_s=_seconds(fields.get("latency_s"), path, row.line),
        prompt_hash=_text(fields.get("prompt_hash")),
    )


def _names(fields: dict[str, Any]) -> str:
    return ", ".join(map(str, list(fields)[:8])) or "no fields"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _seconds(value: Any, path: str | Path, line: int | None) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(f"latency_s is {value!r}, expected seconds", path=path, line=line) from None
