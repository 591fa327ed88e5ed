"""The prompt of a terminal, with history, completion and several lines. It needs prompt_toolkit."""

from __future__ import annotations

from collections.abc import Iterator

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output

from ...core import SqlwrightError
from .complete import Offers
from .history import PrivateHistory, history_path
from .reader import Read
from .session import Session


class Tab(Completer):
    """`Offers` as prompt_toolkit shows them."""

    def __init__(self, session: Session) -> None:
        self._offers = Offers(session)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        for offer in self._offers.before(document.text_before_cursor):
            yield Completion(offer.text, start_position=-offer.replaces, display_meta=offer.about)


def editor(session: Session, given: Input | None = None, output: Output | None = None) -> Read:
    """Enter ends a line, Alt-Enter begins another one. `given` and `output` are the terminal by default."""
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    prompt: PromptSession[str] = PromptSession(
        history=_history(),
        auto_suggest=AutoSuggestFromHistory(),
        completer=Tab(session),
        complete_while_typing=False,
        key_bindings=keys,
        prompt_continuation="... ",
        input=given,
        output=output,
    )
    return lambda: prompt.prompt(f"{session.connection.name}> ")


def _history() -> History:
    path = history_path()
    if path is None:
        return InMemoryHistory()
    try:
        return PrivateHistory(path)
    except (OSError, SqlwrightError) as error:
        click.echo(f"warning: the history {path} cannot be used ({error}).", err=True)
        return InMemoryHistory()
