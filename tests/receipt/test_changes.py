"""How one query differs from another: which clause, and in which words."""

from __future__ import annotations

import pytest

from sqlwright.receipt import changes
from sqlwright.receipt.changes import in_one_sentence

CASES = [
    ("SELECT a FROM t", "SELECT a, b FROM t", "select", "also shows b", "还显示 b"),
    ("SELECT a, b FROM t", "SELECT a FROM t", "select", "does not show b", "不显示 b"),
    ("SELECT max(a) FROM t", "SELECT avg(a) FROM t", "select", "shows average of a instead of highest a", None),
    ("SELECT a FROM t", "SELECT DISTINCT a FROM t", "select", "shows equal rows once", None),
    ("SELECT a FROM t", "SELECT a FROM u", "from", "reads u instead of t", None),
    ("SELECT a FROM t", "SELECT t.a FROM t JOIN u ON t.b = u.b", "from", "also reads u", "还读取 u"),
    (
        "SELECT t.a FROM t JOIN u ON t.b = u.b",
        "SELECT t.a FROM t JOIN u ON u.c = t.b",
        "from",
        "joins on t.b = u.c instead of t.b = u.b",
        None,
    ),
    ("SELECT a FROM t", "SELECT a FROM t WHERE b = 2024", "where", "asks that b is 2024 as well", "还要求 b 为 2024"),
    ("SELECT a FROM t WHERE b = 1 AND c = 2", "SELECT a FROM t WHERE c = 2", "where", "does not ask that b is 1", None),
    (
        "SELECT a FROM t WHERE b = 'x'",
        "SELECT a FROM t WHERE b = 'y' AND c > 1",
        "where",
        "asks that b is 'y' and c is more than 1, not that b is 'x'",
        "要求 b 为 'y' 且 c 大于 1，而不是 b 为 'x'",
    ),
    (
        "SELECT a FROM t WHERE b IN (SELECT c FROM u)",
        "SELECT a FROM t WHERE b IN (SELECT c FROM u WHERE d = 1)",
        "where",
        "asks another inner query",
        "内层查询不同",
    ),
    ("SELECT count(*) FROM t", "SELECT count(*) FROM t GROUP BY a", "group by", "groups by a", "按 a 分组"),
    (
        "SELECT a FROM t GROUP BY a HAVING count(*) > 2",
        "SELECT a FROM t GROUP BY a",
        "having",
        "keeps also groups without number of rows is more than 2",
        None,
    ),
    (
        "SELECT a FROM t ORDER BY a",
        "SELECT a FROM t ORDER BY a DESC",
        "order by",
        None,
        "按 a 从高到低排序，而不是按 a 从低到高",
    ),
    ("SELECT a FROM t", "SELECT a FROM t LIMIT 5", "limit", "shows only the first 5 rows", "只显示前 5 行"),
    ("SELECT a FROM t LIMIT 3", "SELECT a FROM t LIMIT 5", "limit", "shows the first 5 rows instead of 3", None),
    (
        "SELECT a FROM t UNION SELECT a FROM u",
        "SELECT a FROM t INTERSECT SELECT a FROM u",
        "set operation",
        "combines two queries by INTERSECT instead of UNION",
        None,
    ),
    (
        "SELECT a FROM t UNION SELECT a FROM u",
        "SELECT a FROM t UNION SELECT a FROM u WHERE b = 1",
        "where",
        "in its second query asks that u.b is 1 as well",
        "在第二个查询中还要求 u.b 为 1",
    ),
    (
        "SELECT a FROM (SELECT a FROM t)",
        "SELECT a FROM (SELECT a FROM t WHERE b = 1)",
        "from",
        "asks another inner query",
        None,
    ),
    ("SELECT t.a FROM t JOIN u ON t.b = u.b", "SELECT t.a FROM t LEFT JOIN u ON t.b = u.b", "query", None, None),
    (
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "WITH x AS (SELECT 2 AS a) SELECT a FROM x",
        "query",
        "is another query",
        None,
    ),
]


@pytest.mark.parametrize(("before", "after", "clause", "english", "chinese"), CASES)
def test_one_clause_changed(before, after, clause, english, chinese):
    (change,) = changes(before, after, "sqlite")
    assert change.clause == clause
    assert english in (None, change.says)
    if chinese:
        assert [c.says for c in changes(before, after, "sqlite", "zh")] == [chinese]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SELECT a FROM t", "select  a\nfrom t"),
        ("SELECT T1.a FROM t AS T1", "SELECT t.a FROM t"),
        ("SELECT a FROM t WHERE b = 1 AND c = 2", "SELECT a FROM t WHERE c = 2 AND b = 1"),
        ("SELECT a AS x FROM t", "SELECT a FROM t"),
        ("SELECT t.a FROM t JOIN u ON t.b = u.b", "SELECT t.a FROM t JOIN u ON u.b = t.b"),
    ],
)
def test_the_same_query_in_other_words_has_no_change(before, after):
    assert changes(before, after, "sqlite") == ()


def test_several_changes_make_one_sentence():
    found = changes("SELECT a FROM t", "SELECT b FROM t WHERE c = 1 ORDER BY b LIMIT 2", "sqlite")
    assert [c.clause for c in found] == ["select", "where", "order by", "limit"]
    assert in_one_sentence(found[:2]) == "shows b instead of a; asks that c is 1 as well"
    assert in_one_sentence(found, most=1) == "shows b instead of a"


def test_a_change_carries_the_sql_of_the_clause():
    (change,) = changes("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 2", "sqlite")
    assert (change.before, change.after) == ("WHERE b = 1", "WHERE b = 2")


def test_what_does_not_parse_is_not_compared():
    assert changes("SELECT FROM (", "SELECT a FROM t", "sqlite") == ()
