"""Jobs: `sqlwright` commands as processes, each with a folder that says all about it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from ...core import NotFoundError
from ...core.atomic import atomic_text
from .lock import is_held, take

State = Literal["waiting", "running", "done", "failed", "stopped", "lost"]
PLAN, STARTED, ENDED, LOCK, LOG, STOP, USAGE = "job.json", "started.json", "ended.json", "lock", "log", "stop", "usage"
LISTED = 200
LOG_BYTES = 64 << 10  # of the log's end that a page gets at first
RESULT_BYTES = 32 << 20
_ID = re.compile(r"\d{4,}-[a-z-]+\Z")


@dataclass(frozen=True, slots=True)
class Plan:
    """Commands to run one after another, without the word `sqlwright`; the first that fails ends the job.

    Of the jobs that are `queued` one runs at a time, in order. `runs` and `makes` are what the commands write.
    """

    kind: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    queued: bool = False
    runs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()

    def shown(self) -> list[str]:
        return [shown(arguments) for arguments in self.commands]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its folder tells it. Times are ISO 8601; `step` counts the commands from 0.

    `lost`: its processes are gone and none said how it ended, as after SIGKILL or a power loss.
    """

    id: str
    plan: Mapping[str, Any]
    state: State
    started: str = ""
    ended: str = ""
    code: int | None = None
    step: int = 0
    pid: int | None = None
    usage: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            **{name: self.plan.get(name) for name in ("kind", "title", "queued", "runs", "makes", "created")},
            "commands": [shown(arguments) for arguments in self.plan.get("commands", ())],
            "state": self.state,
            "started": self.started,
            "ended": self.ended,
            "code": self.code,
            "step": self.step,
        }


def shown(arguments: tuple[str, ...] | list[str]) -> str:
    """The command as it is typed in a terminal."""
    return shlex.join(["sqlwright", *arguments])


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def start_job(jobs: Path, plan: Plan) -> Job:
    """Start `plan` as processes that outlive this one; they run in the folder that holds `jobs`."""
    folder = _new_folder(jobs, plan.kind)
    write_json(
        folder / PLAN,
        {
            "kind": plan.kind,
            "title": plan.title,
            "commands": [list(c) for c in plan.commands],
            "queued": plan.queued,
            "runs": list(plan.runs),
            "makes": list(plan.makes),
            "created": now(),
        },
    )
    lock = take(folder / LOCK)  # held from here on by the process below, so that there is no moment without a holder
    try:
        with (folder / LOG).open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.run_job", str(folder), str(lock)],
                cwd=jobs.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
    finally:
        os.close(lock)
    return read_job(jobs, folder.name)


def read_job(jobs: Path, job_id: str) -> Job:
    """Raises NotFoundError."""
    folder = job_folder(jobs, job_id)
    plan = read_json(folder / PLAN)
    started = read_json(folder / STARTED)
    # In this order: a job that ends in between was alive, and has said how it ended by then.
    alive = is_held(folder / LOCK)
    ended = read_json(folder / ENDED)
    state: State
    if ended:
        code = ended.get("code")
        state = "stopped" if ended.get("stopped") else "done" if code == 0 else "failed"
    elif alive:
        state = "running" if started else "waiting"
    else:
        state = "lost"
    return Job(
        job_id,
        plan,
        state,
        started.get("started", ""),
        ended.get("ended", ""),
        ended.get("code"),
        ended.get("step", started.get("step", 0)),
        started.get("pid"),
    )


def list_jobs(jobs: Path) -> list[Job]:
    """The newest first."""
    names = sorted((p.name for p in jobs.iterdir() if _ID.match(p.name) and (p / PLAN).is_file()), reverse=True)
    return [read_job(jobs, name) for name in names[:LISTED]]


def ask_to_stop(jobs: Path, job_id: str, *, at_once: bool) -> None:
    """The job ends in good order, a training after saving; with `at_once` it is killed. Raises NotFoundError."""
    (job_folder(jobs, job_id) / STOP).write_text("now" if at_once else "save", encoding="utf-8")


def read_log(jobs: Path, job_id: str, start: int | None) -> dict[str, Any]:
    """The log's text from byte `start`, or its end, and where the rest will begin. Raises NotFoundError."""
    path = job_folder(jobs, job_id) / LOG
    size = path.stat().st_size if path.is_file() else 0
    start = max(0, size - LOG_BYTES) if start is None or not 0 <= start <= size else start
    if not size:
        return {"text": "", "next": 0}
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(size - start)
    end = data.rfind(b"\n") + 1  # whole lines, so that no character is cut
    return {"text": data[:end].decode("utf-8", "replace"), "next": start + end}


def read_usage(jobs: Path, job_id: str) -> list[dict[str, Any]]:
    """Memory over time: seconds since the start, and GB. Raises NotFoundError."""
    return read_lines(job_folder(jobs, job_id) / USAGE)


def read_result(jobs: Path, job_id: str) -> Any:
    """What the last command printed, read as JSON; None where it is none. Raises NotFoundError."""
    folder = job_folder(jobs, job_id)
    last = len(read_json(folder / PLAN).get("commands", ())) - 1
    path = folder / f"output-{last}"
    if not path.is_file() or path.stat().st_size > RESULT_BYTES:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def job_folder(jobs: Path, job_id: str) -> Path:
    """Raises NotFoundError."""
    folder = jobs / job_id
    if not _ID.match(job_id) or not (folder / PLAN).is_file():
        raise NotFoundError(f"There is no job {job_id!r}.")
    return folder


def read_json(path: Path) -> dict[str, Any]:
    """An empty mapping where the file is missing or cut short."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file that is still being written: a line that is cut short is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            found.append(row)
    return found


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    with atomic_text(path, fsync=False) as file:
        json.dump(value, file, ensure_ascii=False, indent=1)


def _new_folder(jobs: Path, kind: str) -> Path:
    number = max((int(p.name.partition("-")[0]) for p in jobs.iterdir() if _ID.match(p.name)), default=0)
    while True:
        number += 1
        folder = jobs / f"{number:04}-{kind}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
