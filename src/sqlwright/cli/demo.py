"""`sqlwright demo`: the sample database, ask, guard and proof shown on it, then the chat page."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .chat import PORT, open_page

if TYPE_CHECKING:
    from ..core import Answer, Example, ResultTable, Schema
    from ..db import Database
    from ..evaluation.report import Report

WIDTH = 100
SHOWN_ROWS = 5
SCORES = (
    ("our strict rule", "strict_execution_accuracy"),
    ("Spider's test-suite rule", "execution_accuracy"),
    ("BIRD's rule", "bird_execution_accuracy"),
    ("SQL that runs", "valid_sql_rate"),
)
HOSTILE = (
    "SELECT name FROM store; DROP TABLE orders",
    "WITH old AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM old)",
    "SELECT load_extension('/tmp/anything.so')",
)


@click.command("demo", short_help="Make the sample database, show ask, guard and proof on it, open the chat page.")
@click.option("--chat/--no-chat", default=True, show_default=True, help="Open the chat page at the end, in a terminal.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port of the page; 0 chooses a free one.",
)
def command(chat: bool, port: int) -> None:
    """Make the sample database and show ask, guard and proof on it, with the built-in model and without a network.

    Then the chat page opens on it, until Ctrl-C. Without a terminal or without gradio it prints how to open it.
    """
    from ..data.demo import demo_database_path, demo_folder, demo_questions
    from ..db import open_database

    path = demo_database_path()
    with open_database(path) as database:
        show_schema(database.schema(row_counts=True), path)
        title("Ten questions to the built-in model, the query it wrote for each, and the receipt")
        wrapped("Written before it was asked, and judged by the rows of gold SQL.", "  ", dim=True)
        show_answers(demo_questions(), database)
        title("Three statements that the guard does not run")
        for sql in HOSTILE:
            show_refusal(sql, database)
    title("Proof: predictions judged by running them")
    show_evaluation(demo_folder())
    show_next_steps(path)
    if chat and sys.stdout.isatty() and find_spec("gradio"):
        title("The chat page")
        open_page((str(path),), port=port)


def title(text: str) -> None:
    click.secho(f"\n{text}", bold=True)


def wrapped(text: str, indent: str, **style: Any) -> None:
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
    click.secho("\n".join(lines), **style)


def show_schema(schema: Schema, path: Path) -> None:
    """A line per table: names and links, as far as they fit. `sqlwright schema` has the rest, types and comments."""
    from ..prompts import render_compact

    total = sum(table.row_count or 0 for table in schema)
    title(f"An invented outdoor shop: {sum(not t.is_view for t in schema)} tables, a view, {total:,} rows")
    click.echo(f"  {path}")
    names_only = [
        replace(
            table,
            primary_key=(),
            comment="",
            row_count=None,
            columns=tuple(replace(column, type="", comment="") for column in table.columns),
        )
        for table in schema
    ]
    for line in render_compact(replace(schema, tables=tuple(names_only))).splitlines():
        click.echo("  " + textwrap.shorten(line, WIDTH - 2, placeholder=" ..."))


def show_answers(questions: Sequence[Example], database: Database) -> None:
    """Each answer with its verdict by the strict rule, then how many are right."""
    from ..answering import ask
    from ..data.prompting import Context, PromptOptions
    from ..evaluation.compare import strict_verdict
    from ..generation import load_generator

    model = load_generator("built-in")
    context = Context.of(database, PromptOptions(samples=model.needs.samples))
    right = 0
    for pair in questions:
        answer = ask(pair.question, database, model, context=context)
        show_answer(answer)
        if strict_verdict(database, pair.gold_sql, answer.sql).verdict.correct:
            right += 1
            click.secho("    right", fg="green")
        else:
            wrapped(f"other rows than the gold SQL: {pair.gold_sql}", "    ", fg="yellow")
    click.echo(f"\n  {right} of {len(questions)} right")


def show_answer(answer: Answer) -> None:
    """The question, its SQL, the rows and the receipt: what was read, which conditions, how sure, how long."""
    click.secho(f"\n  {answer.question}", fg="cyan")
    wrapped(answer.sql, "    ", dim=True)
    if answer.table is None:
        wrapped(f"{answer.status}: {answer.reason}", "    ")
        return
    lines = aligned(answer.table)
    for line in lines[:SHOWN_ROWS]:
        click.echo(f"      {line}")
    if len(lines) > SHOWN_ROWS:
        click.echo(f"      ... {len(lines) - SHOWN_ROWS} more")
    sure = [f"{answer.confidence:.0%} sure"] if answer.confidence is not None else []
    count = len(answer.table.rows)
    facts = [
        f"from {', '.join(answer.tables)}",
        *answer.filters,
        *sure,
        f"{count} row{'' if count == 1 else 's'} in {answer.timings.total_s * 1000:.0f} ms",
    ]
    wrapped("; ".join(facts), "    ")


def aligned(table: ResultTable) -> list[str]:
    """The rows in columns of equal width on the screen, where a Chinese character takes two cells."""
    from rich.cells import cell_len, set_cell_size

    from ..core.shown import shown_value

    rows = [[shown_value(cell) for cell in row] for row in table.rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]


def show_refusal(sql: str, database: Database) -> None:
    outcome = database.run(sql)
    wrapped(sql, "  ", dim=True)
    wrapped(f"{outcome.status}: {outcome.message()}", "    ", fg="red" if outcome.status == "refused" else None)


def show_evaluation(folder: Path) -> None:
    from ..data.demo import MISTAKES, demo_examples, demo_predictions
    from ..data.writing import write_rows
    from ..evaluation.evaluate import evaluate
    from ..evaluation.html import render_html

    predictions = demo_predictions()
    data, made, page = (folder / name for name in ("dev.jsonl", "predictions.jsonl", "report.html"))
    write_rows(data, (example.to_dict() for example in demo_examples(split="dev")))
    write_rows(made, (prediction.to_dict() for prediction in predictions))
    wrapped(
        f"These {len(predictions)} predictions were made for this demonstration: the gold SQL of the questions kept "
        f"for evaluation, with {len(MISTAKES)} deliberate mistakes. No model wrote them.",
        "  ",
    )
    report = evaluate(made, data, folder)
    page.write_text(render_html(report), encoding="utf-8")
    for label, name in SCORES:
        score = report.scores[name]
        click.echo(f"  {label:<26} {score}   ({score.correct} of {score.n})")
    causes = [f"{cause} {count}" for cause, count in report.by_cause().items()]
    click.echo("  " + textwrap.shorten(f"causes: {', '.join(causes)}", WIDTH - 2, placeholder=" ..."))
    click.echo("  where the rules disagree:")
    show_disagreements(report)
    click.echo(f"  every verdict with its reason: {page}")


def show_disagreements(report: Report) -> None:
    """The same prediction, judged otherwise by the three rules: why one number alone is not enough."""
    for item in report.judged:
        verdicts = {"ours": item.strict_correct, "test suite": item.test_suite_execution, "BIRD": item.bird_execution}
        if len(set(verdicts.values())) > 1:
            said = ", ".join(f"{rule} {'right' if right else 'wrong'}" for rule, right in verdicts.items())
            line = textwrap.shorten(f"{item.id}: {said}. {item.reason}", WIDTH - 4, placeholder=" ...")
            click.secho(f"    {line}", dim=True)


def show_next_steps(path: Path) -> None:
    import shlex
    import shutil

    title("Next")
    if shutil.which("sqlwright") is None:  # as after `make demo`, which installs into .venv
        click.echo(f'  export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    for line in (
        f"DB={shlex.quote(str(path))}",
        'sqlwright chat -d "$DB"    # the same on a page' + ("" if find_spec("gradio") else "; needs the extra chat"),
        'sqlwright ask "Which product has the most reviews?" -d "$DB"',
        'sqlwright schema -d "$DB" --samples 3',
        'sqlwright run "SELECT kind, COUNT(*) FROM store GROUP BY kind" -d "$DB"',
    ):
        click.echo(f"  {line}")
