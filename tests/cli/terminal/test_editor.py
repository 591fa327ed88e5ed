"""The prompt, driven by keys."""

from __future__ import annotations

import sys
from contextlib import contextmanager

from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sqlwright.cli.shell import _read
from sqlwright.cli.terminal.editor import Tab, editor
from sqlwright.cli.terminal.reader import repeat


@contextmanager
def keys(session, text):
    with create_pipe_input() as given:
        given.send_text(text)
        yield editor(session, given, DummyOutput())


def test_lines_are_entered_until_quit(session, capsys):
    with keys(session, "Who lives in Oslo?\rAnd in Paris?\r\\quit\rHow many customers?\r") as read:
        repeat(session, read)
    assert capsys.readouterr().out == "name\nBo\nname\nAnn\n"


def test_the_end_of_the_input_ends_the_shell(session):
    with keys(session, "\x04") as read:
        repeat(session, read)


def test_ctrl_c_at_the_prompt_drops_the_line_and_goes_on(session, capsys):
    with keys(session, "How many cust\x03Who lives in Oslo?\r\x04") as read:
        repeat(session, read)
    assert capsys.readouterr().out == "name\nBo\n"


def test_tab_completes_a_stored_value(session):
    document = Document("\\sql SELECT name FROM customer WHERE city = 'Os")
    (found,) = Tab(session).get_completions(document, CompleteEvent(completion_requested=True))
    assert (found.text, found.start_position, found.display_meta_text) == ("Oslo'", -2, "customer.city")


def test_alt_enter_begins_another_line(session):
    with keys(session, "SELECT 1\x1b\r+ 1\r") as read:
        assert read() == "SELECT 1\n+ 1"


def test_the_arrow_brings_the_last_line_back(session, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_HISTORY", str(tmp_path / "history"))
    with keys(session, "first\r") as read:
        assert read() == "first"
    with keys(session, "\x1b[A\r") as read:
        assert read() == "first"


def test_a_history_that_cannot_be_written_is_a_warning(session, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SQLWRIGHT_HISTORY", str(tmp_path / "file" / "history"))
    with keys(session, "first\r") as read:
        assert read() == "first"
    assert "warning: the history" in capsys.readouterr().err


def test_without_prompt_toolkit_a_plain_prompt_is_used(session, monkeypatch, capsys):
    for name in [n for n in sys.modules if n.startswith(("prompt_toolkit", "sqlwright.cli.terminal.editor"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr("builtins.input", lambda prompt: f"after {prompt}")
    assert _read(session)() == "after shop> "
    assert "pip install 'sqlwright[shell]'" in capsys.readouterr().err
