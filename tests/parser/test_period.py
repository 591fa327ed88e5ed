"""Periods in their short notation, and the words of questions that name them."""

from __future__ import annotations

import datetime as dt

import pytest

from sqlwright.parser.find_periods import find_periods
from sqlwright.parser.period import bounds, is_relative, month_of_any_year, spelled

TODAY = dt.date(2024, 2, 29)

BOUNDS = [
    ("2023", "2023-01-01", "2024-01-01"),
    ("2023-Q4", "2023-10-01", "2024-01-01"),
    ("2023-H1", "2023-01-01", "2023-07-01"),
    ("2023-12", "2023-12-01", "2024-01-01"),
    ("2024-W01", "2024-01-01", "2024-01-08"),
    ("2023-03-05", "2023-03-05", "2023-03-06"),
    ("1990s", "1990-01-01", "2000-01-01"),
    ("2021/2023-03", "2021-01-01", "2023-04-01"),
    ("--05-03", "2024-05-03", "2024-05-04"),
    ("today", "2024-02-29", "2024-03-01"),
    ("yesterday", "2024-02-28", "2024-02-29"),
    ("this month", "2024-02-01", "2024-03-01"),
    ("last month", "2024-01-01", "2024-02-01"),
    ("last quarter", "2023-10-01", "2024-01-01"),
    ("last year", "2023-01-01", "2024-01-01"),
    ("this week", "2024-02-26", "2024-03-04"),
    ("last 30 day", "2024-01-30", "2024-03-01"),
    ("last 1 year", "2023-02-28", "2024-03-01"),  # 2023 has no 29 February
    ("next 7 day", "2024-03-01", "2024-03-08"),
]


@pytest.mark.parametrize(("text", "start", "end"), BOUNDS)
def test_a_period_has_a_first_day_and_the_day_after_its_last(text, start, end):
    assert bounds(text, TODAY) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@pytest.mark.parametrize("text", ["", "soon", "2023-13", "2023-Q5", "2023-02-30", "last 3 moons", "2023-W60"])
def test_what_is_not_a_period_is_an_error(text):
    with pytest.raises(ValueError):  # noqa: PT011  (the date module's own messages vary)
        bounds(text, TODAY)


def test_a_month_without_a_year_is_one_of_any_year():
    assert month_of_any_year("--03") == 3
    assert month_of_any_year("2023-03") is None
    assert is_relative("last 30 day")
    assert not is_relative("2023-Q4")


FOUND = [
    ("leads called from 8 to 14 September 2025", ["2025-09-08/2025-09-14", "2025-09-14", "2025-09", "2025"]),
    ("orders of Sept 8-14, 2025", ["2025-09-08/2025-09-14", "--09-08", "2025"]),
    ("best seller of summer 2025 (June to August)", ["2025-06/2025-08", "--06/--08", "2025", "--06", "--08"]),
    ("charges for July and August 2025", ["2025-07/2025-08", "--07", "2025-08", "2025"]),
    ("sales in May and July 2025", ["--05", "2025-07", "2025"]),  # not June
    ("5 may have left", []),
    ("2026年4月20日至30日的订单", ["2026-04-20/2026-04-30", "2026-04-20", "2026-04", "2026"]),
    ("26年7到9月的凭证", ["2026-07/2026-09", "--09"]),
    ("2025年3月至5月", ["2025-03/2025-05", "2025-03", "2025", "--05"]),
    ("26年上半年", ["2026-H1", "2026"]),
    ("26Q3停机时长", ["2026-Q3"]),
    ("2026年三月签了几张单", ["2026-03", "2026"]),
    ("2026各月收入", ["2026"]),
    ("工作20年以上的员工", []),  # a number of years
    ("三个月内", []),
    ("orders placed in the last quarter of 2023", ["2023-Q4", "2023"]),
    ("signups per month in 2023", ["2023"]),
    ("which pages did I visit in march 2023", ["2023-03", "2023"]),
    ("hired before May 3rd", ["--05-03"]),
    ("hired on 3 May 2021", ["2021-05-03", "2021-05", "2021"]),
    ("sales between March and May 2023", ["2023-03/2023-05", "--03", "2023-05", "2023"]),
    ("sales from 2021 to 2023", ["2021/2023", "2021", "2023"]),
    ("customers of the last 30 days", ["last 30 day"]),
    ("revenue last month", ["last month"]),
    ("tickets in the past two weeks", ["last 2 week"]),
    ("songs of the 90s", ["1990s"]),
    ("week 12 of 2023", ["2023-W12", "2023"]),
    ("invoices of 05.03.2023", ["2023-03-05"]),
    ("Umsatz im März 2023", ["2023-03", "2023"]),
    ("may I see the customers", []),
    ("products with 20 or more sales", []),
    ("2023年第四季度的订单", ["2023-Q4", "2023"]),
    ("最近三个月的销售额", ["last 3 month"]),
    ("去年下单的客户", ["last year"]),
    ("2023年3月5日之后", ["2023-03-05", "2023-03", "2023"]),
    ("3月份的订单", ["--03"]),
    ("2023年上半年的收入", ["2023-H1", "2023"]),
]


@pytest.mark.parametrize(("question", "texts"), FOUND)
def test_the_periods_of_a_question(question, texts):
    found = find_periods(question)
    assert [p.text for p in found] == texts
    assert all(0 <= p.start < p.end <= len(question) for p in found)


@pytest.mark.parametrize(
    "text",
    ["2023", "2020s", "2023-Q4", "2023-H1", "2023-03", "2023-W07", "2023-03-05", "2021/2023", "2023-02/2023-04",
     "2023-01-05/2023-02-11"],
)  # fmt: skip
def test_days_are_spelled_as_the_period_they_are(text):
    assert spelled(*bounds(text, dt.date(2024, 2, 29))) == text
