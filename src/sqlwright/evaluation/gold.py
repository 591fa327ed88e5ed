"""What the gold query asks about the order and number of its rows, and a variant of it that shows both.

`SELECT name FROM t ORDER BY age LIMIT 3` becomes `SELECT name, age FROM t ORDER BY age`: the extra column tells which
rows tie, and without LIMIT it is seen which rows may stand in the last place.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from ..core import Dialect, ResultTable
from .columns import Ordering
from .parse import parse_query, same_expression


@dataclass(frozen=True, slots=True)
class GoldVariant:
    """`sql` is the gold without its outer LIMIT, with its ORDER BY keys as columns.

    keys: where each key stands among the columns of `sql`, negative for those appended at the end, `appended` of
    them. None: the rows are ordered, but the keys cannot be made columns, so no two rows count as tied.
    """

    sql: str
    keys: tuple[int, ...] | None
    appended: int = 0
    limit: int | None = None
    offset: int = 0

    @property
    def cuts(self) -> bool:
        return self.limit is not None or self.offset > 0

    def split(self, table: ResultTable) -> tuple[ResultTable, Ordering] | tuple[None, None]:
        """The variant's result as the gold's columns, and which sequences of its rows are legal.

        (None, None) where a limit on the run left out rows that could stand in the answer.
        """
        width = len(table.columns) - self.appended
        groups: list[int] = []
        last: object = None
        for i, row in enumerate(table.rows):
            key: object = i if self.keys is None else [row[k] for k in self.keys]
            groups.append((groups[-1] + (key != last)) if groups else 0)
            last = key
        if table.truncated:
            groups = [g for g in groups if g != groups[-1]]  # the last group may have lost rows
            if table.truncated == "cell_bytes" or self.limit is None or len(groups) < self.offset + self.limit:
                return None, None
        rows = tuple(row[:width] for row in table.rows[: len(groups)])
        return ResultTable(table.columns[:width], rows), Ordering(tuple(groups), self.offset, self.limit)


def variant_of(gold_sql: str, dialect: Dialect) -> GoldVariant | None:
    """None where the outer query neither orders nor limits, or cannot be parsed: its rows are then a plain multiset."""
    query = parse_query(gold_sql, dialect)
    if query is None or not (query.args.get("order") or query.args.get("limit") or query.args.get("offset")):
        return None
    try:
        limit, offset = _number(query.args.get("limit")), _number(query.args.get("offset")) or 0
    except ValueError:
        return None
    query = query.copy()
    keys, missing = _keys(query)
    query.set("limit", None)
    query.set("offset", None)
    if missing and (not isinstance(query, exp.Select) or query.args.get("distinct")):
        return GoldVariant(query.sql(dialect=dialect), None, 0, limit, offset)
    if isinstance(query, exp.Select):
        query.set("expressions", [*query.expressions, *(m.copy() for m in missing)])
    return GoldVariant(query.sql(dialect=dialect), tuple(keys), len(missing), limit, offset)


def _number(clause: exp.Expr | None) -> int | None:
    """The number of a LIMIT, FETCH or OFFSET; None for none or a negative one. Raises ValueError for an expression."""
    if clause is None:
        return None
    value = clause.args.get("count") if isinstance(clause, exp.Fetch) else clause.expression
    if isinstance(value, exp.Neg):
        return None
    return int(value.name) if isinstance(value, exp.Literal) else int(str(value))


def _keys(query: exp.Query) -> tuple[list[int], list[exp.Expr]]:
    """Positions of the ORDER BY keys among the columns, and the expressions that have to be appended for the others."""
    order = query.args.get("order")
    keys: list[int] = []
    missing: list[exp.Expr] = []
    for ordered in order.expressions if order else ():
        key = ordered.this
        position = _position(key, query)
        if position is None:
            missing.append(key)
        keys.append(-len(missing) if position is None else position)
    # Appended columns are counted from the end: the first appended of n is at -n.
    return [-len(missing) - 1 - k if k < 0 else k for k in keys], missing


def _position(key: exp.Expr, query: exp.Query) -> int | None:
    """The column that an ORDER BY key stands for: by number, by output name, or by being the same expression."""
    if isinstance(key, exp.Literal) and not key.is_string:
        return int(key.name) - 1
    outputs = query.selects
    for i, output in enumerate(outputs):
        if output.is_star:  # what follows a star has no known position
            return None
        named = isinstance(key, exp.Column) and not key.table and output.alias_or_name.lower() == key.name.lower()
        if named or same_expression(output.unalias(), key):
            return i
    return None
