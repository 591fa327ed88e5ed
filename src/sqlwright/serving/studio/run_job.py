"""The process behind a job: waits for its turn, runs the commands, obeys a request to stop, notes how it ended.

`python -m sqlwright.serving.studio.run_job FOLDER LOCK`, where LOCK is the number of the inherited file that holds the
lock. The commands inherit it too: while one of them lives, the job counts as alive.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from .jobs import ENDED, LOCK, PLAN, STARTED, STOP, USAGE, now, read_json, shown, write_json
from .lock import is_held

POLL_S = 0.2
SAMPLES = 500  # of the memory, in each doubling of a job's age
COMMAND = (sys.executable, "-m", "sqlwright")


def run_job(folder: Path, lock: int) -> int:
    """The exit status of the last command that ran; 130 where the job was stopped before it began."""
    plan = read_json(folder / PLAN)
    if plan.get("queued"):
        while is_waiting(folder):
            if (folder / STOP).exists():
                return _end(folder, 130, 0, stopped=True)
            time.sleep(POLL_S)
    code = step = 0
    with (folder / "log").open("ab") as log:
        for step, arguments in enumerate(plan["commands"]):
            log.write(f"$ {shown(arguments)}\n".encode())
            log.flush()
            with (folder / f"output-{step}").open("wb") as output:
                code = _run(folder, [*COMMAND, *arguments], step, lock, output, log)
            if code or (folder / STOP).exists():
                break
    return _end(folder, code, step, stopped=(folder / STOP).exists() and code != 0)


def is_waiting(folder: Path) -> bool:
    """Whether an earlier job of the queue is alive."""
    for other in folder.parent.iterdir():
        if other.name[:4].isdigit() and number_of(other) < number_of(folder) and is_held(other / LOCK):
            plan = read_json(other / PLAN)
            if plan.get("queued") and not (other / ENDED).exists():
                return True
    return False


def number_of(folder: Path) -> int:
    return int(folder.name.partition("-")[0])


def _run(folder: Path, command: list[str], step: int, lock: int, output: IO[bytes], log: IO[bytes]) -> int:
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=log, pass_fds=[lock], start_new_session=True
    )
    write_json(folder / STARTED, {"started": now(), "pid": process.pid, "step": step})
    asked, next_sample = "", 0.0
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_S)
        elapsed = time.monotonic() - began
        if elapsed >= next_sample:
            _sample(folder / USAGE, process.pid, elapsed)
            next_sample = elapsed + max(1.0, elapsed / SAMPLES)
        with suppress(OSError):
            wanted = (folder / STOP).read_text(encoding="utf-8")
            if wanted and wanted != asked:
                asked = wanted
                _signal(process, at_once=wanted == "now")


def _signal(process: subprocess.Popen[bytes], *, at_once: bool) -> None:
    """SIGTERM lets a training save; SIGKILL ends the command with all that it started."""
    with suppress(ProcessLookupError):
        if at_once:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.terminate()


def _sample(path: Path, pid: int, elapsed: float) -> None:
    gigabytes = memory_gb(pid)
    if not gigabytes:  # nothing is known, or the process has just ended
        return
    gpu = gpu_gb(pid)
    more = "" if gpu is None else f', "gpu_gb": {gpu:.3f}'
    with path.open("a", encoding="utf-8") as file:
        file.write(f'{{"s": {elapsed:.1f}, "gb": {gigabytes:.3f}{more}}}\n')


def memory_gb(pid: int) -> float | None:
    """What the process holds in memory; None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (OSError, ValueError, IndexError):
        pass
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout) / 1e6 if done.stdout.strip().isdigit() else None


def gpu_gb(pid: int) -> float | None:
    """What the process holds on NVIDIA GPUs; None without nvidia-smi, or where it does not list the process."""
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", "--query-compute-apps=pid,used_gpu_memory", "--format=csv,noheader,nounits"]
    with suppress(OSError, subprocess.TimeoutExpired, ValueError):
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=5)
        rows = [line.split(",") for line in done.stdout.splitlines() if line.count(",") == 1]
        held = [float(used) for owner, used in rows if int(owner) == pid]
        return sum(held) * 1.048576 / 1e3 if held else None
    return None


def _end(folder: Path, code: int, step: int, *, stopped: bool) -> int:
    write_json(folder / ENDED, {"code": code, "step": step, "ended": now(), "stopped": stopped})
    return code


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1]), int(sys.argv[2])))
