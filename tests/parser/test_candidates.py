"""The constants a query may use: stored spellings first, then what the question spells."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, ValueMatch
from sqlwright.parser.candidates import column_codes, find_candidates


def texts(question, matches=()):
    return [c.text for c in find_candidates(question, matches)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which songs are longer than 3,000 seconds?", "3000"),
        ("Heads older than 56.5?", "56.5"),
        ("List the three oldest", "3"),
        ('Movies titled "The Ring"', "The Ring"),
        ("Who was born in New York?", "New York"),
        ("Orders after 2024-01-31", "2024-01-31"),
        ("Names that contain the letter w", "w"),
        ("Sections named h", "h"),
        ("comments that mention salary", "salary"),
        ("cases where the complaint mentions chest pain", "chest pain"),
        ("everything with croissant in the name", "croissant"),
        ("备注里提到 gift 的订单", "gift"),
        ("标题包含退款的工单", "退款"),
        ("arrivals on Fridays", "5"),
        ("周日的订单", "0"),
        ("calls after 6 pm", "18"),
        ("晚上8点以后的订单", "20"),
        ("十二个人", "12"),
        ("TOP5会员", "5"),
        ("业绩前三的门店", "3"),
    ],
)
def test_what_the_question_spells_is_a_candidate(question, expected):
    found = {c.text: c for c in find_candidates(question, ())}
    assert expected in found
    assert 0 <= found[expected].start < found[expected].end <= len(question)


def test_a_stored_value_comes_in_its_stored_spelling_with_its_columns():
    matches = [ValueMatch("person", "name", "New York", "new york"), ValueMatch("city", "name", "New York", "new york")]
    first = find_candidates("people from new york", matches)[0]
    assert (first.text, first.columns) == ("New York", (("person", "name"), ("city", "name")))
    assert "people from new york"[first.start : first.end] == "new york"


@pytest.mark.parametrize(
    ("samples", "codes"),
    [
        (("F", "M"), ("F", "M")),
        (("1", "2"), ()),  # numbers are spelled by the question
        (("2025-01-31", "2025-02-28"), ()),  # and so are dates
        (("01732 874060", "+44 20 7946 0958"), ()),
        (tuple("abcdefghi"), ()),  # more than MAX_CODES
        (("a sentence that is long",), ()),
        ((), ()),
    ],
)
def test_few_short_values_of_a_column_are_codes(samples, codes):
    assert column_codes(Column("sex", "TEXT", samples=samples)) == codes


def test_the_first_word_is_no_name():
    assert texts("How many people?") == []


@pytest.mark.parametrize("question", ["orders on a weekend", "周末的订单", "tickets opened on working days"])
def test_the_weekend_is_sunday_and_saturday(question):
    assert {"0", "6"} <= set(texts(question))


def test_digits_of_a_year_in_chinese_are_no_count():
    assert texts("一七年的订单") == []
