"""`sqlwright run`: rows on stdout, words on stderr, and an exit code that says which."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import pytest


def run(*arguments, stdin=""):
    command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, encoding="utf-8")


def test_a_pipe_gets_tab_separated_rows_and_stderr_the_count(shop):
    done = run("SELECT name, city FROM customer ORDER BY id", "-d", shop)
    assert done.stdout.splitlines() == ["name\tcity", "Ann\tParis", "Bo\tOslo", "Cy\t\\N"]
    assert done.stderr.startswith("3 rows in ")
    assert done.returncode == 0


def test_a_cell_never_breaks_its_line(shop):
    done = run("SELECT 'a' || char(10) || char(9) || 'b' AS x FROM item LIMIT 1", "-d", shop)
    assert done.stdout.splitlines() == ["x", r"a\n\tb"]


def test_a_refused_statement_says_why_and_exits_1(shop):
    done = run("DELETE FROM item", "-d", shop)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: ")


def test_an_error_of_the_engine_exits_1(shop):
    done = run("SELECT nope FROM item", "-d", shop)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nope" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_wrong_usage(tmp_path):
    done = run("SELECT 1", "-d", tmp_path / "none.sqlite")
    assert done.returncode == 2
    assert done.stderr.startswith("error: No database at")


def test_json_tells_status_rows_and_types(shop):
    done = run("SELECT id, price FROM item WHERE id = 1", "-d", shop, "--json")
    data = json.loads(done.stdout)
    assert set(data) == {"sql", "status", "result", "error", "violations", "elapsed_s"}
    assert data["status"] == "rows"
    assert data["result"]["rows"] == [[1, 1.5]]
    assert data["result"]["types"] == ["integer", "real"]


@pytest.mark.skipif(shutil.which("script") is None, reason="needs script(1) for a terminal")
def test_a_terminal_shows_no_noise_and_pipes_and_json_keep_every_digit(shop):
    sql = "SELECT 0.1 + 0.2 AS total FROM item LIMIT 1"
    assert run(sql, "-d", shop).stdout.splitlines() == ["total", "0.30000000000000004"]
    assert json.loads(run(sql, "-d", shop, "--json").stdout)["result"]["rows"] == [[0.30000000000000004]]
    command = shlex.join(
        [sys.executable, "-c", "from sqlwright.cli.main import main; main()", "run", sql, "-d", str(shop)]
    )
    done = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, text=True, check=True)
    assert "0.30" in done.stdout.split()
    assert "0.30000000000000004" not in done.stdout


def test_json_of_a_refusal_has_codes(shop):
    done = run("DROP TABLE item", "-d", shop, "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["status"], data["result"]) == (1, "refused", None)
    assert all(set(v) == {"code", "message"} for v in data["violations"])
    assert data["violations"]


def test_the_row_limit_is_told(shop):
    done = run("SELECT * FROM orders", "-d", shop, "--max-rows", 2)
    assert len(done.stdout.splitlines()) == 3
    assert "--max-rows" in done.stderr


def test_a_dash_reads_the_statement_from_stdin(shop):
    done = run("-", "-d", shop, stdin="SELECT count(*) AS n FROM item")
    assert done.stdout.split() == ["n", "3"]


def test_the_statement_may_be_in_a_file(shop, tmp_path):
    (tmp_path / "count.sql").write_text("\ufeffSELECT count(*) AS n FROM item\n", encoding="utf-8")
    assert run("--file", tmp_path / "count.sql", "-d", shop).stdout.split() == ["n", "3"]
    for wrong in (["SELECT 1", "--file", tmp_path / "count.sql"], [], ["--file", tmp_path / "none.sql"]):
        assert run(*wrong, "-d", shop).returncode == 2


@pytest.mark.parametrize("width", [80, 20])
def test_a_terminal_shows_every_column_and_a_distinct_null(shop, width, monkeypatch, capsys):
    from sqlwright.cli.table import print_table
    from sqlwright.core import ResultTable

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(ResultTable(("first_name", "second", "third"), (("Ann\x1b[31m", None, 12), ("中文", "", 3))))
    shown = capsys.readouterr().out
    for expected in ("first_name", "second", "third", "NULL", "中文", "12"):
        assert expected in shown
    assert "\x1b[31m" not in shown
