"""Questions without database files: run on tables of their own, or judged by their text alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import UsageError
from sqlwright.evaluation.evaluate import evaluate
from sqlwright.evaluation.html import render_html

from .bench import data_rows, make_databases, prediction_rows, write_rows

PETS = (
    "CREATE TABLE pet (id INT PRIMARY KEY, name VARCHAR(20), kind TEXT, kg DECIMAL(5,2)); "
    "INSERT INTO pet (id, name, kind, kg) VALUES (1, 'Rex', 'dog', 31.5), (2, 'Mia', 'cat', 4), (3, 'Tom', 'cat', 5);"
)
EMPTY = "CREATE TABLE pet (id INT, name VARCHAR, kind VARCHAR)"
# id, context, gold, prediction: rows as in gretel's synthetic_text_to_sql
GRETEL = (
    ("right", PETS, "SELECT COUNT(*) FROM pet WHERE kind = 'cat'", "SELECT COUNT(id) FROM pet WHERE kind = 'cat'"),
    ("wrong", PETS, "SELECT name FROM pet WHERE kg > 10", "SELECT name FROM pet WHERE kg < 10"),
    ("writes", PETS, "SELECT name FROM pet", "DELETE FROM pet"),
    ("empty", EMPTY, "SELECT name FROM pet WHERE kind = 'cat'", "SELECT name FROM pet WHERE kind = 'dog'"),
    ("empty_fails", EMPTY, "SELECT name FROM pet", "SELECT title FROM pet"),
    ("refused", PETS + "DROP TABLE pet;", "SELECT name FROM pet", "SELECT name FROM pet"),
    ("gold_writes", PETS, "DELETE FROM pet WHERE id = 1", "SELECT 1"),
)


@pytest.fixture
def files(tmp_path):
    data = [
        {"id": i, "sql_prompt": f"Question {i}?", "sql_context": context, "sql": gold} for i, context, gold, _ in GRETEL
    ]
    predictions = [{"id": i, "predicted_sql": sql} for i, _, _, sql in GRETEL]
    return write_rows(tmp_path / "pred.jsonl", predictions), write_rows(tmp_path / "data.jsonl", data)


@pytest.fixture
def report(files):
    return evaluate(*files, workers=2)


def item(report, name):
    return next(i for i in report.items if i.id == name)


def test_a_question_runs_on_the_tables_of_its_row(report):
    found = {i.id: (i.state, i.strict_correct, i.test_suite_execution) for i in report.items}
    assert found["right"] == ("judged", True, True)
    assert found["wrong"] == ("judged", False, False)
    assert found["writes"] == ("judged", False, False)
    assert item(report, "writes").cause == "refused"
    assert item(report, "right").gold.result.rows == (("2",),) or item(report, "right").gold.result.rows == ((2,),)


def test_empty_tables_judge_whether_it_runs_and_no_result(report):
    empty, fails = item(report, "empty"), item(report, "empty_fails")
    assert (empty.state, empty.strict_correct, empty.no_power, empty.valid_sql) == ("no_rows", None, None, True)
    assert (fails.state, fails.valid_sql, fails.cause) == ("no_rows", False, "no_such_column")
    assert report.n == 3
    assert any("hold no rows" in note for note in report.notes())
    assert report.to_dict()["no_rows"] == 2


def test_a_context_with_another_statement_is_not_run_and_says_so(report):
    refused = item(report, "refused")
    assert refused.state == "no_database"
    assert "DROP TABLE" in refused.reason
    assert refused.exact_match
    assert refused.rouge_l == 1.0


def test_every_question_has_its_text_scores_with_the_schema_of_its_row(report):
    assert all(i.bleu is not None and i.rouge_l is not None and i.exact_match is not None for i in report.items)
    assert item(report, "empty").exact_set_match is True  # Spider's rule leaves values out
    assert item(report, "wrong").exact_set_match is False
    assert item(report, "right").hardness != "unknown"
    assert item(report, "gold_writes").state == "gold_failed"


def test_each_question_is_a_database_of_its_own_to_the_bootstrap(report):
    assert len({i.cluster for i in report.items}) == len(GRETEL)
    assert report.by_database() == {}


def test_the_page_shows_it(report):
    assert "hold no rows" in render_html(report)


def test_without_databases_and_contexts_the_text_scores_are_given(tmp_path):
    predictions = write_rows(tmp_path / "pred.jsonl", prediction_rows())
    data = write_rows(tmp_path / "data.jsonl", data_rows())
    done = CliRunner().invoke(cli, ["evaluate", str(predictions), "--data", str(data), "--json", "-"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["n"], found["skipped"], found["execution_accuracy"]) == (0, len(data_rows()), None)
    assert found["scores"]["bleu"]["n"] == found["scores"]["exact_match"]["n"] == len(data_rows())
    assert found["bleu"] > 0


def test_a_database_file_wins_over_the_rows_statements(tmp_path):
    databases = make_databases(tmp_path / "databases")
    row = {**data_rows()[0], "ddl": "CREATE TABLE item (id INT); INSERT INTO item VALUES (1)"}
    data = write_rows(tmp_path / "data.jsonl", [row])
    predictions = write_rows(tmp_path / "pred.jsonl", [{"id": "q1", "predicted_sql": "SELECT 3"}])
    assert evaluate(predictions, data, databases).items[0].strict_correct
    assert not evaluate(predictions, data).items[0].strict_correct


def test_a_folder_that_holds_none_of_the_databases_is_still_an_error(tmp_path):
    data = write_rows(tmp_path / "data.jsonl", data_rows())
    predictions = write_rows(tmp_path / "pred.jsonl", prediction_rows())
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UsageError, match="None of the databases"):
        evaluate(predictions, data, tmp_path / "nothing")


@pytest.mark.shared
def test_sql_create_context_is_scored(shared, tmp_path):
    from sqlwright.data import read_examples

    data = shared / "data/sql-create-context-samples/messages_a.jsonl.gz"
    rows = [{"id": e.id, "predicted_sql": e.gold_sql} for e in read_examples(data)][:40]
    report = evaluate(write_rows(tmp_path / "pred.jsonl", rows), data, limit=40, workers=1)
    assert {i.state for i in report.items} <= {"no_rows", "gold_failed"}
    assert report.scores["exact_match"].value == 1.0
    assert report.scores["valid_sql_rate"].value > 0.9
