"""The options that several commands share, and how they print JSON."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..api.targets import target_of
from ..core.errors import UsageError
from ..core.result import QueryLimits

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..answering.audit import AuditLog
    from ..retrieval import RetrievalOptions

F = TypeVar("F", bound=Callable[..., Any])

NO_DATABASE = (
    "Add -d DB: a file, a URL or the name of a connection. For a default: sqlwright config database DB, "
    "or SQLWRIGHT_DATABASE."
)
SHOWN_WARNING = (
    "warning: other users of this machine can see the password of the URL in the list of processes. "
    "See: docs/safety.md, passwords."
)


class SettingOption(click.Option):
    """An option whose default is a setting: from the environment or the settings file, else the option's own."""

    def __init__(self, *names: Any, setting: str, **given: Any) -> None:
        super().__init__(*names, **given)
        self.setting = setting

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        if call and not ctx.resilient_parsing:  # neither for the help nor to complete a command line
            from ..settings import setting

            value = setting(self.setting)
            if value is not None:
                return (value,) if self.multiple else value
        return super().get_default(ctx, call)


def database_named(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Look up the names of connections, warn of a password on the command line, and start the process that reads files.

    That process starts while the rest is imported.
    """
    from ..core.redact import without_passwords
    from ..db.child import POOL

    if context.resilient_parsing:
        return value
    named = value if isinstance(value, tuple) else (value,) if value else ()
    if any(name in argument and without_passwords(name) != name for name in named for argument in sys.argv[1:]):
        click.echo(SHOWN_WARNING, err=True)
    targets = [target_of(name, labelled=isinstance(value, tuple)) for name in named]
    if any("://" not in target for target in targets):
        POOL.warm_up()
    return tuple(targets) if isinstance(value, tuple) else targets[0] if targets else value


def database_needed(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """As `database_named`. Raises UsageError where neither the command line nor a setting names a database."""
    if not value and not context.resilient_parsing:
        raise UsageError("Which database?", NO_DATABASE)
    return database_named(context, option, value)


def complete_database(context: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of connections, else files."""
    from click.shell_completion import CompletionItem

    from ..core.errors import ConfigError
    from ..settings import read_settings

    try:
        connections = read_settings().connections
    except ConfigError:
        connections = {}
    found = [CompletionItem(name, help=c.target) for name, c in connections.items() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


def _take_password(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep the password of --ask-password or --password-file for the connections of this process."""
    from ..db.password import read_password_file, use_password

    if value is True:
        use_password(click.prompt("Password of the database", hide_input=True, err=True))
    elif value:
        use_password(read_password_file(value))


def password_options(function: F) -> F:
    """Adds --ask-password and --password-file."""
    ask = click.option(
        "--ask-password",
        is_flag=True,
        expose_value=False,
        callback=_take_password,
        help="Ask for the password of the database's server.",
    )
    file = click.option(
        "--password-file",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_take_password,
        help="File with that password, which only you may read.",
    )
    return ask(file(function))


def database_option(function: F) -> F:
    """Adds -d, --ask-password and --password-file."""
    option = click.option(
        "-d",
        "--database",
        cls=SettingOption,
        setting="database",
        metavar="DB",
        callback=database_needed,
        shell_complete=complete_database,
        help="Name of a connection, SQLite or DuckDB file, SQLAlchemy URL, or a CSV/Parquet file or folder; by default "
        "what SQLWRIGHT_DATABASE or `sqlwright config database` names.",
    )
    return option(password_options(function))


def databases_option(function: F) -> F:
    """Adds -d, which may be repeated, --ask-password and --password-file."""
    option = click.option(
        "-d",
        "--database",
        "databases",
        cls=SettingOption,
        setting="database",
        multiple=True,
        metavar="[NAME=]DB",
        callback=database_needed,
        shell_complete=complete_database,
        help="What `ask -d` takes; may be repeated. NAME is what it is called.",
    )
    return option(password_options(function))


_MODEL = (
    "built-in, a local folder, a .gguf file, a hub name, ollama:NAME, lmstudio:NAME, vllm:NAME, vllm:FOLDER, "
    "llamacpp:NAME, or "
    "openai:NAME@BASE_URL; by default"
)
model_option = click.option("-m", "--model", metavar="MODEL", help=f"{_MODEL} the built-in one.")
answering_model_option = click.option(
    "-m",
    "--model",
    cls=SettingOption,
    setting="model",
    metavar="MODEL",
    help=f"{_MODEL} the setting `model`, else the model tuned for the database, else the built-in one.",
)
constrain_option = click.option(
    "--constrain/--no-constrain",
    default=False,
    show_default=True,
    help="Limit a local language model to queries on tables and columns that exist.",
)
rerank_option = click.option(
    "--rerank",
    metavar="FOLDER",
    help="Let a reward model (`stage: rm`) choose among the model's candidates, instead of running them.",
)
language_option = click.option(
    "--language",
    cls=SettingOption,
    setting="language",
    type=click.Choice(["en", "zh"]),
    default=None,
    help="Language of the receipt; by default that of the question.",
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
    taught = "by default as in the model's training, else"
    options = [
        click.option("--preset", default=None, help=f"Prompt preset; {taught} `default`."),
        click.option(
            "--schema-style",
            "style",
            type=click.Choice(["ddl", "compact", "names"]),
            help=f"How the schema is written; {taught} the preset's.",
        ),
        click.option("--samples", type=click.IntRange(min=0), help=f"Values shown per column; {taught} 3."),
        click.option(
            "--hints/--no-hints",
            default=None,
            help=f"Point out the names and values that the question mentions; {taught} on.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def answering_options(function: F) -> F:
    """Adds --host, --at-once and --answer-timeout of a server that answers."""
    options = [
        click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on; any other than this machine's needs a token.",
        ),
        click.option(
            "--at-once",
            type=click.IntRange(1, 64),
            default=4,
            show_default=True,
            help="Questions answered at the same time.",
        ),
        click.option(
            "--answer-timeout",
            type=click.FloatRange(1, 3600),
            default=120.0,
            show_default=True,
            help="Seconds for one answer, waiting included.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def limits_options(function: F) -> F:
    """Adds --timeout and --max-rows; the command takes them as `limits`."""

    @functools.wraps(function)
    def command(*arguments: Any, timeout_s: float, max_rows: int, **given: Any) -> Any:
        return function(*arguments, limits=QueryLimits(timeout_s=timeout_s, max_rows=max_rows), **given)

    default = QueryLimits()
    rows = click.option(
        "--max-rows",
        cls=SettingOption,
        setting="max_rows",
        type=click.IntRange(min=1),
        default=default.max_rows,
        show_default=True,
        help="Rows to fetch at most.",
    )
    timeout = click.option(
        "--timeout",
        "timeout_s",
        cls=SettingOption,
        setting="timeout",
        type=click.FloatRange(min=0, min_open=True, max=86_400),
        default=default.timeout_s,
        show_default=True,
        help="Seconds the query may run; all queries of one question together.",
    )
    return timeout(rows(command))  # type: ignore[return-value]


# How often a query that failed is repaired: `inference.options.REPAIRS`, which takes long to import.
repairs_option = click.option(
    "--repairs",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How often the model may correct a query that failed; one that searches never does.",
)


def retrieval_options_with(*top_k: str) -> Callable[[F], F]:
    """Adds --embedder, --store, --min-score and the option named `top_k`; read them with `retrieval_from`."""
    options = [
        click.option(
            "--embedder",
            default="bm25",
            show_default=True,
            help="bm25, minilm, a local folder, a hub name, or openai:NAME@BASE_URL.",
        ),
        click.option("--store", type=click.Choice(["exact", "chroma"]), default="exact", show_default=True),
        click.option(
            *top_k,
            type=click.IntRange(min=0),
            default=3,
            show_default=True,
            help="At most this many pairs, and as many passages.",
        ),
        click.option(
            "--min-score",
            type=click.FloatRange(0, 1),
            default=None,
            help="Minimum score; by default the embedder's own.",
        ),
    ]

    def decorated(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorated


retrieval_options = retrieval_options_with("--top-k", "--retrieve-top-k", "top_k")


def retrieval_from(embedder: str, store: str, top_k: int, min_score: float | None) -> RetrievalOptions:
    from ..retrieval import RetrievalOptions

    return RetrievalOptions(embedder, "chroma" if store == "chroma" else "exact", top_k, top_k, min_score=min_score)


def echo_json(data: Any, *, indent: int | None = 2) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=indent))


def ray_options(function: F) -> F:
    """Where a long job runs: in this process, or in workers of a Ray cluster."""
    for option in (
        click.option("--ray-address", metavar="HOST:PORT", help="A running cluster. [one started on this machine]"),
        click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Workers. [as many as cores]"),
        click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Run on this machine, or on a Ray cluster.",
        ),
    ):
        function = option(function)
    return function
