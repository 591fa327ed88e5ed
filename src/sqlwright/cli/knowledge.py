"""`sqlwright knowledge`: what a database was taught."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .options import database_option, echo_json, json_option, retrieval_from, retrieval_options

if TYPE_CHECKING:
    from ..core import RetrievedSource


@click.group("knowledge", short_help="Show, search, check and forget what was taught.")
def command() -> None:
    """Show, search, check and forget what `sqlwright remember` was taught about a database."""


@command.command("ls")
@database_option
@json_option
def ls(database: str, as_json: bool) -> None:
    """List the verified pairs and the documents."""
    from ..db import open_database
    from ..retrieval import knowledge_folder, verified_pairs
    from ..retrieval.documents import document_paths

    with open_database(database) as opened:
        folder = knowledge_folder(opened)
        pairs, documents = verified_pairs(opened), document_paths(opened)
    if as_json:
        rows = [{"id": p.id, "question": p.question, "sql": p.gold_sql} for p in pairs]
        echo_json({"folder": str(folder), "pairs": rows, "documents": [d.name for d in documents]})
        return
    for pair in pairs:
        click.echo(f"{pair.id}\t{pair.question}\t{pair.gold_sql}")
    for path in documents:
        click.echo(path.name)
    click.echo(f"{len(pairs)} pairs and {len(documents)} documents in {folder}", err=True)


@command.command("search")
@click.argument("question")
@database_option
@retrieval_options
@json_option
def search(
    question: str, database: str, embedder: str, store: str, top_k: int, min_score: float | None, as_json: bool
) -> None:
    """Show the pairs and passages that QUESTION would be asked with, and their scores."""
    from ..db import open_database
    from ..retrieval import Knowledge

    with open_database(database) as opened:
        found = Knowledge.of(opened, retrieval_from(embedder, store, top_k, min_score)).search(question).sources
    if as_json:
        echo_json([source.to_dict() for source in found])
        return
    for source in found:
        click.echo(_line(source))


@command.command("check")
@database_option
def check(database: str) -> None:
    """Run every pair again and name those that no longer run; exit code 1 if there is one."""
    from ..db import open_database
    from ..retrieval.pairs import stale_pairs, stored_pairs

    with open_database(database) as opened:
        count = len(stored_pairs(opened))
        stale = stale_pairs(opened)
    for pair, outcome in stale:
        click.echo(f"{pair.id}\t{pair.question}\t{outcome.message()}")
    click.echo(f"{len(stale)} of {count} pairs do not run.", err=True)
    sys.exit(1 if stale else 0)


@command.command("forget")
@click.argument("names", nargs=-1, required=True, metavar="ID_OR_FILE...")
@database_option
def forget(names: tuple[str, ...], database: str) -> None:
    """Delete pairs by their id, and documents by their file name."""
    from ..db import open_database
    from ..retrieval.documents import forget_document
    from ..retrieval.pairs import forget as forget_pairs

    with open_database(database) as opened:
        count = forget_pairs(opened, names) + sum(forget_document(opened, name) for name in names)
    click.echo(f"{count} forgotten.", err=True)
    sys.exit(0 if count == len(set(names)) else 1)


@command.command("path")
@database_option
def path(database: str) -> None:
    """Print the folder with the pairs and documents, whether or not it is there yet."""
    from ..db import open_database
    from ..retrieval import knowledge_folder

    with open_database(database) as opened:
        click.echo(str(knowledge_folder(opened)))


def _line(source: RetrievedSource) -> str:
    from ..prompts.sanitize import one_line

    return f"{source.score:.2f}\t{one_line(source.place, 80)}\t{one_line(source.text, 200)}\t{source.sql}".rstrip("\t")
