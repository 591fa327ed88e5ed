"""Every statement is decided: nesting and parsing have bounds, and a check that takes too long is ended."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqlwright
from sqlwright.core import DIALECTS
from sqlwright.sql import apart, check, default_policy, extract_sql, normalize, reading, tables_of
from sqlwright.sql.guard import APART_DEPTH, APART_TOKENS
from sqlwright.sql.lexer import MAX_DEPTH, MAX_PREFIXES
from sqlwright.sql.reading import TooCostlyError, read, read_one

from .nestings import nestings

CEILING_S = 600.0  # a check that hangs is killed; one that ends is far below this on any machine
LONG_LIST = "SELECT a FROM t WHERE a IN (1" + ", 1" * 21_000 + ")"


def policy(dialect):
    return replace(default_policy(dialect, frozenset({"t"})), columns=frozenset({"a", "b"}))


def codes(checked):
    return {v.code for v in checked.violations}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_nesting_is_decided(dialect, data):
    checked = apart.check_apart(data.draw(nestings(dialect)), policy(dialect), CEILING_S)
    assert checked.allowed or "too_slow" not in codes(checked)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "char(" * 22 + "1" + ")" * 22,
        "SELECT " + "decimal(" * 30 + "1" + ")" * 30,
        "SELECT " + "date(coalesce(" * 24 + "1" + "))" * 24,
    ],
    ids=["char", "decimal", "date in coalesce"],
)
def test_a_text_with_too_many_readings_is_refused(sql, dialect):
    assert "too_deep" in codes(check(sql, policy(dialect)))


@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
@pytest.mark.parametrize("suffix", ["[1]", "[1:2]", ".a()"])
def test_a_chain_that_walks_through_itself_is_refused(suffix, dialect):
    assert "too_deep" in codes(check("SELECT a" + suffix * 1_900 + " FROM t", policy(dialect)))
    assert "too_deep" not in codes(check("SELECT a" + suffix * 20 + " FROM t", policy(dialect)))


def test_many_short_subscripts_and_calls_are_no_chain():
    sql = "SELECT " + ", ".join(["a[1]", "upper(b)", "(ARRAY[1, 2])[1]"] * 500) + " FROM t"
    assert check(sql, policy("postgres")).allowed


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_star_of_a_star_is_computed_once(dialect):
    sql = "SELECT * FROM " + "(SELECT *, * FROM " * 45 + "t" + ") AS x" * 45
    assert check(sql, policy(dialect)).allowed
    with_ = "WITH c0 AS (SELECT *, * FROM t)" + "".join(
        f", c{i} AS (SELECT *, * FROM c{i - 1} AS x, c{i - 1} AS y)" for i in range(1, 300)
    )
    assert check(f"{with_} SELECT c299.a FROM c299", policy(dialect)).allowed


def test_a_query_around_a_union_knows_the_ctes_before_it():
    sql = "SELECT x.n FROM (WITH c AS (SELECT 1 AS n) SELECT * FROM c UNION SELECT 2) AS x"
    assert check(sql, policy("postgres")).allowed
    assert "unknown_column" in codes(check(sql.replace("x.n", "x.a"), policy("postgres")))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("template", "most"),
    [("SELECT {}1{}", MAX_DEPTH), ("SELECT CASE WHEN 1 = 1 THEN {}1{} END", MAX_DEPTH - 1)],
    ids=["brackets", "in CASE"],
)
def test_the_depth_is_the_same_for_every_caller(template, most, dialect):
    def at_depth(frames, sql):
        return at_depth(frames - 1, sql) if frames else check(sql, policy(dialect))

    def nested(levels):
        return template.format("(" * levels, ")" * levels)

    for frames in (0, 300, 700):
        assert at_depth(frames, nested(most)).allowed
        assert codes(at_depth(frames, nested(most + 1))) == {"too_deep"}
        assert at_depth(frames, nested(APART_DEPTH - 1)).allowed


@pytest.mark.parametrize("dialect", DIALECTS)
def test_signs_unions_and_sums_have_a_depth(dialect):
    assert check("SELECT " + "NOT " * MAX_PREFIXES + "1", policy(dialect)).allowed
    assert codes(check("SELECT " + "NOT " * (MAX_PREFIXES + 1) + "1", policy(dialect))) == {"too_deep"}
    assert check("SELECT 1" + " UNION SELECT 1" * 300, policy(dialect)).allowed
    assert codes(check("SELECT 1" + " UNION SELECT 1" * 500, policy(dialect))) == {"too_deep"}
    assert codes(check("SELECT 1" + " + 1" * 5_000, policy(dialect))) == {"too_deep"}


def test_many_unknown_tables_are_compared_with_the_schema_once():
    known = frozenset(f"table_number_{i}" for i in range(2_000))
    sql = "SELECT 1 FROM " + ", ".join(["table_number_x"] * 4_000)
    assert [v.code for v in check(sql, default_policy("sqlite", known)).violations] == ["unknown_table"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_long_name_comes_back_short(dialect):
    (violation, *_) = check(f"SELECT 1 FROM {'x' * 60_000}", policy(dialect)).violations
    assert len(violation.message) < 200


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_parser_of_this_build_counts_its_steps(dialect):
    assert reading._counting_parser(dialect) is not None


# ------------------------------------------------------------------ the other process


def test_a_check_that_takes_too_long_is_ended_and_the_next_one_works():
    assert apart.check_apart("SELECT 1", policy("sqlite"), CEILING_S).allowed  # the process has started
    (worker,) = apart._pool.idle[-1:]
    assert codes(apart.check_apart(LONG_LIST, policy("sqlite"), 0.01)) == {"too_slow"}
    assert worker.process.poll() is not None
    assert apart.check_apart("SELECT a FROM t", policy("sqlite"), CEILING_S).allowed


def test_both_processes_give_the_same_verdict():
    for sql in ("SELECT a FROM t", "SELECT x FROM secret", "DROP TABLE t", "SELECT '", "SELECT (1", ""):
        assert apart.check_apart(sql, policy("sqlite"), CEILING_S) == check(sql, policy("sqlite"))


def test_a_long_statement_is_checked_apart(monkeypatch):
    asked = []
    monkeypatch.setattr(apart, "check_apart", lambda sql, policy: asked.append(sql))
    check("SELECT a FROM t", policy("sqlite"))
    assert asked == []
    check("SELECT 1" + ", 1" * APART_TOKENS, policy("sqlite"))
    check("SELECT " + "(" * (APART_DEPTH + 1) + "1" + ")" * (APART_DEPTH + 1), policy("sqlite"))
    assert len(asked) == 2


def test_the_process_ends_with_the_one_that_started_it(tmp_path):
    """It also takes no module from the current folder, and needs no main guard in the caller's script."""
    (tmp_path / "sqlglot.py").write_text("raise SystemExit('the wrong module')")
    script = tmp_path / "folder" / "script.py"
    script.parent.mkdir()
    script.write_text(
        "from sqlwright.sql import check, default_policy\n"
        "from sqlwright.sql.apart import _pool\n"
        f"print(check('SELECT ' + '(' * {MAX_DEPTH} + '1' + ')' * {MAX_DEPTH}, default_policy('sqlite')).allowed)\n"
        "print(_pool.idle[0].process.pid)\n"
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
    allowed, pid = done.stdout.split()
    assert allowed == "True"
    assert not Path(f"/proc/{pid}").exists()


# ------------------------------------------------------------------ everything else that reads a model's SQL


@pytest.mark.parametrize("dialect", DIALECTS)
def test_other_readers_have_the_same_budget(dialect):
    sql = "SELECT " + "char(" * 25 + "1" + ")" * 25
    with pytest.raises(TooCostlyError):
        read(sql, dialect)
    assert read_one(sql, dialect) is None
    assert normalize(sql, dialect) == sql.casefold()
    assert tables_of(sql, dialect) == ()
    assert extract_sql(sql)
    with pytest.raises(TooCostlyError):
        read("SELECT 1" + " " * 70_000, dialect)


def test_sqlglot_parses_in_one_place_only():
    package = Path(sqlwright.__file__).parent
    calls = re.compile(r"\bparse_one\b|\bsqlglot\.parse\b|from sqlglot import .*\bparse\b|\.parser\(|maybe_parse")
    found = {p.relative_to(package).as_posix() for p in package.rglob("*.py") if calls.search(p.read_text("utf-8"))}
    assert found == {"sql/reading.py"}
