"""Numbers on a terminal: grouped where they are amounts, one number of decimals in a column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sqlwright.cli.numbers import is_label, is_money, shown_column


@pytest.mark.parametrize(
    ("name", "kind", "values", "shown"),
    [
        ("orders", "integer", [1234567, 12], ["1,234,567", "12"]),
        ("orders", "integer", [9999, 12], ["9999", "12"]),
        ("COUNT(order_id)", "integer", [12345], ["12,345"]),
        ("order_id", "integer", [1234567], ["1234567"]),
        ("year", "integer", [20240105], ["20240105"]),
        ("weight", "real", [1.5, 4.0, 12.25], ["1.50", "4.00", "12.25"]),
        ("weight", "real", [4.0], ["4.0"]),
        ("price", "real", [1.5, None, 1234567.0], ["1.50", "", "1,234,567.00"]),
        ("avg_price", "real", [100 / 3], ["33.33"]),
        ("ratio", "real", [100 / 3, 0.5], ["33.3333", "0.5000"]),
        ("ratio", "real", [0.000123456], ["0.0001235"]),
        ("ratio", "real", [1000.123456, 0.00001], ["1000.1235", "1e-05"]),
        ("sum", "real", [303.9599999999999], ["303.96"]),
        ("amount", "decimal", [Decimal("12345.60"), Decimal("-0.5")], ["12,345.60", "-0.50"]),
        ("share", "decimal", [Decimal("33.3333333333333333")], ["33.3333"]),
        ("x", "real", [float("nan"), float("inf"), 1e300], ["nan", "inf", "1e+300"]),
        ("x", "decimal", [Decimal("NaN"), Decimal("1.5")], ["NaN", "1.5"]),
        ("x", "integer", [2**80], ["1208925819614629174706176"]),
        ("empty", "real", [], []),
    ],
)
def test_a_column_of_numbers(name, kind, values, shown):
    assert shown_column(name, kind, values) == shown


def test_other_columns_are_left_to_the_caller():
    assert shown_column("x", "text", ["1234567"]) is None
    assert shown_column("x", "mixed", [1234567, "a"]) is None


@pytest.mark.parametrize(
    "name", ["id", "customerId", "ORDER_ID", "invoice no", "zip_code", "phone", "ISBN", "订单编号", "年份"]
)
def test_the_name_of_a_column_says_that_its_numbers_are_labels(name):
    assert is_label(name)


@pytest.mark.parametrize(
    "name", ["orders", "number_of_orders", "SUM(code)", "count(DISTINCT id)", "identity", "订单数", ""]
)
def test_the_name_of_a_column_says_that_its_numbers_are_amounts(name):
    assert not is_label(name)


def test_the_name_of_a_column_says_that_its_numbers_are_money():
    assert all(map(is_money, ["unit_price", "SUM(amount)", "totalRevenue", "销售额"]))
    assert not any(map(is_money, ["weight", "costume", "数量"]))
