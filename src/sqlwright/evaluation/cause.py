"""Why a refused prediction failed: first by what came back, then by the first clause that differs from the gold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core import Cause, Dialect, Outcome, ResultTable, Schema, closest
from .clauses import Bag, Clauses, read_clauses
from .near_miss import more_columns, repeated_rows, same_rows

# What SQLite, DuckDB, PostgreSQL and MariaDB say; the group is the name. The first that matches decides.
_MESSAGES: tuple[tuple[Cause, str], ...] = (
    ("no_such_column", r"no such column: (?:\w+\.)?\"?(\w+)"),
    ("no_such_column", r"column \"?(?:\w+\.)?(\w+)\"? (?:does not exist|not found)"),
    ("no_such_column", r"(?:referenced column|column named|have a column named) \"?([^\" ]+)\"?"),
    ("no_such_column", r"unknown column '(?:\w+\.)?(\w+)'"),
    ("no_such_table", r"no such table: (?:\w+\.)?(\w+)"),
    ("no_such_table", r"relation \"?(?:\w+\.)?(\w+)\"? does not exist"),
    ("no_such_table", r"table with name \"?(\w+)\"? does not exist"),
    ("no_such_table", r"table '(?:[^'.]+\.)?([^']+)' doesn't exist"),
    ("syntax", r"(?:syntax error|parser error|sql syntax|incomplete input|unrecognized token|unterminated)()"),
    ("syntax", r"one statement at a time()"),
)
_REPEATING: tuple[Cause, ...] = ("wrong_join", "wrong_table", "wrong_condition", "wrong_value", "wrong_limit")
# Codes of the guard that tell of a mistake rather than of a danger.
_REFUSALS: dict[Cause, frozenset[str]] = {
    "no_such_table": frozenset({"unknown_table"}),
    "syntax": frozenset({"syntax", "too_deep"}),
    "no_sql": frozenset({"empty"}),
}
_WRITTEN = re.compile(
    r"\bselect\b|^\W*(with|from|values|table|insert|update|delete|drop|create|alter)\b", re.IGNORECASE
)

# The order is from the parts that change most to those that change least.
_PARTS: tuple[tuple[str, Cause, str], ...] = (
    ("set_operations", "wrong_set_operation", "set operations"),
    ("tables", "wrong_table", "tables"),
    ("aggregates", "wrong_aggregate", "aggregates"),
    ("group", "wrong_aggregate", "GROUP BY"),
    ("select", "wrong_column", "selected columns"),
    ("joins", "wrong_join", "joins"),
    ("conditions", "wrong_condition", "conditions"),
    ("values", "wrong_value", "constants"),
    ("distinct", "wrong_distinct", "DISTINCT"),
    ("order", "wrong_order", "ORDER BY"),
    ("limit", "wrong_limit", "LIMIT"),
    ("columns", "wrong_column", "columns"),
)


def cause_of(
    gold_sql: str,
    predicted_sql: str,
    predicted: Outcome,
    gold: ResultTable | None,
    schema: Schema | None,
    dialect: Dialect,
) -> tuple[Cause, str]:
    """The cause of a failure and a sentence about it. The prediction is known to be wrong; this never judges that."""
    if not _WRITTEN.search(predicted_sql):
        return "no_sql", "The output holds no statement."
    if predicted.status == "refused":
        return _cause_of_refusal(predicted)
    if predicted.status == "timeout":
        return "timeout", predicted.message()
    if predicted.status == "error":
        return _cause_of_error(predicted.error, schema)
    found = _first_difference(gold_sql, predicted_sql, schema, dialect)
    if predicted.table is None or gold is None:
        return found
    if not predicted.table.rows and gold.rows:
        return "empty", f"The prediction gives no row. {found[1]}"
    return _by_result(gold, predicted.table, found)


def _cause_of_refusal(predicted: Outcome) -> tuple[Cause, str]:
    codes = {v.code for v in predicted.violations}
    for cause, meant in _REFUSALS.items():
        if codes <= meant:
            return cause, predicted.message()
    return "refused", predicted.message()


def _cause_of_error(message: str, schema: Schema | None) -> tuple[Cause, str]:
    for cause, pattern in _MESSAGES:
        match = re.search(pattern, message, re.IGNORECASE)
        if match is None:
            continue
        hint = ""
        if schema is not None and match.group(1):
            columns = {c.name for t in schema for c in t.columns}
            hint = closest(match.group(1), columns if cause == "no_such_column" else {t.name for t in schema})
        return cause, f"{message} {hint}".strip()
    return "error", message


def _by_result(gold: ResultTable, predicted: ResultTable, found: tuple[Cause, str]) -> tuple[Cause, str]:
    """What the rows themselves say, where they say more than the text."""
    if same_rows(gold, predicted):
        return "wrong_order", "The rows are the gold's, in another order."
    if more_columns(gold, predicted):
        return "wrong_column", "The gold's columns are there, with others beside them."
    if repeated_rows(gold, predicted):
        # A join, a condition or a constant may repeat rows too; what the text says of it then tells more.
        return found if found[0] in _REPEATING else ("wrong_distinct", "Every row is the gold's, but not as often.")
    return found


def _first_difference(gold_sql: str, predicted_sql: str, schema: Schema | None, dialect: Dialect) -> tuple[Cause, str]:
    gold, predicted = (read_clauses(sql, dialect, schema) for sql in (gold_sql, predicted_sql))
    if gold is None or predicted is None:
        return "other", "One of the queries could not be taken apart."
    for part, cause, name in _PARTS:
        left, right = getattr(gold, part), getattr(predicted, part)
        if left != right:
            return _refined(cause, gold, predicted), f"Different {name}: {_shown(left, right)}."
    return "other", "No clause differs."


def _refined(cause: Cause, gold: Clauses, predicted: Clauses) -> Cause:
    """The same tables, one of them named more or less often, is a question of joining."""
    same = {t for t, _ in gold.tables} == {t for t, _ in predicted.tables}
    return "wrong_join" if cause == "wrong_table" and same else cause


def _shown(gold: Bag | tuple[str, ...] | str, predicted: Bag | tuple[str, ...] | str) -> str:
    if isinstance(gold, frozenset) and isinstance(predicted, frozenset):
        gold, predicted = gold - predicted, predicted - gold
    return f"the gold has {_listed(gold)}, the prediction {_listed(predicted)}"


def _listed(part: Bag | tuple[str, ...] | str) -> str:
    texts: Iterable[str] = [part] if isinstance(part, str) else (p for p in part if isinstance(p, str))
    if isinstance(part, frozenset):
        texts = (text if count == 1 else f"{count} times {text}" for text, count in sorted(part))
    return ", ".join(texts)[:80] or "none"
