"""The `sqlwright` command: parse, call one function, print.

Subcommands are imported only when they run, so `-h` stays fast. Data goes to stdout, messages to stderr.
Exit codes: 0 answered, 1 asked and failed or refused, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..core.errors import SqlwrightError, closest, quoted
from ..core.extras import missing_extra
from ..core.language import Language
from ..core.redact import without_passwords

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# name -> (module under sqlwright.cli, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Make the sample database, show it all, open the chat page."),
    "ask": ("ask", "Answer one question with its receipt."),
    "shell": ("shell", "Ask in the terminal, question after question."),
    "chat": ("chat", "Ask on a page in the browser."),
    "remember": ("remember", "Teach a verified question with its SQL, or a document."),
    "knowledge": ("knowledge", "Show, search, check and forget what was taught."),
    "meaning": ("meaning", "Words a team shares: synonyms, measures, conditions."),
    "serve": ("serve", "Answer over HTTP: an OpenAI-compatible API, and MCP."),
    "logs": ("logs", "Show, confirm and export the log of questions."),
    "schema": ("schema", "Print what the database looks like."),
    "check": ("check", "Say whether the guard allows a statement, and why not."),
    "run": ("run", "Run one statement, or a saved question, through guard and limits."),
    "save": ("save", "Keep a question with its query under a name."),
    "refresh": ("refresh", "Run saved questions into a folder of files and a page."),
    "data": ("data", "Inspect, convert, split and rank data sets."),
    "synthesize": ("synthesize", "Make questions with SQL from a live database."),
    "adapt": ("adapt", "Tune a model to a database, and prove it."),
    "train": ("train", "Train a model from one YAML file."),
    "export": ("export", "Write a tuned model as safetensors or GGUF, and verify it."),
    "predict": ("predict", "Write a model's SQL for a data set."),
    "evaluate": ("evaluate", "Score predictions by running them."),
    "sweep": ("sweep", "Score a model under many sampling settings."),
    "compare": ("compare", "Rank evaluated models with paired tests."),
    "studio": ("studio", "Make data, tune, prove and use models in the browser."),
    "models": ("models", "List, show and fetch models, and use one for a database."),
    "doctor": ("doctor", "Show what is installed and what a connection may do."),
    "connect": ("connect", "Give a database a name."),
    "config": ("config", "Show and change settings, such as the default database."),
    "completion": ("completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[name][0]}", __package__)
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError that names the nearest command, or for a question the command that answers it."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if " " in name.strip() or not name.isascii():
            raise click.UsageError(
                f"Unknown command {quoted(name)}. To ask it as a question: sqlwright ask QUESTION", ctx
            )
        raise click.UsageError(f"Unknown command {quoted(name)}. {closest(name, COMMANDS, listing=False)}".strip(), ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Without importing any command."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sqlwright")
def cli() -> None:
    """Ask a database in plain language, tune the model that answers, prove that it got better."""


def main() -> None:
    try:
        # Outside of click's standalone mode `ctx.exit(n)` comes back as a return value.
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(without_passwords(shown.getvalue()), err=True, nl=False)
        sys.exit(2)
    except SqlwrightError as error:
        report(error)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if (missing := missing_extra(error)) is None:
            raise
        report(missing)
        sys.exit(missing.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # `sqlwright ... | head`: the reader has gone; point stdout at nothing so that exit stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@contextmanager
def reported_in(language: Language) -> Iterator[None]:
    """Ends the command with an error in `language`, for a command that knows what its reader reads."""
    try:
        yield
    except SqlwrightError as error:
        report(error, language)
        sys.exit(error.exit_code)


def report(error: SqlwrightError, language: Language = "en") -> None:
    message, hint = error.said(language)
    click.echo(f"error: {without_passwords(message)}", err=True)
    if hint:
        click.echo(f"  {without_passwords(hint)}", err=True)
