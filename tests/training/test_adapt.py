"""A small database learned in a few steps: what is kept apart stays apart, and what is proved is used."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter

import pytest
from click.testing import CliRunner

import sqlwright
from sqlwright.cli.main import cli
from sqlwright.core import ConfigError, Example, SqlwrightError, UsageError
from sqlwright.data.databases import OneDatabase
from sqlwright.db import open_database
from sqlwright.generation import load_generator
from sqlwright.generation.find import own_model
from sqlwright.generation.registry import default_model, register
from sqlwright.sql import normalize
from sqlwright.training.adapt.data import LEAST_TO_SPLIT, gather, public_from, public_from_demo
from sqlwright.training.adapt.language_model import LanguageModelTuner, mixed
from sqlwright.training.adapt.tuner import MOST_OFTEN


@pytest.fixture
def shop(shop):
    """Enough rows that many different questions can be made."""
    rng = random.Random(0)
    with sqlite3.connect(shop) as connection:
        for i in range(10, 60):
            connection.execute("INSERT INTO customer VALUES (?, ?, ?)", (i, f"Name{i}", rng.choice(["Rome", "Bern"])))
            connection.execute("INSERT INTO item VALUES (?, ?, ?)", (i, f"thing {i}", i * 1.5))
            connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?, '2026-04-01')", (i, i, i, rng.randint(1, 9)))
    connection.close()
    return shop


def pair(n, question, sql):
    return Example(str(n), "another name", question, sql)


def test_no_kept_statement_or_question_is_learned(shop):
    pairs = [pair(i, f"Who is number {i}?", f"SELECT name FROM customer WHERE id = {i}") for i in range(10, 55)]
    assert len(pairs) > LEAST_TO_SPLIT
    with open_database(shop) as database:
        data = gather(database, synthetic=150, synthetic_test=40, pairs=pairs)
        statements = {
            origin: {normalize(e.gold_sql, "sqlite") for e in rows}
            for origin, rows in (("learn", sum(data.learn.values(), ())), ("test", sum(data.test.values(), ())))
        }
    assert data.test["verified"]
    assert data.test["synthetic"]
    assert not statements["learn"] & statements["test"]
    assert {e.db_id for e in data.learn["verified"]} == {"shop"}
    as_typed = ["-analyst-" in e.id for e in (*data.learn["synthetic"], *data.test["synthetic"])]
    assert 0.3 < sum(as_typed) / len(as_typed) < 0.7  # half of what is made, less repetitions


def test_pairs_that_ask_what_a_given_test_asks_are_not_learned(shop):
    asked = pair(1, "How many items?", "SELECT COUNT(*) FROM item")
    pairs = [
        pair(2, "Number of items?", "select count(*) from item"),
        pair(3, "how many items?", "SELECT COUNT(id) FROM item"),
        pair(4, "Names?", "SELECT name FROM item"),
        pair(5, "Gone?", "SELECT name FROM missing"),
        pair(6, "Delete?", "DELETE FROM item"),
    ]
    with open_database(shop) as database:
        data = gather(database, synthetic=100, synthetic_test=10, pairs=pairs, test=[asked])
    assert [e.question for e in data.learn["verified"]] == ["Names?"]
    assert data.left_out == {"refused": 2, "asks what a kept question asks": 2}


def test_a_database_without_rows_says_so(tmp_path):
    path = tmp_path / "empty.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
    connection.close()
    with open_database(path) as database, pytest.raises(SqlwrightError, match="No question can be made"):
        gather(database, synthetic=100, synthetic_test=10)


def test_public_questions_need_their_databases(shop):
    with pytest.raises(SqlwrightError, match="--databases"):
        public_from("rows", [pair(1, "q", "SELECT 1")], OneDatabase(str(shop), "shop"))


def test_the_demo_database_is_not_public_to_itself(shop):
    from sqlwright.data.demo import demo_database_path

    assert public_from_demo(str(demo_database_path())) is None
    public = public_from_demo(str(shop))
    assert not {e.question for e in public.learn} & {e.question for e in public.test}


def questions_given(folder):
    """Two questions to judge by and two to keep in mind, as options."""
    for name in ("test", "public"):
        rows = [
            {"db_id": "shop", "question": f"How many {t}s?", "gold_sql": f"SELECT COUNT(*) FROM {t}"}
            for t in ("item", "customer")
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return [
        *("--test", str(folder / "test.jsonl")),
        *("--public", str(folder / "public.jsonl")),
        *("--databases", str(folder)),
    ]


@pytest.mark.slow
def test_adapting_ends_with_a_page_and_a_model_that_ask_uses(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))
    given = questions_given(tmp_path)
    command = ["adapt", "-d", str(shop), "-n", "100", "--held-out", "30", "--steps", "2", "--json", *given]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [s["role"] for s in found["sets"]] == ["own", "own", "public"]
    folder = tmp_path / "models" / found["name"]
    assert "before and after" in (folder / "adapt.html").read_text(encoding="utf-8")
    with open_database(shop) as database:
        assert default_model(database) == (found["name"] if found["promoted"] else "built-in")
    asked = CliRunner().invoke(cli, ["ask", "How many customers?", "-d", str(shop), "-m", found["name"]])
    assert f"model   {found['name']}" in asked.stderr
    # The same call finds the finished run, also from Python; another one begins anew.
    files = {"test": tmp_path / "test.jsonl", "public": tmp_path / "public.jsonl", "databases": tmp_path}
    told = []
    again = sqlwright.adapt(shop, n=100, held_out=30, steps=2, on_log=told.append, **files)
    assert again.to_dict()["sets"] == found["sets"]
    assert not any("loss" in row for row in told)
    assert again.reason in str(again)
    # A model that got worse leaves the one in use in its place, and can be tried all the same.
    before = (folder / "parser.safetensors").read_bytes()
    monkeypatch.setattr("sqlwright.training.adapt.adapt.worth_using", lambda sets: (False, "worse"))
    worse = CliRunner().invoke(cli, [*command, "--seed", "1"], catch_exceptions=False)
    tried = json.loads(worse.stdout)["name"]
    assert (folder / "parser.safetensors").read_bytes() == before
    assert load_generator(tried).name == tried


def examples(*names):
    return [Example(name, "shop", name, "SELECT 1") for name in names]


def test_a_run_reads_each_kind_of_question_in_its_share():
    own = OneDatabase("shop.sqlite", "shop")
    learn = {
        "verified": (examples("a", "b"), own),
        "synthetic": (examples(*map(str, range(50))), own),
        "public": (examples(*(f"p{i}" for i in range(500))), own),
    }
    found = mixed(learn, 100, 0)
    origins = Counter(e.id.partition("/")[0] for e in found)
    assert origins == {"verified": 2 * MOST_OFTEN, "public": 30, "synthetic": 46}
    assert len({e.id for e in found}) == 100
    assert found == mixed(learn, 100, 0) != mixed(learn, 100, 1)


def test_what_adapt_sets_itself_and_what_it_cannot_tune_is_said():
    with pytest.raises(ConfigError, match="output_dir"):
        LanguageModelTuner.of("model", ["output_dir=x"])
    with pytest.raises(ConfigError, match="lora_rank"):
        LanguageModelTuner.of("model", ["lora_rnk=8"])
    with pytest.raises(UsageError, match="cannot be tuned"):
        LanguageModelTuner.of("openai:gpt@http://localhost")


@pytest.mark.slow
def test_a_language_model_takes_the_same_road(shop, llama, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))
    command = ["adapt", "-d", str(shop), "--model", str(llama), "-n", "100", "--steps", "2", "--json"]
    command += questions_given(tmp_path)
    settings = [
        "per_device_train_batch_size=4",
        "cutoff_len=4000",
        "samples=0",
        "schema_style=names",
        "max_new_tokens=8",
    ]
    done = CliRunner().invoke(cli, [*command, *settings], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found["promoted"]  # two steps teach a random model nothing
    assert found["reason"].startswith("It answers none")
    folder = tmp_path / "models" / found["name"]
    assert (folder / "adapter_config.json").is_file()
    assert "schema_style names" in (folder / "adapt.html").read_text(encoding="utf-8")
    assert own_model(found["name"]) == folder
    with open_database(shop) as database:
        assert default_model(database) == "built-in"
        register(database, found["name"])  # as if it had been better
        assert default_model(database) == found["name"]
    asked = CliRunner().invoke(cli, ["ask", "How many customers?", "-d", str(shop), "--json"])
    assert json.loads(asked.stdout)["model"] == found["name"]
    again = CliRunner().invoke(cli, [*command, *settings], catch_exceptions=False)
    assert "is finished already" in again.stderr
