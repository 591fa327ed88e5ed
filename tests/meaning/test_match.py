"""Which items a question names, and what a fiscal year means."""

from __future__ import annotations

import datetime as dt

import pytest

from sqlwright.core import Hints, NameMatch, ValueMatch
from sqlwright.core.meaning import FiscalYear, Meaning
from sqlwright.meaning import match_meaning
from sqlwright.meaning.match import with_calendar_periods, with_meant

TODAY = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How many Members are there?", ["Members"]),
        ("每个会员的销售额", ["会员", "销售额"]),
        ("people in the capital of  France", ["capital of  France"]),
        ("membership of the capital", []),
        ("average baskets by town", ["average baskets", "town"]),
    ],
)
def test_plural_case_and_chinese_are_named(meaning, question, named):
    assert [m.mention for m in match_meaning(question, meaning, TODAY)] == named


def test_the_longer_mention_wins(meaning):
    (found,) = match_meaning("average basket", meaning, TODAY)
    assert found.item == meaning.measures[1]


def test_hints_come_from_the_meaning_first(database, meaning):
    question = "sales in the capital of France"
    found = match_meaning(question, meaning, TODAY)
    hints = Hints(values=(ValueMatch("customer", "city", "Paris", "capital", "near", 0.7),))
    merged = with_meant(question, hints, found, meaning, database.schema())
    assert merged.names == (NameMatch("orders", "revenue", "sales", 1.0),)
    assert merged.values == (ValueMatch("customer", "city", "Paris", "capital of France"),)


def test_words_of_a_definition_are_no_values_beside_it(database, meaning):
    question = "how many bulk orders"
    hints = Hints(
        (NameMatch("orders", "", "orders", 1.0), NameMatch("item", "name", "bulk", 0.4)),
        (ValueMatch("item", "name", "bulk bag", "bulk", "near"),),
    )
    found = match_meaning(question, meaning, TODAY)
    merged = with_meant(question, hints, found, meaning, database.schema())
    assert [n.mention for n in merged.names] == ["bulk", "orders"]
    assert merged.names[0].column == "bulk"
    assert merged.values == ()


@pytest.mark.parametrize(
    ("question", "period", "named_after"),
    [
        ("revenue in FY2024", "April 2023 to March 2024", "end"),
        ("revenue in FY24", "April 2023 to March 2024", "end"),
        ("revenue in fiscal year 2024", "April 2024 to March 2025", "start"),
        ("Q1 FY2024", "April 2023 to June 2023", "end"),
        ("FY24 Q4", "January 2024 to March 2024", "end"),
        ("fourth quarter of fiscal 2024", "January 2024 to March 2024", "end"),
        ("this fiscal year", "April 2025 to March 2026", "end"),
        ("last fiscal year", "April 2024 to March 2025", "end"),
        ("2024财年的收入", "April 2023 to March 2024", "end"),
        ("上财年", "April 2024 to March 2025", "end"),
        ("revenue by fiscal year", "year", "end"),
        ("orders per fiscal quarter", "quarter", "end"),
        ("每财年的收入", "年", "end"),
        ("各财季的收入", "季度", "end"),
    ],
)
def test_fiscal_periods(question, period, named_after):
    meaning = Meaning(fiscal_year=FiscalYear(4, named_after))
    found = match_meaning(question, meaning, TODAY)
    assert [m.period for m in found] == [period]
    assert period in with_calendar_periods(question, found)


def test_without_a_fiscal_year_nothing_is_one(meaning):
    assert match_meaning("revenue in FY24", Meaning(meaning.synonyms), TODAY) == ()
