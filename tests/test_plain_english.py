"""The documentation, the help and the messages do not use wordings that a reader stumbles over."""

from __future__ import annotations

import pytest

from .conftest import ROOT
from .plain_english import command_help, messages, read, stumbles

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("src/sqlwright/**/*.md")])
MODULES = sorted(
    path
    for path in (ROOT / "src" / "sqlwright").rglob("*.py")
    # Word lists and templates of questions: they are data.
    if not {"synthesis", "left_out.py", "words.py"} & {*path.parts} or path.parts[-2:] == ("core", "words.py")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page(page):
    assert stumbles(read(page)) == []


def test_messages_and_help():
    found = [
        (f"{path.relative_to(ROOT)}:{line}", wording)
        for path in MODULES
        for line, text in (*messages(read(path)), *command_help(read(path)))
        if " " in text
        for wording in stumbles(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "'x' is no key=value.",
        "Read are CSV files.",
        "A file of scripted answers stands in for a model.",
        "Folders that are whole or not at all",
        "A wrong value is found out.",
        "It is asked as it was taught.",
    ],
)
def test_the_check_finds(text):
    assert stumbles(text)


@pytest.mark.parametrize(
    "text", ["There is no such table.", "It is no longer used.", "`kind` is `catalogue`.", "```\nRead are x\n```\n"]
)
def test_the_check_leaves_alone(text):
    assert stumbles(text) == []
