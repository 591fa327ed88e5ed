"""The queries of one question share one time limit."""

from __future__ import annotations

from sqlwright.answering import AskOptions, ask
from sqlwright.core import Outcome, QueryLimits
from sqlwright.db import open_database
from sqlwright.generation import Sampling, ScriptedGenerator
from sqlwright.inference.budget import QueryBudget

ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + {} FROM n) SELECT count(*) FROM n"


def test_a_query_gets_what_the_ones_before_it_left():
    given = []

    def run(sql, limits):
        given.append(limits.timeout_s)
        return Outcome("rows", sql, elapsed_s=4)

    budget = QueryBudget(QueryLimits(timeout_s=10), run)
    statuses = [budget.run("SELECT 1").status for _ in range(5)]
    assert given == [10, 6, 2]
    assert statuses == ["rows", "rows", "rows", "timeout", "timeout"]


def test_many_slow_candidates_take_the_limit_once(shop, monkeypatch):
    """Five queries without an end: the first takes the whole limit, and the others are not sent."""
    sent = []
    model = ScriptedGenerator([[ENDLESS.format(i) for i in range(1, 6)]])
    options = AskOptions(limits=QueryLimits(timeout_s=1), sampling=Sampling(n=5))
    with open_database(shop) as database:
        execute = database.engine.execute
        monkeypatch.setattr(database.engine, "execute", lambda s, limits: sent.append(s.sql) or execute(s, limits))
        answer = ask("How many?", database, model, options=options)
    assert answer.status == "failed"
    assert len([sql for sql in sent if "RECURSIVE" in sql]) == 1
