"""Trainers' chat rows: messages, alpaca and ShareGPT."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...core import DataError, Example, Turn
from ..rows import Row
from .context import unwrapped
from .format import Format, objects, optional_text, row_id, rowwise, text
from .turns import unfenced

CREATE_TABLE = re.compile(r"\bCREATE\s+(?:TEMP(?:ORARY)?\s+)?TABLE\b[^(;]*\(", re.IGNORECASE)
BRACKET = re.compile(r"--[^\n]*|[()]")
QUESTION_MARK = re.compile(r"(?:\A|\n)\s*(?:#+\s*)?(?:Question|问题|Task)\s*[:：]\s*", re.IGNORECASE)
LAST_LABELS = re.compile(r"(?:\n+[^\n:：]{1,30}[:：][ \t;]*)+\Z")
ROLES = {"human": "user", "gpt": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


def read_messages(row: Row) -> Iterator[Example]:
    messages = [(text(m, "role"), optional_text(m, "content")) for m in objects(row.fields, "messages")]
    return examples_of(row, messages)


def read_sharegpt(row: Row) -> Iterator[Example]:
    messages = [
        (text(m, "from", "role"), optional_text(m, "value", "content")) for m in objects(row.fields, "conversations")
    ]
    system = optional_text(row.fields, "system")
    return examples_of(row, [("system", system), *messages] if system else messages)


def read_alpaca(row: Row) -> Iterator[Example]:
    """`input` is the question where `instruction` holds the schema or a fixed order, and the schema where it is one."""
    instruction, extra = text(row.fields, "instruction"), optional_text(row.fields, "input")
    system = optional_text(row.fields, "system")
    order = "" if not extra or CREATE_TABLE.search(extra) else instruction
    question = extra if order else "\n".join(t for t in (instruction, extra) if t)
    messages = [("system", "\n".join(t for t in (system, order) if t))]
    for pair in row.fields.get("history") or []:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(p, str) for p in pair):
            raise DataError("the field 'history' holds no list of [question, answer] pairs")
        messages += [("user", pair[0]), ("assistant", pair[1])]
    messages += [("user", question), ("assistant", text(row.fields, "output"))]
    return examples_of(row, messages)


def examples_of(row: Row, messages: Sequence[tuple[str, str]]) -> Iterator[Example]:
    """One Example for each answer. The schema is what the first messages hold of CREATE TABLE statements."""
    name, db_id = row_id(row, "id"), optional_text(row.fields, "db_id")
    dialogue = name if sum(_role(role) == "assistant" for role, _ in messages) > 1 else ""
    ddl, question, number = "", "", 0
    history: tuple[Turn, ...] = ()
    for role, content in messages:
        if _role(role) == "assistant":
            if not question:
                raise DataError("an answer stands before any question")
            sql = unwrapped(unfenced(content.strip()))
            own = f"{name}-{number}" if dialogue else name
            yield Example(own, db_id, question, sql, "", history, ddl, dialogue, number)
            history, number, question = (*history, Turn(question, sql)), number + 1, ""
            continue
        start, end = _schema_span(content)
        ddl = ddl or content[start:end]
        if _role(role) == "user":
            question = _question(content[:start] + content[end:])
    if not number:
        raise DataError("no message of the assistant")


def _role(role: str) -> str:
    if role not in ROLES:
        raise DataError(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    return ROLES[role]


def _schema_span(content: str) -> tuple[int, int]:
    """From the first CREATE TABLE to the bracket that closes the last one; (0, 0) without any."""
    end = 0
    for found in CREATE_TABLE.finditer(content):
        if found.start() >= end:
            end = _closing_bracket(content, found.end())
    first = CREATE_TABLE.search(content)
    return (first.start() if first else 0), end


def _closing_bracket(content: str, start: int) -> int:
    """Behind the bracket that closes the one before `start`; comments count for nothing."""
    depth = 1
    for bracket in BRACKET.finditer(content, start):
        depth += {"(": 1, ")": -1}.get(bracket[0], 0)
        if depth == 0:
            return bracket.end()
    return len(content)


def _question(content: str) -> str:
    """After the last "Question:" where there is one, without the labels at the end ("SQL:") that ask for an answer."""
    asked = QUESTION_MARK.split(content)[-1].strip(" \t\r\n;")
    return LAST_LABELS.sub("", asked).strip(" \t\r\n;")


def _has(name: str) -> Any:
    return lambda fields: name in fields


MESSAGES = Format("messages", "messages", _has("messages"), rowwise(read_messages))
SHAREGPT = Format("sharegpt", "conversations", _has("conversations"), rowwise(read_sharegpt))
ALPACA = Format(
    "alpaca", "instruction, input, output", lambda f: "instruction" in f and "output" in f, rowwise(read_alpaca)
)
