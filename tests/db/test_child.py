"""The processes that run the statements of files: they can be killed, end with their parent and read the file that is
there now."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sqlwright.core import ConnectError, QueryLimits
from sqlwright.db import open_database
from sqlwright.db.child import POOL
from tests.statements import trusted

LIMITS = QueryLimits(timeout_s=60)
ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def write(path, script):
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
    return path


def ids(of):
    """The processes that `of` started, by /proc."""
    found = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdecimal():
                fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                if int(fields[1]) == of and fields[0] != "Z":
                    found.add(int(process.name))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_killed_process_is_an_error_and_the_next_statement_runs(shop):
    with open_database(shop) as database:
        POOL.end()
        before = ids(os.getpid())
        outcomes = []
        thread = threading.Thread(target=lambda: outcomes.append(database.engine.execute(trusted(ENDLESS), LIMITS)))
        thread.start()
        while not (started := ids(os.getpid()) - before):
            time.sleep(0.05)
        time.sleep(2)
        for child in started:
            os.kill(child, signal.SIGKILL)
        thread.join()
        assert outcomes[0].status == "error"
        assert database.engine.execute(trusted("SELECT count(*) FROM item"), LIMITS).table.rows == ((3,),)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_statement_ends_with_the_process_that_asked(shop):
    code = (
        "import sys; from sqlwright.core import Checked, QueryLimits; from sqlwright.db import open_database\n"
        "with open_database(sys.argv[1]) as d:\n    print('open', flush=True)\n"
        f"    d.engine.execute(Checked.trusted({ENDLESS!r}, 'a test'), QueryLimits(timeout_s=600))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(shop)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "open\n"
    time.sleep(1)
    children = ids(parent.pid)
    assert children
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(600):
        if not any(Path(f"/proc/{child}").exists() for child in children):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the child outlived its parent by a minute")


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced")
def test_a_file_that_replaces_another_is_read_from_the_next_statement_on(tmp_path):
    path = write(tmp_path / "x.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    with open_database(path) as database:
        assert database.engine.execute(trusted("SELECT a FROM t"), LIMITS).table.rows == ((1,),)
        write(tmp_path / "new", "CREATE TABLE t (a); INSERT INTO t VALUES (2)").replace(path)
        assert database.engine.execute(trusted("SELECT a FROM t"), LIMITS).table.rows == ((2,),)
        path.unlink()
        outcome = database.engine.execute(trusted("SELECT a FROM t"), LIMITS)
        assert (outcome.status, "No database file" in outcome.error) == ("error", True)


def test_more_files_than_a_process_keeps_open(tmp_path):
    paths = [write(tmp_path / f"{i}.sqlite", f"CREATE TABLE t (a); INSERT INTO t VALUES ({i})") for i in range(40)]
    databases = [open_database(path) for path in paths]
    try:
        for _ in range(2):
            found = [d.engine.execute(trusted("SELECT a FROM t"), LIMITS).table.rows[0][0] for d in databases]
            assert found == list(range(40))
    finally:
        for database in databases:
            database.close()


def test_statements_of_several_databases_run_at_the_same_time(tmp_path, shop):
    with open_database(shop) as slow, open_database(shop) as fast:
        outcomes = []
        thread = threading.Thread(
            target=lambda: outcomes.append(slow.engine.execute(trusted(ENDLESS), QueryLimits(timeout_s=5)))
        )
        thread.start()
        time.sleep(0.5)
        assert fast.engine.execute(trusted("SELECT 1"), LIMITS).ok
        thread.join()
        assert outcomes[0].status == "timeout"


DAMAGE = {
    "cut": lambda raw: raw[: len(raw) // 2],
    "pages": lambda raw: raw[:4096] + b"\xa5" * (len(raw) - 4096),
    "schema": lambda raw: raw.replace(b"CREATE TABLE t", b"CREATE TABLE ("),
    "text": lambda raw: raw.replace(b"CREATE TABLE t", b"CREATE TABLE \xff"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_gives_an_error_and_no_traceback(tmp_path, kind):
    path = write(tmp_path / "x.sqlite", "CREATE TABLE t (a); INSERT INTO t SELECT hex(randomblob(3000))")
    path.write_bytes(DAMAGE[kind](path.read_bytes()))
    for arguments in (["schema"], ["run", "SELECT a FROM t"]):
        command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", *arguments, "-d", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert "Traceback" not in done.stderr
        assert done.returncode == 0 or "error" in done.stderr


GENERATED = {
    "slow": "CREATE TABLE t (a, g AS (instr(zeroblob(a), zeroblob(a / 2) || x'01')));INSERT INTO t(a) VALUES (900000);",
    "large": "CREATE TABLE t (a, "
    + ", ".join(f"g{i} AS (replace(hex(zeroblob(a)), '00', 'abcdefgh'))" for i in range(40))
    + "); INSERT INTO t(a) VALUES (100000), (100000);",
}


@pytest.mark.parametrize("kind", GENERATED)
def test_a_hostile_file_is_opened_within_limits(tmp_path, monkeypatch, kind):
    for name in ("SCHEMA_S", "SAMPLING_S"):
        monkeypatch.setattr(f"sqlwright.db.file_engine.{name}", 1.0)
    path = write(tmp_path / "x.sqlite", GENERATED[kind])
    with open_database(path) as database:
        assert database.schema(samples=3).table("t").column("a")


def test_a_file_whose_schema_takes_too_long_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("sqlwright.db.file_engine.SCHEMA_S", 1.0)
    views = "".join(f"CREATE VIEW v{i} AS SELECT x.a FROM v{i - 1} x, v{i - 1} y;" for i in range(1, 30))
    path = write(tmp_path / "x.sqlite", f"CREATE TABLE t (a); CREATE VIEW v0 AS SELECT a FROM t; {views}")
    with open_database(path) as database, pytest.raises(ConnectError, match="took too long"):
        database.schema()
