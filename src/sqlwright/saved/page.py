"""The page of refreshed questions: tables and reasons, without scripts or links to other sites."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..results.markup import STYLE, html_table

if TYPE_CHECKING:
    from .refresh import Refreshed

MOST_ROWS = 200  # on the page; the file has all
_PAGE = """<!doctype html>
<html lang="">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Saved questions</title>
<style>
{style}
section {{ margin-bottom: 3em; overflow-x: auto }}
.failed {{ color: #b00020 }}
</style>
</head>
<body>
<h1>Saved questions</h1>
<p>{summary}</p>
{sections}</body>
</html>
"""


def as_page(results: Sequence[Refreshed], now: dt.datetime) -> str:
    failed = sum(result.table is None for result in results)
    count = len(results) - failed
    summary = f"{count} refreshed at {now:%Y-%m-%d %H:%M} {now.tzname() or ''}".strip()
    if failed:
        summary += f'; <strong class="failed">{failed} not refreshed</strong>'
    return _PAGE.format(style=STYLE, summary=summary, sections="".join(map(_section, results)))


def _section(result: Refreshed) -> str:
    saved = result.saved
    facts = [saved.database.rpartition("/")[2], *(f"{p.name} = {p.default}" for p in saved.params)]
    parts = [f"<h2>{html.escape(saved.name)}</h2>"]
    parts += [f"<p>{html.escape(saved.question)}</p>"] if saved.question else []
    parts.append(f"<p>{html.escape('; '.join(facts))}</p>")
    if result.table is None:
        parts.append(f'<p class="failed">Not refreshed: {html.escape(result.reason)}</p>')
    else:
        rows = len(result.table.rows)
        more = f", of which {MOST_ROWS} are shown" if rows > MOST_ROWS else ""
        link = f'<a href="{quote(result.file)}">{html.escape(result.file)}</a>'
        parts.append(f"<p>{link}: {rows:,} row{'' if rows == 1 else 's'}{more}</p>")
        parts.append(html_table(replace(result.table, rows=result.table.rows[:MOST_ROWS])))
    parts.append(f"<details><summary>Query</summary><pre>{html.escape(saved.sql)}</pre></details>")
    return f"<section>{''.join(parts)}</section>\n"
