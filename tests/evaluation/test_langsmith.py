"""An evaluation in LangSmith: the real client against a server on this machine that keeps what it is sent."""

from __future__ import annotations

import json
import re
import threading
import uuid
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError, SqlwrightError
from sqlwright.evaluation.item import ItemReport
from sqlwright.evaluation.langsmith import dataset_name, store_experiment
from sqlwright.evaluation.report import Report

pytest.importorskip("langsmith", reason="needs the extra trackers")
NOW = "2026-01-01T00:00:00+00:00"
ITEMS = (
    ItemReport("a", "shop", "How many items?", "SELECT 3", "SELECT 3", strict_correct=True, embedding_distance=0.0),
    ItemReport("b", "shop", "Who?", "SELECT 1", "SELECT 2", strict_correct=False, cause="wrong_value", reason="7"),
    ItemReport("c", "gone", "What?", "SELECT 1", "SELECT 1", state="no_database"),
)


class Kept:
    """A LangSmith that holds data sets, examples, sessions, runs and feedback, as far as the client asks for them."""

    def __init__(self) -> None:
        self.datasets, self.examples, self.sessions, self.runs, self.feedback = {}, {}, {}, {}, []
        self.requests, self.keys = [], set()


class Handler(BaseHTTPRequestHandler):
    kept: Kept

    def do_GET(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.kept.requests.append(("GET", path))
        if path.endswith("/datasets"):
            name = query.get("name", [""])[0]
            return self.reply([d for d in self.kept.datasets.values() if d["name"] == name])
        if path.endswith("/examples"):
            found = [e for e in self.kept.examples.values() if e["dataset_id"] == query["dataset"][0]]
            return self.reply([] if int(query.get("offset", ["0"])[0]) else found)
        if path.endswith("/sessions"):
            return self.reply([s for s in self.kept.sessions.values() if s["name"] == query.get("name", [""])[0]])
        return self.reply({})

    def do_POST(self):
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept.requests.append(("POST", path))
        self.kept.keys.add(self.headers.get("x-api-key"))
        if match := re.search(r"/datasets/([^/]+)/examples$", path):
            return self.reply(self.multipart(match[1], body))
        taken = {"datasets": self.dataset, "bulk": self.bulk, "sessions": self.session, "runs": self.run}
        taken["feedback"] = self.noted
        return self.reply(taken[path.rpartition("/")[2]](json.loads(body)))

    def noted(self, given):
        self.kept.feedback.append(given)
        return given

    def bulk(self, examples):
        for example in examples:
            self.kept.examples[example["id"]] = {"created_at": NOW, **example}
        return examples

    def session(self, given):
        made = {"start_time": NOW, "tenant_id": str(uuid.uuid4()), **given}
        self.kept.sessions[made["id"]] = made
        return made

    def run(self, given):
        self.kept.runs[given["id"]] = given

    def dataset(self, given):
        made = {"id": str(uuid.uuid4()), "created_at": NOW, "modified_at": NOW, **given}
        self.kept.datasets[made["id"]] = made
        return made

    def multipart(self, dataset_id, body):
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = {}
        for part in BytesParser().parsebytes(head + body).get_payload():
            name = part.get_param("name", header="content-disposition")
            parts[name] = json.loads(part.get_payload(decode=True))
        for name in [name for name in parts if "." not in name]:
            more = {key.split(".")[1]: value for key, value in parts.items() if key.startswith(f"{name}.")}
            self.kept.examples[name] = {"id": name, "dataset_id": dataset_id, "created_at": NOW, **parts[name], **more}
        return {"example_ids": [name for name in parts if "." not in name], "count": len(parts)}

    def reply(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    kept = Kept()
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("Kept", (Handler,), {"kept": kept}))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{running.server_port}")
    monkeypatch.setenv("LANGSMITH_API_KEY", "a-key")
    yield kept
    running.shutdown()
    running.server_close()


def test_questions_are_examples_and_verdicts_are_feedback(server):
    stored = store_experiment(Report(ITEMS), "built-in, first try")
    (dataset,) = server.datasets.values()
    assert dataset["name"] == stored.dataset == dataset_name(ITEMS)
    assert [e["inputs"]["question"] for e in server.examples.values()] == ["How many items?", "Who?", "What?"]
    assert [e["outputs"] for e in server.examples.values()] == [{"sql": i.gold_sql} for i in ITEMS]
    (session,) = server.sessions.values()
    assert (session["name"], session["reference_dataset_id"]) == ("built-in, first try", dataset["id"])
    assert [run["outputs"] for run in server.runs.values()] == [{"sql": i.predicted_sql} for i in ITEMS]
    assert {run["reference_example_id"] for run in server.runs.values()} == set(server.examples)
    assert {run["session_name"] for run in server.runs.values()} == {"built-in, first try"}
    runs = list(server.runs)
    assert [(f["run_id"], f["key"], f["score"]) for f in server.feedback] == [
        (runs[0], "execution_accuracy", 1.0),
        (runs[0], "embedding_distance", 0.0),
        (runs[1], "execution_accuracy", 0.0),
    ]
    assert server.feedback[2]["comment"] == "wrong_value"
    assert '"reason"' not in json.dumps([server.runs, server.feedback, server.examples])  # a reason quotes rows
    assert server.keys == {"a-key"}
    assert (stored.examples, stored.runs) == (3, 3)


def test_a_second_experiment_uses_the_same_examples(server):
    store_experiment(Report(ITEMS[:2]), "one", dataset="mine")
    assert len(server.examples) == 2
    store_experiment(Report(ITEMS), "two", dataset="mine")
    assert (len(server.datasets), len(server.examples), len(server.sessions)) == (1, 3, 2)


def test_the_end_is_bounded(server):
    with pytest.raises(SqlwrightError, match="time limit is over: 0 of 3"):
        store_experiment(Report(ITEMS), "late", limit_s=-1.0)


def test_without_a_key_nothing_is_sent(server, monkeypatch):
    monkeypatch.delenv("LANGSMITH_API_KEY")
    with pytest.raises(ConfigError, match="LANGSMITH_API_KEY"):
        store_experiment(Report(ITEMS), "p")
    assert server.requests == []


def test_a_server_that_is_not_there_is_one_error(monkeypatch):
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_API_KEY", "k")
    with pytest.raises(SqlwrightError, match=r"127\.0\.0\.1:9 gave an error"):
        store_experiment(Report(ITEMS[:1]), "p")


@pytest.fixture
def files(shop, tmp_path):
    """Questions, predictions and a folder of databases."""
    (tmp_path / "db" / "shop").mkdir(parents=True)
    shop.rename(tmp_path / "db" / "shop" / "shop.sqlite")
    rows = [{"id": "1", "db_id": "shop", "question": "How many items?", "gold_sql": "SELECT COUNT(*) FROM item"}]
    (tmp_path / "rows.jsonl").write_text(json.dumps(rows[0]), encoding="utf-8")
    predicted = {"id": "1", "predicted_sql": "SELECT COUNT(*) FROM item"}
    (tmp_path / "pred.jsonl").write_text(json.dumps(predicted), encoding="utf-8")
    return [str(tmp_path / "pred.jsonl"), "--data", str(tmp_path / "rows.jsonl"), "--databases", str(tmp_path / "db")]


def test_the_command(server, files):
    done = CliRunner().invoke(cli, ["evaluate", *files, "--workers", "1", "--langsmith", "from the command"])
    assert done.exit_code == 0, done.output
    assert "Sends 1 questions with their SQL to LangSmith at 127.0.0.1:" in done.stderr
    assert [f["score"] for f in server.feedback] == [1.0]


def test_wandb_gets_a_table_of_predictions(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="needs the extra trackers")
    from sqlwright.evaluation.wandb_table import COLUMNS, log_to_wandb

    monkeypatch.setenv("WANDB_MODE", "offline")
    folder = log_to_wandb(Report(ITEMS), "sqlwright-test", folder=tmp_path)
    wandb.teardown()  # its settings would hold for the runs of other tests
    (table,) = tmp_path.glob("**/media/table/predictions*.table.json")
    assert str(table).startswith(folder)
    found = json.loads(table.read_text())
    assert found["columns"] == list(COLUMNS)
    assert [row[0] for row in found["data"]] == ["a", "b", "c"]
    assert [row[5] for row in found["data"]] == [True, False, None]
