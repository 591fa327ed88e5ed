"""The console blocks of the README and of docs/command_line.md show what the commands print, apart from times."""

from __future__ import annotations

import os
import pty
import re
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


PAGES = ("README.md", "docs/command_line.md")


def examples():
    """(command, expected output) of every console block; a block's last line `...` stands for any more lines."""
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
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
    terminal("sqlwright demo --no-chat", folder, environment)
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
    os.waitpid(child, 0)
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
