"""Parts that share no dialogue, no question and, on request, no database."""

from __future__ import annotations

import pytest

from sqlwright.core import Example, UsageError
from sqlwright.data.split import parse_ratio, plan_sample, plan_split, split_examples

QUESTIONS = [Example(str(i), f"db{i % 13}", f"Question {i}?", f"SELECT {i}") for i in range(1000)]
DIALOGUES = [
    Example(f"{d}-{t}", "db", f"Turn {t} of {d}?", "SELECT 1", dialogue_id=str(d), turn=t)
    for d in range(100)
    for t in range(1 + d % 4)
]


@pytest.mark.parametrize(("text", "sizes"), [("7:3", [700, 300]), ("80:20", [800, 200]), ("8:1:1", [800, 100, 100])])
def test_parts_have_the_sizes_of_the_ratio(text, sizes):
    parts = split_examples(QUESTIONS, parse_ratio(text), seed=7)
    assert [len(p) for p in parts] == sizes
    assert {e.id for p in parts for e in p} == {e.id for e in QUESTIONS}


def test_a_dialogue_is_never_split_apart():
    train, test = split_examples(DIALOGUES, (0.7, 0.3))
    assert train
    assert test
    assert not {e.dialogue_id for e in train} & {e.dialogue_id for e in test}


def test_by_database_no_database_is_in_two_parts():
    train, test = split_examples(QUESTIONS, (0.7, 0.3), by_database=True)
    assert {e.db_id for e in train} | {e.db_id for e in test} == {f"db{i}" for i in range(13)}
    assert not {e.db_id for e in train} & {e.db_id for e in test}
    assert 600 < len(train) < 800


def test_rows_with_their_own_ddl_are_kept_apart_by_it():
    rows = [Example(str(i), "", f"Q{i}?", ddl=f"CREATE TABLE t{i % 9}  (a INT)") for i in range(90)]
    train, test = split_examples(rows, (0.5, 0.5), by_database=True)
    assert not {e.ddl for e in train} & {e.ddl for e in test}


def test_the_same_question_on_the_same_database_stays_together():
    rows = [
        Example(str(i), "db", f"Question  {i // 2}?".upper() if i % 2 else f"Question {i // 2}?") for i in range(100)
    ]
    train, test = split_examples(rows, (0.5, 0.5))
    assert not {e.question.casefold().split()[1] for e in train} & {e.question.casefold().split()[1] for e in test}


def test_the_plan_depends_on_seed_and_text_alone():
    forward = plan_split(QUESTIONS, (0.7, 0.3), seed=1)
    assert plan_split(QUESTIONS[::-1], (0.7, 0.3), seed=1)[::-1] == forward
    assert plan_split(QUESTIONS, (0.7, 0.3), seed=2) != forward
    # Fixed for ever: a published split has to be found again.
    assert [i for i, part in enumerate(forward[:20]) if part == 1] == [0, 1, 7, 17]


def test_a_sample_is_fixed_and_of_its_size():
    chosen = plan_sample(QUESTIONS, 50, seed=0)
    assert sum(chosen) == 50
    assert chosen == plan_sample(QUESTIONS, 50, seed=0)
    assert chosen != plan_sample(QUESTIONS, 50, seed=1)


def test_a_sample_of_dialogues_takes_whole_ones():
    chosen = plan_sample(DIALOGUES, 50)
    inside = {e.dialogue_id for e, c in zip(DIALOGUES, chosen, strict=True) if c}
    outside = {e.dialogue_id for e, c in zip(DIALOGUES, chosen, strict=True) if not c}
    assert sum(chosen) == 50
    assert not inside & outside


def test_a_sample_larger_than_the_set_is_an_error():
    with pytest.raises(UsageError, match="2000 from 1000"):
        plan_sample(QUESTIONS, 2000)


@pytest.mark.parametrize("text", ["7", "7:3:1:1", "7:0", "a:b", "7:-3", "inf:1", "nan:1", ""])
def test_a_ratio_is_two_or_three_positive_numbers(text):
    with pytest.raises(UsageError, match="7:3"):
        parse_ratio(text)
