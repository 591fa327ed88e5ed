"""A schema as one line per table: the facts of DDL in fewer tokens, or the bare names."""

from __future__ import annotations

import re

from ..core import Column, Schema, Table
from .ddl import MAX_SAMPLE_CHARS, quote_reference, quote_table, sample_values
from .sanitize import one_line, quote_name

MAX_COMMENT_CHARS = 60
_SIZE = re.compile(r"\s*\([\d\s,]*\)")


def render_compact(schema: Schema) -> str:
    """`orders(id integer pk, customer_id integer -> customer.id, status text ['open', 'paid'])` for each table.

    Types lose their sizes and NOT NULL is left out: no query depends on them.
    """
    return "\n".join(render_table(table, schema) for table in schema)


def render_table(table: Table, schema: Schema) -> str:
    """The line of one table of `schema`."""

    def dotted(names: tuple[str, ...]) -> str:
        return ", ".join(quote_name(n, schema.dialect) for n in names)

    targets = {
        key.columns[0]: f"{quote_reference(key, schema)}{'.' + dotted(key.ref_columns) if key.ref_columns else ''}"
        for key in table.foreign_keys
        if len(key.columns) == 1
    }
    parts = [_column(c, table, schema, targets.get(c.name, "")) for c in table.columns]
    if len(table.primary_key) > 1:
        parts.append(f"pk ({dotted(table.primary_key)})")
    parts += [
        f"({dotted(key.columns)}) -> {quote_reference(key, schema)} ({dotted(key.ref_columns)})"
        for key in table.foreign_keys
        if len(key.columns) > 1
    ]
    return f"{quote_table(table, schema)}({', '.join(parts)}){_note(table)}"


def render_names(table: Table, schema: Schema) -> str:
    """`orders(id, customer_id, status)`, the fewest tokens: for models that learn one database by heart."""
    return f"{quote_table(table, schema)}({', '.join(quote_name(c.name, schema.dialect) for c in table.columns)})"


def _column(column: Column, table: Table, schema: Schema, target: str) -> str:
    samples = sample_values(column)
    kind = _SIZE.sub("", one_line(column.type, MAX_SAMPLE_CHARS)).lower()
    parts = [
        quote_name(column.name, schema.dialect),
        kind,
        "pk" if table.primary_key == (column.name,) else "",
        f"-> {target}" if target else "",
        _quoted_comment(column.comment),
        f"[{', '.join(samples)}]" if samples else "",
    ]
    return " ".join(p for p in parts if p)


def _quoted_comment(comment: str) -> str:
    text = one_line(comment, MAX_COMMENT_CHARS).replace("*/", "* /")
    return f"/* {text} */" if text else ""


def _note(table: Table) -> str:
    rows = "" if table.row_count is None else f"{table.row_count} rows"
    notes = [n for n in ("view" if table.is_view else "", one_line(table.comment, MAX_COMMENT_CHARS), rows) if n]
    return f" -- {'; '.join(notes)}" if notes else ""
