"""Time and CPU time of `sqlwright ask` as a new process, on the sample database and on a CSV file.

    python benchmarks/startup.py [--runs 15] [--database DB --question QUESTION] [--python PYTHON]

Prints the median and the least of wall time and of CPU time (user and system, child processes included). On a machine
that other jobs use, CPU time and the least wall time say most. The first run of each case, which fills the caches, is
shown by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlwright.data.demo.cache import demo_database_path

CSV_ROWS = 5_000
SHOP = "How many stores are there of each kind?"
OPTIONS = ("--json", "--no-log", "--timeout", "60")  # a busy machine is slow
CSV = "total amount by region"


@dataclass(frozen=True, slots=True)
class Run:
    wall_s: float
    cpu_s: float
    timings: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--question", default="How many rows are there?")
    args = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}; load {os.getloadavg()}")
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            ("sample database", demo_database_path(), SHOP),
            ("CSV", _csv(Path(folder)), CSV),
        ]
        if args.database:
            cases = [(args.database.name, args.database, args.question)]
        for title, database, question in cases:
            command = [
                args.python,
                "-m",
                "sqlwright",
                "ask",
                question,
                "-d",
                str(database),
                "--json",
                "--no-log",
                "--timeout",
                "60",
            ]
            env = {**os.environ, "XDG_CACHE_HOME": str(Path(folder) / "cache")}
            first = _run(command, env)
            print(f"{title}, caches empty: {first.wall_s:.2f} s, CPU {first.cpu_s:.2f} s, {first.timings}")
            _report(title, [_run(command, env) for _ in range(args.runs)])
        help_command = [args.python, "-m", "sqlwright", "-h"]
        _report("sqlwright -h", [_run(help_command, dict(os.environ)) for _ in range(args.runs)])


def _run(command: list[str], env: dict[str, str]) -> Run:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=env, check=True, text=True)
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, cpu_s, json.loads(done.stdout)["timings"] if "--json" in command else {})


def _report(title: str, runs: list[Run]) -> None:
    wall, cpu = [run.wall_s for run in runs], [run.cpu_s for run in runs]
    steps = {name: statistics.median(run.timings[name] for run in runs) for name in runs[0].timings}
    shown = ", ".join(f"{name} {value:.3f}" for name, value in steps.items())
    print(
        f"{title}: wall {statistics.median(wall):.2f} s (least {min(wall):.2f}), "
        f"CPU {statistics.median(cpu):.2f} s (least {min(cpu):.2f}); {shown}"
    )


def _csv(folder: Path) -> Path:
    path = folder / "sales.csv"
    regions = ("north", "south", "east", "west")
    lines = [
        f"{i},{regions[i % 4]},2024-{1 + i % 12:02}-{1 + i % 28:02},{(i * 37) % 1000 / 10}" for i in range(CSV_ROWS)
    ]
    path.write_text("\n".join(["id,region,sold_on,amount", *lines]), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
