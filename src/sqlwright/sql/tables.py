"""Every table of a query is on the policy's list, or is a CTE that is in scope where it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from ..core import Dialect, Violation, closest, quoted
from .functions import TABLE_FUNCTIONS
from .policy import Policy

# The engine's own tables and schemas, for a policy without a table list. DuckDB reads the file f.csv for the table
# csv in the schema f, so there only its default schema is left, and a Python variable for a table that is not there:
# the names that data frames commonly have are refused, and `python_enable_replacements=false` does the rest.
_SYSTEM_TABLE: dict[Dialect, re.Pattern[str]] = {
    "sqlite": re.compile(r"sqlite_.*|pragma_.*|dbstat|bytecode|tables_used|fts5?vocab|completion|fsdir|zipfile"),
    "duckdb": re.compile(
        r"sqlite_.*|pragma_.*|duckdb_.*|pg_.*|.*[^\w \-$].*|.*\.(csv|parquet|json|db)|(py_?)?df\d*|df_.*|.*_df"
    ),
    "postgres": re.compile(r"pg_.*"),
    "mysql": re.compile(r"(?!)"),
}
_SYSTEM_SCHEMA: dict[Dialect, re.Pattern[str]] = {
    "sqlite": re.compile(r"temp"),
    "duckdb": re.compile(r"(?!(main)?\Z).*"),
    "postgres": re.compile(r"information_schema|pg_.*"),
    "mysql": re.compile(r"information_schema|performance_schema|mysql|sys"),
}
_DEFAULT_SCHEMA: dict[Dialect, str] = {"sqlite": "main", "duckdb": "main", "postgres": "public", "mysql": ""}


def check_tables(root: exp.Expr, text: str, policy: Policy) -> Iterator[Violation]:
    """Violations in reading order, one for each name; `text` is what `root` was parsed from."""
    seen: set[str] = set()
    if policy.dialect == "sqlite" and any(node.args.get("field") for node in root.find_all(exp.In)):
        # `x IN orders` reads the table, and the tree has it as a column.
        yield Violation("not_allowed", "IN needs a list or a query in parentheses.")
    for node in root.find_all(exp.Lateral, exp.Table):
        of_table = isinstance(node, exp.Lateral) and not isinstance(node.this, (exp.Subquery, exp.Func, exp.Unnest))
        if of_table or (node.args.get("only") and policy.dialect != "postgres"):
            # Where LATERAL or ONLY is no keyword it names a table, and what follows is the alias.
            yield Violation("not_allowed", "LATERAL and ONLY are not read here.")
    for table, visible in _tables(root, policy.dialect, frozenset()):
        for violation in _check(table, visible, text, policy):
            if violation.message not in seen:
                seen.add(violation.message)
                yield violation


def _check(table: exp.Table, visible: frozenset[str], text: str, policy: Policy) -> Iterator[Violation]:
    if isinstance(table.this, exp.Func):
        name = _function_name(table.this, text)
        if name not in TABLE_FUNCTIONS[policy.dialect]:
            hint = closest(name, TABLE_FUNCTIONS[policy.dialect])
            yield Violation("table_function", f"{name}(...) may not be used as a table. {hint}".strip())
        return
    if not isinstance(table.this, exp.Identifier):
        shown = table.sql() if table.this is None else table.this.sql()
        yield Violation("table_name", f"{shown[:60]} is not the name of a table. Files cannot be read.")
        return
    schema, name = folded(table.args.get("db"), policy.dialect), folded(table.this, policy.dialect)
    if table.args.get("catalog") is not None:
        yield Violation("other_database", f"{table.sql()[:80]} names another database. Write the table's name alone.")
    elif not schema and (name in visible or (policy.dialect == "mysql" and name.lower() == "dual")):
        return
    elif policy.tables is None:
        yield from _check_system(schema, name, policy.dialect)
    elif not _listed(schema, name, policy):
        shown = f"{schema}.{name}" if schema else name
        yield Violation(
            "unknown_table", f"There is no table {quoted(shown)} to ask. {closest(shown, policy.tables)}".strip()
        )


def _check_system(schema: str, name: str, dialect: Dialect) -> Iterator[Violation]:
    if _SYSTEM_SCHEMA[dialect].fullmatch(schema.lower()) or _SYSTEM_TABLE[dialect].fullmatch(name.lower()):
        shown = f"{schema}.{name}" if schema else name
        yield Violation("system_table", f"{quoted(shown)} is the engine's own, not part of the data.")


def _listed(schema: str, name: str, policy: Policy) -> bool:
    tables = policy.tables or frozenset()
    if policy.dialect != "postgres":  # PostgreSQL's names differ by case; a folded name is compared as it is
        tables = frozenset(_lower(t) for t in tables)
        schema, name = _lower(schema), _lower(name)
    if schema:
        return f"{schema}.{name}" in tables or (schema == _DEFAULT_SCHEMA[policy.dialect] and name in tables)
    return name in tables


def folded(identifier: exp.Expr | None, dialect: Dialect) -> str:
    """The name as the engine stores it; SQLite, DuckDB: lower case, where names are compared ignoring case."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    name = str(identifier.this)
    if dialect == "mysql" or (dialect == "postgres" and identifier.args.get("quoted")):
        return name
    return _lower(name)


def _lower(name: str) -> str:
    """ASCII only, as the engines do it: other letters' folding would make two tables one."""
    return "".join(c.lower() if c.isascii() else c for c in name)


def _function_name(node: exp.Expr, text: str) -> str:
    """As it is written, where the parser says where; its own class stands for several spellings."""
    if "start" in node.meta:
        return _lower(text[node.meta["start"] : node.meta["end"] + 1])
    if isinstance(node, exp.JSONTable):
        return "json_table"
    return _lower(node.name if isinstance(node, exp.Anonymous) else type(node).__name__)


def _tables(node: exp.Expr, dialect: Dialect, visible: frozenset[str]) -> Iterator[tuple[exp.Table, frozenset[str]]]:
    """Every table with the names of the CTEs that are in scope there."""
    with_ = node.args.get("with_")
    if isinstance(with_, exp.With):
        inner = visible
        names = [folded(cte.args["alias"].this, dialect) for cte in with_.expressions]
        for i, cte in enumerate(with_.expressions):
            yield from _cte_tables(cte, names, i, bool(with_.args.get("recursive")), dialect, inner)
            inner = inner | {names[i]}
        visible = inner
    if isinstance(node, exp.Table):
        yield node, visible
    for key, value in node.args.items():
        if key != "with_":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, exp.Expr):
                    yield from _tables(child, dialect, visible)


def _cte_tables(
    cte: exp.CTE, names: list[str], i: int, recursive: bool, dialect: Dialect, visible: frozenset[str]
) -> Iterator[tuple[exp.Table, frozenset[str]]]:
    """What a CTE sees besides the ones before it, where the engine could not read a real table instead.

    SQLite: every CTE of its WITH, itself too, with or without RECURSIVE. PostgreSQL: the same with RECURSIVE.
    DuckDB and MySQL: itself, only with RECURSIVE and only behind the first query of its UNION.
    """
    body = cte.this
    if dialect == "sqlite" or (dialect == "postgres" and recursive):
        yield from _tables(body, dialect, visible | set(names))
    elif recursive and isinstance(body, exp.SetOperation) and body.args.get("with_") is None:
        arms = _arms(body) if dialect == "mysql" else [body.left, body.right]
        for j, arm in enumerate(arms):
            yield from _tables(arm, dialect, visible | {names[i]} if j else visible)
        for key in ("order", "limit", "offset"):
            if isinstance(body.args.get(key), exp.Expr):
                yield from _tables(body.args[key], dialect, visible)
    else:
        yield from _tables(body, dialect, visible)


def _arms(query: exp.Expr) -> list[exp.Expr]:
    if isinstance(query, exp.SetOperation) and query.args.get("with_") is None:
        return [*_arms(query.left), query.right]
    return [query]
