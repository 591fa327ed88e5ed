"""A client's messages, as a question with its history or as a prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core import Hints, Message, Schema, Turn
from ..prompts import Prompt, link_names
from ..sql.ddl import parse_schema
from ..sql.extract import extract_sql
from .errors import ApiError, invalid, unsupported
from .service import check_length

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_CREATE = re.compile(r"\bcreate\s+table\b", re.IGNORECASE)
_SQL_BLOCK = re.compile(r"```sql\n([^`]+)\n```")
_TEXT_PARTS = frozenset({"text", "input_text"})


def read_messages(value: Any) -> tuple[Message, ...]:
    """Raises ApiError for what is no list of messages, or holds pictures, sound or tools."""
    if not isinstance(value, list) or not value:
        raise invalid("messages", "a list of at least one message")
    return tuple(_read_message(item, f"messages[{i}]") for i, item in enumerate(value))


def _read_message(item: Any, where: str) -> Message:
    if not isinstance(item, dict):
        raise invalid(where, "an object with role and content")
    role = item.get("role")
    if role in ("tool", "function"):
        raise unsupported(f"{where}.role", f"there are no tools here, so no message can be from a {role}.")
    if not isinstance(role, str) or role not in _ROLES:
        raise invalid(f"{where}.role", f"one of {', '.join(_ROLES)}")
    content = item.get("content")
    if isinstance(content, list):
        content = "".join(_read_part(part, f"{where}.content[{i}]") for i, part in enumerate(content))
    if not isinstance(content, str):
        raise invalid(f"{where}.content", "text, or a list of text parts")
    return Message(_ROLES[role], content)  # type: ignore[arg-type]


def _read_part(part: Any, where: str) -> str:
    if isinstance(part, dict) and part.get("type") in _TEXT_PARTS and isinstance(part.get("text"), str):
        return str(part["text"])
    raise unsupported(where, "only text can be read.")


def question_of(messages: Sequence[Message]) -> tuple[str, tuple[Turn, ...]]:
    """The last message, and the questions before it with the SQL of their answers. Raises ApiError.

    System messages say how a chat model should behave; the prompt of a database's question is not theirs to change.
    """
    *earlier, last = (message for message in messages if message.role != "system") if messages else (None,)
    if last is None or last.role != "user" or not last.content.strip():
        raise ApiError(400, "The last message has to be the user's question.", code="invalid_value", param="messages")
    turns: list[Turn] = []
    for message in earlier:
        if message is None:
            continue
        if message.role == "user":
            turns.append(Turn(message.content))
        elif turns and not turns[-1].sql:
            turns[-1] = Turn(turns[-1].question, _sql_of(message.content))
    return last.content.strip(), tuple(turns)


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


def _without_schema(text: str) -> str:
    """The question that stands behind the schema or before it."""
    if "Question:" in text:
        return text.rpartition("Question:")[2].strip()
    first = _CREATE.search(text)
    if first is None:
        return text.strip()
    return text.rpartition(";")[2].strip() or text[: first.start()].strip()
