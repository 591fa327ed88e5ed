"""An expression as a noun."""

from __future__ import annotations

from ...parser.form import Aggregated, Called, ColumnRef, Computed, Expression, Literally, Nested
from .english import plural
from .measures import Measure, measure_of
from .speaker import Speaker


def name_of(s: Speaker, node: Expression) -> str:
    """An expression as a noun in the singular, without an article."""
    if isinstance(node, ColumnRef):
        return s.table(node.table.table).one if node.column == "*" else s.column(node).one
    if isinstance(node, Aggregated):
        label = {"count": "number of", "sum": "total", "avg": "average", "min": "minimum", "max": "maximum"}[
            node.function
        ]
        inner = node.argument
        if node.function == "count":
            many = (
                s.table(inner.table.table).many
                if isinstance(inner, ColumnRef) and inner.column == "*"
                else plural(name_of(s, inner))
            )
            return f"{label} {'different ' if node.distinct else ''}{many}"
        return f"{label} {name_of(s, inner)}"
    if isinstance(node, Literally):
        return s.value(node)
    if isinstance(node, Computed):
        left, right = name_of(s, node.left), name_of(s, node.right)
        return {
            "+": f"sum of {left} and {right}",
            "-": f"difference between {left} and {right}",
            "*": f"product of {left} and {right}",
            "/": f"ratio of {left} to {right}",
        }[node.operator]
    if isinstance(node, Called):
        return f"{node.function} of the {name_of(s, node.argument)}"
    return s.nested(node.query).text if isinstance(node, Nested) else "value"


def measure_for(s: Speaker, node: Expression) -> Measure:
    if isinstance(node, ColumnRef):
        return measure_of(s.column(node).one, point_in_time=s.is_time(node))
    return measure_of("", point_in_time=False)
