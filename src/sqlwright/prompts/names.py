"""A schema as the bare names of tables and columns: the fewest tokens, for models that learn one database by heart."""

from __future__ import annotations

from ..core import Schema, Table
from .ddl import quote_table
from .inert import quote_name


def render_table(table: Table, schema: Schema) -> str:
    """`orders(id, customer_id, status)`"""
    return f"{quote_table(table, schema)}({', '.join(quote_name(c.name, schema.dialect) for c in table.columns)})"
