"""Predictions joined to their questions and judged by running them."""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pytest

from sqlwright.core import DataError, Example, NotFoundError, Prediction, SqlwrightError, UsageError
from sqlwright.evaluation import evaluate as module
from sqlwright.evaluation.compare import DEFAULT_LIMITS
from sqlwright.evaluation.evaluate import evaluate
from sqlwright.evaluation.judge import Judges
from sqlwright.evaluation.predictions import Pair
from sqlwright.evaluation.report import Report

from .bench import ROWS, data_rows, make_databases, prediction_rows, write_rows


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    return make_databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="module")
def report(databases, tmp_path_factory) -> Report:
    folder = tmp_path_factory.mktemp("files")
    data = write_rows(folder / "data.jsonl", data_rows())
    predictions = write_rows(folder / "predictions.jsonl", prediction_rows())
    return evaluate(predictions, data, databases, workers=2)


@pytest.fixture
def files(tmp_path, databases):
    """Evaluates given rows: `files(data=..., predictions=..., **options)`."""

    def run(data=None, predictions=None, **options):
        d = write_rows(tmp_path / "data.jsonl", data_rows() if data is None else data)
        p = write_rows(tmp_path / "predictions.jsonl", prediction_rows() if predictions is None else predictions)
        return evaluate(p, d, options.pop("databases", databases), workers=1, **options)

    return run


@pytest.fixture(scope="module")
def judge(databases):
    """Judges one pair on the shop in this process."""
    with Judges({"shop": str(databases / "shop.sqlite")}, DEFAULT_LIMITS)("shop") as open_judge:
        yield open_judge


def item(report, name):
    return next(i for i in report.items if i.id == name)


def test_items_stand_in_the_order_of_the_data(report):
    assert [i.id for i in report.items] == [row[0] for row in ROWS]


def test_both_rules_judge_each_item(report):
    verdicts = {i.id: (i.test_suite_execution, i.strict_correct) for i in report.judged}
    assert verdicts["q1"] == (True, True)
    assert verdicts["q3"] == (False, False)
    assert verdicts["q5"] == (False, False)
    assert verdicts["q6"] == (False, False)


def test_an_empty_gold_result_is_marked_as_without_power(report):
    assert item(report, "q4").no_power
    assert item(report, "q4").test_suite_execution
    assert report.scores["strict_with_power"].n == report.n - 1


def test_every_failure_has_a_cause_and_a_reason(report):
    assert item(report, "q5").cause == "wrong_order"
    assert item(report, "q6").cause == "no_such_table"
    assert item(report, "q8").cause == "refused"
    assert all(i.reason for i in report.judged if not i.strict_correct)


def test_a_missing_prediction_counts_as_wrong_and_is_counted(report):
    assert item(report, "q7").missing
    assert item(report, "q7").strict_correct is False
    assert item(report, "q7").test_suite_execution is False
    assert item(report, "q7").predicted is None
    assert report.to_dict()["missing_predictions"] == 1


def test_a_question_without_a_database_is_listed_apart_and_has_text_scores(report):
    lost = item(report, "q9")
    assert (lost.state, lost.strict_correct, lost.test_suite_execution) == ("no_database", None, None)
    assert lost.exact_match is True
    assert lost.rouge_l == 1.0
    assert report.n == len(ROWS) - 1
    assert report.to_dict()["skipped"] == 1


def test_a_prediction_that_writes_changes_nothing(report, databases):
    connection = sqlite3.connect(databases / "zoo" / "zoo.sqlite")
    assert connection.execute("SELECT count(*) FROM animal").fetchone() == (3,)
    connection.close()
    assert item(report, "q8").valid_sql is False


def test_both_results_and_their_differing_cells_are_kept(report):
    third = item(report, "q5")
    assert third.gold.result.rows == (("owl",), ("cat",), ("ant",))
    assert third.predicted.result.rows == (("owl",), ("ant",), ("cat",))
    assert third.predicted.result.marks == ((1, 0), (2, 0))
    assert item(report, "q1").predicted.result.marks == ()


def test_the_report_tells_where_it_comes_from(report):
    p = report.provenance
    assert p.model == "tiny"
    assert set(p.databases) == {"shop", "zoo"}
    assert all(len(h) == 64 for h in (p.predictions_sha256, p.data_sha256, p.items_sha256, *p.databases.values()))
    assert p.limits["timeout_s"] == DEFAULT_LIMITS.timeout_s
    assert p.sqlite == sqlite3.sqlite_version
    assert "CREATE TABLE animal" in report.schemas["zoo"]


def test_what_is_right_by_luck_fails_on_a_changed_copy(files, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    lucky = [{"id": "q1", "predicted_sql": "SELECT 3"}, {"id": "q2", "predicted_sql": "SELECT name FROM item"}]
    report = files(data_rows()[:2], lucky, copies=True)
    assert [i.strict_correct for i in report.items] == [True, True]
    assert [i.robust_correct for i in report.items] == [False, True]
    assert "changed copy" in item(report, "q1").reason
    assert item(report, "q2").copies > 0
    assert report.scores["robust_execution_accuracy"].value == 0.5
    assert list(scratch.iterdir()) == []  # the copies are gone


def test_copies_are_made_on_request_only(report):
    assert all(i.robust_correct is None for i in report.items)
    assert "robust_execution_accuracy" not in report.scores


def test_a_second_run_gives_the_same_items(report, files):
    again = files()

    def verdicts(r):
        return [(i.id, i.strict_correct, i.test_suite_execution, i.bird_execution, i.cause, i.bleu) for i in r.items]

    assert verdicts(again) == verdicts(report)


def test_only_the_first_questions_are_judged_on_request(files):
    assert [i.id for i in files(limit=2).items] == ["q1", "q2"]


def test_ids_default_to_the_number_of_the_row(files):
    data = [{k: v for k, v in row.items() if k != "id"} for row in data_rows()[:2]]
    predictions = [{"predicted_sql": row["predicted_sql"]} for row in prediction_rows()[:2]]
    assert [i.test_suite_execution for i in files(data, predictions).items] == [True, True]


def test_gold_that_fails_judges_nothing(files):
    broken = {"id": "x", "db_id": "shop", "question": "?", "gold_sql": "SELECT nothing FROM nowhere"}
    report = files([*data_rows()[:1], broken], [*prediction_rows()[:1], {"id": "x", "predicted_sql": "SELECT 1"}])
    assert item(report, "x").state == "gold_failed"
    assert (report.n, report.to_dict()["gold_failed"]) == (1, 1)
    assert report.scores["execution_accuracy"].value == 1.0


def test_a_query_that_does_not_end_is_a_timeout_and_the_rest_goes_on(files):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    predictions = [{"id": "q1", "predicted_sql": endless}, *prediction_rows()[1:]]
    report = files(predictions=predictions, limits=replace(DEFAULT_LIMITS, timeout_s=0.5))
    assert (item(report, "q1").cause, item(report, "q1").strict_correct) == ("timeout", False)
    assert item(report, "q4").test_suite_execution


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
        "SELECT " + "CASE WHEN 1 THEN " * 800 + "1" + " END" * 800,
        "SELECT '" + "x" * 2_000_000 + "'",
        "SELECT 1\x00; DROP TABLE item",
        "SELECT zeroblob(900000000)",
        "SELECT load_extension('x')",
        "ATTACH 'evil.db' AS x",
    ],
    ids=["brackets", "cases", "long", "nul", "blob", "extension", "attach"],
)
def test_hostile_text_is_wrong_and_ends_nothing(judge, sql):
    report = judge(Pair(Example("1", "shop", "?", "SELECT name FROM item"), Prediction("1", "shop", "?", sql)))
    assert (report.strict_correct, report.test_suite_execution, report.valid_sql) == (False, False, False)
    assert report.reason


def test_a_duckdb_file_is_judged_too(tmp_path, files):
    connection = duckdb.connect(str(tmp_path / "duck.duckdb"))
    connection.execute("CREATE TABLE item AS SELECT range AS id FROM range(5)")
    connection.close()
    data = [{"id": "1", "db_id": "duck", "question": "How many?", "gold_sql": "SELECT count(*) FROM item"}]
    report = files(data, [{"id": "1", "predicted_sql": "SELECT count(id) FROM item"}], databases=tmp_path)
    assert (report.items[0].strict_correct, report.items[0].test_suite_execution) == (True, True)


def test_dialogues_have_question_and_interaction_match(files):
    asked = [
        ("d1", 0, "How many items?", "SELECT count(*) FROM item", "SELECT count(*) FROM item"),
        ("d1", 1, "Their names?", "SELECT name FROM item", "SELECT name FROM item"),
        ("d2", 0, "How many items?", "SELECT count(*) FROM item", "SELECT count(*) FROM item"),
        ("d2", 1, "Their prices?", "SELECT price FROM item", "SELECT id FROM item"),
    ]
    data = [
        {"id": f"{d}-{t}", "db_id": "shop", "question": q, "gold_sql": gold, "dialogue_id": d, "turn": t}
        for d, t, q, gold, _ in asked
    ]
    d = files(data, [{"id": f"{d}-{t}", "predicted_sql": sql} for d, t, _, _, sql in asked]).to_dict()
    assert {turn: s["execution_accuracy"] for turn, s in d["by_turn"].items()} == {"1": 1.0, "2": 0.5}
    assert d["interaction_match"]["n"] == 2
    assert d["interaction_match"]["execution_accuracy"] == 0.5


def test_a_row_without_sql_is_an_error_with_its_line(files):
    with pytest.raises(DataError, match=r"predictions.jsonl:2: no predicted_sql, only id, sql"):
        files(predictions=[prediction_rows()[0], {"id": "q2", "sql": "SELECT 1"}])


def test_an_id_that_is_there_twice_is_an_error_with_both_lines(files):
    with pytest.raises(DataError, match=r"predictions.jsonl:2: id 'q1' is there twice, first in line 1"):
        files(predictions=[prediction_rows()[0], prediction_rows()[0]])


def test_an_unknown_id_is_an_error_with_its_line(files):
    with pytest.raises(DataError, match=r"predictions.jsonl:1: id 'z' is not in .*data.jsonl"):
        files(predictions=[{"id": "z", "predicted_sql": "SELECT 1"}])


def test_predictions_for_another_database_are_an_error(files):
    with pytest.raises(DataError, match="id 'q1' was answered on database 'zoo'"):
        files(predictions=[{**prediction_rows()[0], "db_id": "zoo"}])


def test_a_line_that_is_no_json_is_an_error_with_its_line(tmp_path, databases):
    data = write_rows(tmp_path / "data.jsonl", data_rows())
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps(prediction_rows()[0]) + "\n{'id': 1}\n")
    with pytest.raises(DataError, match=r"bad\.jsonl:2"):
        evaluate(bad, data, databases)


def test_a_missing_predictions_file_is_an_error(tmp_path, databases):
    with pytest.raises(NotFoundError):
        evaluate(tmp_path / "none.jsonl", tmp_path / "none.json", databases)


def test_no_database_at_all_is_an_error_with_the_expected_layout(files, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="None of the databases"):
        files(databases=tmp_path / "empty")


def test_a_database_that_changes_while_it_is_judged_voids_the_report(tmp_path, files, monkeypatch):
    folder = make_databases(tmp_path / "changing")
    run_tasks = module.run_tasks

    def run_and_write(*args, **options):
        results = run_tasks(*args, **options)
        connection = sqlite3.connect(folder / "shop.sqlite")
        connection.executescript("DELETE FROM item")
        connection.close()
        return results

    monkeypatch.setattr(module, "run_tasks", run_and_write)
    with pytest.raises(SqlwrightError, match="void: the database file of shop changed"):
        files(databases=folder)


class Embeddings(BaseHTTPRequestHandler):
    """An endpoint whose vectors point one way for each length of text."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = [{"index": i, "embedding": [len(t), 1.0], "object": "embedding"} for i, t in enumerate(asked["input"])]
        body = json.dumps({"object": "list", "model": asked["model"], "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_embedding_distance_is_asked_of_the_model_that_is_named(files):
    with ThreadingHTTPServer(("127.0.0.1", 0), Embeddings) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report = files(limit=3, embedding=f"openai:tiny@http://127.0.0.1:{server.server_port}/v1")
        server.shutdown()
    assert report.scores["embedding_distance"].n == 3
    assert item(report, "q1").embedding_distance == pytest.approx(0.0)
    assert item(report, "q3").embedding_distance > 0


def test_half_a_surrogate_pair_in_the_output_stops_nothing(files):
    report = files(predictions=[{"id": "q1", "predicted_sql": "SELECT '\ud800'", "raw_output": "\udfff"}])
    assert item(report, "q1").strict_correct is False


@pytest.mark.shared
@pytest.mark.slow
def test_the_published_columns_are_those_of_the_public_scripts(shared, spider_databases, tmp_path):
    predictions = shared / "parity" / "predictions.jsonl"
    tables = tmp_path / "tables.json"
    tables.write_bytes(gzip.decompress((shared / "data" / "spider" / "tables.json.gz").read_bytes()))
    report = evaluate(predictions, predictions, spider_databases, tables=tables)
    lines = (shared / "parity" / "verdicts.jsonl").read_text().splitlines()
    published = {v["id"]: v for v in map(json.loads, lines)}
    names = {"test_suite_execution": "ts_exec", "bird_execution": "bird_exec"}
    differing = [
        (i.id, ours)
        for i in report.items
        for ours in ("hardness", "exact_set_match", "test_suite_execution", "bird_execution")
        if getattr(i, ours) != published[i.id][names.get(ours, ours)]
    ]
    assert report.n == 750
    assert differing == []
