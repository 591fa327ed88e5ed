"""A conversation in the terminal: questions, statements, and what is known of the last of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from ...core import Answer, Language, Outcome, ResultTable, SqlwrightError, Turn, language_of
from ...core.redact import without_passwords
from ...serving.nearest import ask_nearest
from ..ask import print_answer
from ..output import PLAIN
from ..table import print_table
from .typed import is_statement
from .work import stoppable

if TYPE_CHECKING:
    from ...answering import Stop
    from ...generation import Generator
    from ...serving import Connection, Service

MOST_ROWS = 40  # on the screen; \rows and \save have all
MOST_TURNS = 20


class QuitError(Exception):
    """The session has ended."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last query that ran, its rows, and the question that it was written for ("" for a typed statement)."""

    sql: str
    table: ResultTable
    question: str = ""
    answer: Answer | None = None


@dataclass
class Session:
    """`model` None is the connection's own. `turns` are the conversation that the next question may follow up on.

    `question` is the last one with its history before it, whether or not it was answered. `targets` are the databases
    by name, as a saved question keeps them. With `routing` each question goes to the database that it is about.
    """

    service: Service
    connection: Connection
    model: Generator | None = None
    language: Language | None = None
    turns: list[Turn] = field(default_factory=list)
    question: tuple[str, tuple[Turn, ...]] | None = None
    last: Last | None = None
    targets: Mapping[str, str] = field(default_factory=dict)
    routing: bool = False

    def enter(self, line: str) -> bool:
        """Do what `line` says: a command that begins with a backslash, a statement, or a question.

        False where it failed, was refused or stopped: why is on stderr. Raises QuitError.
        """
        text = line.strip()
        if not text:
            return True
        try:
            if text.startswith("\\") or text.casefold() in ("quit", "exit"):
                from .commands import run_command

                return run_command(self, text if text.startswith("\\") else "\\quit")
            if is_statement(text, self.connection.context.schema, self.connection.dialect):
                return self.run(text)
            return self.ask(text)
        except SqlwrightError as error:
            tell(error, self.language or language_of(text))
            return False

    def ask(self, question: str) -> bool:
        self.question = question, tuple(self.turns[-MOST_TURNS:])
        answer = stoppable(lambda stop: self._asked(question, stop))
        if answer.candidates and answer.database and answer.database != self.connection.name:
            self.use(answer.database)
            self.question = question, ()
        print_answer(answer, self.language or language_of(question), PLAIN, MOST_ROWS)
        if answer.kind == "small_talk":
            return True
        if answer.table is not None and answer.sql:
            if any(note.code == "new_question" for note in answer.notes):
                self.turns.clear()
                self.question = question, ()
            self.turns.append(Turn(question, answer.sql))
            self.last = Last(answer.sql, answer.table, question, answer)
        return answer.table is not None

    def _asked(self, question: str, stop: Stop) -> Answer:
        return ask_nearest(
            question,
            self.service,
            tuple(self.service.connections.values()) if self.routing else (self.connection,),
            current=self.connection.name,
            history=tuple(self.turns[-MOST_TURNS:]),
            stop=stop,
            source="shell",
            language=self.language,
            model=self.model,
        )

    def run(self, sql: str) -> bool:
        outcome: Outcome = stoppable(
            lambda stop: self.service.run(sql, self.connection, stop=stop, source="shell"),
        )
        if outcome.table is None:
            click.echo(f"{outcome.status}: {outcome.message()}", err=True)
            return False
        self.last = Last(outcome.sql, outcome.table)
        print_rows(outcome.table, outcome.elapsed_s)
        return True

    def use(self, name: str) -> None:
        """Ask another database, in a new conversation. Raises NotFoundError."""
        self.connection = self.service.connection(name)
        self.forget()

    def use_model(self, name: str) -> None:
        """Raises what loading a model raises."""
        self.model = self.service.add_model(name)

    def forget(self) -> None:
        """The next question does not follow up on any other."""
        self.turns.clear()
        self.question = self.last = None

    @property
    def model_name(self) -> str:
        return (self.model or self.connection.generator).public_name

    @property
    def remote_hosts(self) -> tuple[str, ...]:
        return self.connection.remote_hosts(self.model or self.connection.generator)


def print_rows(table: ResultTable, elapsed_s: float | None = None, most: int | None = MOST_ROWS) -> None:
    """As a table on a terminal, tab-separated elsewhere."""
    from ..output import write_table
    from ..table import describe

    if sys.stdout.isatty():
        print_table(table, elapsed_s, most)
    else:
        write_table(table, PLAIN)
        click.echo(describe(table, elapsed_s), err=True)


def tell(error: SqlwrightError, language: Language) -> None:
    message, hint = error.said(language)
    click.echo(f"error: {without_passwords(message)}", err=True)
    if hint:
        click.echo(f"  {without_passwords(hint)}", err=True)
