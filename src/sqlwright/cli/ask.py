"""`sqlwright ask`: one answer with its receipt."""

from __future__ import annotations

import sys

import click

from ..core import Answer, Source, UsageError
from .options import (
    constrain_option,
    database_option,
    echo_json,
    json_option,
    limits_from,
    limits_options,
    log_options,
    model_option,
    open_log,
    prompt_options,
    retrieval_from,
    retrieval_options,
)


@click.command("ask", short_help="Answer one question with its receipt.")
@click.argument("question", required=False)
@database_option
@model_option
@json_option
@limits_options
@log_options
@click.option("--evidence", default="", help="Outside knowledge the question needs, in words.")
@prompt_options
@click.option("--template", default=None, help="Chat template by name, for models that ship none.")
@constrain_option
@click.option("--temperature", default=0.0, show_default=True)
@click.option("--seed", type=int, default=None)
@click.option("--max-tables", type=click.IntRange(min=1), default=None, help="Show no more, the most relevant.")
@click.option("--retrieve/--no-retrieve", default=True, show_default=True, help="Use what `remember` was taught.")
@retrieval_options
def command(
    question: str | None,
    database: str,
    model: str | None,
    as_json: bool,
    timeout_s: float,
    max_rows: int,
    no_log: bool,
    log_rows: bool,
    evidence: str,
    preset: str | None,
    style: str | None,
    samples: int | None,
    hints: bool | None,
    template: str | None,
    constrain: bool,
    temperature: float,
    seed: int | None,
    max_tables: int | None,
    retrieve: bool,
    embedder: str,
    store: str,
    top_k: int,
    min_score: float | None,
) -> None:
    """Answer QUESTION (or standard input) from a database with one read-only query."""
    from ..answering import AskOptions, Entry, ask, noted
    from ..db import open_database
    from ..generation import Sampling, load_generator
    from ..generation.registry import default_model
    from ..generation.taught import prompt_options as as_taught
    from ..retrieval import Knowledge

    text = (question if question is not None else _stdin()).strip()
    if not text:
        raise UsageError("There is no question.", 'Try: sqlwright ask "How many customers are there?" -d shop.sqlite')
    sampling = Sampling(temperature=temperature, seed=seed)
    with open_database(database) as opened, open_log(no_log, log_rows) as log:
        generator = load_generator(model or default_model(opened), template=template, constrain=constrain)
        prompt = as_taught(generator, preset=preset, style=style, samples=samples, hints=hints, max_tables=max_tables)
        options = AskOptions(limits=limits_from(timeout_s, max_rows), sampling=sampling, prompt=prompt)
        found = retrieval_from(embedder, store, top_k, min_score)
        knowledge = Knowledge.of(opened, found, samples=prompt.samples) if retrieve else None
        draft = Entry("cli", text, "error", opened.name, opened.dialect, generator.name)
        answer = noted(
            log, draft, lambda: ask(text, opened, generator, evidence=evidence, options=options, knowledge=knowledge)
        )
        if as_json:
            echo_json(answer.to_dict())
        else:
            print_answer(answer)
    sys.exit(0 if answer.status == "answered" else 1)


def _stdin() -> str:
    return "" if sys.stdin.isatty() else sys.stdin.read()


def print_answer(answer: Answer) -> None:
    """Rows and SQL to stdout; why there are none to stderr."""
    from .table import print_table

    if answer.sql:
        click.echo(answer.sql)
    if answer.table is None:
        click.echo(f"{answer.status}: {answer.reason}", err=True)
        return
    click.echo()
    print_table(answer.table)
    click.echo()
    for line in receipt_lines(answer):
        click.echo(line)


def _used(source: Source) -> str:
    from ..prompts.inert import one_line

    what = "your pair" if source.kind == "pair" else one_line(source.place, 80)
    return f"{what} (score {source.score:.2f}): {one_line(source.text, 100)}"


def receipt_lines(answer: Answer) -> list[str]:
    """The receipt in words."""
    lines = []
    if answer.tables:
        lines.append(f"from    {', '.join(answer.tables)}")
    lines += [f"with    {answer.filters[0]}"] if answer.filters else []
    lines += [f"        {text}" for text in answer.filters[1:]]
    lines += [f"note    {note.message}" for note in answer.notes]
    lines += [f"used    {_used(source)}" for source in answer.sources]
    if answer.confidence is not None:
        lines.append(f"sure    {answer.confidence:.0%}, by how far the likeliest queries agree")
    times = answer.timings
    lines.append(
        f"model   {answer.model}, {times.generate_s:.2f} s; query {times.query_s:.3f} s; total {times.total_s:.2f} s"
    )
    return lines
