"""`sqlwright check` says whether the guard would run a statement; other programs read what it prints."""

from __future__ import annotations

import json

import pytest

from sqlwright.cli.main import main


@pytest.fixture
def check(monkeypatch, capsys):
    """Run the command as a shell would: (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["sqlwright", "check", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as error:
            code = error.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def write(path, *rows):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def test_an_allowed_statement_exits_0_and_is_printed(check, shop):
    code, out, _ = check("SELECT name FROM customer -- all", "-d", shop)
    assert (code, out) == (0, "allowed\nSELECT name FROM customer\n")


def test_a_refused_statement_exits_1_and_says_why(check, shop):
    code, out, _ = check("DROP TABLE customer", "-d", shop)
    assert code == 1
    assert "not_a_query: DROP is not a query." in out


def test_an_unknown_table_names_the_nearest_one(check, shop):
    _, out, _ = check("SELECT * FROM costumer", "-d", shop)
    assert "Did you mean 'customer'?" in out


def test_json_has_allowed_sql_and_violations(check, shop):
    code, out, _ = check("SELECT load_extension('x')", "-d", shop, "--json")
    answer = json.loads(out)
    assert code == 1
    assert (answer["allowed"], answer["sql"]) == (False, "")
    assert [v["code"] for v in answer["violations"]] == ["function"]


def test_a_file_is_checked_line_by_line_in_order_and_exits_0(check, tmp_path):
    rows = [
        {"id": "a", "engine": "sqlite", "sql": "SELECT 1"},
        {"id": "b", "engine": "postgresql", "sql": "SELECT pg_read_file('x')"},
        {"id": "c", "engine": "mariadb", "sql": "SELECT sleep(1)"},
        {"id": "d", "engine": "mysql", "sql": "SELECT 1 # one"},
        {"id": "e", "engine": "postgres", "sql": "SELECT now()"},
        {"id": "f", "engine": "duckdb", "sql": "SELECT * FROM 'x.csv'"},
    ]
    code, out, _ = check("--file", write(tmp_path / "f.jsonl", *rows))
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(a["id"], a["allowed"]) for a in answers] == [
        ("a", True),
        ("b", False),
        ("c", False),
        ("d", True),
        ("e", True),
        ("f", False),
    ]
    assert all(set(a) == {"id", "allowed", "violations"} for a in answers)
    assert set(answers[1]["violations"][0]) == {"code", "message"}


def test_a_file_is_checked_against_the_database_where_one_is_given(check, shop, tmp_path):
    path = write(tmp_path / "f.jsonl", {"id": 1, "sql": "SELECT * FROM item"}, {"id": 2, "sql": "SELECT * FROM secret"})
    _, out, _ = check("--file", path, "-d", shop)
    assert [json.loads(line)["allowed"] for line in out.splitlines()] == [True, False]


@pytest.mark.parametrize("bad", ["{", "[1]", '{"id": 1}', '{"engine": "oracle", "sql": "SELECT 1"}'])
def test_a_bad_line_is_named_after_the_finished_rows(check, tmp_path, bad):
    path = write(tmp_path / "f.jsonl", {"id": 1, "engine": "sqlite", "sql": "SELECT 1"}, bad)
    code, out, err = check("--file", path)
    assert code == 1
    assert len(out.splitlines()) == 1
    assert f"{path}:2" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [[], ["SELECT 1"], ["SELECT 1", "--file", "x"], ["--file", "missing.jsonl"]])
def test_wrong_usage_exits_2(check, arguments):
    code, out, err = check(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
