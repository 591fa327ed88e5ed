"""Preference pairs without a model: a gold query against a changed copy that runs and gives another result."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import Example, UsageError
from sqlwright.data import DatabaseFolder
from sqlwright.data.preference import read_preferences
from sqlwright.db import open_database
from sqlwright.evaluation.prefer import prefer
from sqlwright.evaluation.prefer_changed import NO_CHANGE, NO_POWER, UNREADABLE, prefer_changed
from sqlwright.evaluation.trial import try_sql
from sqlwright.synthesis import synthesize

from .bench import make_databases


@pytest.fixture
def shop_database(shop):
    with open_database(shop) as database:
        yield database


def one(database, gold, **settings):
    made, report = prefer_changed([Example("q", "shop", "?", gold)], database, **settings)
    return [(p.example.id, p.why, p.rejected) for p in made], report


def test_the_rejected_query_runs_and_gives_another_result(shop_database):
    examples = list(synthesize(shop_database, 30, seed=1))
    made, report = prefer_changed(examples, shop_database, pairs=2, seed=3)
    assert len(made) == report.pairs == sum(report.kinds.values()) > 30
    for preference in made:
        trial = try_sql(shop_database, preference.chosen, preference.rejected)
        assert trial.ran
        assert not trial.correct
    assert report.tried == report.pairs + report.equal + report.failed + report.undecided + report.repeated
    assert prefer_changed(examples, shop_database, pairs=2, seed=3)[0] == made


def test_a_change_without_an_effect_is_dropped_and_counted(shop_database):
    # All three items cost more than 1, so that a threshold of 1 more or less is the only change of some kinds.
    found, report = one(shop_database, "SELECT name FROM item WHERE price >= 1", pairs=9)
    assert report.equal > 0
    assert "SELECT name FROM item WHERE price > 1" not in {sql for *_, sql in found}
    assert [name for name, *_ in found][:2] == ["q", "q-2"]


def test_of_equal_results_one_is_taken(shop_database):
    _, report = one(shop_database, "SELECT name FROM item WHERE price > 4 AND price < 20", pairs=9)
    assert report.repeated > 0


def test_every_row_of_a_tie_is_not_called_wrong(make_tie):
    found, _ = one(make_tie, "SELECT name FROM t ORDER BY n LIMIT 1", pairs=9)
    limits = {"SELECT name FROM t ORDER BY n LIMIT 3", "SELECT name FROM t ORDER BY n"}
    assert not limits & {sql for *_, sql in found}


@pytest.fixture
def make_tie(tmp_path):
    import sqlite3

    path = tmp_path / "tie.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript("CREATE TABLE t (name TEXT, n INTEGER); INSERT INTO t VALUES ('a', 1), ('b', 1);")
    connection.close()
    with open_database(path) as database:
        yield database


@pytest.mark.parametrize(
    ("gold", "reason"),
    [
        ("SELECT name FROM item WHERE price > 99", NO_POWER),
        ("SELECT nothing FROM item", NO_POWER),
        ("DELETE FROM item", UNREADABLE),
        ("SELECT 'x' FROM item", NO_CHANGE),
    ],
)
def test_a_question_without_a_pair_is_counted(shop_database, gold, reason):
    found, report = one(shop_database, gold)
    assert (found, dict(report.left_out)) == ([], {reason: 1})


def test_kinds_take_turns(shop_database):
    golds = ["SELECT name, price FROM item WHERE price > 2", "SELECT name, city FROM customer WHERE city = 'Oslo'"]
    examples = [Example(str(n), "shop", "?", golds[n % 2]) for n in range(8)]
    kinds = prefer_changed(examples, shop_database)[1].kinds
    assert len(kinds) > 3
    assert max(kinds.values()) <= 3


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False)


def test_the_command_writes_rows_of_data_prefer(shop, tmp_path):
    out = tmp_path / "pairs.jsonl"
    done = run("synthesize", "-d", shop, "-n", 12, "--preferences", "--pairs", 2, "-o", out)
    assert "changed queries run: " in done.stderr
    assert "with an equal result" in done.stderr
    read = list(read_preferences(out, on_bad_row=pytest.fail))
    assert len(read) > 12
    assert all(p.why and p.chosen != p.rejected for p in read)
    trl = tmp_path / "trl.jsonl"
    folder = tmp_path / "folder"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "shop.sqlite").write_bytes(shop.read_bytes())
    run("data", "prefer", out, "--to", "trl", "--databases", folder, "-o", trl)
    assert {"prompt", "chosen", "rejected"} <= json.loads(trl.read_text().splitlines()[0]).keys()


def test_the_counts_are_in_the_json(shop, tmp_path):
    done = run("synthesize", "-d", shop, "-n", 5, "--preferences", "-o", tmp_path / "pairs.jsonl", "--json")
    found = json.loads(done.stdout)
    assert found["preferences"]["pairs"] == found["written"]
    assert {"tried", "equal", "failed", "repeated", "kinds"} <= found["preferences"].keys()


def test_there_has_to_be_a_database_to_run_on(shop, tmp_path):
    for arguments in (("--triplets", 2, "-m", "x"), ("-d", shop, "--triplets", 2, "-m", "x")):
        with pytest.raises(UsageError, match="--preferences runs queries on the database of -d"):
            run("synthesize", *arguments, "--preferences", "-o", tmp_path / "x.jsonl")


def test_they_agree_with_the_judge_of_data_prefer(tmp_path):
    databases = DatabaseFolder(make_databases(tmp_path / "databases"))
    with databases.open("shop") as database:
        examples = list(synthesize(database, 8))
        made, _ = prefer_changed(examples, database)
    examples = [p.example for p in made]
    given = {p.example.id: [p.rejected] for p in made}
    again, report = prefer(examples, given, databases, chosen="gold", workers=1)
    assert [(p.chosen, p.rejected) for p in again] == [(p.chosen, p.rejected) for p in made]
    assert not report.left_out
