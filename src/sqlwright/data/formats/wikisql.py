"""WikiSQL in its three public forms: the official indices, text2sql-data's patterns, and LLMSQL's statements.

A question's database is one table, named by its `table_id`. Statements come out as
`SELECT MAX("Laps") FROM "2-1252065-1" WHERE "Finish" = 24`. WikiSQL's own scorer ignores the case of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core import DataError, Example, NotFoundError, quote_identifier
from ..rows import Row, open_file, read_rows, unpacked
from .format import Format, Reader, objects, row_id, rowwise, text

# https://github.com/salesforce/WikiSQL, lib/query.py
AGGREGATES = ("", "MAX", "MIN", "COUNT", "SUM", "AVG")
OPERATORS = ("=", ">", "<")

Headers = dict[str, tuple[list[str], list[str]]]  # table_id -> column names, column types

PATTERN = re.compile(
    r"SELECT (?:(?P<aggregate>MAX|MIN|COUNT|SUM|AVG) )?(?P<column>.+?_FIELD) FROM table(?: AS TABLEalias0)?"
    r"(?: WHERE (?P<conditions>.*?))? ?;?\s*\Z",
    re.DOTALL | re.IGNORECASE,
)
CONDITION = re.compile(r"(?P<column>.+?_FIELD) (?P<operator>[=<>]) (?P<value>.*)\Z", re.DOTALL)
VARIABLE = re.compile(r'"?\b(var\d+)\b"?')
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?\Z")


def with_headers(path: str) -> Reader:
    """Official rows name columns by their index, so the tables' headers are read from beside."""
    headers = _read_headers(Path(path))

    def read(row: Row) -> list[Example]:
        table = text(row.fields, "table_id")
        if table not in headers:
            raise DataError(f"no header of the table {table!r}")
        names, types = headers[table]
        sql = _official(row.fields["sql"], names, table)
        ddl = _create_table(table, names, types)
        return [Example(row_id(row, "id"), table, text(row.fields, "question"), sql, ddl=ddl)]

    return read


def read_patterns(row: Row) -> Iterator[Example]:
    """One Example for each sentence of the pattern, its constants put in; columns keep text2sql-data's upper case."""
    statements = row.fields.get("sql")
    if not isinstance(statements, list) or not statements or not isinstance(statements[0], str):
        raise DataError("the field 'sql' holds no list of statements")
    examples = {v.get("name"): v.get("example") for v in row.fields.get("variables") or [] if isinstance(v, dict)}
    for number, sentence in enumerate(objects(row.fields, "sentences")):
        constants = {**examples, **(sentence.get("variables") or {})}
        table = text(sentence, "table-id")
        question = text(sentence, "original", "text")
        yield Example(f"{row.number}-{number}", table, question, _filled(statements[0], constants, table))


def read_llmsql(row: Row) -> list[Example]:
    question, sql = text(row.fields, "question"), text(row.fields, "sql")
    return [Example(row_id(row, "question_id"), text(row.fields, "table_id"), question, sql)]


def _official(sql: Any, names: list[str], table: str) -> str:
    try:
        conditions = [(names[c], OPERATORS[o], str(v)) for c, o, v in sql["conds"]]
        return _statement(AGGREGATES[sql["agg"]], names[sql["sel"]], table, conditions)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"the field 'sql' does not fit its table of {len(names)} columns: {error!r}") from None


def _filled(pattern: str, constants: dict[str, Any], table: str) -> str:
    parts = PATTERN.match(pattern)
    if parts is None:
        raise DataError(f"not a WikiSQL pattern: {pattern!r}")
    conditions = []
    for condition in (parts["conditions"] or "").split(" AND ") if parts["conditions"] else []:
        found = CONDITION.match(condition)
        if found is None:
            raise DataError(f"not a WikiSQL condition: {condition!r}")
        # The source replaced the word "table" inside constants as well.
        value = found["value"].replace("TABLEalias0", "table")
        value = VARIABLE.sub(lambda m: str(constants.get(m[1], m[0])), value)
        conditions.append((_column(found["column"]), found["operator"], value))
    return _statement((parts["aggregate"] or "").upper(), _column(parts["column"]), table, conditions)


def _column(name: str) -> str:
    return name.removeprefix("TABLEalias0.").removesuffix("_FIELD")


def _statement(aggregate: str, column: str, table: str, conditions: list[tuple[str, str, str]]) -> str:
    selected = f"{aggregate}({_quoted(column)})" if aggregate else _quoted(column)
    where = " AND ".join(f"{_quoted(c)} {operator} {_literal(value)}" for c, operator, value in conditions)
    return f"SELECT {selected} FROM {_quoted(table)}" + (f" WHERE {where}" if where else "")


def _quoted(name: str) -> str:
    return quote_identifier(name, "sqlite", always=True)


def _literal(value: str) -> str:
    return value if NUMBER.match(value) else "'" + value.replace("'", "''") + "'"


def _create_table(table: str, names: list[str], types: list[str]) -> str:
    columns = ", ".join(f"{_quoted(n)} {t.upper()}" for n, t in zip(names, types, strict=True))
    return f"CREATE TABLE {_quoted(table)} ({columns})"


def _read_headers(path: Path) -> Headers:
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    for name, read in ((f"{stem}.tables.jsonl", _official_headers), (f"{stem}_with_headers.txt", _listed_headers)):
        for beside in (path.with_name(name), path.with_name(f"{name}.gz")):
            if beside.exists():
                return read(beside)
    raise NotFoundError(
        f"WikiSQL's rows name columns by number, and {stem}.tables.jsonl is not beside {str(path)!r}.",
        "Put the release's tables file there.",
    )


def _official_headers(path: Path) -> Headers:
    headers: Headers = {}
    for row in read_rows(path):
        if isinstance(row, DataError):
            raise row
        names, types = row.fields.get("header"), row.fields.get("types")
        if not isinstance(names, list) or not isinstance(types, list) or len(names) != len(types):
            raise DataError("no 'header' with 'types' of the same length", path=path, line=row.line)
        headers[text(row.fields, "id")] = ([str(n) for n in names], [str(t) for t in types])
    return headers


def _listed_headers(path: Path) -> Headers:
    """Lines `table <c> column <t> type <c> ... <i> question <s> SQL`, as nl2sql lists the dev set."""
    headers: Headers = {}
    with open_file(path) as stream:
        for line in unpacked(stream):
            table, *columns = line.decode("utf-8", "replace").partition(" <i> ")[0].split(" <c> ")
            pairs = [c.split(" <t> ", 1) for c in columns]
            if pairs:
                headers[_table_id(table)] = ([p[0] for p in pairs], [p[-1] for p in pairs])
    return headers


def _table_id(name: str) -> str:
    """`table_10015132_11` is the table `1-10015132-11`; the others are called by their id."""
    return "1-" + name.removeprefix("table_").replace("_", "-") if name.startswith("table_") else name


OFFICIAL = Format(
    "wikisql",
    "table_id, question, sql {sel, agg, conds}",
    lambda f: "table_id" in f and isinstance(f.get("sql"), dict),
    with_headers,
)
PATTERNS = Format(
    "wikisql-patterns",
    "sentences, sql, variables",
    lambda f: "sentences" in f and "sql" in f,
    rowwise(read_patterns),
    aliases=("wikisql",),
)
LLMSQL = Format(
    "llmsql",
    "table_id, question, sql",
    lambda f: "table_id" in f and isinstance(f.get("sql"), str),
    rowwise(read_llmsql),
    aliases=("wikisql",),
)
