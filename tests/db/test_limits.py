"""Memory and time of one statement are bounded on every engine, whatever the statement does.

Each list of statements runs in a process under `ulimit -v`, which its children inherit. The asserts are on what became
of a statement and on the most memory any process took, not on seconds.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import duckdb
import pytest

from tests.statements import trusted

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ulimit -v needs Linux")

MOST_MB = 1000
ADDRESS_SPACE_MB = 2500  # DuckDB reserves 1,200 MB of it without using them
SCRIPT = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]) << 20,) * 2)
from sqlwright.core import Checked, QueryLimits
from sqlwright.db import open_database

with open_database(sys.argv[1]) as database:
    for sql in json.load(sys.stdin):
        outcome = database.engine.execute(Checked.trusted(sql, "a test"), QueryLimits(timeout_s=2))
        cut = outcome.table.truncated if outcome.table else None
        print(json.dumps([outcome.status, outcome.error, cut]), flush=True)
    assert database.engine.execute(Checked.trusted("SELECT 1", "a test"), QueryLimits(timeout_s=60)).ok
# VmHWM, since ru_maxrss of this process begins with the size of the one that forked it.
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(peak // 1024)
"""


def run_limited(target, statements):
    """(status, error, truncated) of each statement and the most megabytes that a process took."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(target), str(ADDRESS_SPACE_MB)],
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *outcomes, peak_mb = map(json.loads, done.stdout.splitlines())
    return [tuple(outcome) for outcome in outcomes], peak_mb


def numbers(count):
    return f"WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {count})"


NESTED = ["c0 AS (SELECT 1 AS a)", *(f"c{i} AS (SELECT x.a FROM c{i - 1} x, c{i - 1} y)" for i in range(1, 28))]
SQLITE = {
    "SELECT instr(zeroblob(16000000), zeroblob(7000000) || x'01')": "timeout",  # one step, which hears no signal
    f"SELECT {', '.join(['zeroblob(15000000)'] * 2000)}": None,  # one row of 30 GB
    f"{numbers(5000)} SELECT randomblob(1000000) AS b FROM n ORDER BY b": None,  # a sort of 5 GB
    f"{numbers(10**9)} SELECT count(DISTINCT hex(x) || hex(x)) FROM n": None,
    f"WITH {', '.join(NESTED)} SELECT * FROM c27": None,  # 2^27 copies while it is prepared
    f"SELECT replace(hex(zeroblob(7000000)), '0', 'a') LIKE '%{'a' * 900}b'": "timeout",
}
DUCKDB = {
    "SELECT repeat('x', 1000000000)": None,
    "SELECT repeat('x', 10000000) FROM range(2000)": None,
    "SELECT list(range) FROM range(1000000000)": None,
    "SELECT md5(range::varchar) AS m, count(*) FROM range(100000000) GROUP BY m": None,
    "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = -1": "timeout",
}


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_statement_on_a_file_is_held_by_memory_and_time(tmp_path, engine):
    target = tmp_path / f"x.{engine}"
    if engine == "sqlite":
        sqlite3.connect(target).execute("CREATE TABLE t (a)").connection.close()
    else:
        duckdb.connect(str(target)).execute("CREATE TABLE t (a INT)").close()
    statements = SQLITE if engine == "sqlite" else DUCKDB
    outcomes, peak_mb = run_limited(target, list(statements))
    for (sql, expected), (status, error, _) in zip(statements.items(), outcomes, strict=True):
        # What takes time and memory ends by the limit that it reaches first.
        assert status == expected if expected else status in ("timeout", "error"), (sql[:60], status, error)
        assert status != "error" or "memory" in error
    assert peak_mb < MOST_MB


def wide(cell, columns):
    return f"SELECT {', '.join([cell] * columns)}"


@pytest.mark.postgres
def test_a_row_of_postgres_is_cut_before_it_is_sent(postgres_url):
    pytest.importorskip("psycopg")
    statements = [
        wide("repeat('x', 100000000)", 9),  # 900 MB
        "SELECT array_fill('xxxxxxxxxx'::text, ARRAY[10000000])",  # 130 MB as text, 1 GB as Python's values
        "SELECT json_build_object('a', repeat('x', 100000000)), convert_to(repeat('x', 100000000), 'UTF8')",
    ]
    outcomes, peak_mb = run_limited(postgres_url, statements)
    for status, error, truncated in outcomes:  # on a slow machine the server may not be done in time
        assert status == "timeout" or truncated, (status, error)
    assert peak_mb < 400


@pytest.mark.mysql
def test_a_row_of_mysql_that_is_too_large_is_not_read(mysql_url):
    pytest.importorskip("pymysql")
    statements = [
        wide("repeat('x', 15000000)", 60),
        "SELECT repeat('x', 15000000) UNION ALL SELECT repeat('y', 15000000)",
    ]
    outcomes, peak_mb = run_limited(mysql_url, statements)
    for status, error, truncated in outcomes:
        assert status == "timeout" or truncated, (status, error)
    assert peak_mb < 400


def test_a_sort_writes_no_temporary_file(tmp_path, monkeypatch):
    from sqlwright.core import QueryLimits
    from sqlwright.db import open_database

    sqlite3.connect(tmp_path / "x.sqlite").execute("CREATE TABLE t (a)").connection.close()
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "not there"))
    with open_database(tmp_path / "x.sqlite") as database:
        sort = f"{numbers(200_000)} SELECT randomblob(200) AS b FROM n ORDER BY b"
        assert len(database.engine.execute(trusted(sort), QueryLimits(timeout_s=60)).table.rows) == 1000
