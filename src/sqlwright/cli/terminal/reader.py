"""Lines into a session: from a prompt until it ends, or from the standard input."""

from __future__ import annotations

from collections.abc import Callable

import click

from .session import QuitError, Session

Read = Callable[[], str]


def repeat(session: Session, read: Read) -> None:
    """Enter line after line until the end of the input or \\quit. Ctrl-C at the prompt drops the line."""
    while _entered(session, read):
        pass


def _entered(session: Session, read: Read) -> bool:
    """Whether there may be another line."""
    try:
        session.enter(read())
    except KeyboardInterrupt:
        click.echo("Ctrl-D or \\quit ends the shell.", err=True)
    except (EOFError, QuitError):
        return False
    return True


def from_stdin(session: Session) -> bool:
    """Enter each line of the standard input; whether all succeeded."""
    from ..stdin import read_stdin

    good = True
    try:
        for line in read_stdin().splitlines():
            good = session.enter(line) and good
    except QuitError:
        pass
    return good


def plain_prompt(session: Session) -> Read:
    """Without prompt_toolkit."""
    return lambda: input(f"{session.connection.name}> ")
