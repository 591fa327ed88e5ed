"""A report: scores computed from items, and the JSON that other programs read."""

from __future__ import annotations

import json

import pytest

from sqlwright.core import DataError, NotFoundError, Turn
from sqlwright.evaluation.item import ItemReport, StatementRun
from sqlwright.evaluation.provenance import Provenance
from sqlwright.evaluation.report import Report, read_report, write_report
from sqlwright.evaluation.result_view import ResultView

CONTRACT = {
    "n", "execution_accuracy", "interval_95", "strict_execution_accuracy", "exact_set_match", "exact_match", "bleu",
    "rouge_l", "valid_sql_rate", "by_hardness", "by_database", "no_power", "items",
}  # fmt: skip
ITEM_CONTRACT = {
    "id", "db_id", "question", "gold_sql", "predicted_sql", "strict_correct", "no_power", "test_suite_execution",
    "bird_execution", "exact_set_match", "exact_match", "hardness", "cause",
}  # fmt: skip


def judged(n: int, *, right: bool, db_id: str = "a", **fields) -> ItemReport:
    verdicts = dict.fromkeys(
        ("strict_correct", "test_suite_execution", "bird_execution", "exact_set_match", "exact_match", "valid_sql"),
        right,
    )
    values = {"hardness": "easy", "no_power": False, "cause": None if right else "wrong_value", **verdicts, **fields}
    return ItemReport(str(n), db_id, f"Question {n}?", "SELECT 1", "SELECT 2", **values)


def report(right: int = 24, n: int = 50, **fields) -> Report:
    return Report(tuple(judged(i, right=i < right, db_id="ab"[i % 2], **fields) for i in range(n)))


def test_the_json_has_the_keys_of_the_contract():
    d = report().to_dict()
    assert d.keys() >= CONTRACT
    assert all(item.keys() >= ITEM_CONTRACT for item in d["items"])


def test_the_headline_is_the_published_rule_with_wilsons_interval():
    d = report(24, 50).to_dict()
    assert (d["n"], d["execution_accuracy"]) == (50, 0.48)
    assert d["interval_95"] == pytest.approx([0.348, 0.615], abs=0.001)
    assert d["scores"]["execution_accuracy"]["correct"] == 24


def test_the_strict_rule_is_ours_and_apart():
    d = Report((judged(0, right=True, strict_correct=False),)).to_dict()
    assert (d["execution_accuracy"], d["strict_execution_accuracy"]) == (1.0, 0.0)


def test_items_that_were_not_judged_stay_out_of_the_execution_scores():
    unrun = ItemReport("x", "gone", "?", "SELECT 1", "SELECT 1", state="no_database", exact_match=True)
    d = Report((judged(0, right=False), unrun)).to_dict()
    assert (d["n"], d["n_items"], d["skipped"]) == (1, 2, 1)
    assert d["scores"]["exact_match"] == {**d["scores"]["exact_match"], "n": 2, "correct": 1}


def test_slices_have_their_own_n():
    d = report(24, 50).to_dict()
    assert {name: s["n"] for name, s in d["by_database"].items()} == {"a": 25, "b": 25}
    assert d["by_hardness"]["easy"]["n"] == 50
    assert d["by_cause"] == {"wrong_value": 26}


def test_predictions_without_sql_that_bird_counts_as_right_are_told():
    silent = judged(0, right=False, cause="no_sql", bird_execution=True, no_power=True)
    notes = Report((silent, judged(1, right=False, cause="no_sql"), judged(2, right=True))).notes()
    assert next(n for n in notes if "wrote no SQL" in n).startswith("1 item")
    assert not any("wrote no SQL" in n for n in report().notes())


def test_levels_of_hardness_stand_from_easy_to_extra():
    items = [judged(i, right=True, hardness=h) for i, h in enumerate(("extra", "hard", "unknown", "easy", "medium"))]
    assert list(Report(tuple(items)).by_hardness()) == ["easy", "medium", "hard", "extra", "unknown"]


def test_an_item_counts_in_the_slice_of_each_of_its_clauses():
    items = (judged(0, right=True, clauses=("join", "where")), judged(1, right=False, clauses=("where",)))
    assert {name: s["n"] for name, s in Report(items).by_clause().items()} == {"where": 2, "join": 1}


def test_questions_on_one_database_widen_the_interval():
    items = tuple(judged(i, right=i < 40, db_id="abcd"[i // 20]) for i in range(80))  # two databases right, two wrong
    score = Report(items).scores["execution_accuracy"]
    low, high = score.interval_95
    assert score.interval_95_by_database[0] < low < high < score.interval_95_by_database[1]


def test_latency_has_median_and_95th_percentile():
    items = tuple(judged(i, right=True, latency_s=float(i)) for i in range(101))
    assert Report(items).latency() == {"n": 101, "median_s": 50.0, "p95_s": 95.0}


def test_nothing_judged_is_no_score_and_no_crash():
    d = Report(()).to_dict()
    assert (d["n"], d["execution_accuracy"], d["interval_95"]) == (0, None, None)


def test_a_report_survives_json():
    view = ResultView(("n",), ((1,), (None,)), (1, 2), 2, marks=((0, 0),))
    item = judged(
        0,
        right=False,
        history=(Turn("Before?", "SELECT 0"),),
        flags=("row_order",),
        gold=StatementRun("rows", 0.5, "", view),
        predicted=StatementRun("error", 0.1, "no such table: x"),
    )
    whole = Report((item,), 0.5, Provenance(model="tiny", databases={"a": "00"}), {"a": "CREATE TABLE t (x)"})
    assert Report.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


def test_a_file_keeps_every_text_even_half_a_surrogate_pair(tmp_path):
    whole = Report((judged(0, right=False, raw_output="姓名 \ud800"),))
    write_report(whole, tmp_path / "r.json")
    assert read_report(tmp_path / "r.json") == whole


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"items": [{"id": 1}]}', '{"items": 3}'])
def test_what_is_no_report_is_an_error_that_says_so(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(DataError, match="not a report"):
        read_report(path)


def test_a_missing_report_is_an_error(tmp_path):
    with pytest.raises(NotFoundError, match="No report at"):
        read_report(tmp_path / "none.json")
