"""How long the guard takes for one statement: every gold query of a Spider-like JSON file.

python benchmarks/guard.py path/to/dev.json[.gz] [--dialect sqlite] [--repeat 3]
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import shlex
import statistics
import sys
import time
from pathlib import Path

import sqlglot

import sqlwright.sql as sql


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--dialect", default="sqlite", choices=["sqlite", "duckdb", "postgres", "mysql"])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()

    opened = gzip.open if options.path.suffix == ".gz" else open
    with opened(options.path, "rt", encoding="utf-8") as file:
        queries = [row["query"] for row in json.load(file)]
    policy = sql.default_policy(options.dialect)
    sql.check("SELECT 1", policy)  # imports the parser

    times_ms, refused = [], 0
    for _ in range(options.repeat):
        for query in queries:
            begin = time.perf_counter()
            checked = sql.check(query, policy)
            times_ms.append((time.perf_counter() - begin) * 1000)
            refused += not checked.allowed
    times_ms.sort()

    print(f"machine   {platform.processor() or platform.machine()}, {platform.system()} {platform.release()}")
    print(f"versions  Python {platform.python_version()}, sqlglot {sqlglot.__version__}")
    print(f"command   {shlex.join(sys.argv)}")
    print()
    print("| statements | refused | checks per second | median ms | p95 ms | max ms |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {len(queries)} | {refused // options.repeat} | {1000 * len(times_ms) / sum(times_ms):,.0f} "
        f"| {statistics.median(times_ms):.2f} | {times_ms[int(len(times_ms) * 0.95)]:.2f} | {times_ms[-1]:.2f} |"
    )


if __name__ == "__main__":
    main()
