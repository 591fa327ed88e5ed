"""Rows as a table fitted to the terminal."""

from __future__ import annotations

from dataclasses import replace

import click

from ..core import ResultTable, Value
from ..core.shown import shown_value
from ..core.text_table import NUMBERS
from .numbers import shown_column

MAX_CELL_CHARS = 60
_CUT = {
    "rows": "the first rows only (--max-rows)",
    "cell_bytes": "some cells are cut",
    "result_bytes": "the first rows only (the result is too large)",
}


def print_table(table: ResultTable, elapsed_s: float | None = None, most: int | None = None) -> None:
    """Rows to stdout, at most the first `most`; one line about all of them to stderr."""
    shown = table if most is None else replace(table, rows=table.rows[:most])
    _print_fitted(shown)
    cut = "" if shown.rows == table.rows else f"; {most} are shown, \\rows shows all"
    click.echo(describe(table, elapsed_s) + cut, err=True)


def describe(table: ResultTable, elapsed_s: float | None = None) -> str:
    """'3 rows in 0.01 s', with what is missing."""
    count = len(table.rows)
    text = f"{count:,} row{'' if count == 1 else 's'}"
    if elapsed_s is not None:
        text += f" in {elapsed_s:.2f} s"
    return f"{text}: {_CUT[table.truncated]}" if table.truncated else text


def _print_fitted(table: ResultTable) -> None:
    """As a table, or one line per value where the table would not fit into the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    null = Text("NULL", "dim italic")
    names = [printable(name) for name in table.columns]
    kinds = table.column_types()
    columns = [
        shown_column(n, kind, values) for n, kind, values in zip(table.columns, kinds, _columns(table), strict=True)
    ]
    rows = [
        [
            null if value is None else Text(printable(shown_value(value) if column is None else column[i]))
            for value, column in zip(row, columns, strict=True)
        ]
        for i, row in enumerate(table.rows)
    ]
    console = Console()
    fitted = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(names, kinds, strict=True):
        fitted.add_column(Text(name), justify="right" if kind in NUMBERS else "left", no_wrap=True)
    for row in rows:
        fitted.add_row(*row)
    if console.measure(fitted, options=console.options.update(width=10_000)).maximum <= console.width:
        console.print(fitted)
        return
    for row in rows:
        record = Table.grid(padding=(0, 2))
        for name, cell in zip(names, row, strict=True):
            record.add_row(Text(name, "bold"), cell)
        console.print(record)
        if row is not rows[-1]:
            console.print()


def _columns(table: ResultTable) -> list[list[Value]]:
    return [[row[i] for row in table.rows] for i in range(len(table.columns))]


def printable(text: str) -> str:
    """On one line and short; a control character in a stored value must not drive the terminal."""
    text = text if len(text) <= MAX_CELL_CHARS else text[: MAX_CELL_CHARS - 1] + "…"
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)
