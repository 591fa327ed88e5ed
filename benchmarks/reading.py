"""Rows per second and peak memory of reading a large data set.

    python benchmarks/reading.py --megabytes 1000

Makes a file of invented rows for each container, reads it in a process of its own, and deletes it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import sqlwright

CONTAINERS = ("jsonl", "json", "csv", "parquet")
WORDS = "how many loaves of dark bread were sold in each city during the last two weeks of the month".split()
PEAK_LIMIT_MB = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of each file, but Parquet's")
    parser.add_argument("--containers", nargs="+", choices=CONTAINERS, default=CONTAINERS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.write, arguments.megabytes * 10**6)
        return
    if arguments.read:
        print(json.dumps(read(arguments.read)))
        return
    versions = (
        f"Python {platform.python_version()}, duckdb {metadata.version('duckdb')}, sqlwright {sqlwright.__version__}"
    )
    print(f"{platform.platform()}, {os.cpu_count()} cores, {versions}")
    print("python", " ".join(sys.argv))
    print(f"{'container':10} {'MB':>7} {'rows':>10} {'rows/s':>9} {'MB/s':>6} {'peak MB':>8}")
    for container in arguments.containers:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"rows.{container}"
            # A process inherits the peak of the one that starts it, so this one stays small.
            run("--write", path, "--megabytes", arguments.megabytes)
            measured = json.loads(run("--read", path))
            size = path.stat().st_size / 1e6
        rows, seconds, peak = measured["rows"], measured["seconds"], measured["peak_mb"]
        print(
            f"{container:10} {size:7,.0f} {rows:10,} {rows / seconds:9,.0f} {size / seconds:6.1f} {peak:8.0f}", end=""
        )
        print("" if peak < PEAK_LIMIT_MB else f"  over {PEAK_LIMIT_MB} MB")


def rows_of(size: int) -> Iterator[dict[str, str]]:
    """Rows of about 300 bytes that differ, until they add up to `size` bytes as JSON Lines."""
    written = number = 0
    while written < size:
        question = " ".join(WORDS[(number * 7 + i * i) % len(WORDS)] for i in range(20)) + f" number {number}?"
        sql = f"SELECT city, count(*) FROM sale JOIN loaf ON sale.loaf_id = loaf.id WHERE loaf.id = {number} GROUP BY 1"
        row = {"db_id": f"bakery_{number % 200}", "question": question, "query": sql}
        written += len(json.dumps(row)) + 1
        number += 1
        yield row


def write(path: Path, size: int) -> None:
    lines = path.with_suffix(".lines")
    with lines.open("w") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows_of(size))
    kind = path.suffix[1:]
    if kind == "jsonl":
        lines.rename(path)
        return
    if kind == "json":
        with lines.open() as source, path.open("w") as stream:
            stream.write("[")
            stream.writelines(("," if i else "") + line for i, line in enumerate(source))
            stream.write("]")
    else:
        import duckdb

        query = f"SELECT * FROM read_json('{lines}', format = 'newline_delimited')"
        duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT {kind})")
    lines.unlink()


def run(*arguments: object) -> str:
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(path: Path) -> dict[str, float]:
    from sqlwright.data import read_examples

    start = time.perf_counter()
    count = sum(1 for _ in read_examples(path, strict=True))
    seconds = time.perf_counter() - start
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "rows": count,
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


if __name__ == "__main__":
    main()
