"""`sqlwright synthesize`: rows to a file, the report to stderr, JSON to stdout."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.synthesize import command
from sqlwright.core import UsageError
from sqlwright.data import inspect_examples

from .test_triplets import GOOD


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments], standalone_mode=False)


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_it_writes_rows_that_data_inspect_reads(shop, tmp_path):
    out = tmp_path / "pairs.jsonl"
    result = run("-d", shop, "-n", 20, "-o", out)
    assert result.exception is None
    assert result.stdout == ""
    assert "20 pairs" in result.stderr
    assert "left out" in result.stderr
    inspection = inspect_examples(out)
    assert (inspection.format, inspection.questions, inspection.bad_rows) == ("sqlwright", 20, 0)
    assert inspection.gold == {"unparsable": 0, "refused": 0}


def test_questions_of_analysts(shop, tmp_path):
    out = tmp_path / "pairs.jsonl"
    result = run("-d", shop, "-n", 20, "--style", "both", "-o", out)
    assert "questions of analysts: " in result.stderr
    made = rows(out)
    assert len(made) == 20
    assert sum("-analyst-" in row["id"] for row in made) == 10
    assert inspect_examples(out).gold == {"unparsable": 0, "refused": 0}


def test_analyst_questions_avoid_the_held_out_ones(shop, tmp_path):
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    run("-d", shop, "-n", 10, "--style", "analyst", "-o", first)
    result = run("-d", shop, "-n", 10, "--style", "analyst", "--held-out", first, "-o", second)
    assert "in the held-out file: 0 questions, 0 SQL" in result.stderr
    assert "shapes:" not in result.stderr
    assert rows(second)


def test_json_goes_to_stdout(shop, tmp_path):
    result = run("-d", shop, "-n", 5, "-o", tmp_path / "pairs.jsonl", "--json")
    report = json.loads(result.stdout)
    assert (report["written"], report["database"]["pairs"]) == (5, 5)


def test_held_out_questions_and_statements_do_not_come(shop, tmp_path):
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    run("-d", shop, "-n", 15, "-o", first)
    result = run("-d", shop, "-n", 15, "-o", second, "--held-out", first)
    assert "in the held-out file: 0 questions, 0 SQL" in result.stderr
    assert not {r["gold_sql"] for r in rows(first)} & {r["gold_sql"] for r in rows(second)}


def test_triplets_need_no_database(tmp_path):
    script = tmp_path / "script.jsonl"
    out = tmp_path / "triplets.jsonl"
    import random

    from sqlwright.synthesis.triplets import triplet_prompt

    rng = random.Random(0)
    asked = [triplet_prompt(rng).question for _ in range(3)]
    script.write_text("\n".join(json.dumps({"question": q, "text": json.dumps(GOOD)}) for q in asked))
    result = run("--triplets", 1, "-m", f"scripted:{script}", "-o", out)
    assert result.exception is None, result.exception
    assert [(r["question"], r["ddl"]) for r in rows(out)] == [(GOOD["question"], GOOD["context"])]


@pytest.mark.parametrize("arguments", [(), ("--triplets", "3")])
def test_nothing_to_work_from_is_wrong_usage(tmp_path, arguments):
    assert isinstance(run(*arguments, "-o", tmp_path / "x.jsonl").exception, UsageError)


def test_rewording_by_a_model_that_knows_no_question_keeps_the_first_words(shop, tmp_path):
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps({"question": "?", "text": "?"}))
    plain, reworded = tmp_path / "plain.jsonl", tmp_path / "reworded.jsonl"
    run("-d", shop, "-n", 5, "-o", plain)
    result = run("-d", shop, "-n", 5, "-o", reworded, "--reword", f"scripted:{script}")
    assert rows(plain) == rows(reworded)
    assert "no answer 5" in result.stderr
