"""The tools that an MCP host may call: few, read-only, each through the same guard and limits as a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..answering import Stop
from ..core import Outcome, ResultTable, SqlwrightError, Table, UsageError, closest, quoted
from ..core.phrase import phrase
from ..inference.repair import nearest_name
from ..sql.describe import filters_in_words, tables_of
from .connection import Connection
from .nearest import ask_nearest
from .search import search_objects
from .service import Service
from .which_database import of_statement, of_table

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
_DATABASE = {"database": {"type": ["string", "null"], "description": "null where the result is of several databases."}}
_BY_TABLES = "Optional: by default the only database that has the tables."
_ALL = "Optional: by default all databases."


class ToolFailedError(SqlwrightError):
    """What a tool could not do, in a sentence that its caller can act on."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """`arguments` and `result` are JSON Schema properties; every argument without a default is required.

    `unnamed` says what a call means that names none of several databases. `of_several` are properties of the result
    that only a choice among databases gives. `is_of_schema`: it tells of the tables without running a query, so they
    are read again where they changed.
    """

    name: str
    title: str
    description: str
    arguments: dict[str, dict[str, Any]]
    result: dict[str, dict[str, Any]]
    run: Callable[[Arguments, Sequence[Connection], Stop], Result]
    unnamed: str
    of_several: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_of_schema: bool = False


class Tools:
    """The tools over one Service. With several databases a call may name one; else the call itself decides.

    Each `run` gets the database that was named, or all of them.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.specs = {spec.name: spec for spec in self._specs()}

    def input_schema(self, spec: ToolSpec) -> dict[str, Any]:
        properties = dict(spec.arguments)
        required = [name for name, schema in properties.items() if "default" not in schema]
        if self._is_choice:
            names = list(self.service.connections)
            properties = {"database": {"type": "string", "enum": names, "description": spec.unnamed}, **properties}
        return _object(properties, required) | {"additionalProperties": False}

    def output_schema(self, spec: ToolSpec) -> dict[str, Any]:
        result = spec.result | (_DATABASE | spec.of_several if self._is_choice else {})
        return _object(result, list(result))

    def call(self, name: str, arguments: Arguments, stop: Stop) -> Result:
        """Raises a SqlwrightError with one sentence for whatever goes wrong."""
        if name not in self.specs:
            raise ToolFailedError(f"No tool {quoted(name)}.", closest(name, self.specs))
        spec = self.specs[name]
        given = _checked(arguments, self.input_schema(spec))
        named = str(given.pop("database", ""))
        if named or not self._is_choice:
            connection = self.service.connection(named)
            if spec.is_of_schema:
                connection.update()
            return spec.run(given, (connection,), stop)
        for connection in self.service.connections.values() if spec.is_of_schema else ():
            with suppress(SqlwrightError):  # it is gone: the others are still there
                connection.update()
        return spec.run(given, tuple(self.service.connections.values()), stop)

    @property
    def _is_choice(self) -> bool:
        return len(self.service.connections) > 1

    def _with_database(self, result: Result, database: str | None) -> Result:
        return result | {"database": database} if self._is_choice else result

    def _specs(self) -> tuple[ToolSpec, ...]:
        sql = {"sql": {"type": "string", "description": "One SELECT statement in the database's own dialect."}}
        return (
            ToolSpec(
                "list_tables",
                "List tables",
                "Every table and view with its comment and the names of its columns.",
                {},
                {"dialect": {"type": ["string", "null"]}, "tables": _LIST},
                self._list_tables,
                _ALL,
                is_of_schema=True,
            ),
            ToolSpec(
                "describe_table",
                "Describe a table",
                "Columns with types, comments and sample values, and the keys of one table or view.",
                {"table": _TEXT},
                {"table": _TEXT, "columns": _LIST, "primary_key": _LIST, "foreign_keys": _LIST},
                self._describe_table,
                _BY_TABLES,
                is_of_schema=True,
            ),
            ToolSpec(
                "search_objects",
                "Search the schema",
                "Tables, columns and stored values that match a few words.",
                {"query": _TEXT},
                {"matches": _LIST},
                self._search_objects,
                _ALL,
                is_of_schema=True,
            ),
            ToolSpec(
                "execute_sql",
                "Run a query",
                "Run one read-only SELECT statement and return its rows. Nothing else is run.",
                {**sql, "max_rows": _ROWS},
                _RESULT_FIELDS,
                self._execute_sql,
                _BY_TABLES,
            ),
            ToolSpec(
                "explain_sql",
                "Explain a query",
                "Whether a statement would be run and why not, the tables it reads, its conditions in words and the "
                "engine's plan. It is not run.",
                sql,
                {"allowed": {"type": "boolean"}, "violations": _LIST, "tables": _LIST, "filters": _LIST, "plan": _LIST},
                self._explain_sql,
                _BY_TABLES,
            ),
            ToolSpec(
                "ask_database",
                "Ask a question",
                "Answer a question in plain language: a model writes the query, and the rows come with it.",
                {"question": _TEXT, "max_rows": _ROWS},
                _RESULT_FIELDS
                | {"tables": _LIST, "filters": _LIST, "confidence": {"type": ["number", "null"]}, "model": _TEXT},
                self._ask_database,
                "Optional: by default the database that the question is about.",
                {"candidates": _LIST},
            ),
        )

    def _list_tables(self, _: Arguments, connections: Sequence[Connection], __: Stop) -> Result:
        tables: list[Result] = []
        for connection in connections:
            place = {"database": connection.name, "dialect": connection.dialect} if self._is_choice else {}
            tables += [_listed(table) | place for table in connection.context.schema]
        only = connections[0] if len(connections) == 1 else None
        result: Result = {"dialect": only.dialect if only else None, "tables": tables}
        return self._with_database(result, only.name if only else None)

    def _describe_table(self, given: Arguments, connections: Sequence[Connection], _: Stop) -> Result:
        connection = of_table(given["table"], connections)
        return self._with_database(_described(connection.context.schema.table(given["table"])), connection.name)

    def _search_objects(self, given: Arguments, connections: Sequence[Connection], _: Stop) -> Result:
        matches: list[Result] = []
        for connection in connections:
            found = search_objects(given["query"], connection.context)
            matches += [self._with_database(dict(match), connection.name) for match in found]
        return self._with_database({"matches": matches}, connections[0].name if len(connections) == 1 else None)

    def _execute_sql(self, given: Arguments, connections: Sequence[Connection], stop: Stop) -> Result:
        connection = of_statement(given["sql"], connections)
        outcome = self.service.run(given["sql"], connection, max_rows=given["max_rows"], stop=stop, source="mcp")
        if outcome.table is None:
            raise ToolFailedError(_why(outcome, connection))
        return self._with_database(_with_rows(outcome.table, outcome.sql, _cut(outcome.table)), connection.name)

    def _explain_sql(self, given: Arguments, connections: Sequence[Connection], _: Stop) -> Result:
        connection = of_statement(given["sql"], connections)
        against = connection.check(given["sql"])
        words = () if against else filters_in_words(given["sql"], connection.dialect)
        tables = () if against else tables_of(given["sql"], connection.dialect)
        result = {
            "allowed": not against,
            "violations": list(against),
            "tables": list(tables),
            "filters": list(words),
            "plan": [] if against else list(connection.plan(given["sql"])),
        }
        return self._with_database(result, connection.name)

    def _ask_database(self, given: Arguments, connections: Sequence[Connection], stop: Stop) -> Result:
        if not given["question"].strip():
            raise UsageError(phrase("no_question"))
        answer = ask_nearest(
            given["question"], self.service, connections, max_rows=given["max_rows"], stop=stop, source="mcp"
        )
        if answer.table is None:
            raise ToolFailedError(f"{answer.reason} The query was: {answer.sql}" if answer.sql else answer.reason)
        notes = [note.message for note in answer.notes]
        result = _with_rows(answer.table, answer.sql, notes) | {
            "tables": list(answer.tables),
            "filters": list(answer.filters),
            "confidence": answer.confidence,
            "model": answer.model,
        }
        if not self._is_choice:
            return result
        candidates = [candidate.to_dict() for candidate in answer.candidates]
        return result | {"database": answer.database, "candidates": candidates}


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
            if name not in schema["required"]:
                continue
            raise ToolFailedError(f"The argument {name!r} is missing.")
        value = given[name]
        if expected["type"] == "string" and not isinstance(value, str):
            raise ToolFailedError(f"{name!r} has to be text.")
        if expected["type"] == "integer" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ToolFailedError(f"{name!r} has to be a whole number above 0.")
    return given


def _listed(table: Table) -> Result:
    return {
        "name": table.full_name,
        "kind": "view" if table.is_view else "table",
        "comment": table.comment,
        "columns": [column.name for column in table.columns],
    }


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
