"""Dialogues as a list of questions with SQL: SParC, CoSQL's official form, CHASE, the Chinese competitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core import DataError, Example, Turn
from ..rows import Row
from .format import DATABASE_FIELDS, Format, objects, optional_text, row_id, rowwise, text


def read_interaction(row: Row) -> Iterator[Example]:
    """One Example a turn; `final` only repeats the goal. A turn without SQL is a question still to be answered.

    Where `db_list` names several databases, the dialogue is held once with each, and its id ends in `@<db_id>`.
    """
    databases = interaction_databases(row.fields)
    turns = objects(row.fields, "interaction")
    for db_id in databases:
        dialogue = row_id(row, "id") + (f"@{db_id}" if len(databases) > 1 else "")
        yield from _turns(turns, dialogue, db_id)


def interaction_databases(fields: dict[str, Any]) -> list[str]:
    listed = fields.get("db_list")
    if listed is None:
        return [text(fields, *DATABASE_FIELDS)]
    names = [listed] if isinstance(listed, str) else listed
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        raise DataError("the field 'db_list' names no database")
    return names


def _turns(turns: list[dict[str, Any]], dialogue: str, db_id: str) -> Iterator[Example]:
    history: tuple[Turn, ...] = ()
    for number, turn in enumerate(turns):
        question = text(turn, "utterance", "question")
        sql = optional_text(turn, "query", "sql_query")
        yield Example(f"{dialogue}-{number}", db_id, question, sql, history=history, dialogue_id=dialogue, turn=number)
        history = (*history, Turn(question, sql))


INTERACTION = Format(
    "interaction",
    "database_id or db_list, interaction",
    lambda f: "interaction" in f,
    rowwise(read_interaction),
    aliases=("sparc", "cosql", "chase"),
)
