"""EHRSQL 2024: questions in one file, SQL in another, "null" for a question that cannot be answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...core import DataError, Example
from ..rows import Row, open_file, unpacked
from .format import Format, Reader, text

DB_ID = "mimic_iv"  # the shared task has this one database, and its rows do not name it


def labelled(path: str) -> Reader:
    """`train_data.json` has its SQL in `train_label.json`; a file without labels holds questions only."""
    labels = _labels(path)

    def read(row: Row) -> list[Example]:
        name = text(row.fields, "id")
        sql = labels.get(name) if labels is not None else ""
        if not isinstance(sql, str):
            raise DataError(f"no label for the question {name!r}")
        answerable = sql.strip() != "null"
        gold = sql.strip() if answerable else ""
        return [Example(name, DB_ID, text(row.fields, "question"), gold, answerable=answerable)]

    return read


def _labels(path: str) -> dict[str, Any] | None:
    data = Path(path)
    beside = data.with_name(data.name.replace("data", "label"))
    if beside.name == data.name or not beside.exists():
        return None
    with open_file(beside) as stream:
        try:
            labels = json.load(unpacked(stream))
        except ValueError as error:
            raise DataError(f"not JSON: {error}", path=beside) from None
    if not isinstance(labels, dict):
        raise DataError("expected an object from question ids to SQL", path=beside)
    return labels


EHRSQL = Format("ehrsql", "id, question (and a label file beside)", lambda f: set(f) == {"id", "question"}, labelled)
