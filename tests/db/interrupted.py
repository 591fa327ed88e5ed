"""Ways to stop a statement from outside, which hold on a loaded machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlwright.db import Database

SCRIPT = """
import sys
from sqlwright.core import Checked, QueryLimits
from sqlwright.db import open_database

def trusted(sql):
    return Checked.trusted(sql, "a test")

with open_database(sys.argv[1]) as database:
    database.engine.execute(trusted("SELECT 1"), QueryLimits(timeout_s=60))
    try:
        print("started", flush=True)
        print(database.engine.execute(trusted(sys.argv[2]), QueryLimits(timeout_s=600)), flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(database.engine.execute(trusted("SELECT 1"), QueryLimits(timeout_s=60)).table.rows, flush=True)
"""


@contextmanager
def interrupting(database: Database) -> Iterator[None]:
    """Another thread calls `interrupt` until the block ends: one call may come before the statement has begun."""
    done = threading.Event()

    def stop() -> None:
        while not done.wait(0.3):
            database.interrupt()

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run_and_interrupt(target: str, sql: str) -> list[str]:
    """Ctrl-C as a terminal sends it, to the whole group of a process that runs `sql`.

    Returns the lines that the process printed after it had started the statement.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, target, sql], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout.readline() == "started\n"
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    return output.splitlines()
