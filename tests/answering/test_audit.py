"""The log holds what was asked and never a password, several may write it, and no answer waits for it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest

from sqlwright.answering import AuditLog, Entry, ask, log_path, noted
from sqlwright.answering.audit import confirm, read_entries, training_examples, without_passwords
from sqlwright.core import GenerationError, NotFoundError, Turn
from sqlwright.data.reading import read_examples
from sqlwright.data.writing import write_rows
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator

ANSWERED = Entry("cli", "How many?", "answered", "shop", "sqlite", "scripted", "SELECT count(*) FROM item", row_count=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "log.db"


def written(path, *entries, **settings):
    with AuditLog(path, **settings) as log:
        for entry in entries:
            log.record(entry)
    return list(read_entries(path))


@pytest.mark.parametrize("rows", [False, True])
def test_a_question_is_noted_with_sql_outcome_and_times_and_rows_only_on_request(path, shop, rows):
    model = ScriptedGenerator(["SELECT name FROM customer WHERE city = 'Oslo'"])
    with open_database(shop) as database, AuditLog(path, rows=rows) as log:
        draft = Entry("cli", "Who?", "error", history=(Turn("Before?", "SELECT 1"),))
        noted(log, draft, lambda: ask("Who?", database, model))
    (entry,) = read_entries(path)
    assert (entry.source, entry.question, entry.database, entry.status) == ("cli", "Who?", "shop", "answered")
    assert entry.sql.startswith("SELECT name")
    assert entry.history == (Turn("Before?", "SELECT 1"),)
    assert entry.row_count == 1
    assert 0 < entry.query_s < entry.total_s
    assert entry.rows == ('[["Bo"]]' if rows else None)
    assert rows or b"Bo" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_what_fails_is_noted_with_the_reason_and_raised(path):
    def fail():
        raise GenerationError("http://me:hunter2@host/v1 gave no answer.")

    with AuditLog(path) as log, pytest.raises(GenerationError):
        noted(log, Entry("api", "How many?", "error", "shop"), fail)
    (entry,) = read_entries(path)
    assert (entry.status, entry.reason) == ("error", "http://me:***@host/v1 gave no answer.")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql+psycopg://me:hunter2@host/shop", "postgresql+psycopg://me:***@host/shop"),
        ("openai:m@http://u:hunter2@host:80/v1", "openai:m@http://u:***@host:80/v1"),
        ("mysql://host/shop?user=me&password=hunter2&x=1", "mysql://host/shop?user=me&password=***&x=1"),
        (
            "SELECT a FROM t WHERE password = 'x' AND t.pwd=u.pwd",
            "SELECT a FROM t WHERE password = 'x' AND t.pwd=u.pwd",
        ),
        ("https://host/a:b@c", "https://host/a:b@c"),
    ],
)
def test_the_passwords_of_urls_are_never_kept(path, text, kept):
    assert without_passwords(text) == kept
    (entry,) = written(path, Entry("cli", text, "error", model=text, sql=text))
    assert {entry.question, entry.model, entry.sql} == {kept}
    assert b"hunter2" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_the_file_is_for_its_owner_alone(path):
    written(path, ANSWERED)
    assert path.stat().st_mode & 0o077 == 0


def test_several_processes_write_at_once_and_lose_nothing(path):
    code = (
        "import sys, pathlib\n"
        "from sqlwright.answering.audit import AuditLog, Entry\n"
        "with AuditLog(pathlib.Path(sys.argv[1])) as log:\n"
        "    for i in range(200): log.record(Entry('cli', f'{sys.argv[2]} {i}', 'answered'))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [process.wait(120) for process in running] == [0, 0]
    questions = {entry.question for entry in read_entries(path)}
    assert questions == {f"{name} {i}" for name in "ab" for i in range(200)}


def test_a_locked_log_delays_nobody_and_warns_once(path, monkeypatch):
    monkeypatch.setattr("sqlwright.answering.audit.BUSY_TIMEOUT_S", 0.1)
    written(path, ANSWERED)
    warnings = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        log = AuditLog(path, warn=warnings.append)
        for _ in range(3):  # `record` comes back while the log is locked, which it is until the end of the block
            log.record(ANSWERED)
            time.sleep(0.3)
        log.close()
        other.execute("ROLLBACK")
    assert len(warnings) == 1
    assert "locked" in warnings[0]
    assert len(list(read_entries(path))) == 1


def test_a_log_that_cannot_be_written_warns_once_and_answers_go_on(tmp_path, shop):
    (tmp_path / "file").write_text("no folder")
    warnings = []
    with open_database(shop) as database, AuditLog(tmp_path / "file" / "log.db", warn=warnings.append) as log:
        for _ in range(2):
            model = ScriptedGenerator(["SELECT count(*) FROM item"])
            answer = noted(log, Entry("cli", "How many?", "error"), lambda m=model: ask("How many?", database, m))
            assert answer.status == "answered"
    assert len(warnings) == 1


def test_a_log_that_is_moved_away_is_begun_again(path):
    with AuditLog(path) as log:
        log.record(ANSWERED)
        while not path.exists() or not list(read_entries(path)):
            time.sleep(0.01)
        path.rename(path.with_name("old.db"))
        log.record(replace(ANSWERED, question="Later?"))
    assert [entry.question for entry in read_entries(path)] == ["Later?"]


def test_half_a_character_is_no_reason_to_lose_a_line(path):
    (entry,) = written(path, Entry("cli", "a\ud800b", "error"))
    assert entry.question == "a?b"


@pytest.mark.parametrize(("value", "name"), [("off", None), ("0", None), ("/x/y.db", "y.db"), ("", "logs.db")])
def test_one_setting_turns_it_off_or_elsewhere(monkeypatch, value, name):
    monkeypatch.setenv("SQLWRIGHT_LOG", value)
    found = log_path()
    assert (found and found.name) == name


def test_training_rows_are_the_last_answer_of_each_question_that_had_rows(path, tmp_path):
    written(
        path,
        replace(ANSWERED, sql="SELECT 1"),
        ANSWERED,
        replace(ANSWERED, question="Empty?", row_count=0),
        replace(ANSWERED, question="Failed?", status="failed", row_count=None),
        replace(ANSWERED, question=""),
        replace(ANSWERED, history=(Turn("Before?", "SELECT 2"),)),
    )
    examples = training_examples(path)
    assert [(e.id, e.db_id, e.gold_sql) for e in examples] == [
        ("log-2", "shop", "SELECT count(*) FROM item"),
        ("log-6", "shop", "SELECT count(*) FROM item"),
    ]
    write_rows(tmp_path / "pairs.jsonl", (e.to_dict() for e in examples))
    assert list(read_examples(tmp_path / "pairs.jsonl")) == examples


def test_a_mark_is_about_the_line_before_it_however_many_wait(path, monkeypatch):
    log = AuditLog(path)
    monkeypatch.setattr(log, "_writer", object())  # busy elsewhere
    log.record(ANSWERED)
    log.confirm("shop", "How many?", corrected_sql="SELECT 2")
    log.record(ANSWERED)
    log._waiting.put(None)
    log._write()
    assert [e.corrected_sql for e in read_entries(path)] == ["SELECT 2", ""]


def test_confirmed_rows_are_what_a_person_saw_and_a_correction_counts_as_one(path):
    written(path, ANSWERED, replace(ANSWERED, question="Wrong?", status="failed", row_count=None), ANSWERED)
    assert training_examples(path, confirmed=True) == []
    confirm(path, 1)
    confirm(path, 2, "SELECT 2")
    assert [(e.question, e.gold_sql) for e in training_examples(path, confirmed=True)] == [
        ("How many?", "SELECT count(*) FROM item"),
        ("Wrong?", "SELECT 2"),
    ]
    assert training_examples(path)[0].id == "log-1"  # a later answer that nobody saw does not displace it
    with pytest.raises(NotFoundError, match="No line 9"):
        confirm(path, 9)


def test_an_entry_is_json(path):
    (entry,) = written(path, ANSWERED)
    json.dumps(entry.to_dict(), allow_nan=False)
