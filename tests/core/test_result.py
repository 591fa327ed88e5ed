"""Values survive the way to JSON, and a result names the type of each column."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import pytest

from sqlwright.core import ConfigError, Outcome, QueryLimits, ResultTable, Violation, to_json_value

UTC = dt.timezone.utc


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", ""),
        (True, True),
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**63), "-9223372036854775808"),
        (Decimal("0.10"), "0.10"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
        (b"\x00\xff", {"base64": "AP8="}),
        (dt.date(2026, 2, 28), "2026-02-28"),
        (dt.datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC), "2026-02-28T01:02:03+00:00"),
        (dt.time(1, 2, 3), "01:02:03"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, Decimal("2.5"), None], [1, "2.5", None]),
        ({"k": b"x"}, {"k": {"base64": "eA=="}}),
    ],
)
def test_a_value_becomes_json_that_loses_nothing(value, expected):
    assert to_json_value(value) == expected
    json.dumps(to_json_value(value), allow_nan=False)


def test_each_column_has_the_type_of_its_values():
    rows = ((1, True, None, "a", dt.datetime(2026, 1, 1), 1), (2**60, False, None, None, None, "b"))
    table = ResultTable(("i", "b", "n", "t", "d", "m"), rows)
    assert table.column_types() == ("integer", "boolean", "null", "text", "timestamp", "mixed")


def test_duplicate_column_names_survive():
    data = ResultTable(("id", "id"), ((1, 2),)).to_dict()
    assert data["columns"] == ["id", "id"]
    assert data["rows"] == [[1, 2]]


def test_an_outcome_says_in_one_line_why_there_are_no_rows():
    refused = Outcome("refused", "DROP TABLE t", violations=(Violation("not_a_query", "DROP is not a query."),))
    assert refused.message() == "DROP is not a query."
    assert "time limit" in Outcome("timeout", "SELECT 1", elapsed_s=2.0).message()
    assert Outcome("error", "SELECT x", error="no such column: x").message() == "no such column: x"


@pytest.mark.parametrize("timeout_s", [0, -1, math.inf, math.nan])
def test_a_limit_that_limits_nothing_is_refused(timeout_s):
    with pytest.raises(ConfigError, match="timeout_s"):
        QueryLimits(timeout_s=timeout_s)
