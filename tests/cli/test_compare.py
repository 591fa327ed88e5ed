"""`sqlwright compare`: a ranking with paired tests from reports."""

from __future__ import annotations

import json

import pytest

from sqlwright.evaluation.report import write_report
from tests.cli.test_main import sqlwright
from tests.evaluation.test_ranking import AFTER, BEFORE, answers


@pytest.fixture
def reports(tmp_path):
    paths = tmp_path / "before.json", tmp_path / "after.json"
    for report, path in zip((BEFORE, AFTER), paths, strict=True):
        write_report(report, path)
    return paths


def test_before_and_after_are_one_sentence(reports):
    run = sqlwright("compare", *reports)
    assert run.returncode == 0, run.stderr
    assert "before: 24 of 50, after: 39 of 50, difference +30.0 points [" in run.stdout
    assert "McNemar p = 0.0026" in run.stdout
    lines = [line.split() for line in run.stdout.splitlines()]
    assert lines[1][:5] == ["1", "after", "39", "of", "50"]
    assert "both 20, only before 4, only after 19, neither 7" in run.stdout


def test_json_has_ranking_and_pairs(reports):
    d = json.loads(sqlwright("compare", *reports, "--json").stdout)
    assert [row["model"] for row in d["ranking"]] == ["after", "before"]
    assert d["pairs"][0]["p_value"] == pytest.approx(0.0026, abs=1e-4)


def test_html_is_written(reports, tmp_path):
    run = sqlwright("compare", *reports, "--html", tmp_path / "ranking.html")
    assert run.stderr == f"Wrote {tmp_path / 'ranking.html'}\n"
    assert "after leads" in (tmp_path / "ranking.html").read_text()


def test_other_questions_are_refused_and_shared_ones_compared_on_request(reports, tmp_path):
    write_report(answers({1}, 40), tmp_path / "fewer.json")
    run = sqlwright("compare", *reports, tmp_path / "fewer.json")
    assert (run.returncode, run.stdout) == (2, "")
    assert "are not on the same questions" in run.stderr
    run = sqlwright("compare", *reports, tmp_path / "fewer.json", "--common")
    assert run.returncode == 0
    assert "10 questions are left out" in run.stdout


def test_what_is_no_report_is_named(reports, tmp_path):
    (tmp_path / "x.json").write_text("[1]")
    run = sqlwright("compare", reports[0], tmp_path / "x.json")
    assert run.returncode == 1
    assert run.stderr.startswith(f"error: {tmp_path / 'x.json'}: not a report")
