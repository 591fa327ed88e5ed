"""`sqlwright completion`: the script that completes command lines in a shell."""

from __future__ import annotations

import click

VARIABLE = "_SQLWRIGHT_COMPLETE"


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands, options and connections in SHELL.

    \b
    sqlwright completion bash >> ~/.bashrc
    sqlwright completion zsh >> ~/.zshrc
    sqlwright completion fish > ~/.config/fish/completions/sqlwright.fish
    """
    from click.shell_completion import get_completion_class

    from .main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    found = kind(cli, {}, "sqlwright", VARIABLE)
    click.echo(found.source_template % found.source_vars())  # `source` would look for bash and judge its version
