"""In PostgreSQL a cast may run code and read the catalogue, so only types of plain data are read.

`'x'::d` runs the CHECK of the domain d, `1260::regclass` gives a table's name, and a table's name is a type as well.
A person's own types are therefore refused, enums too: PostgreSQL compares an enum with a string without a cast.
The parser takes other engines' names of types (STRING, BLOB), and "Text" in quotes, for PostgreSQL's: a domain of such
a name is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ..core import Dialect, Violation
from .dialects import RULES
from .dialects.rules import PlainTypes
from .policy import Policy
from .tables import folded


def check_casts(nodes: list[exp.Expr], policy: Policy) -> Iterator[Violation]:
    """Every type that is written in the query, whether in a cast, before a literal or in a list of columns."""
    types = RULES[policy.dialect].plain_types
    if types is None:
        return
    for node in nodes:
        if isinstance(node, exp.DataType) and not _is_data(node, types, policy.dialect):
            name = str(node.args.get("kind") or getattr(node.this, "name", node.this))
            yield Violation("not_allowed", f"The type {name[:60]} is none that a query may name.")


def _is_data(node: exp.DataType, types: PlainTypes, dialect: Dialect) -> bool:
    if isinstance(node, exp.IntervalSpan):  # DAY TO SECOND, inside an interval
        return True
    if not isinstance(node.this, exp.DType):  # an interval with its span; else regclass, oid, cstring
        return isinstance(node.this, exp.Interval)
    if node.this != exp.DType.USERDEFINED:
        return node.this.name in types.classes
    return folded(node.args.get("kind"), dialect) in types.by_name
