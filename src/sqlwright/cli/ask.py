"""`sqlwright ask`: one answer with its receipt."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core import Answer, Dialect, GenerationError, Language, QueryLimits, UsageError, language_of
from ..core.answer import AnswerStatus
from ..core.phrase import phrase
from ..core.receipt_text import receipt_lines
from ..core.words import say
from .main import reported_in
from .options import (
    answering_model_option,
    constrain_option,
    databases_option,
    language_option,
    limits_options,
    log_options,
    open_log,
    prompt_options,
    repairs_option,
    rerank_option,
    retrieval_from,
    retrieval_options,
)
from .output import PLAIN, Output, file_for, output_options, write_file, write_table
from .serve import named_targets
from .stdin import read_stdin, read_text

if TYPE_CHECKING:
    from ..answering import AskOptions
    from ..answering.audit import AuditLog
    from ..data import Context
    from ..db import Database
    from ..generation import Generator
    from ..retrieval import Knowledge


@click.command("ask", short_help="Answer one question with its receipt.")
@click.argument("question", nargs=-1)
@databases_option
@answering_model_option
@output_options
@click.option("--sql-only", is_flag=True, help="Print only the query.")
@click.option("--no-run", is_flag=True, help="Print the likeliest query that the guard allows, and run none.")
@click.option(
    "--file", "file", type=click.Path(path_type=Path), help="Ask each line of this file; - is the standard input."
)
@limits_options
@log_options
@click.option("--evidence", default="", help="Outside knowledge the question needs, in words.")
@prompt_options
@click.option("--template", default=None, help="Chat template by name, for models that ship none.")
@constrain_option
@rerank_option
@click.option("--temperature", default=0.0, show_default=True)
@click.option("--seed", type=int, default=None)
@repairs_option
@click.option(
    "--max-tables",
    type=click.IntRange(min=1),
    default=None,
    help="Show the model at most this many tables, the most relevant.",
)
@click.option("--retrieve/--no-retrieve", default=True, show_default=True, help="Use what `remember` was taught.")
@retrieval_options
@language_option
def command(
    question: tuple[str, ...],
    databases: tuple[str, ...],
    model: str | None,
    output: Output,
    sql_only: bool,
    no_run: bool,
    file: Path | None,
    limits: QueryLimits,
    no_log: bool,
    log_rows: bool,
    evidence: str,
    preset: str | None,
    style: str | None,
    samples: int | None,
    hints: bool | None,
    template: str | None,
    constrain: bool,
    rerank: str | None,
    temperature: float,
    seed: int | None,
    repairs: int,
    max_tables: int | None,
    retrieve: bool,
    embedder: str,
    store: str,
    top_k: int,
    min_score: float | None,
    language: Language | None,
) -> None:
    """Answer QUESTION from a database with one read-only query. It needs no quotation marks.

    With several -d the database that the question is about is asked; the receipt says which, and what else came near.

    Without QUESTION, each line of the standard input is a question; of several, --json prints one object a line, and
    the other formats write one file each into the folder of -o.
    """
    started = time.perf_counter()
    if model in (None, "built-in"):
        from ..parser.graph_cache import load_early

        load_early(_is_untuned)
    from ..answering import AskOptions
    from ..answering.several import ask_several
    from ..data.prompting import Context
    from ..db import open_database
    from ..generation import Sampling, load_generator, registry
    from ..generation.taught import prompt_options as as_taught
    from ..inference.route import BuiltInJudge, Known
    from ..retrieval import Knowledge

    with reported_in(language or "en"):
        questions = _questions(" ".join(question), file)
    spoken = language or language_of(questions[0])
    shown = _Shown(output, len(questions), language, sql_only=sql_only or no_run)
    sampling = Sampling(temperature=temperature, seed=seed)
    targets = named_targets(databases)
    with reported_in(spoken), ExitStack() as stack:
        opened = {name: stack.enter_context(open_database(target)) for name, target in targets.items()}
        log = stack.enter_context(open_log(no_log, log_rows))
        load = partial(load_generator, template=template, constrain=constrain, rerank=rerank)
        loaded: dict[str, Generator] = {}
        asking: dict[str, _Asked] = {}
        for name, found in opened.items():
            for remark in found.remarks:
                click.echo(f"note: {remark}", err=True)
            wanted = model or registry.default_model(found)
            generator = loaded[wanted] = loaded.get(wanted) or load(wanted)
            prompt = as_taught(
                generator, preset=preset, style=style, samples=samples, hints=hints, max_tables=max_tables
            )
            options = AskOptions(limits, sampling, prompt, repairs, run=not no_run, language=language)
            retrieval = retrieval_from(embedder, store, top_k, min_score)
            knowledge = Knowledge.of(found, retrieval, samples=prompt.samples) if retrieve else None
            context = Context.of(found, options.context_of(generator)) if len(opened) > 1 else None
            asking[name] = _Asked(found, generator, options, knowledge, context)
        known = [Known(name, one.context, one.knowledge) for name, one in asking.items() if one.context]
        judge = BuiltInJudge()
        load_s = time.perf_counter() - started  # counts for the first question

        def asked(text: str, name: str) -> Answer:
            one = asking[name]
            try:
                return one.answer(text, evidence, log, load_s if text is questions[0] else 0.0)
            except GenerationError as error:
                if len(questions) == 1 and not output.as_json:
                    raise
                status, reason = _why_failed(error, language or language_of(text))
                return Answer(text, status, *one.place, reason=reason)

        def answer_to(text: str) -> Answer:
            if len(known) > 1:
                return ask_several(text, known, judge, partial(asked, text), language)
            return asked(text, next(iter(asking)))

        good = [shown.add(answer_to(text)) for text in questions]
    shown.close()
    sys.exit(0 if all(good) else 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One of the databases of the command line; `context` is read beforehand where there are several."""

    database: Database
    generator: Generator
    options: AskOptions
    knowledge: Knowledge | None
    context: Context | None

    @property
    def place(self) -> tuple[str, Dialect, str]:
        return self.database.name, self.database.dialect, self.generator.name

    def answer(self, text: str, evidence: str, log: AuditLog | None, load_s: float) -> Answer:
        """The answer to `text`, kept in the log; `load_s` of loading count for it. Raises GenerationError."""
        from ..answering import Entry, ask, noted

        def work() -> Answer:
            answer = ask(
                text,
                self.database,
                self.generator,
                evidence=evidence,
                options=self.options,
                context=self.context,
                knowledge=self.knowledge,
            )
            return replace(answer, timings=answer.timings.with_loading(load_s)) if load_s else answer

        return noted(log, Entry("cli", text, "error", *self.place), work)


def _is_untuned() -> bool:
    """Whether no model was ever tuned here: else another one than the built-in may answer."""
    from ..generation.find import models_folder
    from ..generation.registry import FILE

    return not (models_folder() / FILE).exists()


def _questions(question: str, file: Path | None) -> list[str]:
    """The one of the command line, or one for each line of `file` or the standard input. Raises UsageError."""
    if question and file is not None:
        raise UsageError("Give a question or --file FILE, not both.")
    lines = [question] if question else (read_stdin() if file is None else read_text(file)).splitlines()
    if found := [line.strip() for line in lines if line.strip()]:
        return found
    raise UsageError(phrase("no_question"), phrase("no_question_hint"))


def _why_failed(error: GenerationError, language: Language) -> tuple[AnswerStatus, str]:
    """The status and the reason of a question that the model gave no text for."""
    from ..generation import PromptError, SomeFailedError

    results = error.results if isinstance(error, SomeFailedError) else ()
    cause = next((result for result in results if isinstance(result, GenerationError)), error)
    return "refused" if isinstance(cause, PromptError) else "failed", cause.text(language)


class _Shown:
    """Prints `count` answers one after another, or writes them to files. Raises UsageError for what cannot be."""

    def __init__(self, output: Output, count: int, language: Language | None, *, sql_only: bool) -> None:
        if sql_only and output.format is not None:
            raise UsageError(f"--{output.format.name} writes rows; --sql-only and --no-run have none.")
        if count > 1 and output.format is not None and (output.path is None or output.path.is_file()):
            raise UsageError(
                f"There are {count} questions: --{output.format.name} writes one file for each.",
                "Name a folder: -o answers/. Or add --json: one object a line.",
            )
        if output.path is not None and output.path.is_dir() and (count == 1 or output.format is None):
            raise UsageError(f"{str(output.path)!r} is a folder.", "Name a file.")
        self.output, self.count, self.language, self.sql_only = output, count, language, sql_only
        self._number = 0
        self._kept: list[str] = []  # for the one file of JSON or SQL, which is written when it is complete

    def add(self, answer: Answer) -> bool:
        """Whether it is an answer to what was asked for."""
        self._number += 1
        if self.output.as_json:
            indent = 2 if self.count == 1 else None
            self._echo(json.dumps(answer.to_dict(), ensure_ascii=False, indent=indent))
        elif self.sql_only:
            return self._add_sql(answer)
        else:
            self._add_rows(answer)
        return answer.status in ("answered", "not_run")

    def close(self) -> None:
        if self.output.path is not None and (self.output.as_json or self.sql_only):
            write_file(self.output.path, "".join(self._kept).encode())

    def _echo(self, text: str) -> None:
        if self.output.path is None:
            click.echo(text)
        else:
            self._kept.append(f"{text}\n")

    def _add_sql(self, answer: Answer) -> bool:
        if not answer.sql or answer.status not in ("answered", "not_run"):
            click.echo(f"{answer.status}: {answer.reason or say('the_catalogue', 'en')}", err=True)
            return False
        self._echo(answer.sql if self.count == 1 else f"-- {answer.question}\n{answer.sql};")
        return True

    def _add_rows(self, answer: Answer) -> None:
        path = self.output.path
        if self.count > 1:
            if path is not None and self.output.format is not None:
                path = file_for(path, self._number, answer.question, self.output.format)
            click.secho(answer.question, bold=True, err=path is not None)
        print_answer(answer, self.language or language_of(answer.question), replace(self.output, path=path))
        if self.count > 1:
            click.echo(err=path is not None)


def print_answer(
    answer: Answer, language: Language = "en", output: Output = PLAIN, most_rows: int | None = None
) -> None:
    """On a terminal query, rows and receipt to stdout; elsewhere only rows. Why there are none goes to stderr.

    `most_rows` bounds what a terminal shows.
    """
    from .table import describe, print_table

    if answer.kind == "small_talk":
        click.echo(answer.reason, err=True)
        return
    beside = not output.for_people  # the rows: the query and the receipt go to stderr
    for note in answer.notes_around_rows()[0]:
        click.echo(note.message + "\n", err=beside)
    if answer.sql:
        click.echo(answer.sql, err=beside)
    if answer.table is None:
        click.echo(f"{answer.status}: {answer.reason}", err=True)
        return
    if answer.sql:
        click.echo(err=beside)
    if beside:
        write_table(answer.table, output, output.path)
        click.echo(describe(answer.table), err=True)
    else:
        print_table(answer.table, most=most_rows)
    click.echo(err=beside)
    for line in receipt_lines(answer, language):
        click.echo(line, err=beside)
