"""The options that several commands share, and how they print JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..core.result import QueryLimits

if TYPE_CHECKING:
    from ..answering.audit import AuditLog
    from ..retrieval import RetrievalOptions

F = TypeVar("F", bound=Callable[..., Any])

database_option = click.option(
    "-d",
    "--database",
    required=True,
    metavar="DB",
    help="SQLite or DuckDB file, SQLAlchemy URL, or a CSV/Parquet file or folder.",
)
databases_option = click.option(
    "-d",
    "--database",
    "databases",
    required=True,
    multiple=True,
    metavar="[NAME=]DB",
    help="What `ask -d` takes; may be repeated. NAME is what it is called.",
)
model_option = click.option(
    "-m",
    "--model",
    metavar="MODEL",
    help="built-in, a local folder, a hub name, or openai:NAME@BASE_URL; by default the model tuned for the database, "
    "else the built-in one.",
)
constrain_option = click.option(
    "--constrain/--no-constrain",
    default=False,
    show_default=True,
    help="Let a local language model write nothing but queries on tables and columns that exist.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (stable) instead of text.")


def log_options(function: F) -> F:
    """Adds --no-log and --log-rows; read them with `open_log`."""
    off = click.option("--no-log", is_flag=True, help="Leave this out of the log (see: sqlwright logs -h).")
    rows = click.option("--log-rows", is_flag=True, help="Keep the rows of answers in the log too.")
    return off(rows(function))


def open_log(no_log: bool, log_rows: bool) -> AbstractContextManager[AuditLog | None]:
    from ..answering.audit import AuditLog, log_path

    path = None if no_log else log_path()
    if path is None:
        return nullcontext()
    return AuditLog(path, rows=log_rows, warn=lambda text: click.echo(f"warning: {text}", err=True))


def prompt_options(function: F) -> F:
    """Adds --preset, --schema-style, --samples and --hints, each None where nothing is said."""
    taught = "as the model was tuned with, else"
    options = [
        click.option("--preset", default=None, help=f"Prompt preset; {taught} `default`."),
        click.option(
            "--schema-style",
            "style",
            type=click.Choice(["ddl", "compact", "names"]),
            help=f"Of the schema; {taught} the preset's.",
        ),
        click.option("--samples", type=click.IntRange(min=0), help=f"Values shown per column; {taught} 3."),
        click.option(
            "--hints/--no-hints", default=None, help=f"Point out the names and values mentioned; {taught} so."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def answering_options(function: F) -> F:
    """Adds --host, --at-once and --answer-timeout of a server that answers."""
    options = [
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="Address; any but this machine's needs a token."
        ),
        click.option(
            "--at-once", type=click.IntRange(1, 64), default=4, show_default=True, help="Questions under way."
        ),
        click.option(
            "--answer-timeout",
            type=click.FloatRange(1, 3600),
            default=120.0,
            show_default=True,
            help="Seconds for all.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def limits_options(function: F) -> F:
    """Adds --timeout and --max-rows; read them with `limits_from`."""
    default = QueryLimits()
    rows = click.option(
        "--max-rows",
        type=click.IntRange(min=1),
        default=default.max_rows,
        show_default=True,
        help="Rows to fetch at most.",
    )
    timeout = click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0, min_open=True, max=86_400),
        default=default.timeout_s,
        show_default=True,
        help="Seconds the query may run.",
    )
    return timeout(rows(function))


def limits_from(timeout_s: float, max_rows: int) -> QueryLimits:
    return QueryLimits(timeout_s=timeout_s, max_rows=max_rows)


def retrieval_options(function: F) -> F:
    """Adds --embedder, --store, --top-k and --min-score; read them with `retrieval_from`."""
    options = [
        click.option(
            "--embedder",
            default="bm25",
            show_default=True,
            help="bm25, minilm, a local folder, a hub name, or openai:NAME@BASE_URL.",
        ),
        click.option("--store", type=click.Choice(["exact", "chroma"]), default="exact", show_default=True),
        click.option(
            "--top-k", type=click.IntRange(min=0), default=3, show_default=True, help="Pairs, and passages, at most."
        ),
        click.option(
            "--min-score", type=click.FloatRange(0, 1), default=None, help="Least score; the embedder's own by default."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def retrieval_from(embedder: str, store: str, top_k: int, min_score: float | None) -> RetrievalOptions:
    from ..retrieval import RetrievalOptions

    return RetrievalOptions(embedder, "chroma" if store == "chroma" else "exact", top_k, top_k, min_score=min_score)


def echo_json(data: Any, *, indent: int | None = 2) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=indent))
