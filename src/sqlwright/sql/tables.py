"""Every table of a query is on the policy's list, or is a CTE that is in scope where it is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import exp

from ..core import Dialect, Violation, closest
from .dialects import RULES, DialectRules
from .policy import Policy


def check_tables(root: exp.Expr, text: str, policy: Policy) -> Iterator[Violation]:
    """Violations in reading order, one for each name; `text` is what `root` was parsed from."""
    rules = RULES[policy.dialect]
    if rules.in_reads_tables and any(node.args.get("field") for node in root.find_all(exp.In)):
        # `x IN orders` reads the table, and the tree has it as a column.
        yield Violation("not_allowed", "IN needs a list or a query in parentheses.")
    for node in root.find_all(exp.Lateral, exp.Table):
        of_table = isinstance(node, exp.Lateral) and not isinstance(node.this, (exp.Subquery, exp.Func, exp.Unnest))
        if of_table or (node.args.get("only") and not rules.only_keyword):
            # Where LATERAL or ONLY is no keyword it names a table, and what follows is the alias.
            yield Violation("not_allowed", "LATERAL and ONLY are not read here.")
    seen: set[_Problem] = set()
    for node in root.find_all(exp.Summarize):
        if not isinstance(node.this, (exp.Table, exp.Query)):
            yield Violation("table_name", f"{node.this.sql()[:60]} is not the name of a table. Files cannot be read.")
    listed = _listed_names(policy)
    for table, visible in _tables(root, rules, frozenset()):
        problem = _problem(table, visible, text, rules, listed)
        if problem is not None and problem not in seen:
            seen.add(problem)
            yield _violation(problem, policy)


class _Problem(NamedTuple):
    """Why a table is refused; `shown` is its name as the message gives it."""

    code: str
    shown: str


def _problem(
    table: exp.Table, visible: frozenset[str], text: str, rules: DialectRules, listed: frozenset[str] | None
) -> _Problem | None:
    """`listed`: the policy's tables, folded; None for any table that is not the engine's own."""
    if isinstance(table.this, exp.Func):
        name = _function_name(table.this, text)
        return None if name in rules.table_functions else _Problem("table_function", name[:60])
    if not isinstance(table.this, exp.Identifier):
        shown = table.sql() if table.this is None else table.this.sql()
        return _Problem("table_name", shown[:60])
    schema, name = folded(table.args.get("db"), rules.dialect), folded(table.this, rules.dialect)
    if table.args.get("catalog") is not None:
        return _Problem("other_database", table.sql()[:80])
    if not schema and (name in visible or name.lower() in rules.free_tables):
        return None
    shown = f"{schema[:60]}.{name[:60]}" if schema else name[:60]
    if listed is not None:
        return None if _is_listed(schema, name, rules, listed) else _Problem("unknown_table", shown)
    system = rules.system_schemas.fullmatch(schema.lower()) or rules.system_tables.fullmatch(name.lower())
    return _Problem("system_table", shown) if system else None


def _violation(problem: _Problem, policy: Policy) -> Violation:
    code, shown = problem
    messages = {
        "table_function": f"{shown}(...) may not be used as a table.",
        "table_name": f"{shown} is not the name of a table. Files cannot be read.",
        "other_database": f"{shown} names another database. Write the table's name alone.",
        "unknown_table": f"There is no table {shown!r} to ask.",
        "system_table": f"{shown!r} is the engine's own, not part of the data.",
    }
    known = {"table_function": RULES[policy.dialect].table_functions, "unknown_table": policy.tables}.get(code)
    return Violation(code, f"{messages[code]} {closest(shown, known or ())}".strip())


def _listed_names(policy: Policy) -> frozenset[str] | None:
    """Folded names differ by case: they are compared as they are."""
    if policy.tables is None or RULES[policy.dialect].names == "folded":
        return policy.tables
    return frozenset(_lower(t) for t in policy.tables)


def _is_listed(schema: str, name: str, rules: DialectRules, listed: frozenset[str]) -> bool:
    if rules.names != "folded":
        schema, name = _lower(schema), _lower(name)
    if schema:
        return f"{schema}.{name}" in listed or (schema == rules.default_schema and name in listed)
    return name in listed


def folded(identifier: exp.Expr | None, dialect: Dialect) -> str:
    """The name as the engine stores it; SQLite, DuckDB: lower case, where names are compared ignoring case."""
    if not isinstance(identifier, exp.Identifier):
        return ""
    name = str(identifier.this)
    names = RULES[dialect].names
    if names == "kept" or (names == "folded" and identifier.args.get("quoted")):
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


def _tables(node: exp.Expr, rules: DialectRules, visible: frozenset[str]) -> Iterator[tuple[exp.Table, frozenset[str]]]:
    """Every table with the names of the CTEs that are in scope there."""
    with_ = node.args.get("with_")
    if isinstance(with_, exp.With):
        inner = visible
        names = [folded(cte.args["alias"].this, rules.dialect) for cte in with_.expressions]
        for i, cte in enumerate(with_.expressions):
            yield from _cte_tables(cte, names, i, bool(with_.args.get("recursive")), rules, inner)
            inner = inner | {names[i]}
        visible = inner
    if isinstance(node, exp.Table):
        yield node, visible
    for key, value in node.args.items():
        if key not in ("with_", "indexed"):  # INDEXED BY names an index, which the tree has as a table
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, exp.Expr):
                    yield from _tables(child, rules, visible)


def _cte_tables(
    cte: exp.CTE, names: list[str], i: int, recursive: bool, rules: DialectRules, visible: frozenset[str]
) -> Iterator[tuple[exp.Table, frozenset[str]]]:
    """What a CTE sees besides the ones before it, where the engine could not read a real table: see `DialectRules`."""
    body = cte.this
    if rules.cte_scope == "all" or (rules.cte_scope == "all_if_recursive" and recursive):
        yield from _tables(body, rules, visible | set(names))
    elif recursive and isinstance(body, exp.SetOperation) and body.args.get("with_") is None:
        arms = _arms(body) if rules.recursive_arms == "each" else [body.left, body.right]
        for j, arm in enumerate(arms):
            yield from _tables(arm, rules, visible | {names[i]} if j else visible)
        for key in ("order", "limit", "offset"):
            if isinstance(body.args.get(key), exp.Expr):
                yield from _tables(body.args[key], rules, visible)
    else:
        yield from _tables(body, rules, visible)


def _arms(query: exp.Expr) -> list[exp.Expr]:
    if isinstance(query, exp.SetOperation) and query.args.get("with_") is None:
        return [*_arms(query.left), query.right]
    return [query]
