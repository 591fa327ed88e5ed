"""`sqlwright logs`: a question asked on the command line is found, confirmed and exported."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import NotFoundError, UsageError


@pytest.fixture
def log(tmp_path, monkeypatch):
    path = tmp_path / "log.db"
    monkeypatch.setenv("SQLWRIGHT_LOG", str(path))
    return path


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.jsonl"
    path.write_text('{"question": "How many items?", "text": "SELECT count(*) FROM item"}\n')
    return f"scripted:{path}"


def test_ask_is_logged_listed_confirmed_and_exported(log, shop, script, tmp_path):
    assert run("ask", "How many items?", "-d", shop, "-m", script).exit_code == 0
    assert run("logs", "path").stdout.strip() == str(log)
    assert "shop  answered, 1 rows" in run("logs", "ls").stdout
    assert json.loads(run("logs", "ls", "--json").stdout)[0]["question"] == "How many items?"
    with pytest.raises(UsageError, match="no confirmed answer"):
        run("logs", "export", "--confirmed", "-o", tmp_path / "pairs.jsonl")
    assert "model's own answers" in run("logs", "export", "-o", tmp_path / "pairs.jsonl").stderr
    run("logs", "confirm", "1")
    assert run("logs", "export", "--confirmed", "-o", tmp_path / "pairs.jsonl").exit_code == 0
    assert json.loads((tmp_path / "pairs.jsonl").read_text()) == {
        "id": "log-1",
        "db_id": "shop",
        "question": "How many items?",
        "gold_sql": "SELECT count(*) FROM item",
    }


def test_the_flag_and_the_setting_turn_it_off(log, shop, script, monkeypatch):
    assert run("ask", "How many items?", "-d", shop, "-m", script, "--no-log").exit_code == 0
    monkeypatch.setenv("SQLWRIGHT_LOG", "off")
    assert run("ask", "How many items?", "-d", shop, "-m", script).exit_code == 0
    assert not log.exists()
    with pytest.raises(UsageError, match="The log is off"):
        run("logs", "ls")


def test_rows_are_kept_on_request(log, shop, script):
    run("ask", "How many items?", "-d", shop, "-m", script, "--log-rows")
    assert json.loads(run("logs", "ls", "--json").stdout)[0]["rows"] == "[[3]]"


def test_a_log_that_cannot_be_written_is_one_warning_beside_the_answer(shop, script, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SQLWRIGHT_LOG", str(tmp_path / "file" / "log.db"))
    done = run("ask", "How many items?", "-d", shop, "-m", script)
    assert done.exit_code == 0
    assert "count(*)" in done.stdout
    assert done.stderr.count("warning:") == 1


def test_no_log_yet_says_when_it_is_made(log):
    with pytest.raises(NotFoundError, match="made with the first question"):
        run("logs", "ls")
