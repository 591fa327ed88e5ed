"""Teach, look, ask and forget on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli


@pytest.fixture
def sqlwright(tmp_path):
    def call(*arguments):
        command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", *map(str, arguments)]
        environment = {**os.environ, "SQLWRIGHT_KNOWLEDGE": str(tmp_path / "knowledge")}
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120)

    return call


def test_what_was_taught_is_listed_used_and_forgotten(sqlwright, shop, tmp_path):
    taught = sqlwright("remember", "-d", shop, "How many customers live in Paris?", "SELECT COUNT(*) FROM customer")
    assert taught.returncode == 0, taught.stderr
    identifier = taught.stdout.split("\t")[0]
    (tmp_path / "terms.md").write_text("# Regular customer\nA customer with three orders.\n")
    assert sqlwright("remember", "-d", shop, "--docs", tmp_path / "terms.md").returncode == 0

    listed = json.loads(sqlwright("knowledge", "ls", "-d", shop, "--json").stdout)
    assert listed["documents"] == ["terms.md"]
    assert [p["id"] for p in listed["pairs"]] == [identifier]
    assert listed["folder"] == sqlwright("knowledge", "path", "-d", shop).stdout.strip()

    question = "How many regular customers live in Oslo?"
    found = sqlwright("knowledge", "search", question, "-d", shop).stdout.splitlines()
    assert sorted(line.split("\t")[1] for line in found) == sorted([identifier, "terms.md, Regular customer"])

    script = tmp_path / "answers.jsonl"
    script.write_text(json.dumps({"question": question, "text": "SELECT COUNT(*) FROM customer"}))
    asked = ("ask", question, "-d", shop, "-m", f"scripted:{script}")
    answer = json.loads(sqlwright(*asked, "--json").stdout)
    assert {s["kind"] for s in answer["sources"]} == {"pair", "document"}
    assert "used    your pair (score 0." in sqlwright(*asked).stderr
    assert json.loads(sqlwright(*asked, "--json", "--no-retrieve").stdout)["sources"] == []

    assert sqlwright("knowledge", "check", "-d", shop).returncode == 0
    assert sqlwright("knowledge", "forget", identifier, "terms.md", "-d", shop).returncode == 0
    assert sqlwright("knowledge", "forget", identifier, "-d", shop).returncode == 1
    assert sqlwright("knowledge", "ls", "-d", shop).stdout == ""


def test_what_does_not_run_is_not_stored(sqlwright, shop):
    done = sqlwright("remember", "-d", shop, "Clean up", "DELETE FROM item")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was stored" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("only a question",)])
def test_half_a_pair_is_wrong_usage(sqlwright, shop, arguments):
    done = sqlwright("remember", "-d", shop, *arguments)
    assert done.returncode == 2
    assert "--docs" in done.stderr


def test_an_unknown_embedder_is_one_sentence(sqlwright, shop):
    done = sqlwright("knowledge", "search", "x", "-d", shop, "--embedder", "nothing")
    assert done.returncode == 2
    assert "bm25" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("model", "says"), [("built-in", True), ("shop-llama", False)])
def test_documents_that_the_database_s_model_does_not_read_are_told_of(shop, tmp_path, monkeypatch, model, says):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    monkeypatch.setattr("sqlwright.generation.registry.default_model", lambda database: model)
    (tmp_path / "terms.md").write_text("# Regular customer\nA customer with three orders.\n")
    done = CliRunner().invoke(cli, ["remember", "-d", str(shop), "--docs", str(tmp_path / "terms.md")])
    assert done.exit_code == 0
    assert ("does not read documents" in done.stderr) is says
