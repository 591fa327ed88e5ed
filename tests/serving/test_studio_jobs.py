"""Jobs of the studio: they outlive it, wait for their turn, stop when asked, and say how they ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from sqlwright.core import NotFoundError
from sqlwright.serving.studio.jobs import Plan, ask_to_stop, list_jobs, read_job, read_log, read_result, start_job
from sqlwright.serving.studio.lock import is_held, take
from sqlwright.serving.studio.workspace import Workspace

PATIENCE_S = 120


@pytest.fixture
def jobs(tmp_path):
    return Workspace.open(tmp_path / "studio").root / "jobs"


def until(jobs, job, *states):
    deadline = time.monotonic() + PATIENCE_S
    while (found := read_job(jobs, job.id)).state not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def version(queued=False):
    return Plan("run", "version", (("--version",),), queued=queued)


def endless(shop):
    """A command that runs until it is told to end."""
    return Plan("chat", "shop", (("serve", "-d", str(shop), "--port", "0"),), queued=True)


def test_commands_run_one_after_another_until_one_fails(jobs):
    job = start_job(jobs, Plan("run", "three", (("--version",), ("no-such-command",), ("--version",))))
    ended = until(jobs, job, "failed")
    assert (ended.code, ended.step) == (2, 1)
    log = read_log(jobs, job.id, None)["text"]
    assert "$ sqlwright --version\n$ sqlwright no-such-command\n" in log
    assert "Unknown command" in log


def test_what_the_last_command_printed_is_read_as_json(jobs, shop):
    plan = Plan("run", "shop", (("run", "-d", str(shop), "--json", "--", "SELECT count(*) FROM item"),))
    job = until(jobs, start_job(jobs, plan), "done")
    assert read_result(jobs, job.id)["result"]["rows"] == [[3]]


def test_a_log_is_read_on_from_where_it_was(jobs):
    job = until(jobs, start_job(jobs, version()), "done")
    first = read_log(jobs, job.id, None)
    assert first["text"] == "$ sqlwright --version\n"
    assert read_log(jobs, job.id, first["next"]) == {"text": "", "next": first["next"]}


def test_the_queue_runs_one_job_at_a_time_and_a_waiting_job_can_be_stopped(jobs, shop):
    first = start_job(jobs, endless(shop))
    second, third = start_job(jobs, version(queued=True)), start_job(jobs, version(queued=True))
    beside = start_job(jobs, version())
    until(jobs, beside, "done")  # what is not queued does not wait
    until(jobs, first, "running")
    assert [read_job(jobs, job.id).state for job in (second, third)] == ["waiting", "waiting"]
    ask_to_stop(jobs, third.id, at_once=False)
    assert until(jobs, third, "stopped").code == 130
    ask_to_stop(jobs, first.id, at_once=True)
    assert until(jobs, first, "stopped", "failed").state == "stopped"
    assert until(jobs, second, "done").code == 0
    assert [job.id for job in list_jobs(jobs)] == [job.id for job in (beside, third, second, first)]


def test_a_job_whose_processes_were_killed_is_lost(jobs, shop):
    job = until(jobs, start_job(jobs, endless(shop)), "running")
    assert is_held(jobs / job.id / "lock")
    parent = int(Path(f"/proc/{job.pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    time.sleep(0.5)
    assert read_job(jobs, job.id).state == "running"  # the command itself goes on, and has the lock too
    os.kill(job.pid, signal.SIGKILL)
    assert until(jobs, job, "lost").code is None


def test_a_lock_is_free_when_its_last_holder_has_closed_it(tmp_path):
    path = tmp_path / "lock"
    assert not is_held(path)
    number = take(path)
    assert is_held(path)
    os.close(number)
    assert not is_held(path)


@pytest.mark.parametrize("name", ["", "../0001-run", "0001-run/..", "0001-none", "/etc"])
def test_a_job_is_named_by_its_id_alone(jobs, name):
    with pytest.raises(NotFoundError):
        read_job(jobs, name)
