"""Dialogues as messages of a user and an SQL expert: CoSQL's collected form and QDA-SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...core import DataError, Example, Turn
from ..rows import Row
from .format import DATABASE_FIELDS, Format, objects, optional_text, row_id, rowwise, text

# CoSQL's and QDA-SQL's names for a question that the schema cannot answer.
UNANSWERABLE = frozenset({"cannot_answer", "unanswerable"})
AMBIGUOUS = frozenset({"ambiguous"})
FENCED = re.compile(r"```[ \t]*(?:\w+[ \t]*\n|\n)?(.*?)(?:```|\Z)", re.DOTALL)


def read_turns(row: Row) -> Iterator[Example]:
    """One Example for each SQL answer and for each question marked as unanswerable.

    A question that was answered by asking back joins the user's reply, as "question | question back | reply", which is
    how CoSQL's official files join them. Thanks and small talk are left out. `turn` counts the user's messages.
    """
    dialogue, db_id = row_id(row, "id"), text(row.fields, *DATABASE_FIELDS)
    evidence = optional_text(row.fields, "evidence")
    evidence = "" if evidence == "nan" else evidence
    history: tuple[Turn, ...] = ()
    asked: list[str] = []
    kind, number = "", -1
    for message in objects(row.fields, "turns"):
        if _is_user(message):
            number += 1
            kind = optional_text(message, "type").casefold()
            asked.append(text(message, "text"))
            continue
        sql = unfenced(optional_text(message, "query"))
        if asked and (sql or kind in UNANSWERABLE):
            question = " | ".join(asked)
            name = f"{dialogue}-{number}"
            yield Example(name, db_id, question, sql, evidence, history, "", dialogue, number, answerable=bool(sql))
            history = (*history, Turn(question, sql))
        asked = [*asked, text(message, "text")] if asked and not sql and _asks_back(kind, message) else []


def unfenced(sql: str) -> str:
    """What stands inside a Markdown fence, or `sql` itself."""
    found = FENCED.search(sql)
    return found[1].strip() if found else sql


def _is_user(message: dict[str, Any]) -> bool:
    value = message.get("isUser", message.get("isuser"))
    if not isinstance(value, bool):
        raise DataError("a turn does not say whether it is the user's: no field 'isUser'")
    return value


def _asks_back(kind: str, message: dict[str, Any]) -> bool:
    """QDA-SQL marks the question, CoSQL the expert's reply."""
    label = message.get("label")
    return label == "CLARIFY" if label is not None else kind in AMBIGUOUS


TURNS = Format("turns", "db_name, turns", lambda f: "turns" in f, rowwise(read_turns), aliases=("cosql", "qda-sql"))
