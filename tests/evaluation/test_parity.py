"""The published scores follow the public scripts item by item: parity/README.md beside the public data sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sqlwright.data.schemas import read_schemas
from sqlwright.db.database import Database
from sqlwright.db.engines.sqlite.engine import SqliteEngine
from sqlwright.evaluation.compare import strict_verdict
from sqlwright.evaluation.hardness import hardness
from sqlwright.evaluation.rules import bird_execution, exact_set_match
from sqlwright.evaluation.spider_execution import suite_execution

pytestmark = pytest.mark.shared

COLUMNS: dict[str, Callable[[Database, str, str], Any]] = {
    "hardness": lambda db, gold, predicted: hardness(gold, db.schema()),
    "exact_set_match": lambda db, gold, predicted: exact_set_match(gold, predicted, db.schema()),
    "ts_exec": lambda db, gold, predicted: suite_execution(db, gold, predicted),
    "ts_exec_keep_distinct": lambda db, gold, predicted: suite_execution(db, gold, predicted, keep_distinct=True),
    "bird_exec": lambda db, gold, predicted: bird_execution(db, gold, predicted),
}


@pytest.fixture(scope="module")
def items(shared: Path) -> list[dict[str, Any]]:
    folder = shared / "parity"
    verdicts = {v["id"]: v for v in map(json.loads, (folder / "verdicts.jsonl").read_text().splitlines())}
    return [
        {**verdicts[p["id"]], **p} for p in map(json.loads, (folder / "predictions.jsonl").read_text().splitlines())
    ]


@pytest.fixture(scope="module")
def databases(spider_databases: Path, items: list[dict[str, Any]]) -> Iterator[dict[str, Database]]:
    opened = {
        name: Database(SqliteEngine(spider_databases / name / f"{name}.sqlite")) for name in {i["db_id"] for i in items}
    }
    yield opened
    for database in opened.values():
        database.close()


@pytest.mark.parametrize("column", COLUMNS)
def test_agrees_with_the_public_script(column, items, databases):
    score = COLUMNS[column]
    wrong = [
        (i["id"], i["perturbation"], i["gold_sql"], i["predicted_sql"])
        for i in items
        if score(databases[i["db_id"]], i["gold_sql"], i["predicted_sql"]) != i[column]
    ]
    assert len(items) == 750
    assert len(wrong) <= 0.005 * len(items), wrong


@pytest.mark.parametrize("column", ["hardness", "exact_set_match"])
def test_agrees_with_the_schemas_of_tables_json_as_well(column, items, shared):
    schemas = read_schemas(shared / "data/spider/tables.json.gz")
    score = {
        "hardness": lambda i: hardness(i["gold_sql"], schemas[i["db_id"]]),
        "exact_set_match": lambda i: exact_set_match(i["gold_sql"], i["predicted_sql"], schemas[i["db_id"]]),
    }[column]
    wrong = [i["id"] for i in items if score(i) != i[column]]
    assert len(wrong) <= 0.005 * len(items), wrong


def test_the_strict_rule_accepts_every_gold_and_refuses_what_does_not_run(items, databases):
    """Strict is no published column; these predictions leave no room for opinion."""
    for item in items:
        if item["perturbation"] == "gold":
            assert strict_verdict(databases[item["db_id"]], item["gold_sql"], item["predicted_sql"]).verdict.correct
        if item["perturbation"].startswith("invalid_") and not item["ts_exec_keep_distinct"]:
            verdict = strict_verdict(databases[item["db_id"]], item["gold_sql"], item["predicted_sql"]).verdict
            assert not verdict.correct
