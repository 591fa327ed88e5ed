"""`sqlwright demo` in a pipe: everything it promises, on 100 columns, without a network."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from sqlwright.answering import ask
from sqlwright.cli.demo import HOSTILE, WIDTH, show_next_steps
from sqlwright.cli.main import cli
from sqlwright.core import UsageError
from sqlwright.data.demo import MISTAKES, demo_examples, demo_predictions, demo_questions
from sqlwright.db import open_database
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.generation import load_generator


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache") / "demo"


@pytest.fixture(scope="module")
def output(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("platformdirs.user_cache_path", lambda *args, **kwargs: folder.parent)
        result = CliRunner().invoke(cli, ["demo"], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_it_makes_the_database_and_says_where(output, folder):
    path = folder / "outdoor_shop" / "outdoor_shop.sqlite"
    assert str(path) in output
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM orders").fetchone() == (15_000,)


def test_ten_questions_two_of_them_in_chinese_are_answered_with_receipts_and_verdicts(output):
    questions = demo_questions()
    assert len(questions) == 10
    assert sum(not pair.question.isascii() for pair in questions) == 2
    for pair in questions:
        receipt = output.split(pair.question, 1)[1].split("\n\n", 1)[0]
        assert "SELECT" in receipt
        assert "from " in receipt
        assert "% sure" in receipt
        assert " ms" in receipt
        assert "    right\n" in receipt + "\n" or "other rows than the gold SQL" in receipt


def test_the_verdicts_it_shows_are_those_of_the_strict_rule(output, folder):
    model = load_generator("built-in")
    right = 0
    with open_database(folder / "outdoor_shop" / "outdoor_shop.sqlite") as database:
        for pair in demo_questions():
            sql = ask(pair.question, database, model).sql
            right += strict_verdict(database, pair.gold_sql, sql).verdict.correct
    assert f"\n  {right} of 10 right\n" in output


def test_three_hostile_statements_are_refused_and_each_has_a_reason(output):
    reasons = [line for line in output.splitlines() if line.strip().startswith("refused: ")]
    assert len(HOSTILE) == len(reasons) == 3
    assert all(len(reason.split()) > 4 for reason in reasons)


def test_the_evaluation_says_what_its_predictions_are_and_finds_every_mistake_and_no_other(output, folder):
    words = " ".join(output.split())
    right, total = len(demo_predictions()) - len(MISTAKES), len(demo_predictions())
    assert f"{len(MISTAKES)} deliberate mistakes. No model wrote them." in words
    strict = next(line for line in output.splitlines() if "strict rule" in line)
    assert f"({right} of {total})" in strict
    assert (folder / "report.html").stat().st_size > 10_000


def test_it_ends_with_the_chat_page_and_three_more_commands_to_try(output):
    commands = [line.split()[1] for line in output.splitlines() if line.startswith("  sqlwright ")]
    assert commands == ["chat", "ask", "schema", "run"]


def test_where_the_command_is_not_on_the_path_it_says_how_to_put_it_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    show_next_steps(tmp_path / "shop.sqlite")
    first = capsys.readouterr().out.splitlines()[2]
    assert first == f'  export PATH={Path(sys.executable).parent}:"$PATH"'
    (tmp_path / "sqlwright").touch(mode=0o755)
    show_next_steps(tmp_path / "shop.sqlite")
    assert "export" not in capsys.readouterr().out


def test_lines_fit_into_100_columns_but_for_those_with_a_path(output, folder):
    paths = str(folder), str(Path(sys.executable).parent)
    long = [line for line in output.splitlines() if cell_len(line) > WIDTH]
    assert [line for line in long if not any(path in line for path in paths)] == []


def test_a_mistake_stands_for_a_pair_kept_for_evaluation_and_differs_from_its_gold():
    gold = {pair.id: pair.gold_sql for pair in demo_examples(split="dev")}
    assert set(gold) >= MISTAKES
    assert all(p.predicted_sql != gold[p.id] for p in demo_predictions() if p.id in MISTAKES)


def test_a_cache_folder_that_cannot_be_written_is_a_usage_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *args, **kwargs: tmp_path / "file")
    with pytest.raises(UsageError, match="Cannot write"):
        CliRunner().invoke(cli, ["demo"], catch_exceptions=False)
