"""`sqlwright data` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent.parent / "data" / "fixtures"


def run(*arguments, stdin=""):
    command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", "data", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    rows = [{"db_id": "bakery", "question": f"Question {i}?", "query": f"SELECT {i}"} for i in range(10)]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    return path


def test_inspect_prints_a_table():
    done = run("inspect", FIXTURES / "spider.json", FIXTURES / "sparc.json")
    assert done.returncode == 0
    assert "spider.json" in done.stdout
    assert "questions per database" in done.stdout
    assert "word for word" in done.stdout
    assert done.stderr == ""


def test_inspect_json_is_stable():
    done = run("inspect", FIXTURES / "spider.json", "--json")
    printed = json.loads(done.stdout)
    assert set(printed) == {"files", "leaks"}
    assert set(printed["files"][0]) == {
        "source", "format", "dialect", "rows", "bad_rows", "fields", "questions", "without_sql", "databases",
        "questions_per_schema", "dialogues", "turns_per_dialogue", "lengths", "length_histograms", "duplicate_ids",
        "duplicate_questions", "duplicate_sql", "chinese_share", "unanswerable_share", "gold", "findings",
    }  # fmt: skip
    assert printed["files"][0]["questions"] == 2


def test_inspect_reads_the_standard_input(questions):
    done = run("inspect", "-", "--json", stdin=questions.read_text())
    assert json.loads(done.stdout)["files"][0]["questions"] == 10


def test_bad_rows_are_listed_on_stderr_the_first_twenty_and_their_count(questions):
    questions.write_text(questions.read_text() + "{\n" * 25)
    done = run("inspect", questions, "--json")
    assert done.returncode == 0
    assert done.stderr.count("bad row: ") == 20
    assert f"{questions}:11: not JSON" in done.stderr
    assert "... and 5 more." in done.stderr
    assert "25 bad rows could not be read." in done.stderr


def test_strict_stops_at_the_first_bad_row(questions):
    questions.write_text(questions.read_text() + "{\n")
    done = run("inspect", questions, "--strict")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {questions}:11: not JSON")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inspect", "none.jsonl"], "No file 'none.jsonl'"),
        (["inspect", FIXTURES], "is a folder"),
        (["inspect"], "Missing argument"),
        (["inspect", FIXTURES / "spider.json", "--format", "spidr"], "'spider'"),
        (["inspect", FIXTURES / "spider.json", "--databases", "none"], "No folder"),
        (["inspect", FIXTURES / "spider.json", "--tokenizer", "none"], "No tokenizer"),
        (["convert", FIXTURES / "spider.json", "-o", "x", "--to", "parquet"], "'parquet'"),
        (["convert", FIXTURES / "competition.json", "-o", "x", "--to", "answers"], "--predictions"),
        (["split", FIXTURES / "spider.json", "-o", "x"], "either --ratio or --sample"),
        (["split", FIXTURES / "spider.json", "-o", "x", "--ratio", "7"], "7:3"),
        (["split", "-", "-o", "x", "--ratio", "7:3"], "standard input"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_convert_writes_the_file_and_its_dataset_info(tmp_path):
    output = tmp_path / "train.json"
    tables = FIXTURES / "tables.json"
    done = run("convert", FIXTURES / "spider.json", "-o", output, "--to", "alpaca", "--tables", tables)
    assert done.returncode == 0
    assert done.stdout == ""
    assert len(json.loads(output.read_text())) == 2
    assert json.loads((tmp_path / "dataset_info.json").read_text())["train"]["file_name"] == "train.json"


def test_convert_without_a_schema_writes_nothing_and_says_why(tmp_path):
    done = run("convert", FIXTURES / "spider.json", "-o", tmp_path / "o.jsonl", "--to", "messages")
    assert done.returncode == 1
    assert "no schema of 'bakery'" in done.stderr
    assert not (tmp_path / "o.jsonl").exists()


def test_convert_makes_a_competitions_answer_file(tmp_path):
    predictions = tmp_path / "predictions.jsonl"
    predictions.write_text('{"id": "0-1", "predicted_sql": "SELECT 1"}\n')
    output = tmp_path / "answers.json"
    source = FIXTURES / "competition.json"
    done = run("convert", source, "-o", output, "--to", "answers", "--predictions", predictions)
    assert done.returncode == 0
    assert json.loads(output.read_text(encoding="utf-8"))[0][1]["query"] == "SELECT 1"


def test_split_keeps_the_parts_of_an_earlier_split_unless_told(questions, tmp_path):
    split = ["split", questions, "-o", tmp_path / "parts", "--ratio", "7:3"]
    assert run(*split).returncode == 0
    first = (tmp_path / "parts" / "test.jsonl").read_text()
    again = run(*split, "--seed", "5")
    assert again.returncode == 2
    assert "already holds train.jsonl, test.jsonl" in again.stderr
    assert "--overwrite" in again.stderr
    assert (tmp_path / "parts" / "test.jsonl").read_text() == first
    assert run("split", questions, "-o", tmp_path / "parts", "--sample", "4").returncode == 0  # other names
    assert run(*split, "--seed", "5", "--overwrite").returncode == 0
    assert (tmp_path / "parts" / "test.jsonl").read_text() != first


def test_split_by_ratio_and_by_sample(questions, tmp_path):
    assert run("split", questions, "-o", tmp_path / "parts", "--ratio", "7:3").returncode == 0
    parts = {name: (tmp_path / "parts" / f"{name}.jsonl").read_text().splitlines() for name in ("train", "test")}
    assert {name: len(lines) for name, lines in parts.items()} == {"train": 7, "test": 3}
    assert run("split", questions, "-o", tmp_path / "a", "--sample", "4", "--seed", "3").returncode == 0
    assert run("split", questions, "-o", tmp_path / "b", "--sample", "4", "--seed", "3").returncode == 0
    first, second = ((tmp_path / folder / "sample.jsonl").read_text() for folder in "ab")
    assert first == second
    assert len(first.splitlines()) == 4
