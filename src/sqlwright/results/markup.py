"""A table in Markdown or HTML, where a cell is text and nothing else."""

from __future__ import annotations

import html
import re

from ..core import ResultTable, Value
from .text import NUMBERS, as_text

# What Markdown reads as markup inside a cell; an underscore between letters is none.
_MARKUP = re.compile(r"[\\|`*\[\]~!$#]|(?<!\w)_|_(?!\w)")
_BREAK = re.compile(r"\r\n|[\n\r\u2028\u2029\x0b\x0c\x85]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
STYLE = """body { font: 14px/1.4 system-ui, sans-serif; margin: 2em }
table { border-collapse: collapse }
th, td { border-bottom: 1px solid #ccc; padding: .3em .8em; text-align: left; white-space: pre-wrap }
.n { text-align: right; font-variant-numeric: tabular-nums }
.null { color: #888 }"""
_PAGE = """<!doctype html>
<html lang="">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>sqlwright</title>
<style>
{style}
</style>
</head>
<body>
{table}
</body>
</html>
"""


def as_markdown(table: ResultTable) -> str:
    """A table of GitHub's Markdown; a missing value is an empty cell."""
    rule = ["---:" if kind in NUMBERS else "---" for kind in table.column_types()]
    rows = [[_markdown(value) for value in row] for row in (table.columns, *table.rows)]
    rows.insert(1, rule)
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _markdown(value: Value) -> str:
    text = _MARKUP.sub(r"\\\g<0>", _CONTROL.sub("\N{REPLACEMENT CHARACTER}", as_text(value)))
    return _BREAK.sub("<br>", html.escape(text, quote=False))


def as_html(table: ResultTable) -> str:
    """A whole page with one table; it loads and runs nothing."""
    return _PAGE.format(style=STYLE, table=html_table(table))


def html_table(table: ResultTable) -> str:
    """The element alone."""
    numeric = [kind in NUMBERS for kind in table.column_types()]
    head = "".join(_element("th", name, right) for name, right in zip(table.columns, numeric, strict=True))
    cells = ("".join(_element("td", v, right) for v, right in zip(row, numeric, strict=True)) for row in table.rows)
    body = "".join(f"<tr>{row}</tr>\n" for row in cells)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _element(tag: str, value: Value, right: bool) -> str:
    if value is None:
        return f'<{tag} class="null">NULL</{tag}>'
    text = html.escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", as_text(value)))
    start = f'{tag} class="n"' if right else tag
    return f"<{start}>{text}</{tag}>"
