"""`sqlwright evaluate`: scores on stdout, words on stderr, files where they are asked for."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_main import sqlwright
from tests.evaluation.bench import data_rows, make_databases, prediction_rows, write_rows
from tests.evaluation.test_report import CONTRACT, ITEM_CONTRACT


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Arguments of an evaluation that works."""
    folder = tmp_path_factory.mktemp("bench")
    data = write_rows(folder / "data.jsonl", data_rows())
    predictions = write_rows(folder / "predictions.jsonl", prediction_rows())
    return predictions, "--data", data, "--databases", make_databases(folder / "databases")


@pytest.fixture(scope="module")
def done(bench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    options = ("--json", folder / "r.json", "--html", folder / "r.html", "--workers", 1, "--timeout", 5)
    return sqlwright("evaluate", *bench, *options), folder


def test_a_table_of_scores_stands_on_stdout(done):
    run, _ = done
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    assert ["Execution", "accuracy", "8", "3", "37.5", "%", "[13.7,", "69.4]"] in lines
    assert ["cause", "n"] in lines
    assert "1 item without a prediction, counted as wrong." in run.stdout
    assert "1 item not judged: no database file of that name." in run.stdout


def test_stderr_says_what_was_written(done):
    run, folder = done
    assert run.stderr.splitlines() == [f"Wrote {folder / 'r.json'}", f"Wrote {folder / 'r.html'}"]


def test_the_json_file_keeps_the_contract_and_the_settings(done):
    _, folder = done
    d = json.loads((folder / "r.json").read_text())
    assert d.keys() >= CONTRACT
    assert all(item.keys() >= ITEM_CONTRACT for item in d["items"])
    assert d["provenance"]["limits"]["timeout_s"] == 5
    assert d["provenance"]["workers"] == 1
    assert " evaluate " in d["provenance"]["command"]


def test_the_html_file_is_a_page(done):
    _, folder = done
    assert (folder / "r.html").read_text().startswith("<!doctype html>")


def test_json_goes_to_stdout_alone(bench):
    run = sqlwright("evaluate", *bench, "--json", "-", "--limit", 2)
    assert [i["id"] for i in json.loads(run.stdout)["items"]] == ["q1", "q2"]
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "predictions.jsonl:2"),
        ('{"id": "q2"}', "predictions.jsonl:2: no predicted_sql"),
        ('{"id": "q1", "predicted_sql": ""}', "predictions.jsonl:2: id 'q1' is there twice"),
        ('{"id": "z", "predicted_sql": ""}', "predictions.jsonl:2: id 'z' is not in"),
        ('{"id": "q2", "predicted_sql": 5}', "predictions.jsonl:2: predicted_sql is int, expected text"),
    ],
)
def test_a_bad_line_is_named_and_exits_1(bench, tmp_path, line, words):
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps(prediction_rows()[0]) + "\n" + line + "\n")
    run = sqlwright("evaluate", path, *bench[1:])
    assert run.returncode == 1
    assert words in run.stderr
    assert run.stderr.startswith("error: ")
    assert run.stdout == ""


def test_missing_files_and_folders_are_wrong_usage(bench, tmp_path):
    for arguments in (
        (tmp_path / "none.jsonl", *bench[1:]),
        (*bench[:-1], tmp_path / "none"),
        (*bench, "--json", tmp_path / "none" / "r.json"),
        (*bench, "--timeout", "0"),
    ):
        run = sqlwright("evaluate", *arguments)
        assert run.returncode == 2, run.stderr
        assert "Traceback" not in run.stderr
