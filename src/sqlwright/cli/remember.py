"""`sqlwright remember`: teach a verified pair or a document."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from ..core import NotFoundError, QueryLimits, UsageError
from .options import database_option, limits_options

NOT_READ = (
    "Stored. The model that answers this database by default does not read documents: only a language model does. "
    "Name one with -m."
)


@click.command("remember", short_help="Teach a verified question with its SQL, or a document.")
@click.argument("question", required=False)
@click.argument("sql", required=False)
@database_option
@click.option(
    "--docs",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Markdown, text or PDF with terms and notes; may be repeated.",
)
@limits_options
def command(
    question: str | None, sql: str | None, database: str, documents: tuple[Path, ...], limits: QueryLimits
) -> None:
    """Store QUESTION with its SQL after it ran under the guard, or documents. `sqlwright knowledge` shows them."""
    from ..db import open_database
    from ..generation.load import reads_documents
    from ..generation.registry import default_model
    from ..retrieval import remember, remember_document

    if (question is None) != (sql is None) or (question is None and not documents):
        raise UsageError("Give a question and its SQL, or --docs FILE.")
    with open_database(database) as opened:
        if question is not None and sql is not None:
            pair = remember(opened, question, sql, limits)
            click.echo(f"{pair.id}\t{pair.question}\t{pair.gold_sql}")
        for path in documents:
            click.echo(str(remember_document(opened, path)))
        with suppress(NotFoundError):  # the model registered for the database is gone: asking will say so
            if documents and not reads_documents(default_model(opened)):
                click.echo(NOT_READ, err=True)
