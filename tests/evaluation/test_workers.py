"""Tasks run in processes that may hang or die; the rest of the work goes on."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sqlwright.core import SqlwrightError
from sqlwright.evaluation.workers import Lost, Task, run_tasks


@contextlib.contextmanager
def handler(group: str, log: Path | None = None):
    """Says what it is told to say, and misbehaves on request."""
    if group == "unopenable":
        raise SqlwrightError("no such database")
    if log is not None:
        with log.open("a") as file:
            file.write(f"{group}\n")
    yield functools.partial(handle, group)


def handle(group: str, payload: str) -> str:
    if payload == "hang":
        time.sleep(600)
    if payload == "hold":  # deaf to every signal that can be ignored, like a loop inside a C library
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        time.sleep(600)
    if payload == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if payload == "exit":
        os._exit(3)
    if payload == "raise":
        raise RecursionError("too deep")
    if payload == "unpicklable":
        return lambda: None
    return f"{group}:{payload}"


def tasks(*payloads: str, group: str = "a") -> list[Task[str]]:
    return [Task(group, p) for p in payloads]


def run(items, workers=2, kill_after_s=20.0, **options):
    return run_tasks(items, handler, workers=workers, kill_after_s=kill_after_s, **options)


def test_results_stand_in_the_order_of_the_tasks():
    items = [Task("abc"[i % 3], str(i)) for i in range(100)]
    assert run(items) == [f"{t.group}:{t.payload}" for t in items]


def test_no_tasks_start_no_process():
    assert run([]) == []


def test_a_worker_that_hangs_loses_only_the_task_in_hand():
    results = run(tasks("1", "hang", "2", "hold", "3"), workers=1, kill_after_s=1.0)
    assert [r if isinstance(r, str) else r.kind for r in results] == ["a:1", "timeout", "a:2", "timeout", "a:3"]


def test_a_worker_that_dies_loses_only_the_task_in_hand():
    results = run(tasks("1", "die", "2", "exit", "3"), workers=1)
    assert [r if isinstance(r, str) else r.kind for r in results] == ["a:1", "crash", "a:2", "crash", "a:3"]
    assert "SIGSEGV" in results[1].message
    assert "code 3" in results[3].message


def test_every_task_may_lose_its_worker():
    assert all(isinstance(r, Lost) for r in run(tasks(*["die"] * 5)))


def test_an_error_of_the_handler_is_the_result_of_its_task():
    results = run(tasks("1", "raise", "unpicklable", "2"), workers=1)
    assert results[0] == "a:1"
    assert results[1] == Lost("error", "RecursionError: too deep")
    assert results[2].kind == "error"
    assert results[3] == "a:2"


def test_a_group_that_cannot_be_opened_loses_its_tasks_and_no_others():
    results = run([Task("unopenable", "1"), Task("a", "2"), Task("unopenable", "3")], workers=1)
    assert results[1] == "a:2"
    assert results[0] == results[2] == Lost("error", "SqlwrightError: no such database")


def test_a_worker_opens_each_group_once(tmp_path):
    log = tmp_path / "opened"
    items = [Task("abc"[i % 3], str(i)) for i in range(90)]
    run_tasks(items, functools.partial(handler, log=log), workers=1, kill_after_s=20)
    assert Counter(log.read_text().split()) == {"a": 1, "b": 1, "c": 1}


def test_progress_is_told_once_per_task_also_for_lost_ones():
    done = []
    run(tasks("1", "die", "raise", "2"), on_done=lambda: done.append(1))
    assert len(done) == 4


def test_processes_may_also_be_spawned():
    assert run(tasks("1", "die", "2"), start_method="spawn")[2] == "a:2"


class Unloadable:
    """Pickles here and fails to load in the worker, as a class of a script without a main guard does."""

    def __reduce__(self):
        return (os._exit, (7,))

    def __call__(self, group: str):
        raise AssertionError


def test_a_long_path_for_temporary_files_leaves_no_room_for_the_fork_servers_socket(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert run(tasks("1", "2")) == ["a:1", "a:2"]


def test_workers_that_cannot_start_are_an_error_and_no_endless_loop():
    with pytest.raises(SqlwrightError, match="did not start"):
        run_tasks(tasks("1"), Unloadable(), workers=1, kill_after_s=5, start_method="spawn")


INTERRUPTED = """
import sys
from tests.evaluation.test_workers import handler, tasks
from sqlwright.evaluation.workers import run_tasks
if __name__ == "__main__":
    print("started", flush=True)
    try:
        run_tasks(tasks("hang", "hang"), handler, workers=2, kill_after_s=300)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def listed() -> list[list[str]]:
    """Process id, parent and state of every process."""
    listing = subprocess.run(["ps", "-eo", "pid,ppid,stat"], capture_output=True, text=True, check=True).stdout
    return [line.split() for line in listing.splitlines()[1:]]


def running() -> set[int]:
    return {int(pid) for pid, _, state in listed() if not state.startswith("Z")}


def children(pid: int) -> set[int]:
    """Process ids that descend from `pid`."""
    parent = {int(a): int(b) for a, b, _ in listed()}
    found = {pid}
    while more := {p for p, of in parent.items() if of in found} - found:
        found |= more
    return found - {pid}


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interrupt_ends_the_workers(tmp_path):
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    assert process.stdout.readline() == "started\n"
    time.sleep(3)
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 130
    process.stdout.close()
    time.sleep(1)
    assert workers
    assert not workers & running()
