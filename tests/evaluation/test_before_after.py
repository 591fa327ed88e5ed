"""Before and after on one page, and whether the tuned model should be used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlwright.evaluation.before_after import MAX_SHOWN, BeforeAfter, better_than, render_before_after, worth_using
from sqlwright.evaluation.report import Report

from .test_html import HOSTILE, Page
from .test_ranking import answers


def a_set(before, after, n=50, role="own", name="verified questions"):
    return BeforeAfter(name, role, "Kept apart.", answers(set(before), n), answers(set(after), n))


@pytest.mark.parametrize(
    ("sets", "used", "word"),
    [
        ([a_set(range(10), range(15))], True, "10.0 points more of the verified"),
        ([a_set(range(10), range(10))], True, "as many"),
        ([a_set(range(10), range(9))], False, "fewer of the verified"),
        ([a_set((), ())], False, "none of the verified"),
        ([a_set(range(10), range(15)), a_set(range(40), range(20), role="public", name="old ones")], False, "forgot"),
        ([a_set(range(10), range(15)), a_set(range(40), range(39), role="public")], True, "more"),
        # Too few verified questions to decide by: the next own set does.
        ([a_set(range(4), range(3), n=5), a_set(range(10), range(15), name="synthetic questions")], True, "synthetic"),
        ([], False, "no question"),
    ],
)
def test_it_is_used_where_its_own_questions_say_so_and_nothing_is_forgotten(sets, used, word):
    decided, reason = worth_using(sets)
    assert decided is used
    assert word in reason


def test_it_has_to_be_as_good_as_what_answers_now():
    assert better_than([a_set(range(5), range(5))], "built-in", "Better.") == (True, "Better.")
    used, reason = better_than([a_set(range(10), range(5))], "built-in", "It answers 2 points more.")
    assert not used
    assert reason == "It answers 2 points more, but 10.0 points fewer than built-in."


def test_the_page_shows_what_was_won_and_what_was_lost():
    sets = [a_set(range(10), range(5, 40))]
    page = render_before_after(sets, title="shop", sentence="Better.", facts={"Time": "1 minute"})
    assert not any("src" in tag or "href" in tag for _, tag in Page(page).tags)
    assert "30 won, 5 lost" in page
    assert page.count("Gold SQL") == MAX_SHOWN
    assert page.count('<span class="is-wrong">✗ wrong</span>') == MAX_SHOWN  # each row has one right and one wrong side


def test_a_model_that_writes_markup_stays_text():
    reports = [
        Report(
            tuple(replace(i, question=HOSTILE, gold_sql=HOSTILE, predicted_sql=HOSTILE) for i in answers(r, 3).items)
        )
        for r in ({0}, {1})
    ]
    page = render_before_after(
        [BeforeAfter(HOSTILE, "own", HOSTILE, *reports)], title=HOSTILE, sentence=HOSTILE, facts={HOSTILE: HOSTILE}
    )
    assert HOSTILE not in page
    assert HOSTILE in " ".join(Page(page).text_of("h1"))  # escaped and read back, not removed
