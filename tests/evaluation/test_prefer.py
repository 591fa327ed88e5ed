"""Preference pairs: made by running candidates, read from and written for LLaMA-Factory, TRL and sqlwright."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.answering.audit import AuditLog, Entry, confirm
from sqlwright.answering.preferences import logged_preferences
from sqlwright.cli.main import cli
from sqlwright.core import DataError, Example, UsageError
from sqlwright.data import Contexts, DatabaseFolder
from sqlwright.data.preference import Preference, convert_preferences, is_preferences, read_preferences
from sqlwright.evaluation.prefer import prefer, read_candidates
from sqlwright.evaluation.trial import Attempt, Trials, try_sql

from .bench import make_databases, write_rows

GOLD = "SELECT name FROM item WHERE price > 2"
RIGHT = "SELECT i.name FROM item AS i WHERE i.price > 2.0"
REPEATED = "SELECT name FROM item WHERE price > 2 UNION ALL SELECT name FROM item WHERE price > 2"
WRONG = "SELECT name FROM item"
UNKNOWN = "SELECT title FROM item"


@pytest.fixture
def folder(tmp_path):
    return make_databases(tmp_path / "databases")


@pytest.fixture
def databases(folder):
    return DatabaseFolder(folder)


def example(gold=GOLD, name="q"):
    return Example(name, "shop", "Which items cost more than 2?", gold)


def one(candidates, databases, gold=GOLD, **settings):
    made, report = prefer([example(gold)], {"q": candidates}, databases, workers=1, **settings)
    return [(p.chosen, p.rejected, p.why) for p in made], report


def test_what_gives_the_gold_rows_is_preferred_near_misses_first(databases):
    found, report = one(["DELETE FROM item", UNKNOWN, WRONG, RIGHT, REPEATED], databases, pairs=9)
    assert [p[1] for p in found] == [REPEATED, WRONG, UNKNOWN, "DELETE FROM item"]
    assert {p[0] for p in found} == {RIGHT}
    assert (report.questions, report.pairs) == (1, 4)
    assert [p[1] for p in one([WRONG, RIGHT, REPEATED], databases)[0]] == [REPEATED]
    assert one([WRONG, RIGHT], databases, chosen="gold")[0][0][0] == GOLD
    assert one([WRONG], databases)[0][0][0] == GOLD


def test_of_equal_results_one_is_taken(databases):
    found, _ = one([WRONG, "SELECT name FROM item WHERE 1 = 1", "select NAME from ITEM"], databases, pairs=9)
    assert [p[1] for p in found] == [WRONG]
    made, _ = prefer([example()], {"q": [WRONG, UNKNOWN]}, databases, pairs=2, workers=1)
    assert [p.example.id for p in made] == ["q", "q-2"]


@pytest.mark.parametrize(
    ("candidates", "gold", "reason"),
    [
        ([RIGHT], GOLD, "every candidate is right"),
        ([WRONG], "SELECT name FROM item WHERE price > 99", "the gold result cannot tell right from wrong"),
        ([WRONG], "SELECT nothing FROM item", "the gold result cannot tell right from wrong"),
        ([], GOLD, "no candidates"),
        ([WRONG], "", "no gold query"),
    ],
)
def test_a_question_without_a_pair_is_counted(databases, candidates, gold, reason):
    found, report = one(candidates, databases, gold)
    assert found == []
    assert report.left_out == {reason: 1}


def test_trials_run_on_their_databases_and_refuse_what_the_guard_refuses(databases):
    with Trials(databases) as trials:
        found = trials(
            [Attempt("shop", GOLD, RIGHT), Attempt("zoo", GOLD, RIGHT), Attempt("shop", GOLD, "DROP TABLE x")]
        )
    assert [(t.correct, t.ran) for t in found] == [(True, True), (False, False), (False, False)]
    assert found[2].cause == "refused"
    with databases.open("shop") as database:
        first, second = (try_sql(database, GOLD, sql) for sql in (RIGHT, GOLD))
        assert first.result == second.result != try_sql(database, GOLD, WRONG).result


def test_every_format_comes_back_as_it_went(databases, tmp_path):
    pairs = [Preference(example(), WRONG, "wrong_condition"), Preference(example(name="r"), UNKNOWN)]
    for target in ("sqlwright", "llama-factory", "trl"):
        rows = list(convert_preferences(pairs, target, contexts=Contexts(databases), on_bad_row=pytest.fail))
        path = write_rows(tmp_path / f"{target}.jsonl", rows)
        assert is_preferences(path)
        read = list(read_preferences(path, on_bad_row=pytest.fail))
        assert [(p.chosen, p.rejected, p.example.db_id, p.example.question) for p in read] == [
            (GOLD, WRONG, "shop", pairs[0].example.question),
            (GOLD, UNKNOWN, "shop", pairs[0].example.question),
        ]
        assert [p.example.id for p in read] == ["q", "r"]
    assert rows[0]["prompt"][-1]["role"] == "user"
    assert rows[0]["chosen"][0]["role"] == "assistant"


DDL = "CREATE TABLE item (id INTEGER, name TEXT, price REAL);"


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": f"{DDL}\n\nQuestion: Which?", "input": "", "chosen": GOLD, "rejected": WRONG},
        {
            "conversations": [{"from": "human", "value": f"{DDL}\n\nQuestion: Which?"}],
            "chosen": {"from": "gpt", "value": f"```sql\n{GOLD}\n```"},
            "rejected": {"from": "gpt", "value": WRONG},
        },
        {"prompt": f"{DDL}\n\nQuestion: Which?", "chosen": GOLD, "rejected": f"```sql\n{WRONG}\n```"},
        {
            "chosen": [
                {"role": "user", "content": f"{DDL}\n\nQuestion: Which?"},
                {"role": "assistant", "content": GOLD},
            ],
            "rejected": [
                {"role": "user", "content": f"{DDL}\n\nQuestion: Which?"},
                {"role": "assistant", "content": WRONG},
            ],
        },
    ],
    ids=["alpaca", "sharegpt", "trl-text", "trl-implicit"],
)
def test_the_forms_of_other_trainers_are_read(row, tmp_path):
    (found,) = read_preferences(write_rows(tmp_path / "x.jsonl", [row]), on_bad_row=pytest.fail)
    assert (found.chosen, found.rejected, found.example.question) == (GOLD, WRONG, "Which?")
    assert "price REAL" in found.example.ddl


def test_what_is_no_preference_is_said(tmp_path):
    path = write_rows(tmp_path / "x.jsonl", [{"question": "How many?", "gold_sql": GOLD}])
    with pytest.raises(DataError, match="not preference data"):
        list(read_preferences(path, on_bad_row=pytest.fail))
    bad = []
    same = {"question": "Which?", "gold_sql": GOLD, "rejected": GOLD}
    path = write_rows(tmp_path / "y.jsonl", [same, {**same, "rejected": WRONG}])
    assert len(list(read_preferences(path, on_bad_row=bad.append))) == 1
    assert "the same query" in bad[0].message


def test_the_command_makes_pairs_and_changes_their_form(folder, tmp_path):
    data = write_rows(tmp_path / "data.jsonl", [example().to_dict()])
    made = {"id": "q", "db_id": "shop", "question": "?", "predicted_sql": WRONG, "candidates": [RIGHT, UNKNOWN]}
    predictions = write_rows(tmp_path / "pred.jsonl", [made])
    assert read_candidates(predictions) == {"q": (WRONG, RIGHT, UNKNOWN)}
    common = ["--databases", folder, "-o"]
    done = run("data", "prefer", predictions, "--data", data, "--pairs", 2, *common, tmp_path / "own.jsonl")
    assert "Wrote 2 pairs" in done.stderr
    assert "wrong:    1 no such column" in done.stderr
    ranked = tmp_path / "ranked.json"
    done = run("data", "prefer", tmp_path / "own.jsonl", "--to", "llama-factory", *common, ranked)
    assert json.loads((tmp_path / "dataset_info.json").read_text())["ranked"]["ranking"] is True
    assert json.loads(ranked.read_text())[0]["chosen"]["from"] == "gpt"
    with pytest.raises(UsageError, match="judged with --data and --databases"):
        run("data", "prefer", predictions, "-o", tmp_path / "no.jsonl")


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)


def test_corrections_and_thumbs_up_become_pairs(tmp_path, monkeypatch):
    path = tmp_path / "log.db"
    asked = {"question": "Which?", "status": "answered", "database": "shop", "dialect": "sqlite"}
    with AuditLog(path) as log:
        for sql in (WRONG, RIGHT, "select name from ITEM", UNKNOWN):
            log.record(Entry("chat", sql=sql, **asked))
        log.record(Entry("chat", sql=WRONG, **{**asked, "question": "Others?"}))
    confirm(path, 2)
    confirm(path, 5, GOLD)
    found = logged_preferences(path)
    assert [(p.chosen, p.rejected, p.why) for p in found] == [
        (RIGHT, WRONG, "not confirmed"),
        (RIGHT, UNKNOWN, "not confirmed"),
        (GOLD, WRONG, "corrected"),
    ]
    monkeypatch.setenv("SQLWRIGHT_LOG", str(path))
    done = run("logs", "prefer", "-o", tmp_path / "pairs.jsonl")
    assert "3 pairs" in done.stderr
    assert len(list(read_preferences(tmp_path / "pairs.jsonl", on_bad_row=pytest.fail))) == 3
