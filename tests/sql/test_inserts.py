"""INSERT text becomes rows of constants, and what is not a constant is named."""

from __future__ import annotations

import pytest

from sqlwright.sql.inserts import parse_inserts, statements


def rows(values):
    (found,) = parse_inserts(f"INSERT INTO t VALUES {values}")
    assert not found.problem
    return found.rows


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("+2", 2),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("99999999999999999999", 1e20),
        ("NULL", None),
        ("true", 1),
        ("FALSE", 0),
        ("'it''s; (a) ''list'''", "it's; (a) 'list'"),
        ('"quoted"', "quoted"),
        ("''", ""),
        ("DATE '2024-01-31'", "2024-01-31"),
        ("DATE('2024-01-31')", "2024-01-31"),
        ("'2024-01-31'::date", "2024-01-31"),
        ("CAST('7' AS INTEGER)", "7"),
        ("E'x'", "x"),
        ("/* a note */ 3", 3),
    ],
)
def test_a_constant_is_read(text, value):
    assert rows(f"({text}, 'last')") == ((value, "last"),)


@pytest.mark.parametrize(
    "text", ["NOW()", "1 + 2", "(SELECT 1)", "x", "load_extension('a')", "", "ARRAY['a']", "nan", "infinity"]
)
def test_what_is_not_a_constant_is_named(text):
    (found,) = parse_inserts(f"INSERT INTO t VALUES (1, 'a'), (2, {text})")
    assert found.rows == ((1, "a"),)
    assert "not a constant" in found.problem


def test_columns_names_and_several_statements():
    text = """
    CREATE TABLE t (a INT, "b c" TEXT) -- INSERT INTO t VALUES (9)
    INSERT INTO public.t ("b c", a) VALUES ('x', 1), ('y', 2);
    insert or ignore into `t` values (3, 'z')
    """
    first, second = parse_inserts(text)
    assert (first.table, first.columns, first.rows) == ("t", ("b c", "a"), (("x", 1), ("y", 2)))
    assert (second.table, second.columns, second.rows) == ("t", (), ((3, "z"),))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("INSERT INTO t SELECT * FROM s", "not followed by VALUES"),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "ends in 'ON'"),
        ("INSERT INTO t", "not followed by VALUES"),
    ],
)
def test_other_forms_are_named(text, problem):
    assert problem in parse_inserts(text)[0].problem


def test_statements_are_cut_at_semicolons_outside_strings_and_at_the_next_create():
    text = "CREATE TABLE a (x TEXT DEFAULT ';') CREATE TABLE b (y INT); INSERT INTO a VALUES (';'); DROP TABLE a"
    assert [found[0].word for found in statements(text)] == ["create", "create", "insert", "drop"]
