"""Test-suite execution match on one database, as taoyds/test-suite-sql-eval decides it with `--etype exec`.

Kept from the script (exec_eval.py, without --plug_value): DISTINCT is taken out of both queries unless
`keep_distinct`; then only the first statement of a text is left. Order counts wherever the gold text holds "order by".
Columns may be permuted. A first look sorts the values of each row by text and type, so that inside a
row of several columns 1 and 1.0 may differ. The text ` value ` in a prediction reads as ` 1 `.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core import Outcome, QueryLimits
from ..db.database import Database
from .columns import Ordering, TooManySteps, match_columns
from .rules import PUBLISHED_LIMITS, run_gold, run_prediction
from .values import Rows

_PIECE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\w+|\s+|.""", re.DOTALL | re.UNICODE
)
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)


def suite_execution(
    database: Database,
    gold_sql: str,
    predicted_sql: str,
    *,
    keep_distinct: bool = False,
    limits: QueryLimits = PUBLISHED_LIMITS,
) -> bool:
    """False also where the gold fails (the script stops there) and for an empty prediction (it cannot be given one)."""
    if not predicted_sql.strip():
        return False
    gold_text = script_text(gold_sql, keep_distinct)
    predicted_text = script_text(predicted_sql.replace(" value ", " 1 "), keep_distinct)
    gold = run_gold(database, gold_text, limits)
    predicted = run_prediction(database, predicted_text, limits)
    return same_denotation(gold, predicted, ordered="order by" in gold_text.lower())


def script_text(sql: str, keep_distinct: bool) -> str:
    """The text the script would run."""
    for apart in ("> =", "< =", "! ="):
        sql = sql.replace(apart, apart.replace(" ", ""))
    if not keep_distinct:
        sql = "".join(piece for piece in _first_statement(sql) if piece.lower() != "distinct")
    return _CURRENT_YEAR.sub("2020", sql)


def _first_statement(sql: str) -> Iterable[str]:
    depth = 0
    for piece in _PIECE.findall(sql):
        yield piece
        depth += (piece == "(") - (piece == ")")
        if piece == ";" and depth <= 0:
            return


def same_denotation(gold: Outcome, predicted: Outcome, *, ordered: bool) -> bool:
    """Whether some order of the columns makes the rows equal: as a sequence where `ordered`, else as a multiset."""
    if gold.table is None or predicted.table is None or gold.table.truncated or predicted.table.truncated:
        return False
    left, right = _hashable(gold.table.rows), _hashable(predicted.table.rows)
    if not left or len(left) != len(right):
        return len(left) == len(right)
    if len(left[0]) != len(right[0]):
        return False
    first, second = [_unordered(row) for row in left], [_unordered(row) for row in right]
    if first != second if ordered else set(first) != set(second):
        return False
    ordering = Ordering(tuple(range(len(left)))) if ordered else None
    try:
        return match_columns(left, right, len(left[0]), ordering) is not None
    except TooManySteps:
        return False


def _hashable(rows: Iterable[tuple[object, ...]]) -> Rows:
    return [tuple(repr(v) if isinstance(v, (list, dict)) else v for v in row) for row in rows]


def _unordered(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(sorted(row, key=lambda v: str(v) + str(type(v))))
