"""The published statements: every hostile one is refused and every decoy passes."""

from __future__ import annotations

import json

import pytest

from sqlwright.sql import check, default_policy

TABLES = frozenset({"t", "m", "orders"})


@pytest.fixture(scope="module")
def statements(shared):
    return [json.loads(line) for line in (shared / "safety/statements.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.shared
@pytest.mark.parametrize("tables", [None, TABLES], ids=["any table", "listed tables"])
def test_decoys_pass(statements, tables):
    refused = {
        row["id"]: checked.violations
        for row in statements
        if row["expect"] == "accept"
        and not (checked := check(row["sql"], default_policy(row["engine"], tables))).allowed
    }
    assert refused == {}


@pytest.mark.shared
def test_hostile_statements_are_refused_but_for_those_that_only_cost_time(statements):
    accepted = [
        row
        for row in statements
        if row["expect"] == "refuse" and check(row["sql"], default_policy(row["engine"], TABLES)).allowed
    ]
    assert [row["id"] for row in accepted if row["klass"] != "dos"] == []
    # Cost is not for the text to judge: time, row and byte limits stop these.
    assert {row["id"] for row in accepted} <= {"S45", "S46", "P81", "P82", "P83", "P84", "M66", "D49", "D50"}
