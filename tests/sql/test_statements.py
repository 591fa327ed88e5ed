"""The published statements: every hostile one is refused and every decoy passes."""

from __future__ import annotations

import csv
import gzip
import io
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


def gold(shared, name):
    """(db_id, query), each once, of one of the public data sets."""
    with gzip.open(shared / "data" / name, "rt", encoding="utf-8") as file:
        if name.endswith(".csv.gz"):
            return {(row["database"], row["sql"]) for row in csv.DictReader(io.StringIO(file.read()))}
        items = json.load(file)
    if "interaction" in items[0]:
        return {(i["database_id"], turn["query"]) for i in items for turn in i["interaction"]}
    if "turns" in items[0]:
        return {(i["db_name"], turn["query"]) for i in items for turn in i["turns"] if turn.get("query")}
    return {(i["db_id"], i.get("query") or i["SQL"]) for i in items}


# Labels that the engine itself does not take: broken SQL, code fences, tables that are not in the database.
BROKEN_LABELS = {
    "spider/train_spider.json.gz": 1,
    "spider/dev.json.gz": 0,
    "sparc/dev.json.gz": 3,
    "cosql/cosql_train.json.gz": 4,
    "qda-sql/QDASQL_train.json.gz": 6,
    "bird-train-sample/mini_train.json.gz": 0,
    "chase/chase_train.json.gz": 0,
}


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN_LABELS)
def test_at_most_one_honest_query_in_a_thousand_is_refused(shared, name):
    with gzip.open(shared / "data/spider/tables.json.gz", "rt", encoding="utf-8") as file:
        tables = {row["db_id"]: frozenset(row["table_names_original"]) for row in json.load(file)}
    listed = not name.startswith(("bird", "chase"))  # those have other databases
    queries = gold(shared, name)
    refused = [
        (db_id, sql, checked.violations)
        for db_id, sql in queries
        if not (checked := check(sql, default_policy("sqlite", tables[db_id] if listed else None))).allowed
    ]
    assert len(refused) - BROKEN_LABELS[name] <= len(queries) / 1000, refused


@pytest.mark.shared
@pytest.mark.slow
def test_mysql_gold_passes(shared):
    queries = gold(shared, "spider-mysql/train_queries.csv.gz") | gold(shared, "spider-mysql/test_queries.csv.gz")
    assert [sql for _, sql in queries if not check(sql, default_policy("mysql")).allowed] == []
