"""`sqlwright shell` on a pipe and on a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n;"
MAIN = [sys.executable, "-m", "sqlwright"]


def test_lines_from_a_pipe_are_entered_and_a_failure_is_the_exit_code(shop):
    def run(lines):
        return subprocess.run(
            [*MAIN, "shell", "-d", str(shop)], input=lines, capture_output=True, text=True, check=False, timeout=120
        )

    good = run("select count(*) as n from customer;\n\\sql\n\\quit\nselect nonsense;\n")
    assert (good.returncode, good.stdout) == (0, "n\n3\nselect count(*) as n from customer\n")
    bad = run("select nonsense from customer;\nselect 1 as one;\n")
    assert (bad.returncode, bad.stdout) == (1, "one\n1\n")
    assert "no such column: nonsense" in bad.stderr


@contextmanager
def terminal(*arguments, **environment):
    """Starts the shell on a terminal of its own; yields (send, wait for a text, wait for the exit code)."""
    child, screen = pty.fork()
    if child == 0:
        os.environ.update(environment, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1", COLUMNS="100", LINES="40")
        os.execv(sys.executable, [*MAIN, *arguments])
    seen = ""
    ended = False

    def send(text):
        os.write(screen, text.encode())

    def wait(text, timeout_s=240):
        """All that was printed up to `text`."""
        nonlocal seen
        end = time.monotonic() + timeout_s
        while text not in seen:
            ready, _, _ = select.select([screen], [], [], max(0, end - time.monotonic()))
            assert ready, f"{text!r} is not in {seen[-2000:]!r}"
            seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(screen, 65536).decode(errors="replace"))
        before, _, seen = seen.partition(text)
        return before

    def exit_code():
        nonlocal ended
        ended = True
        try:
            while os.read(screen, 65536):
                pass
        except OSError:  # the other end is closed
            pass
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    try:
        yield send, wait, exit_code
    finally:
        if not ended:
            os.kill(child, 9)
            os.waitpid(child, 0)
        os.close(screen)


def test_tab_completes_and_ctrl_c_stops_the_query_and_not_the_shell(shop, tmp_path):
    pytest.importorskip("prompt_toolkit")
    history = tmp_path / "history"
    with terminal("shell", "-d", str(shop), "--timeout", "600", SQLWRIGHT_HISTORY=str(history)) as (send, wait, code):
        wait("nothing leaves this machine")
        wait("shop>")
        send(f"{ENDLESS}\r")
        wait("Ctrl-C stops it")  # shown while it runs
        send("\x03")
        wait("Stopped")
        wait("shop>")
        send("select 20 + 1 as sum;\r")
        wait("21")
        wait("shop>")
        send("\\sql SELECT name FROM customer WHERE city = 'Os\t")
        wait("Oslo'")
        send("\r")
        wait("Bo")
        wait("shop>")
        send("\\quit\r")
        assert code() == 0
    assert ENDLESS in history.read_text()
