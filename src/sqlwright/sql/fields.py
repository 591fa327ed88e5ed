"""PostgreSQL's `row.name` is a column, or a call: `t.f` means f(t) where t has no column f.

A person's own function could be called in this way, and so could two of the engine's that write, so each name behind a
dot must be one that the schema or the query itself gives to a column.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ..core import Violation, closest
from .policy import Policy
from .tables import folded

# Columns of the table functions that a query may use without naming their columns, and of every table.
_GIVEN = frozenset(
    """
    key value ordinality unnest generate_series jsonb_array_elements json_array_elements
    ctid tableoid xmin xmax cmin cmax
    """.split()
)


def check_fields(nodes: list[exp.Expr], policy: Policy) -> Iterator[Violation]:
    """Where the policy knows no columns nothing can be said: the role's rights must do."""
    if policy.dialect != "postgres" or policy.columns is None:
        return
    named = policy.columns | _GIVEN | frozenset(_named(nodes))
    for node in nodes:
        field = _field(node)
        name = folded(field, "postgres")
        if name and name not in named:
            hint = closest(name, policy.columns)
            yield Violation("unknown_column", f"There is no column {name!r} in any table that is shown. {hint}".strip())


def _field(node: exp.Expr) -> exp.Expr | None:
    """The identifier behind the last dot of a column or a field of a row."""
    if isinstance(node, exp.Column) and node.args.get("table") is not None:
        return node.this if isinstance(node.this, exp.Identifier) else None
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return node.expression
    return None


def _named(nodes: list[exp.Expr]) -> Iterator[str]:
    """Names that the query gives: to outputs, to tables, to the columns of tables."""
    for node in nodes:
        if isinstance(node, exp.Alias):
            yield folded(node.args.get("alias"), "postgres")
        elif isinstance(node, exp.TableAlias):
            yield folded(node.args.get("this"), "postgres")
            for column in node.args.get("columns") or ():
                yield folded(column if isinstance(column, exp.Identifier) else column.this, "postgres")
        elif isinstance(node, exp.Func):
            yield node.sql_name().lower()  # an output without an alias is called after its function
            yield node.name.lower()
