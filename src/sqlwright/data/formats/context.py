"""Rows that carry their own schema: sql-create-context and gretel's synthetic_text_to_sql."""

from __future__ import annotations

from ...core import Example
from ..rows import Row
from .format import Format, optional_text, row_id, rowwise, text


def read_context(row: Row) -> list[Example]:
    question, ddl = text(row.fields, "question"), text(row.fields, "context")
    return [Example(row_id(row, "id"), "", question, unwrapped(text(row.fields, "answer")), ddl=ddl)]


def read_gretel(row: Row) -> list[Example]:
    """`sql_context` holds INSERTs too; they stay, as a database can be made from them."""
    question, sql = text(row.fields, "sql_prompt"), text(row.fields, "sql")
    return [Example(row_id(row, "id"), "", question, sql, ddl=optional_text(row.fields, "sql_context"))]


def unwrapped(answer: str) -> str:
    """Some copies of sql-create-context mark the statement as [SQL] ... [/SQL]."""
    return answer.removeprefix("[SQL]").removesuffix("[/SQL]").strip()


CONTEXT = Format(
    "sql-create-context",
    "question, context, answer",
    lambda f: all(n in f for n in ("question", "context", "answer")),
    rowwise(read_context),
)
GRETEL = Format(
    "gretel",
    "sql_prompt, sql_context, sql",
    lambda f: "sql_prompt" in f and "sql" in f,
    rowwise(read_gretel),
    aliases=("synthetic_text_to_sql",),
)
