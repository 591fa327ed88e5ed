"""The examples of the README and of the guides run: console blocks print what they show, apart from times.

Every command of the tutorial runs, one after the other, with less training than it says.
"""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


PAGES = ("README.md", "docs/asking.md", "docs/command_line.md")
DEMO = "sqlwright demo --no-chat"
# What the tutorial says, and what the test runs instead, to take a minute and not ten.
SHORTER = {"-n 400 --held-out 60 --steps 60": "-n 100 --held-out 10 --steps 1", "--limit 12": "--limit 3"}


def examples(pages=PAGES):
    """(command, expected output) of every console block; a block's last line `...` stands for any more lines."""
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A folder with the demo's files in its cache, and the environment that the README speaks of."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("docs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    home = folder / "cache" / "sqlwright" / "demo"
    environment = {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "data"),
        "SQLWRIGHT_CONFIG": str(folder / "config.yaml"),
        "DEMO": str(home),
        "DB": str(home / "outdoor_shop" / "outdoor_shop.sqlite"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    terminal(DEMO, folder, environment)
    return folder, environment


def terminal(command, folder, environment):
    """What a person sees on a terminal of 130 columns."""
    import fcntl
    import termios

    child, screen = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ.update(environment, TERM="xterm", COLUMNS="130")
        os.execvp("sh", ["sh", "-c", command])
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 130, 0, 0))
    seen = b""
    while True:
        try:
            piece = os.read(screen, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(screen)
    _, status = os.waitpid(child, 0)
    environment["STATUS"] = str(os.waitstatus_to_exitcode(status))  # of the last command
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode()).replace("\r", "")


def lines(text):
    """Without trailing blanks, empty lines, the progress bar and the digits of times."""
    timeless = re.sub(r"\d+\.\d+ s\b", "# s", text)
    return [line.rstrip() for line in timeless.splitlines() if line.strip() and not line.startswith("Running ")]


@pytest.mark.parametrize(("command", "expected"), list(examples()), ids=lambda text: text[:40])
def test_a_command_prints_what_the_readme_shows(demo, command, expected):
    wanted, seen = lines(expected), lines(terminal(command, *demo))
    if wanted and wanted[-1] == "...":
        wanted.pop()
        seen = seen[: len(wanted)]
    assert seen == wanted


@pytest.mark.slow
def test_every_command_of_the_tutorial_runs(demo):
    folder, environment = demo[0], {**demo[1], "SQLWRIGHT_CONFIG": str(demo[0] / "tutorial.yaml")}
    environment |= {name: str(folder / name.lower()) for name in ("SQLWRIGHT_KNOWLEDGE", "SQLWRIGHT_MODELS")}
    commands = list(examples(["docs/tutorial.md"]))
    assert commands[0][0] == DEMO  # which the fixture ran
    for command, expected in commands[1:]:
        for long, short in SHORTER.items():
            command = command.replace(long, short)
        shown = terminal(command, folder, environment)
        refused = command.startswith("sqlwright check")
        assert environment["STATUS"] == ("1" if refused else "0"), f"{command}\n{shown}"
        wanted = lines(expected)
        if wanted != ["..."]:
            assert lines(shown) == wanted


GUIDE = "docs/python.md"


@pytest.fixture
def folder_with_a_shop(shop, tmp_path, monkeypatch):
    """The database that the Python guide names, with rows enough to make questions from, in the current folder."""
    with sqlite3.connect(shop) as connection:
        connection.execute("ALTER TABLE customer ADD COLUMN country TEXT")
        for i in range(10, 60):
            row = (i, f"Name{i}", ("Rome", "Oslo")[i % 2], ("Italy", "Norway")[i % 2])
            connection.execute("INSERT INTO customer VALUES (?, ?, ?, ?)", row)
            connection.execute("INSERT INTO item VALUES (?, ?, ?)", (i, f"thing {i}", i * 1.5))
            connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, '2026-04-01')", (i, i, i, i % 9))
    connection.close()
    for name in ("KNOWLEDGE", "MODELS"):
        monkeypatch.setenv(f"SQLWRIGHT_{name}", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_of_the_readme_runs(folder_with_a_shop, capsys):
    (block,) = python_blocks("README.md")
    exec(block, {})
    assert "Norway" in capsys.readouterr().out


def test_the_python_of_the_guide_runs(folder_with_a_shop, capsys):
    """The block about training runs in notebooks/tune_a_small_model.ipynb and tests/training."""
    *blocks, training = python_blocks(GUIDE)
    assert "sqlwright.adapt" in training
    names = {}
    for block in blocks:
        exec(block, names)
    shown = capsys.readouterr().out
    assert {"verified", "False"} <= {*re.findall(r"\w+", shown)}
    assert names["report"].n > 0
