"""EHRSQL 2024: questions in one file, SQL in another, "null" for a question that cannot be answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core import DataError, Example
from ..rows import Row, read_object
from .format import Format, Reader, text

DB_ID = "mimic_iv"  # the shared task has this one database, and its rows do not name it


def labelled(path: str) -> Reader:
    """`train_data.json` has its SQL in `train_label.json`.

    Without labels the rows are questions of a database unknown: nothing in them says that they are EHRSQL's.
    """
    labels = _labels(path)
    db_id = "" if labels is None else DB_ID

    def read(row: Row) -> list[Example]:
        name = text(row.fields, "id")
        sql = labels.get(name) if labels is not None else ""
        if not isinstance(sql, str):
            raise DataError(f"no label for the question {name!r}")
        answerable = sql.strip() != "null"
        gold = sql.strip() if answerable else ""
        return [Example(name, db_id, text(row.fields, "question"), gold, answerable=answerable)]

    return read


def _labels(path: str) -> dict[str, Any] | None:
    data = Path(path)
    beside = data.with_name(data.name.replace("data", "label"))
    return None if beside.name == data.name or not beside.exists() else read_object(beside)


EHRSQL = Format("ehrsql", "id, question (and a label file beside)", lambda f: set(f) == {"id", "question"}, labelled)
