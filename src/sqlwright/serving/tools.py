"""The tools that an MCP host may call: few, read-only, each through the same guard and limits as a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..answering import Stop
from ..core import Outcome, ResultTable, SqlwrightError, Table, UsageError, closest, quoted
from ..core.phrase import phrase
from ..inference.repair import nearest_name
from ..sql.describe import filters_in_words, tables_of
from .connection import Connection
from .search import search_objects
from .service import Service

DEFAULT_ROWS = 100  # a host pays for every row that its model reads
Arguments = dict[str, Any]
Result = dict[str, Any]

_TEXT: dict[str, Any] = {"type": "string"}
_ROWS = {"type": "integer", "minimum": 1, "default": DEFAULT_ROWS, "description": "How many rows to return at most."}
_LIST: dict[str, Any] = {"type": "array"}
_RESULT_FIELDS: dict[str, dict[str, Any]] = {
    "columns": _LIST,
    "types": _LIST,
    "rows": _LIST,
    "row_count": {"type": "integer"},
    "truncated": {"type": ["string", "null"], "description": "Which limit cut the rows, null where they are all."},
    "sql": _TEXT,
    "notes": {"type": "array", "items": _TEXT},
}


class ToolFailedError(SqlwrightError):
    """What a tool could not do, in a sentence that its caller can act on."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """`arguments` and `result` are JSON Schema properties; every argument without a default is required.

    `is_of_schema`: it tells of the tables without running a query, so they are read again where they changed.
    """

    name: str
    title: str
    description: str
    arguments: dict[str, dict[str, Any]]
    result: dict[str, dict[str, Any]]
    run: Callable[[Arguments, Connection, Stop], Result]
    is_of_schema: bool = False


class Tools:
    """The tools over one Service. With several databases every call names one."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.specs = {spec.name: spec for spec in self._specs()}

    def input_schema(self, spec: ToolSpec) -> dict[str, Any]:
        properties = dict(spec.arguments)
        names = list(self.service.connections)
        if len(names) > 1:
            properties = {"database": {"type": "string", "enum": names}, **properties}
        required = [name for name, schema in properties.items() if "default" not in schema]
        return _object(properties, required) | {"additionalProperties": False}

    def output_schema(self, spec: ToolSpec) -> dict[str, Any]:
        return _object(spec.result, list(spec.result))

    def call(self, name: str, arguments: Arguments, stop: Stop) -> Result:
        """Raises a SqlwrightError with one sentence for whatever goes wrong."""
        if name not in self.specs:
            raise ToolFailedError(f"No tool {quoted(name)}.", closest(name, self.specs))
        spec = self.specs[name]
        given = _checked(arguments, self.input_schema(spec))
        connection = self.service.connection(str(given.pop("database", "")))
        if spec.is_of_schema:
            connection.update()
        return spec.run(given, connection, stop)

    def _specs(self) -> tuple[ToolSpec, ...]:
        sql = {"sql": {"type": "string", "description": "One SELECT statement in the database's own dialect."}}
        return (
            ToolSpec(
                "list_tables",
                "List tables",
                "Every table and view with its comment and the names of its columns.",
                {},
                {"dialect": _TEXT, "tables": _LIST},
                self._list_tables,
                is_of_schema=True,
            ),
            ToolSpec(
                "describe_table",
                "Describe a table",
                "Columns with types, comments and sample values, and the keys of one table or view.",
                {"table": _TEXT},
                {"table": _TEXT, "columns": _LIST, "primary_key": _LIST, "foreign_keys": _LIST},
                self._describe_table,
                is_of_schema=True,
            ),
            ToolSpec(
                "search_objects",
                "Search the schema",
                "Tables, columns and stored values that match a few words.",
                {"query": _TEXT},
                {"matches": _LIST},
                self._search_objects,
                is_of_schema=True,
            ),
            ToolSpec(
                "execute_sql",
                "Run a query",
                "Run one read-only SELECT statement and return its rows. Nothing else is run.",
                {**sql, "max_rows": _ROWS},
                _RESULT_FIELDS,
                self._execute_sql,
            ),
            ToolSpec(
                "explain_sql",
                "Explain a query",
                "Whether a statement would be run and why not, the tables it reads, its conditions in words and the "
                "engine's plan. It is not run.",
                sql,
                {"allowed": {"type": "boolean"}, "violations": _LIST, "tables": _LIST, "filters": _LIST, "plan": _LIST},
                self._explain_sql,
            ),
            ToolSpec(
                "ask_database",
                "Ask a question",
                "Answer a question in plain language: a model writes the query, and the rows come with it.",
                {"question": _TEXT, "max_rows": _ROWS},
                _RESULT_FIELDS
                | {"tables": _LIST, "filters": _LIST, "confidence": {"type": ["number", "null"]}, "model": _TEXT},
                self._ask_database,
            ),
        )

    def _list_tables(self, _: Arguments, connection: Connection, __: Stop) -> Result:
        tables = [
            {
                "name": table.full_name,
                "kind": "view" if table.is_view else "table",
                "comment": table.comment,
                "columns": [column.name for column in table.columns],
            }
            for table in connection.context.schema
        ]
        return {"dialect": connection.dialect, "tables": tables}

    def _describe_table(self, given: Arguments, connection: Connection, _: Stop) -> Result:
        return _described(connection.context.schema.table(given["table"]))

    def _search_objects(self, given: Arguments, connection: Connection, _: Stop) -> Result:
        return {"matches": search_objects(given["query"], connection.context)}

    def _execute_sql(self, given: Arguments, connection: Connection, stop: Stop) -> Result:
        outcome = self.service.run(given["sql"], connection, max_rows=given["max_rows"], stop=stop, source="mcp")
        if outcome.table is None:
            raise ToolFailedError(_why(outcome, connection))
        return _with_rows(outcome.table, outcome.sql, _cut(outcome.table))

    def _explain_sql(self, given: Arguments, connection: Connection, _: Stop) -> Result:
        against = connection.check(given["sql"])
        words = () if against else filters_in_words(given["sql"], connection.dialect)
        tables = () if against else tables_of(given["sql"], connection.dialect)
        return {
            "allowed": not against,
            "violations": list(against),
            "tables": list(tables),
            "filters": list(words),
            "plan": [] if against else list(connection.plan(given["sql"])),
        }

    def _ask_database(self, given: Arguments, connection: Connection, stop: Stop) -> Result:
        if not given["question"].strip():
            raise UsageError(phrase("no_question"))
        answer = self.service.ask(given["question"], connection, max_rows=given["max_rows"], stop=stop, source="mcp")
        if answer.table is None:
            raise ToolFailedError(f"{answer.reason} The query was: {answer.sql}" if answer.sql else answer.reason)
        notes = [note.message for note in answer.notes]
        return _with_rows(answer.table, answer.sql, notes) | {
            "tables": list(answer.tables),
            "filters": list(answer.filters),
            "confidence": answer.confidence,
            "model": answer.model,
        }


def _object(properties: dict[str, dict[str, Any]], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _checked(arguments: Arguments, schema: dict[str, Any]) -> Arguments:
    """`arguments` with the defaults. Raises ToolFailedError for a missing, unknown or mistyped one."""
    properties = schema["properties"]
    for name in arguments:
        if name not in properties:
            raise ToolFailedError(f"No argument {quoted(name)}.", closest(name, properties))
    given = {name: p["default"] for name, p in properties.items() if "default" in p} | arguments
    for name, expected in properties.items():
        if name not in given:
            raise ToolFailedError(f"The argument {name!r} is missing.")
        value = given[name]
        if expected["type"] == "string" and not isinstance(value, str):
            raise ToolFailedError(f"{name!r} has to be text.")
        if expected["type"] == "integer" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ToolFailedError(f"{name!r} has to be a whole number above 0.")
    return given


def _described(table: Table) -> Result:
    columns = [
        {
            "name": column.name,
            "type": column.type,
            "nullable": column.nullable,
            "comment": column.comment,
            "samples": list(column.samples),
        }
        for column in table.columns
    ]
    keys = [
        {"columns": list(key.columns), "ref_table": key.ref_table, "ref_columns": list(key.ref_columns)}
        for key in table.foreign_keys
    ]
    return {
        "table": table.full_name,
        "columns": columns,
        "primary_key": list(table.primary_key),
        "foreign_keys": keys,
    }


def _with_rows(table: ResultTable, sql: str, notes: list[str]) -> Result:
    return table.to_dict() | {"sql": sql, "notes": notes}


def _cut(table: ResultTable) -> list[str]:
    return [f"Cut at {len(table.rows)} rows by the limit {table.truncated!r}."] if table.truncated else []


def _why(outcome: Outcome, connection: Connection) -> str:
    """The engine's or the guard's reason on one line, with the nearest name where one is missing."""
    message = " ".join(outcome.message().split())
    hint = nearest_name(message, connection.context.schema)
    return f"{message.rstrip('.')}. {hint}" if hint and hint not in message else message
