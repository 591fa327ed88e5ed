"""Two results are the same answer when their rows are, as typed multisets, with the columns in any order."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.core import QueryLimits, ResultTable
from sqlwright.db.database import Database
from sqlwright.db.sqlite import SqliteEngine
from sqlwright.evaluation.columns import Ordering
from sqlwright.evaluation.compare import compare, compare_runs, has_no_power
from tests.statements import trusted


def table(*rows, truncated=None):
    width = len(rows[0]) if rows else 1
    return ResultTable(tuple(f"c{i}" for i in range(width)), tuple(rows), truncated)


def same(gold, predicted):
    return compare(table(*gold), table(*predicted)).equal


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (1, Decimal("1.00")),
        (0.1 + 0.2, 0.3),
        (0.1 + 0.2 - 0.3, 0),
        (Decimal("3.3333333333333333"), 10 / 3),
        (float("nan"), float("nan")),
        (float("inf"), float("inf")),
        (bytearray(b"ab"), b"ab"),
        ([1, None], [1.0, None]),
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        (dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc), dt.datetime.fromisoformat("2026-01-01T13:00:00+01:00")),
    ],
)
def test_equal_values(left, right):
    assert same([(left, "x"), (7, "y")], [(7, "y"), (right, "x")])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (None, ""),
        (None, 0),
        (None, float("nan")),
        (1, "1"),
        (1, True),
        (1, 1.001),
        (3.14159, 3.14),
        (2**53 + 1, 2**53),
        (10**12, 10**12 + 1),
        (10.0**12, 10**12 + 1),
        ("a", "A"),
        ("a", "a "),
        ("a", b"a"),
        (dt.date(2026, 1, 1), dt.datetime(2026, 1, 1)),
        (dt.date(2026, 1, 1), "2026-01-01"),
        ([1, 2], [2, 1]),
        (float("inf"), float("-inf")),
    ],
)
def test_different_values(left, right):
    assert not same([(left, "x"), (7, "y")], [(7, "y"), (right, "x")])


def test_close_numbers_do_not_chain():
    steps = [1.0 + i * 0.9e-9 for i in range(4)]
    assert not same([(steps[0],)], [(steps[3],)])
    assert not same([(s,) for s in steps], [(steps[0],)] * 4)


def test_duplicates_count():
    assert not same([(1,), (1,), (2,)], [(1,), (2,), (2,)])


def test_reports_the_column_map():
    result = compare(table((1, "a", 9), (2, "b", 9)), table(("b", 9, 2), ("a", 9, 1)))
    assert result.column_map == (2, 0, 1)


def test_columns_with_the_same_values_need_the_right_partner():
    gold = [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 0)]
    assert same(gold, [(c, a, b) for a, b, c in gold])
    assert not same(gold, [(0, 0, 1), (1, 1, 0), (1, 1, 0), (0, 0, 0)])


def test_missing_and_added_columns_are_refused():
    assert not same([(1, 2)], [(1,)])
    assert not same([(1,)], [(1, 1)])


def test_empty_results_are_equal_only_with_as_many_columns():
    assert compare(ResultTable(("a",), ()), ResultTable(("b",), ())).equal
    assert not compare(ResultTable(("a",), ()), ResultTable(("a", "b"), ())).equal


def test_a_cut_result_is_never_equal():
    cut = table((1,), (2,), truncated="rows")
    assert compare(cut, cut).undecided
    assert not compare(cut, cut).equal
    assert not compare(table((1,), (2,)), cut).undecided  # it has a third row at least
    assert compare(table((1,), (2,), (3,)), cut).undecided
    assert compare(table(("long",)), table(("lo",), truncated="cell_bytes")).undecided


def test_ties_may_come_in_any_order_and_a_cut_tie_gives_any_of_its_rows():
    gold = table(("a",), ("b",), ("c",), ("d",))
    ordering = Ordering((0, 1, 1, 2))
    assert compare(gold, table(("a",), ("c",), ("b",), ("d",)), ordering=ordering).equal
    assert not compare(gold, table(("b",), ("a",), ("c",), ("d",)), ordering=ordering).equal
    top = Ordering((0, 1, 1, 2), limit=2)
    assert compare(gold, table(("a",), ("b",)), ordering=top).equal
    assert compare(gold, table(("a",), ("c",)), ordering=top).equal
    assert not compare(gold, table(("c",), ("a",)), ordering=top).equal
    assert not compare(gold, table(("a",), ("d",)), ordering=top).equal
    assert not compare(gold, table(("b",), ("b",)), ordering=Ordering((0, 1, 1, 2), offset=1, limit=2)).equal
    assert compare(gold, table(("c",)), ordering=Ordering((0, 1, 1, 2), offset=1, limit=1)).equal


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([], True), ([(None,)], True), ([(0,)], True), ([(0, None)], True), ([(1,)], False), ([("",)], False)],
)
def test_what_has_no_power(rows, expected):
    assert has_no_power(table(*rows)) is expected


def test_thousands_of_rows_and_thirty_columns():
    draw = random.Random(1)
    rows = [tuple(draw.randrange(3) for _ in range(30)) for _ in range(4_000)]
    order = draw.sample(range(30), 30)
    moved = [tuple(row[i] for i in order) for row in rows]
    draw.shuffle(moved)
    result = compare(table(*rows), table(*moved))
    assert result.equal
    assert result.column_map is not None
    assert Counter(rows) == Counter(tuple(row[j] for j in result.column_map) for row in moved)
    last = moved[-1]
    moved[-1] = ((last[0] + 1) % 3, *last[1:])
    assert not compare(table(*rows), table(*moved)).equal


CELLS = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["", "a", "A"]), st.sampled_from([0.5, 1.5]))
TABLES = st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), min_size=1, max_size=6))


@settings(max_examples=80, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_permuting_rows_and_columns_keeps_equality(rows, draw):
    order = draw.sample(range(len(rows[0])), len(rows[0]))
    moved = [tuple(row[i] for i in order) for row in rows]
    draw.shuffle(moved)
    assert same(rows, moved)
    assert same(moved, rows)


@settings(max_examples=80, deadline=None)
@given(TABLES, st.data())
def test_changing_a_cell_breaks_equality(rows, data):
    i = data.draw(st.integers(0, len(rows) - 1))
    j = data.draw(st.integers(0, len(rows[0]) - 1))
    changed = [list(row) for row in rows]
    changed[i][j] = "a value that is nowhere else"
    assert not same(rows, [tuple(row) for row in changed])


@pytest.fixture
def numbers(tmp_path):
    path = tmp_path / "numbers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE n (i INTEGER, odd INTEGER)")
        connection.executemany("INSERT INTO n VALUES (?, ?)", [(i, i % 2) for i in range(50)])
    connection.close()
    with Database(SqliteEngine(path)) as database:
        yield database


@pytest.mark.parametrize(
    ("gold", "predicted", "equal"),
    [
        ("SELECT i FROM n ORDER BY odd", "SELECT i FROM n ORDER BY odd, i DESC", True),
        ("SELECT i FROM n ORDER BY odd", "SELECT i FROM n ORDER BY odd DESC", False),
        ("SELECT i AS j FROM n ORDER BY j DESC", "SELECT i FROM n ORDER BY i", False),
        ("SELECT i, odd FROM n ORDER BY 2, 1", "SELECT odd, i FROM n ORDER BY odd, i", True),
        ("SELECT i FROM n ORDER BY odd LIMIT 30", "SELECT i FROM n ORDER BY odd, i DESC LIMIT 30", True),
        ("SELECT i FROM n ORDER BY odd LIMIT 30", "SELECT i FROM n ORDER BY odd DESC, i LIMIT 30", False),
        ("SELECT i FROM n ORDER BY odd LIMIT 5 OFFSET 30", "SELECT i FROM n WHERE odd = 1 LIMIT 5", True),
        ("SELECT i FROM n ORDER BY odd LIMIT 5 OFFSET 30", "SELECT i FROM n WHERE odd = 0 LIMIT 5", False),
        ("SELECT * FROM n ORDER BY odd", "SELECT * FROM n ORDER BY odd, i DESC", True),
        ("SELECT DISTINCT odd FROM n ORDER BY odd", "SELECT odd FROM n GROUP BY odd ORDER BY odd DESC", False),
        ("SELECT i FROM n WHERE i < 3 UNION SELECT 3 ORDER BY i", "SELECT i FROM n WHERE i < 4 ORDER BY i DESC", False),
        ("SELECT odd, count(*) AS c FROM n GROUP BY odd ORDER BY c", "SELECT odd, 25 FROM n GROUP BY odd", True),
        ("SELECT odd FROM n GROUP BY odd ORDER BY sum(i)", "SELECT odd FROM n GROUP BY odd ORDER BY odd DESC", False),
        ("WITH t AS (SELECT * FROM n) SELECT i FROM t ORDER BY odd LIMIT 1", "SELECT 48", True),
        ("WITH t AS (SELECT * FROM n) SELECT i FROM t ORDER BY odd LIMIT 1", "SELECT 49", False),
    ],
)
def test_asks_the_database_which_rows_tie(numbers, gold, predicted, equal):
    limits = QueryLimits()
    left, right = (numbers.engine.execute(trusted(sql), limits).table for sql in (gold, predicted))
    assert compare_runs(numbers, gold, left, right, limits).equal is equal


def test_ties_beyond_the_row_limit_stay_unknown(numbers):
    """The gold's own order is then the only legal one: never silently equal."""
    limits = QueryLimits(max_rows=1)  # the variant may then have 20 rows of the 25 that tie
    gold = "SELECT i FROM n ORDER BY odd LIMIT 1"
    left, right = (numbers.engine.execute(trusted(sql), limits).table for sql in (gold, "SELECT 48"))
    assert not compare_runs(numbers, gold, left, right, limits).equal
