"""Preference pairs from the log: what people confirmed or wrote instead, against what they were shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core import Dialect
from ..data.preference import Preference
from ..sql import normalize
from .audit import Entry, read_entries

CORRECTED, OTHER = "corrected", "not confirmed"


def logged_preferences(path: Path) -> list[Preference]:
    """A correction is preferred to the query it corrects; a confirmed query to each other answer to its question.

    Pairs that differ only in spelling are left out, and each pair is given once. Nothing is run: whether the queries
    still give what the person saw is not checked here. Raises NotFoundError and ConfigError.
    """
    by_question: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in read_entries(path):
        if entry.question and entry.database and entry.sql:
            by_question[(entry.database, entry.question, entry.history)].append(entry)
    found: dict[tuple[Any, ...], Preference] = {}
    for key, entries in by_question.items():
        for better, worse, why in _pairs(entries):
            first, second = _form(better, entries[0]), _form(worse, entries[0])
            if first != second:
                example = replace(entries[0].to_example(), gold_sql=better)
                found.setdefault((*key, first, second), Preference(example, worse, why))
    return [replace(p, example=replace(p.example, id=str(n))) for n, p in enumerate(found.values())]


def _pairs(entries: list[Entry]) -> Iterator[tuple[str, str, str]]:
    for entry in entries:
        if entry.corrected_sql:
            yield entry.corrected_sql, entry.sql, CORRECTED
        elif entry.confirmed:
            yield from ((entry.sql, e.sql, OTHER) for e in entries if not e.confirmed)


def _form(sql: str, entry: Entry) -> str:
    dialect: Any = entry.dialect or "sqlite"
    known: Dialect = dialect
    return normalize(sql, known)
