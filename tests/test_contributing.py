"""The how-tos of CONTRIBUTING.md "Add a data format" and "Add a metric": followed to the letter, then in detail."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import DataError, Example
from sqlwright.data import formats, inspect_examples, read_examples
from sqlwright.data.formats.format import Format, rowwise, text
from sqlwright.evaluation.evaluate import evaluate
from sqlwright.evaluation.html import render_html
from sqlwright.evaluation.metric import Case, Metric
from sqlwright.evaluation.metrics import METRICS
from sqlwright.evaluation.ranking import rank
from sqlwright.evaluation.report import read_report, write_report

from .evaluation.bench import data_rows, make_databases, prediction_rows, write_rows

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Runs a command on a copy of the package with every file and registry line of CONTRIBUTING.md."""
    root = tmp_path_factory.mktemp("extended")
    shutil.copytree(
        ROOT / "src" / "sqlwright",
        root / "src" / "sqlwright",
        ignore=shutil.ignore_patterns("__pycache__", "built_in"),
    )
    weights = "src/sqlwright/parser/built_in"
    (root / weights).symlink_to(ROOT / weights)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for block in re.findall(r"^ *```python\n(.*?)^ *```$", guide, re.DOTALL | re.MULTILINE):
        name, _, text = textwrap.dedent(block).partition("\n")
        assert not (root / name[2:]).exists(), name
        (root / name[2:]).write_text(text, encoding="utf-8")
    for block in re.findall(r"^ *```diff\n(.*?)^ *```$", guide, re.DOTALL | re.MULTILINE):
        name, *lines = textwrap.dedent(block).splitlines()
        apply(root / name.removeprefix("--- "), lines)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(root / "src")}
        command = [sys.executable, "-m", "sqlwright", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=root)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def apply(path, lines):
    """Insert each line with a plus after the line before it, which has to be in the file once."""
    text = path.read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if line.startswith("+"):
            assert text.count(before[1:]) == 1, before
            text.insert(text.index(before[1:]) + 1, line[1:])
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def test_the_format_of_the_guide_is_recognized_and_converted(extended, tmp_path):
    rows = [{"riddle": "How many?", "solution": "SELECT 1"}, {"riddle": "Who?", "solution": "SELECT 2"}]
    write_rows(tmp_path / "quiz.jsonl", rows)
    extended("data", "convert", tmp_path / "quiz.jsonl", "-o", tmp_path / "own.jsonl", "--to", "sqlwright")
    written = [json.loads(line) for line in (tmp_path / "own.jsonl").read_text().splitlines()]
    assert [(row["db_id"], row["question"], row["gold_sql"]) for row in written] == [
        ("bakery", "How many?", "SELECT 1"),
        ("bakery", "Who?", "SELECT 2"),
    ]


def test_the_metric_of_the_guide_is_in_the_report_and_on_the_terminal(extended, tmp_path):
    data = write_rows(tmp_path / "data.jsonl", data_rows())
    predictions = write_rows(tmp_path / "pred.jsonl", prediction_rows())
    databases = make_databases(tmp_path / "databases")
    shown = extended(
        "evaluate", predictions, "--data", data, "--databases", databases, "--json", tmp_path / "report.json"
    )
    assert re.search(r"^Same length +9 +2 ", shown, re.MULTILINE)
    assert json.loads((tmp_path / "report.json").read_text())["scores"]["same_length"]["correct"] == 2


def read_quiz(row):
    fields = row.fields
    return [Example(str(row.number), "bakery", text(fields, "riddle"), text(fields, "solution"))]


def same_length(case: Case) -> bool:
    return len(case.gold_sql) == len(case.predicted_sql)


def rows_returned(case: Case) -> float | None:
    table = case.strict.predicted.table if case.strict else None
    return None if table is None else float(len(table.rows))


QUIZ = Format("quiz", "riddle, solution", lambda fields: {"riddle", "solution"} <= fields.keys(), rowwise(read_quiz))
SAME_LENGTH = Metric("same_length", "Same length", same_length, needs="text", about="As many letters.", label="length")
ROWS_RETURNED = Metric("rows_returned", "Rows returned", rows_returned, needs="run", kind="measure", label="rows")


@pytest.fixture
def quiz(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "FORMATS", (QUIZ, *formats.FORMATS))
    path = tmp_path / "quiz.jsonl"
    rows = [{"riddle": "How many?", "solution": "SELECT 1"}, {"riddle": "Why?"}]
    return write_rows(path, rows)


def test_a_new_format_is_recognized_read_and_named(quiz, tmp_path):
    bad = []
    assert list(read_examples(quiz, on_bad_row=bad.append)) == [Example("0", "bakery", "How many?", "SELECT 1")]
    assert ["no field 'solution'" in error.reason for error in bad] == [True]
    assert inspect_examples(quiz, on_bad_row=lambda _: None).format == "quiz"
    (tmp_path / "other.jsonl").write_text('{"x": 1}\n')
    with pytest.raises(DataError, match=r"quiz \(riddle, solution\)"):
        list(read_examples(tmp_path / "other.jsonl"))
    done = CliRunner().invoke(
        cli, ["data", "convert", str(quiz), "-o", str(tmp_path / "o.jsonl"), "--to", "sqlwright", "--format", "quiz"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "o.jsonl").read_text())["gold_sql"] == "SELECT 1"


@pytest.fixture
def report(tmp_path, monkeypatch):
    for metric in (SAME_LENGTH, ROWS_RETURNED):
        monkeypatch.setitem(METRICS, metric.name, metric)
    data = write_rows(tmp_path / "data.jsonl", data_rows())
    predictions = write_rows(tmp_path / "pred.jsonl", prediction_rows())
    return evaluate(predictions, data, make_databases(tmp_path / "databases"), workers=1)


def test_a_new_metric_is_in_the_report_on_its_page_and_in_compare(report, tmp_path):
    items = {item.id: item.metrics for item in report.items}
    assert items["q1"] == {"same_length": True, "rows_returned": 1.0}
    assert items["q2"] == {"same_length": False, "rows_returned": 3.0}
    assert items["q8"]["rows_returned"] is None  # it did not run
    assert items["q9"] == {"same_length": True}  # no database, so only the text

    d = report.to_dict()
    assert (d["scores"]["same_length"]["correct"], d["scores"]["same_length"]["n"]) == (2, 9)
    assert d["scores"]["same_length"]["interval_95"] is not None
    assert d["rows_returned"] == pytest.approx(10 / 5)
    assert d["by_database"]["shop"]["same_length"] == 0.25
    assert "rows_returned" not in d["by_database"]["shop"]

    page = render_html(report)
    assert {"Same length", "As many letters.", "Rows returned"} <= set(re.findall(r"[\w .]+", page))
    assert '["same_length","length"]' in page

    path = tmp_path / "report.json"
    other = tmp_path / "other.json"
    write_report(report, path)
    write_report(report, other)
    again = read_report(path)
    assert again.scores == report.scores
    assert rank({"a": report, "b": again}, "same_length").entries[0].score.correct == 1  # q9 did not run
    shown = CliRunner().invoke(cli, ["compare", str(path), str(other), "--metric", "same_length"])
    assert "same length" in shown.stdout
    assert "is not one of" in CliRunner().invoke(cli, ["compare", str(path), "--metric", "rows_returned"]).stderr


def test_a_report_of_an_unknown_metric_is_read_without_it(report, tmp_path, monkeypatch):
    write_report(report, tmp_path / "report.json")
    monkeypatch.delitem(METRICS, "same_length")
    again = read_report(tmp_path / "report.json")
    assert "same_length" not in again.scores
    assert again.items[0].metrics == {"same_length": True, "rows_returned": 1.0}


def test_the_files_that_the_how_tos_name_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./]+\.(?:py|md|jsonl))`", text) if "/" in name}
    roots = (ROOT, ROOT / "src" / "sqlwright")
    assert [name for name in named if not any((root / name).is_file() for root in roots)] == []
