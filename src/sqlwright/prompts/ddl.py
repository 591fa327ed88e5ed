"""A schema as CREATE TABLE text, the form that most models have seen most often."""

from __future__ import annotations

from ..core import Column, ForeignKey, Schema, Table
from .sanitize import one_line, quote_name, quote_value

MAX_COMMENT_CHARS = 120
MAX_SAMPLE_CHARS = 40
MAX_SAMPLES = 3
MAX_LABELS = 20


def render_ddl(schema: Schema) -> str:
    """One CREATE TABLE per table in schema order; comments, sample values and row counts as `--` comments.

    Names are quoted where the dialect needs it, so that a model that copies a name copies one that works.
    """
    return "\n".join(render_table(table, schema) for table in schema)


def render_table(table: Table, schema: Schema) -> str:
    """The statement of one table of `schema`."""
    body = [(_column(c, table, schema), _column_note(c)) for c in table.columns]
    body += [(text, "") for text in _constraints(table, schema)]
    last = len(body) - 1
    lines = [f"  {text}{',' if i < last else ''}{note}" for i, (text, note) in enumerate(body)]
    head = f"CREATE TABLE {quote_table(table, schema)} ({_as_comment(_table_notes(table))}"
    return "\n".join([head, *lines, ");"])


def quote_table(table: Table, schema: Schema) -> str:
    """The name of `table` as a query must write it, unless a part of it is no inert text (`inert.quote_name`)."""
    parts = [table.namespace, table.name] if table.namespace else [table.name]
    return ".".join(quote_name(p, schema.dialect) for p in parts)


def quote_reference(key: ForeignKey, schema: Schema) -> str:
    """The name of the table that `key` points at, whether or not `schema` still holds it."""
    for table in schema:
        if table.full_name == key.ref_table:
            return quote_table(table, schema)
    return ".".join(quote_name(p, schema.dialect) for p in key.ref_table.split(".", 1))


def sample_values(column: Column) -> list[str]:
    """Up to three stored values as SQL literals; those too long to show whole are left out."""
    quoted = (quote_value(s, MAX_SAMPLE_CHARS) for s in column.samples)
    return [q for q in quoted if q][:MAX_SAMPLES]


def _column(column: Column, table: Table, schema: Schema) -> str:
    parts = [quote_name(column.name, schema.dialect), one_line(column.type, MAX_SAMPLE_CHARS)]
    if table.primary_key == (column.name,):
        parts.append("PRIMARY KEY")
    elif not column.nullable:
        parts.append("NOT NULL")
    return " ".join(p for p in parts if p)


def _column_note(column: Column) -> str:
    samples = sample_values(column)
    values = "e.g. " + ", ".join(samples) if samples else _labels(column)
    return _as_comment([one_line(column.comment, MAX_COMMENT_CHARS), values])


def _labels(column: Column) -> str:
    """The values of an enum type, as many as a line can hold."""
    quoted = [q for label in column.labels if (q := quote_value(label, MAX_SAMPLE_CHARS))]
    more = ", ..." if len(quoted) > MAX_LABELS else ""
    return f"one of {', '.join(quoted[:MAX_LABELS])}{more}" if quoted else ""


def _table_notes(table: Table) -> list[str]:
    rows = "" if table.row_count is None else f"{table.row_count} row{'' if table.row_count == 1 else 's'}"
    return ["view" if table.is_view else "", one_line(table.comment, MAX_COMMENT_CHARS), rows]


def _as_comment(notes: list[str]) -> str:
    text = "; ".join(n for n in notes if n)
    return f" -- {text}" if text else ""


def _constraints(table: Table, schema: Schema) -> list[str]:
    def names(columns: tuple[str, ...]) -> str:
        return ", ".join(quote_name(c, schema.dialect) for c in columns)

    keys = [f"PRIMARY KEY ({names(table.primary_key)})"] if len(table.primary_key) > 1 else []
    for key in table.foreign_keys:
        target = f" ({names(key.ref_columns)})" if key.ref_columns else ""
        keys.append(f"FOREIGN KEY ({names(key.columns)}) REFERENCES {quote_reference(key, schema)}{target}")
    return keys
