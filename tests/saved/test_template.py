"""Parameters in a query."""

from __future__ import annotations

import pytest

from sqlwright.core import UsageError
from sqlwright.saved import Param, filled, templated

RANGE = "SELECT COUNT(*) FROM orders WHERE ordered_on >= '2024-01-01' AND ordered_on < '2025-01-01'"

PLACES = [
    ("SELECT * FROM t WHERE year = 2024", "2024", "SELECT * FROM t WHERE year = :p"),
    ("SELECT * FROM t WHERE city = 'Oslo'", "Oslo", "SELECT * FROM t WHERE city = :p"),
    ("SELECT * FROM t WHERE name = 'O''Hara'", "O'Hara", "SELECT * FROM t WHERE name = :p"),
    ("SELECT * FROM t WHERE strftime('%Y', d) = '2024'", "2024", "SELECT * FROM t WHERE strftime('%Y', d) = '{p}'"),
    ("SELECT * FROM t WHERE d BETWEEN '2024-01-01' AND '2024-12-31'", "2024",
     "SELECT * FROM t WHERE d BETWEEN '{p}-01-01' AND '{p}-12-31'"),
    (RANGE, "2024", "SELECT COUNT(*) FROM orders WHERE ordered_on >= '{p}-01-01' AND ordered_on < '{p+1}-01-01'"),
    # A number inside a name, another number or a text is not the value.
    ("SELECT x2024, 20245, 1.2024 FROM t WHERE y = 2024", "2024", "SELECT x2024, 20245, 1.2024 FROM t WHERE y = :p"),
    ("SELECT \"Oslo\" FROM t WHERE city = 'Oslo'", "Oslo", "SELECT \"Oslo\" FROM t WHERE city = :p"),
    # A place that the query has already is kept.
    ("SELECT * FROM t WHERE y = :p AND z = 2024", "2024", "SELECT * FROM t WHERE y = :p AND z = 2024"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "value", "template"), PLACES)
def test_a_value_becomes_a_place_and_the_default_gives_the_query_again(sql, value, template):
    found, params = templated(sql, {"p": value})
    assert found == template
    expected = sql.replace(":p", value)
    assert filled(found, params, {}, "sqlite") == expected


def test_the_year_after_moves_with_the_year():
    template, params = templated(RANGE, {"year": "2024"})
    assert filled(template, params, {"year": "1999"}, "sqlite") == (
        "SELECT COUNT(*) FROM orders WHERE ordered_on >= '1999-01-01' AND ordered_on < '2000-01-01'"
    )


@pytest.mark.parametrize("value", ["x", "20244", "2024-01", "1 OR 1=1", ""])
def test_a_year_is_four_digits(value):
    template, params = templated(RANGE, {"year": "2024"})
    with pytest.raises(UsageError, match="year: expected"):
        filled(template, params, {"year": value}, "sqlite")


def test_a_number_is_a_number():
    template, params = templated("SELECT * FROM t WHERE price > 10", {"least": "10"})
    assert params == (Param("least", "10", "number"),)
    assert filled(template, params, {"least": "-2.5"}, "sqlite") == "SELECT * FROM t WHERE price > -2.5"
    with pytest.raises(UsageError, match="expected a number such as 10"):
        filled(template, params, {"least": "10; DROP TABLE t"}, "sqlite")


@pytest.mark.parametrize(
    ("dialect", "written"),
    [("sqlite", r"'x''; DROP TABLE t; --\'"), ("mysql", r"'x''; DROP TABLE t; --\\'")],
)
def test_a_text_cannot_end_its_quotes(dialect, written):
    template, params = templated("SELECT * FROM t WHERE city = 'Oslo'", {"city": "Oslo"})
    value = "x'; DROP TABLE t; --\\"
    assert filled(template, params, {"city": value}, dialect) == f"SELECT * FROM t WHERE city = {written}"


def test_a_text_inside_a_text_cannot_end_it_either():
    params = (Param("part", "pen", "text"),)
    found = filled("SELECT * FROM t WHERE name LIKE '%{part}%'", params, {"part": "a'b"}, "sqlite")
    assert found == "SELECT * FROM t WHERE name LIKE '%a''b%'"


def test_what_only_looks_like_a_place_is_left_alone():
    sql = "SELECT x::text, '{other}', ':p' -- :p\nFROM t WHERE a = :p"
    assert filled(sql, (Param("p", "1", "number"),), {}, "postgres") == sql.replace("a = :p", "a = 1")


def test_a_value_that_the_query_does_not_hold_names_those_it_holds():
    with pytest.raises(UsageError, match=r"has no value '2023'.* Its values: '2024-01-01', '2025-01-01'\."):
        templated(RANGE, {"year": "2023"})


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(UsageError, match=r"Unknown parameter 'yaer'\. Did you mean 'year'"):
        filled("SELECT :year", (Param("year", "2024", "number"),), {"yaer": "1"}, "sqlite")
