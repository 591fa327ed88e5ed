"""`sqlwright ask`: one answer with its receipt."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import click

from ..core import Answer, GenerationError, Language, Reading, Source, UsageError, language_of
from ..core.answer import AnswerStatus
from ..core.phrase import phrase
from ..core.words import say
from .main import reported_in
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
from .stdin import read_stdin


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
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default=None,
    help="What the receipt is written in; by default the question's language.",
)
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
    language: Language | None,
) -> None:
    """Answer QUESTION from a database with one read-only query.

    Without QUESTION, each line of the standard input is a question; of several, --json prints one object a line.
    """
    started = time.perf_counter()
    from ..answering import AskOptions, Entry, ask, noted
    from ..db import open_database
    from ..generation import PromptError, Sampling, load_generator
    from ..generation.registry import default_model
    from ..generation.taught import prompt_options as as_taught
    from ..retrieval import Knowledge

    with reported_in(language or "en"):
        questions = _questions(question)
    spoken = language or language_of(questions[0])
    sampling = Sampling(temperature=temperature, seed=seed)
    with reported_in(spoken), open_database(database) as opened, open_log(no_log, log_rows) as log:
        generator = load_generator(model or default_model(opened), template=template, constrain=constrain)
        prompt = as_taught(generator, preset=preset, style=style, samples=samples, hints=hints, max_tables=max_tables)
        options = AskOptions(
            limits=limits_from(timeout_s, max_rows), sampling=sampling, prompt=prompt, language=language
        )
        found = retrieval_from(embedder, store, top_k, min_score)
        knowledge = Knowledge.of(opened, found, samples=prompt.samples) if retrieve else None

        load_s = time.perf_counter() - started

        def answer_to(text: str) -> Answer:
            draft = Entry("cli", text, "error", opened.name, opened.dialect, generator.name)

            def work() -> Answer:
                found = ask(text, opened, generator, evidence=evidence, options=options, knowledge=knowledge)
                # Loading counts for the first question.
                return replace(found, timings=found.timings.with_loading(load_s)) if text is questions[0] else found

            try:
                return noted(log, draft, work)
            except GenerationError as error:
                if not as_json and len(questions) == 1:
                    raise
                cause = _cause(error)
                status: AnswerStatus = "refused" if isinstance(cause, PromptError) else "failed"
                reason = cause.text(language or language_of(text))
                return Answer(text, status, opened.name, opened.dialect, generator.name, reason=reason)

        answers = [_shown(answer_to(text), language, as_json, len(questions)) for text in questions]
    sys.exit(0 if all(answer.status == "answered" for answer in answers) else 1)


def _questions(question: str | None) -> list[str]:
    """The one of the command line, or one for each line of the standard input. Raises UsageError for none."""
    lines = [question] if question is not None else read_stdin().splitlines()
    if found := [line.strip() for line in lines if line.strip()]:
        return found
    raise UsageError(phrase("no_question"), phrase("no_question_hint"))


def _cause(error: GenerationError) -> GenerationError:
    """What failed, of a batch of one question."""
    from ..generation import SomeFailedError

    results = error.results if isinstance(error, SomeFailedError) else ()
    return next((result for result in results if isinstance(result, GenerationError)), error)


def _shown(answer: Answer, language: Language | None, as_json: bool, count: int) -> Answer:
    """`answer`, after it was printed as one of `count`."""
    if as_json:
        echo_json(answer.to_dict(), indent=2 if count == 1 else None)
        return answer
    if count > 1:
        click.secho(answer.question, bold=True)
    print_answer(answer, language or language_of(answer.question))
    if count > 1:
        click.echo()
    return answer


def print_answer(answer: Answer, language: Language = "en") -> None:
    """Rows and SQL to stdout; why there are none to stderr."""
    from .table import print_table

    if answer.kind == "small_talk":
        click.echo(answer.reason, err=True)
        return
    for note in answer.notes_around_rows()[0]:
        click.echo(note.message + "\n")
    if answer.sql:
        click.echo(answer.sql)
    if answer.table is None:
        click.echo(f"{answer.status}: {answer.reason}", err=True)
        return
    if answer.sql:
        click.echo()
    print_table(answer.table)
    click.echo()
    for line in receipt_lines(answer, language):
        click.echo(line)


def receipt_lines(answer: Answer, language: Language = "en") -> list[str]:
    """The receipt in words."""
    if answer.kind == "catalogue":
        return [_line("from", say("the_catalogue", language), language)]
    lines = [_line("from", ", ".join(answer.tables), language)] if answer.tables else []
    lines += [_line("with", answer.filters[0], language)] if answer.filters else []
    lines += [f"        {text}" for text in answer.filters[1:]]
    lines += [_line("note", note.message, language) for note in answer.notes_around_rows()[1]]
    lines += [_line("used", _used(source, language), language) for source in answer.sources]
    if answer.confidence is not None:
        lines.append(_line("sure", say("sure", language, share=answer.confidence), language))
    lines += [_line("or", _reading(reading, language), language) for reading in answer.readings]
    times = answer.timings
    model = answer.model or say("no_model", language)
    facts = {"model": model, "generate": times.generate_s, "query": times.query_s, "total": times.total_s}
    return [*lines, _line("model", say("times", language, **facts), language)]


def _line(label: str, text: str, language: Language) -> str:
    return f"{say(f'label_{label}', language)} {text}"


def _used(source: Source, language: Language) -> str:
    from ..prompts.inert import one_line

    what = say("your_pair", language) if source.kind == "pair" else one_line(source.place, 80)
    return say("score", language, what=what, score=source.score, text=one_line(source.text, 100))


def _reading(reading: Reading, language: Language) -> str:
    """With its result where that is one value, else with the number of rows."""
    from ..prompts.inert import one_line
    from .table import as_shown

    rows = reading.table.rows
    alone = len(rows) == len(reading.table.columns) == 1
    result = one_line(as_shown(rows[0][0]), 40) if alone else say("n_rows", language, n=len(rows))
    return say("reading", language, share=reading.sure, says=one_line(reading.says, 160), result=result)
