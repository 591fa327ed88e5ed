"""Every `sqlwright` command of the README and docs exists with its options, and every Python import resolves.

The console blocks, most Python blocks and the notebooks run elsewhere (`test_readme.py` and the tests of each page).
This test covers the blocks that name databases, models and servers of a reader's own, which cannot run here.
"""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from sqlwright.cli.main import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_ENV = re.compile(r"[A-Z][A-Z0-9_]*=.*")


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def commands(text: str) -> list[list[str]]:
    """The arguments of each `sqlwright` of a shell block, up to a pipe, a redirection or a comment."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars="|;<>&")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # an open quotation: output, not a command
            continue
        while words and _ENV.fullmatch(words[0]):
            words.pop(0)
        if words and words[0] == "sqlwright":
            end = next((i for i, word in enumerate(words) if set(word) <= set("|;<>&")), len(words))
            found.append(words[1:end])
    return found


def parse(words: list[str]) -> None:
    """Raises click.UsageError for a command or an option that does not exist; nothing is opened or run."""
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(click.Context(command), name)
        if found is None:
            raise click.UsageError(f"no command {name!r}")
        command = found
    context = click.Context(command)
    command.make_parser(context).parse_args(list(words))


CASES = [
    pytest.param(words, id=f"{page.stem}: {' '.join(words)[:60]}")
    for page in PAGES
    for text in blocks(page, "sh", "console", "bash")
    for words in commands(text)
]


@pytest.mark.parametrize("words", CASES)
def test_a_command_of_the_docs_exists_with_its_options(words):
    parse(words)


def test_the_check_sees_commands_and_mistakes():
    assert len(CASES) > 80
    named = {case.values[0][0] for case in CASES}
    assert named > {"ask", "train", "evaluate", "serve"}
    assert commands("SQLWRIGHT_X=1 sqlwright ask how many -d a.csv --csv > f.csv  # rows\n") == [
        ["ask", "how", "many", "-d", "a.csv", "--csv"]
    ]
    for wrong in (["asks"], ["ask", "--cvs"], ["data", "inspekt"], ["train", "a.yaml", "--dryrun"]):
        with pytest.raises(click.UsageError):
            parse(wrong)
    assert {name for name in named if not name.startswith("-")} <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_of_the_docs_imports_what_exists(page):
    for text in blocks(page, "python"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("sqlwright"):
                module = importlib.import_module(node.module or "")
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{node.module} has no {alias.name}"
