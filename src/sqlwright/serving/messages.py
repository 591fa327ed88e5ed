"""A client's messages, as a question with its history or as a prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from ..core import Hints, Message, Schema, Turn
from ..prompts import Prompt, link_names
from ..sql.ddl import parse_schema
from ..sql.extract import extract_sql
from .answer_text import DATABASE
from .errors import ApiError
from .service import check_length

_CREATE = re.compile(r"\bcreate\s+table\b", re.IGNORECASE)
_DATABASE = re.compile(rf"^{DATABASE}([\w.-]+)", re.MULTILINE)
_SQL_BLOCK = re.compile(r"```sql\n([^`]+)\n```")


def question_of(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...]]:
    """The last message, and the questions before it with the SQL of their answers. Raises ApiError.

    System messages say how a chat model should behave; the prompt of a database's question is not theirs to change.
    """
    question, turns = _turns_of(messages)
    return question, tuple(turn for turn, _ in turns)


def conversation_of(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...], str]:
    """`question_of` with the database that answered last, as `answer_text` named it, and only the turns that it
    answered without another in between. Raises ApiError.
    """
    question, turns = _turns_of(messages)
    answered = [(turn, database) for turn, database in turns if turn.sql and database]
    current = answered[-1][1] if answered else ""
    same = takewhile(lambda pair: pair[1] == current, reversed(answered))
    return question, tuple(turn for turn, _ in same)[::-1], current


def _turns_of(messages: Sequence[Message]) -> tuple[str, list[tuple[Turn, str]]]:
    """The question, and the turns before it, each with the name of its database where the answer has one."""
    *earlier, last = (message for message in messages if message.role != "system") if messages else (None,)
    if last is None or last.role != "user" or not last.content.strip():
        raise ApiError(400, "The last message has to be the user's question.", code="invalid_value", param="messages")
    turns: list[tuple[Turn, str]] = []
    for message in earlier:
        if message is None:
            continue
        if message.role == "user":
            turns.append((Turn(message.content), ""))
        elif turns and not turns[-1][0].sql:
            turns[-1] = Turn(turns[-1][0].question, _sql_of(message.content)), _database_of(message.content)
    return last.content.strip(), turns


def prompt_of(messages: Sequence[Message], *, in_parts: bool) -> Prompt:
    """The messages as they are; with `in_parts` also question, history and, from CREATE TABLE statements, the schema.

    Raises ApiError where the parts are wanted and not all there.
    """
    users = [message.content for message in messages if message.role == "user"]
    question = _without_schema(users[-1]) if users else ""
    if not in_parts:
        return Prompt(question, Schema("", "sqlite", ()), tuple(messages), "default")
    text = "\n".join(message.content for message in messages)
    if not _CREATE.search(text):
        reason = "This model needs the schema: put CREATE TABLE statements into a message, or ask MODEL:CONNECTION."
        raise ApiError(400, reason, code="invalid_prompt", param="messages")
    schema = parse_schema(text)
    history = question_of(messages)[1]
    check_length(question)
    return Prompt(
        question, schema, tuple(messages), "default", history=history, hints=Hints(link_names(question, schema))
    )


def _sql_of(answer: str) -> str:
    """The query of an earlier answer: its last block of SQL, since a cell above may hold text that looks like one."""
    blocks = _SQL_BLOCK.findall(answer)
    return blocks[-1].strip() if blocks else extract_sql(answer)


def _database_of(answer: str) -> str:
    """The database that an earlier answer names before its query. Cells and notes begin no line with it."""
    found = _DATABASE.findall(answer)
    return found[-1] if found else ""


def _without_schema(text: str) -> str:
    """The question that stands behind the schema or before it."""
    if "Question:" in text:
        return text.rpartition("Question:")[2].strip()
    first = _CREATE.search(text)
    if first is None:
        return text.strip()
    return text.rpartition(";")[2].strip() or text[: first.start()].strip()
