"""Models side by side on the same questions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sqlwright.core import UsageError
from sqlwright.evaluation.provenance import Provenance
from sqlwright.evaluation.ranking import holm, names_for, rank, render_ranking
from sqlwright.evaluation.report import Report

from .test_html import HOSTILE, Page
from .test_report import judged


def answers(right: set[int], n: int = 50, databases: str = "abcde", **fields) -> Report:
    return Report(tuple(judged(i, right=i in right, db_id=databases[i % len(databases)], **fields) for i in range(n)))


BEFORE, AFTER = answers(set(range(24))), answers({*range(4, 24), *range(31, 50)})  # 20 in common


def test_two_reports_say_before_and_after_in_one_sentence():
    ranking = rank({"before": BEFORE, "after": AFTER})
    sentence = ranking.differences[0].sentence()
    assert sentence.startswith("before: 24 of 50, after: 39 of 50, difference +30.0 points [+")
    assert sentence.endswith("McNemar p = 0.0026")


def test_the_best_model_stands_first():
    ranking = rank({"gemma": answers({1}), "mistral": answers({1, 2, 3}), "llama": answers({1, 2})})
    assert [(e.rank, e.name, e.score.correct) for e in ranking.entries] == [
        (1, "mistral", 3), (2, "llama", 2), (3, "gemma", 1),
    ]  # fmt: skip


def test_equal_scores_share_a_rank():
    ranking = rank({"a": answers({1}), "b": answers({2}), "c": answers(set())})
    assert [e.rank for e in ranking.entries] == [1, 1, 3]


def test_questions_are_listed_by_who_was_right():
    d = rank({"a": answers({0, 1}, 4), "b": answers({1, 2}, 4)}).differences[0]
    assert (d.both, d.only_first, d.only_second, d.neither) == (("1",), ("0",), ("2",), ("3",))


def test_holm_multiplies_the_smallest_p_value_most_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_more_than_two_models_are_corrected_and_two_are_not():
    two = rank({"a": BEFORE, "b": AFTER}).differences
    three = rank({"a": BEFORE, "b": AFTER, "c": answers(set())}).differences
    assert len(three) == 3
    assert two[0].p_holm == two[0].paired.p_value
    assert any(d.p_holm > d.paired.p_value for d in three)
    assert "after Holm's correction" in "".join(d.sentence() for d in three)


def test_reports_on_other_questions_are_refused():
    with pytest.raises(UsageError, match="a and b are not on the same questions: 10 of them are in one report only"):
        rank({"a": answers(set(), 50), "b": answers(set(), 40)})


def test_the_shared_questions_are_compared_on_request_and_the_rest_is_counted():
    ranking = rank({"a": answers({45}, 50), "b": answers({3}, 40)}, common=True)
    assert (ranking.n, ranking.left_out) == (40, 10)
    assert [e.score.correct for e in ranking.entries] == [1, 0]


def test_reports_that_share_nothing_are_refused_even_on_request():
    other = answers(set(), databases="z")
    with pytest.raises(UsageError, match="share no question"):
        rank({"a": BEFORE, "b": other}, common=True)


def test_the_same_id_with_another_question_is_another_question():
    changed = Report((judged(0, right=True), judged(0, right=True, db_id="other")))
    with pytest.raises(UsageError, match="not on the same questions"):
        rank({"a": Report((judged(0, right=True),)), "b": changed})


def test_other_databases_or_limits_are_a_warning():
    def made(digest, timeout_s):
        return replace(BEFORE, provenance=Provenance(databases={"a": digest}, limits={"timeout_s": timeout_s}))

    assert rank({"x": made("00", 5), "y": made("00", 5)}).warnings == ()
    warnings = rank({"x": made("00", 5), "y": made("ff", 9)}).warnings
    assert warnings[0] == "The database files of a were not the same for all reports."
    assert "the same limits" in warnings[1]


def test_the_metric_can_be_the_strict_rule():
    lenient = answers({1, 2}, strict_correct=False)
    ranking = rank({"lenient": lenient, "strict": answers({1})}, "strict_execution_accuracy")
    assert ranking.entries[0].name == "strict"


def test_one_report_cannot_be_compared():
    with pytest.raises(UsageError, match="at least two"):
        rank({"a": BEFORE})


def test_on_one_database_questions_are_drawn_for_the_interval():
    pair = {"a": answers({1}, databases="a"), "b": answers({1, 2}, databases="a")}
    assert rank(pair).differences[0].paired.interval.method == "paired bootstrap"


def test_a_report_is_named_by_its_model_where_that_tells_reports_apart():
    named = [Report((), provenance=Provenance(model=m)) for m in ("llama", "tiny", "tiny", "")]
    assert names_for(["1.json", "2.json", "3.json", "x/4.json"], named) == ["llama", "2", "3", "4"]
    assert names_for(["a/r.json", "b/r.json"], [Report(()), Report(())]) == ["a/r.json", "b/r.json"]


def test_the_json_lists_ranking_and_pairs():
    d = json.loads(json.dumps(rank({"before": BEFORE, "after": AFTER}).to_dict()))
    assert [(row["rank"], row["model"], row["right"], row["n"]) for row in d["ranking"]] == [
        (1, "after", 39, 50), (2, "before", 24, 50),
    ]  # fmt: skip
    assert d["pairs"][0]["difference"] == pytest.approx(0.3)
    assert len(d["pairs"][0]["only_second"]) == 19


def test_the_page_shows_the_questions_on_which_models_differ():
    reports = {"before": BEFORE, "after": AFTER}
    page = render_ranking(rank(reports), reports)
    assert "after leads with 39 of 50 questions" in page
    assert "Questions on which they differ: 23" in page


def test_markup_in_names_questions_and_sql_stays_text():
    def hostile(right):
        item = replace(judged(0, right=right), question=HOSTILE, predicted_sql=HOSTILE)
        return Report((item, judged(1, right=False)))

    reports = {HOSTILE: hostile(True), "plain": hostile(False)}
    page = Page(render_ranking(rank(reports), reports))
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert HOSTILE in " ".join(page.text_of("pre"))
