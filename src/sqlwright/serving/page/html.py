"""Answers, receipts and the schema as HTML. Every text is data: it is escaped here, and nowhere else made into HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from ...core import Answer, Note, ResultTable, Schema, Table, Value, to_json_value
from ...core.language import Language
from ...core.receipt_text import choice_in_words
from ...core.shown import shown_float
from ...core.words import listed
from ...parser.choose import fingerprint
from ...results.delimited import has_formulas
from .labels import word
from .sessions import Exchange

if TYPE_CHECKING:
    from ...receipt.changes import Change

SHOWN_ROWS = 200
PAST_ROWS = 5  # of an answer further up
UNSURE = 0.5  # less than this is shown as a warning
CELL_CHARS = 400
QUESTION_CHARS = 600
_NUMBERS = frozenset({"integer", "real", "decimal"})


def table_html(table: ResultTable, language: Language, most: int = SHOWN_ROWS) -> str:
    """Numbers to the right, a missing value told from an empty text."""
    if not table.columns:
        return ""
    kinds = table.column_types()
    head = "".join(_cell("th", escape(n), k, ' scope="col"') for n, k in zip(table.columns, kinds, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', _value(v, language), k) for v, k in zip(row, kinds, strict=True))}</tr>"
        for row in table.rows[:most]
    )
    rows = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    label = escape(count_of_rows(table, language))
    return f'<div class="sw-table" tabindex="0" role="region" aria-label="{label}">{rows}</div>'


def count_of_rows(table: ResultTable, language: Language, most: int = SHOWN_ROWS) -> str:
    count = len(table.rows)
    if not count:
        return word("no_rows", language)
    said = word("row", language) if count == 1 else word("rows", language, count=f"{count:,}")
    return f"{said} · {word('shown', language, shown=most)}" if count > most else said


def question_html(exchange: Exchange, changed: Sequence[Change], language: Language) -> str:
    """The question, and how the query differs from the one before it."""
    parts = [f'<h2 class="sw-question">{escape(shortened(exchange.question))}</h2>']
    if exchange.database:
        parts.append(f'<p class="sw-database">{escape(exchange.database)}</p>')
    if changed:
        chips = "".join(_change(change) for change in changed)
        parts.append(f'<ul class="sw-changes"><li class="sw-label">{word("changed", language)}</li>{chips}</ul>')
    elif exchange.before and exchange.before == exchange.sql:
        parts.append(f'<p class="sw-quiet">{word("same_query", language)}</p>')
    return "".join(parts)


def working_html(question: str, stage: str, language: Language) -> str:
    return (
        f'<h2 class="sw-question">{escape(shortened(question))}</h2>'
        f'<p class="sw-working" role="status"><span class="sw-dot"></span>{word(stage, language)}</p>'
    )


def result_html(exchange: Exchange, language: Language) -> str:
    """The rows and what to doubt, or the one sentence that says why there are none."""
    answer = exchange.answer
    if answer is None:
        return _sentence(exchange.error, "error")
    if answer.table is None:
        is_refused = answer.reason and answer.kind != "small_talk"
        return _sentence(answer.reason or word("not_kept", language), "refused" if is_refused else "quiet")
    above, below = answer.notes_around_rows()
    rows = table_html(answer.table, language) if answer.table.rows else ""
    return f"{_notes(above)}{rows}{_notes(below)}"


def second_html(first: Exchange, second: Exchange, language: Language) -> str:
    """The answer of another model to the same question, and whether its rows are the same."""
    sql = f'<pre class="sw-sql"><code>{escape(second.sql)}</code></pre>' if second.sql else ""
    same = ""
    if first.table is not None and second.table is not None:
        said = word("same_rows" if fingerprint(first.table) == fingerprint(second.table) else "other_rows", language)
        same = f'<p class="sw-label">{escape(said)}</p>'
    facts = _facts(second, second.answer, language) if second.answer else ""
    return f'<h3 class="sw-label">{escape(second.model)}</h3>{same}{sql}{result_html(second, language)}{facts}'


def asking_again_html(model: str, language: Language) -> str:
    return (
        f'<h3 class="sw-label">{escape(model)}</h3>'
        f'<p class="sw-working" role="status"><span class="sw-dot"></span>{word("waiting", language)}</p>'
    )


def _notes(notes: Sequence[Note]) -> str:
    lines = "".join(f'<li class="sw-note-{escape(n.code)}">{escape(n.message)}</li>' for n in notes)
    return f'<ul class="sw-notes">{lines}</ul>' if lines else ""


def receipt_html(exchange: Exchange, links: str, language: Language) -> str:
    """Where the rows come from, how sure, how long, what left the machine, and the steps for whoever wants them.

    `links` is the place of the downloads, without the ending; "" for none.
    """
    answer = exchange.answer
    if answer is None:
        return f'<p class="sw-quiet">{escape(_left(exchange, language))}</p>' if exchange.host else ""
    lines = [*_choice(exchange, answer, language), *_origin(answer, language), _facts(exchange, answer, language)]
    lines += [f'<p class="sw-quiet">{escape(remark)}</p>' for remark in answer.remarks]
    if answer.table is not None and answer.table.columns and links:
        files = "".join(f'<a class="sw-file" href="{escape(links)}.{e}" download>{e.upper()}</a>' for e in _FILES)
        note = f'<span class="sw-quiet">{word("escaped", language)}</span>' if has_formulas(answer.table) else ""
        lines.append(f'<p class="sw-files">{word("download", language)} {files} {note}</p>')
    return f'<div class="sw-receipt">{"".join(lines)}{_steps(exchange, answer, language)}</div>'


_FILES = ("csv", "parquet")


def past_html(exchanges: Iterable[tuple[int, Exchange, Sequence[Change]]], language: Language) -> str:
    """Earlier questions with their queries and the first rows; the button brings one back to the front."""
    return "".join(_past(number, exchange, changed, language) for number, exchange, changed in exchanges)


def schemas_html(schemas: Mapping[str, Schema], text: str, language: Language) -> str:
    """The tables of each database, by its name where there are several, that match `text`."""
    parts: list[str] = []
    for name, schema in schemas.items():
        if found := _schema(schema, text, language):
            parts += [f'<p class="sw-label">{escape(name)}</p>'] if len(schemas) > 1 else []
            parts.append(found)
    nothing = f'<p class="sw-quiet">{escape(word("nothing_found", language, text=text))}</p>'
    return "".join(parts) or (nothing if schemas else "")


def _schema(schema: Schema, text: str, language: Language) -> str:
    """Tables whose name, comment or columns match `text`, with those columns; open where few are left."""
    wanted = text.casefold().strip()
    found = [(table, _columns(table, wanted)) for table in schema]
    found = [(table, columns) for table, columns in found if columns or wanted in _searched(table)]
    opened = " open" if wanted and len(found) <= 8 else ""
    return "".join(
        f"<details{opened}><summary>{escape(table.full_name)}{_kind(table, language)}</summary>"
        f"{_comment(table.comment)}<ul>{''.join(columns)}</ul></details>"
        for table, columns in found
    )


def welcome_html(databases: Sequence[str], language: Language) -> str:
    several, names = len(databases) > 1, listed(databases, language)
    more = word("welcome_several", language, names=names) if several else word("welcome_more", language, database=names)
    return (
        f'<div class="sw-welcome"><h1>{word("welcome", language)}</h1>'
        f"<p>{escape(more)}</p>"
        f'<p class="sw-label">{word("examples", language)}</p></div>'
    )


def leaves_html(host: str, language: Language) -> str:
    """The line that says what left the machine."""
    said = word("leaves", language, host=host) if host else word("leaves_nothing", language)
    return f'<p class="sw-leaves{" sw-remote" if host else ""}">{escape(said)}</p>'


def told_html(text: str) -> str:
    """A sentence under the answer; nothing where there is none."""
    return f'<p class="sw-told" role="status">{escape(text)}</p>' if text else ""


def shortened(text: str) -> str:
    return text if len(text) <= QUESTION_CHARS else f"{text[:QUESTION_CHARS]}…"


def _cell(tag: str, inner: str, kind: str, more: str = "") -> str:
    number = ' class="sw-number"' if kind in _NUMBERS else ""
    return f"<{tag}{number}{more}>{inner}</{tag}>"


def _value(value: Value, language: Language) -> str:
    if value is None:
        return f'<span class="sw-null">{word("null", language)}</span>'
    text = shown_float(value) if isinstance(value, float) else str(to_json_value(value))
    if len(text) > CELL_CHARS:
        return f'<span title="{escape(text[:4000])}">{escape(text[:CELL_CHARS])}…</span>'
    return escape(text)


def _sentence(text: str, kind: str) -> str:
    one_line = " ".join(text.split())
    return f'<p class="sw-sentence sw-{kind}" role="alert">{escape(one_line)}</p>'


def _change(change: Change) -> str:
    return f"<li><b>{escape(change.clause)}</b> {escape(change.says)}</li>"


def _choice(exchange: Exchange, answer: Answer, language: Language) -> list[str]:
    """Which of several databases answered, why, and which others came near."""
    if not exchange.database or answer.kind == "small_talk":
        return []
    first, *near = choice_in_words(answer, language) or [exchange.database]
    parts = [word("in_database", language, database=first), *near]
    return ['<p class="sw-choice">' + " · ".join(f"<span>{escape(part)}</span>" for part in parts) + "</p>"]


def _origin(answer: Answer, language: Language) -> list[str]:
    parts = [word("from", language, tables=", ".join(answer.tables))] if answer.tables else []
    parts += answer.filters
    return ["<p>" + " · ".join(f"<span>{escape(part)}</span>" for part in parts) + "</p>"] if parts else []


def _facts(exchange: Exchange, answer: Answer, language: Language) -> str:
    facts = [escape(count_of_rows(answer.table, language))] if answer.table is not None else []
    if answer.confidence is not None and not exchange.own:
        sure = word("sure", language, percent=f"{answer.confidence:.0%}")
        doubt = " sw-unsure" if answer.confidence < UNSURE else ""
        facts.append(f'<span class="sw-sure{doubt}" title="{word("sure_title", language)}">{sure}</span>')
    if answer.kind == "query":
        author = word("by_you", language) if exchange.own else word("by", language, model=answer.model)
        facts.append(escape(author))
    facts.append(word("took", language, seconds=f"{answer.timings.total_s:.2f}"))
    facts.append(f'<span class="sw-left">{escape(_left(exchange, language))}</span>')
    return f'<p class="sw-facts">{" · ".join(facts)}</p>'


def _left(exchange: Exchange, language: Language) -> str:
    return word("left", language, host=exchange.host) if exchange.host else word("leaves_nothing", language)


def _steps(exchange: Exchange, answer: Answer, language: Language) -> str:
    times = answer.timings
    steps = [(text, seconds) for text, seconds in _told_steps(exchange, answer, language) if text]
    lines = "".join(
        f"<li>{escape(text)}{f' <span>{seconds:.2f} s</span>' if seconds else ''}</li>" for text, seconds in steps
    )
    summary = word("steps", language, count=len(steps), seconds=f"{times.total_s:.2f}")
    return f'<details class="sw-steps"><summary>{summary}</summary><ol>{lines}</ol></details>'


def _told_steps(exchange: Exchange, answer: Answer, language: Language) -> list[tuple[str, float]]:
    times = answer.timings
    if answer.kind == "catalogue":
        return [(word("step_catalogue", language), times.total_s)]
    if answer.kind == "small_talk":
        return [(word("step_small_talk", language), times.total_s)]
    ran = word("step_refused" if answer.status == "refused" else "step_guard", language)
    if exchange.own:
        return [(word("step_own", language), 0.0), (ran, times.query_s)]
    sources = ", ".join(" ".join(s.text.split())[:80] for s in answer.sources)
    failed = answer.attempts[0].outcome.message() if len(answer.attempts) > 1 else ""
    dropped = ", ".join(answer.dropped_tables[:8])
    compared = len(answer.candidates)
    return [
        (word("step_choice", language, count=compared) if compared else "", 0.0),
        (word("step_schema", language), times.schema_s + times.prompt_s),
        (word("step_sources", language, what=sources) if sources else "", 0.0),
        (word("step_dropped", language, tables=dropped) if dropped else "", 0.0),
        (word("step_model", language, model=answer.model) if answer.model else "", times.generate_s),
        (word("step_failed", language, why=failed) if failed else "", 0.0),
        (ran, times.query_s),
    ]


def _past(number: int, exchange: Exchange, changed: Sequence[Change], language: Language) -> str:
    answer = exchange.answer
    sql = f'<pre class="sw-sql"><code>{escape(exchange.sql)}</code></pre>' if exchange.sql else ""
    if answer is not None and answer.table is not None and answer.table.rows:
        inner = table_html(answer.table, language, PAST_ROWS)
        inner += f'<p class="sw-quiet">{escape(count_of_rows(answer.table, language))}</p>'
    else:
        inner = result_html(exchange, language)
    again = f'<button type="button" class="sw-open" data-number="{number}">{word("open", language)}</button>'
    return (
        f'<article class="sw-past">{question_html(exchange, changed, language)}'
        f"<details><summary>SQL</summary>{sql}</details>{inner}{again}</article>"
    )


def _searched(table: Table) -> str:
    return f"{table.full_name} {table.comment}".casefold()


def _columns(table: Table, wanted: str) -> list[str]:
    whole = wanted in _searched(table)
    return [
        f"<li><code>{escape(column.name)}</code> <span>{escape(column.type.lower())}"
        f"{' · ' + escape(column.comment) if column.comment else ''}</span></li>"
        for column in table.columns
        if whole or wanted in f"{column.name} {column.comment}".casefold()
    ]


def _kind(table: Table, language: Language) -> str:
    said = word("view", language) if table.is_view else ""
    return f" <small>{said or len(table.columns)}</small>"


def _comment(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""
