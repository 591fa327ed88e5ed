"""Ask, run and check queries, and teach verified ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Answer, Dialect, Example, Outcome, QueryLimits, Turn, UsageError
from .extras import names_missing_extras
from .targets import opened

if TYPE_CHECKING:
    from ..answering import AskOptions, Stop
    from ..core import Checked, Refused
    from ..data import Context
    from ..db import Database
    from ..generation import Generator
    from ..retrieval import Knowledge


@names_missing_extras
def ask(
    question: str,
    database: str | Path | Database | Sequence[str | Path | Database] | None = None,
    model: str | Generator | None = None,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    options: AskOptions | None = None,
    context: Context | None = None,
    knowledge: Knowledge | bool = True,
    stop: Stop | None = None,
) -> Answer:
    """Answer a question from a database with one read-only query.

    Args:
        question: The question in words.
        database: A path (SQLite, DuckDB, CSV, Parquet, a folder of these), a URL of a server, the name of a
            connection, or an open `Database`. None is the default database of the settings. Of a list of databases the
            one that the question is about is asked: see `Answer.candidates`.
        model: What `-m` takes, such as "openai:NAME@URL" or a folder, or a `Generator`. None is the model of the
            settings, else the one tuned for the database, else the built-in one.
        history: Earlier questions of the conversation with their SQL, oldest first.
        evidence: Outside knowledge that the question needs, in words.
        options: Limits, sampling, prompt, repairs and language. With `AskOptions(run=False)` no query runs.
        context: Schema and stored values that were read before. It saves time for many questions.
        knowledge: Verified pairs and documents to use. True is what `remember` stored for this database, False none.
        stop: Ends the call from another thread.

    Returns:
        The answer: status, SQL, rows and receipt. `print` shows it as text. A refused question or a failed query is an
        answer too: see `Answer.status`.

    Raises:
        ConnectError: The database cannot be reached.
        GenerationError: The model cannot be reached or takes no such prompt.
        StoppedError: `stop` ended the call.
        UsageError: The database or the model does not exist, or two databases have one name.
    """
    from ..answering.ask import AskOptions, ask
    from ..generation.taught import prompt_options
    from ..retrieval import Knowledge
    from .models import generator_for

    options = options or AskOptions()
    if isinstance(database, Sequence) and not isinstance(database, str):
        if context is not None or not isinstance(knowledge, bool):
            raise UsageError("`context` and `knowledge` are of one database.", "Leave them out with several databases.")
        given: dict[str, Any] = {
            "history": history,
            "evidence": evidence,
            "options": options,
            "knowledge": knowledge,
            "stop": stop,
        }
        return _ask_several(question, database, model, given)
    with opened(database) as found:
        generator = generator_for(model, found)
        if knowledge is True:
            samples = (options.prompt or prompt_options(generator)).samples
            knowledge = Knowledge.of(found, samples=samples)
        return ask(
            question,
            found,
            generator,
            history=history,
            evidence=evidence,
            options=options,
            context=context,
            knowledge=knowledge or None,
            stop=stop,
        )


def _ask_several(
    question: str,
    databases: Sequence[str | Path | Database],
    model: str | Generator | None,
    given: dict[str, Any],
) -> Answer:
    from ..answering.several import ask_several
    from ..data.prompting import Context
    from ..inference.route import BuiltInJudge, Known
    from ..retrieval import Knowledge
    from .models import generator_for

    options: AskOptions = given["options"]
    with ExitStack() as stack:
        found: dict[str, tuple[Database, Generator, Known]] = {}
        for database in databases:
            one = stack.enter_context(opened(database))
            if one.name in found:
                raise UsageError(f"Two databases are called {one.name!r}.", "Leave one out, or rename its file.")
            generator = generator_for(model, one)
            knowledge = Knowledge.of(one, samples=options.prompt_of(generator).samples) if given["knowledge"] else None
            found[one.name] = one, generator, Known(one.name, Context.of(one, options.context_of(generator)), knowledge)

        def ask_one(name: str) -> Answer:
            one, generator, known = found[name]
            return ask(
                question, one, generator, **{**given, "knowledge": known.knowledge or False}, context=known.context
            )

        if not found:
            raise UsageError("The list of databases is empty.", "Name at least one.")
        if len(found) == 1:
            return ask_one(next(iter(found)))
        return ask_several(question, [known for *_, known in found.values()], BuiltInJudge(), ask_one, options.language)


@names_missing_extras
def run(sql: str, database: str | Path | Database | None = None, *, limits: QueryLimits | None = None) -> Outcome:
    """Run one statement through the guard, read-only and within limits.

    Args:
        sql: One SELECT statement.
        database: As in `ask`.
        limits: Time, rows and bytes. By default 10 seconds and 1,000 rows.

    Returns:
        The rows in `table`, or the reason why there are none: see `Outcome.status`.
    """
    with opened(database) as found:
        return found.run(sql, limits or QueryLimits())


@names_missing_extras
def check(
    sql: str, database: str | Path | Database | None = None, *, dialect: Dialect | None = None
) -> Checked | Refused:
    """Say whether the guard allows a statement. Nothing runs.

    Args:
        sql: One statement.
        database: As in `ask`: its tables and functions are what the statement may use.
        dialect: Without a database: the engine whose default functions are allowed, with any table.

    Returns:
        `Checked` with the text that would run, or `Refused` with its `violations`; both have `allowed`.

    Raises:
        UsageError: Both `database` and `dialect` are given.
    """
    if dialect is None:
        with opened(database) as found:
            return found.check(sql)
    from ..sql import check, default_policy

    if database is not None:
        raise UsageError("Give a database or a dialect, not both.", "A database has its own dialect.")
    return check(sql, default_policy(dialect))


@names_missing_extras
def remember(
    question: str, sql: str, database: str | Path | Database | None = None, *, limits: QueryLimits | None = None
) -> Example:
    """Store a question with its verified SQL. From then on `ask` answers this question with this query.

    Args:
        question: The question in words. A question that is known gets the new query.
        sql: Its query, which has to pass the guard and to run.
        database: As in `ask`.
        limits: Of that run.

    Returns:
        The stored pair, with the text that ran.

    Raises:
        UsageError: The question or the query is empty or too long.
        SqlwrightError: The query did not run, so nothing was stored.
    """
    from ..retrieval import remember

    with opened(database) as found:
        return remember(found, question, sql, limits)
