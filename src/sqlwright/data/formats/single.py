"""One question a row: our own JSON Lines, Spider and its kin, BIRD, and the CSV form of SpiderMan."""

from __future__ import annotations

from typing import Any

from ...core import DataError, Example, Turn
from ..rows import Row
from .format import DATABASE_FIELDS, Format, optional_text, row_id, rowwise, text

SQL_FIELDS = ("query", "sql_query", "SQL", "sql")  # Spider has its parse tree under `sql`


def read_own(row: Row) -> list[Example]:
    fields = row.fields
    answerable = fields.get("answerable", True)
    if not isinstance(answerable, bool):
        raise DataError(f"the field 'answerable' holds {answerable!r}, expected true or false")
    turn = fields.get("turn", 0)
    if not isinstance(turn, int):
        raise DataError(f"the field 'turn' holds {turn!r}, expected a number")
    return [
        Example(
            id=row_id(row, "id"),
            db_id=optional_text(fields, "db_id"),
            question=text(fields, "question"),
            gold_sql=optional_text(fields, "gold_sql"),
            evidence=optional_text(fields, "evidence"),
            history=_history(fields.get("history") or []),
            ddl=optional_text(fields, "ddl"),
            dialogue_id=optional_text(fields, "dialogue_id"),
            turn=turn,
            answerable=answerable,
        )
    ]


def _history(turns: Any) -> tuple[Turn, ...]:
    if not isinstance(turns, list) or not all(isinstance(t, dict) for t in turns):
        raise DataError("the field 'history' holds no list of objects with 'question' and 'sql'")
    return tuple(Turn(text(t, "question"), optional_text(t, "sql")) for t in turns)


def read_spider(row: Row) -> list[Example]:
    """Spider, CSpider and DuSQL."""
    question, sql = text(row.fields, "question"), text(row.fields, "query", "sql_query")
    return [Example(row_id(row, "id", "question_id"), text(row.fields, "db_id"), question, sql)]


def read_spider_syn(row: Row) -> list[Example]:
    """Spider-Syn. Reads the question with synonyms of the schema's names, and not Spider's own one beside it."""
    question, sql = text(row.fields, "SpiderSynQuestion"), text(row.fields, "query")
    return [Example(row_id(row, "id"), text(row.fields, "db_id"), question, sql)]


def read_bird(row: Row) -> list[Example]:
    """BIRD; the evidence may be empty."""
    fields = row.fields
    question, sql = text(fields, "question"), text(fields, "SQL")
    evidence = optional_text(fields, "evidence")
    return [Example(row_id(row, "question_id"), text(fields, "db_id"), question, sql, evidence)]


def read_csv(row: Row) -> list[Example]:
    question, sql = text(row.fields, "question"), text(row.fields, "sql")
    return [Example(str(row.number), text(row.fields, *DATABASE_FIELDS), question, sql)]


def read_plain(row: Row) -> list[Example]:
    """A question and its SQL under any of the usual names; the database may be named or not."""
    fields = row.fields
    question, sql = text(fields, "question"), text(fields, *SQL_FIELDS)
    db_id, ddl = optional_text(fields, *DATABASE_FIELDS), optional_text(fields, "ddl")
    return [Example(row_id(row, "id", "question_id"), db_id, question, sql, optional_text(fields, "evidence"), ddl=ddl)]


def _has(*names: str) -> Any:
    return lambda fields: all(n in fields for n in names)


OWN = Format("sqlwright", "question, gold_sql, db_id", lambda f: "question" in f and _only_own(f), rowwise(read_own))
SPIDER = Format(
    "spider",
    "question, query, db_id",
    lambda f: "question" in f and "db_id" in f and ("query" in f or "sql_query" in f),
    rowwise(read_spider),
    aliases=("cspider", "dusql"),
)
SPIDER_SYN = Format(
    "spider-syn",
    "SpiderSynQuestion, query, db_id",
    _has("SpiderSynQuestion", "query", "db_id"),
    rowwise(read_spider_syn),
)
BIRD = Format("bird", "question, SQL, db_id, evidence", _has("question", "SQL", "db_id"), rowwise(read_bird))
SPIDER_MYSQL = Format(
    "spider-mysql", "database, question, sql", _has("database", "question", "sql"), rowwise(read_csv), dialect="mysql"
)

PLAIN = Format(
    "plain",
    "question, sql",
    lambda f: "question" in f and any(isinstance(f.get(name), str) for name in SQL_FIELDS),
    rowwise(read_plain),
    aliases=("question-sql",),
)


def _only_own(fields: dict[str, Any]) -> bool:
    """Gold under our name, or no gold at all: questions to be answered."""
    return "gold_sql" in fields or ("db_id" in fields and not {"query", "sql", "SQL", "sql_query"} & fields.keys())
