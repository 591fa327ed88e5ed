"""The demo database repeats itself, and every pair can be trusted."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing

import pytest
import sqlglot
from sqlglot import exp

from sqlwright.data.demo import (
    DEMO_DB_ID,
    GENERATOR_VERSION,
    cache,
    content_hash,
    demo_database_path,
    demo_examples,
    write_demo_database,
)
from sqlwright.db.open import open_database
from sqlwright.evaluation.hardness import hardness

PAIRS = demo_examples()
IDS = [pair.id for pair in PAIRS]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / f"{DEMO_DB_ID}.sqlite"
    write_demo_database(path)
    return path


@pytest.fixture(scope="module")
def connection(path):
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


@pytest.fixture(scope="module")
def database(path):
    with open_database(path) as database:
        yield database


def test_the_content_is_the_same_for_a_seed_and_differs_for_another(path, tmp_path):
    write_demo_database(tmp_path / "again.sqlite")
    write_demo_database(tmp_path / "other.sqlite", seed=8)
    assert content_hash(path) == content_hash(tmp_path / "again.sqlite") != content_hash(tmp_path / "other.sqlite")


def test_the_content_is_what_this_generator_version_wrote_on_every_python(path):
    # A change of the data shows here: raise GENERATOR_VERSION with it, and look at the pairs again.
    assert (GENERATOR_VERSION, content_hash(path)) == (
        1,
        "50c2fd3b5fda2da7060b414f168bbece8a94ab1e1806084f24892dad2ae7596a",
    )


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    target = tmp_path / "demo.sqlite"
    target.write_text("old")
    monkeypatch.setattr("sqlwright.data.demo.shops.stock", lambda dice, products: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_demo_database(target)
    assert [p.name for p in tmp_path.iterdir()] == ["demo.sqlite"]
    assert target.read_text() == "old"


def test_there_are_twelve_tables_a_view_and_over_fifty_thousand_rows(database):
    schema = database.schema(row_counts=True)
    tables = [table for table in schema if not table.is_view]
    assert len(tables) == 12
    assert [table.name for table in schema if table.is_view] == ["sales"]
    assert sum(table.row_count for table in tables) >= 50_000


def test_every_foreign_key_holds(connection):
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_table_has_a_comment(database):
    assert [table.name for table in database.schema() if not table.is_view and not table.comment] == []


def test_no_order_precedes_its_customer_store_or_product(connection):
    early = connection.execute(
        "SELECT COUNT(*) FROM orders JOIN customer ON customer.id = customer_id JOIN store ON store.id = store_id "
        "JOIN order_line ON order_id = orders.id JOIN product ON product.id = product_id "
        "WHERE ordered_on < joined_on OR ordered_on < opened_on OR ordered_on < launched_on "
        "OR ordered_on >= closed_on OR ordered_on >= discontinued_on OR shipped_on < ordered_on"
    ).fetchone()
    assert early == (0,)


def test_the_path_is_in_the_users_cache_and_made_again_for_another_version(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *args, **kwargs: tmp_path)
    path = demo_database_path()
    assert path == tmp_path / "demo" / DEMO_DB_ID / f"{DEMO_DB_ID}.sqlite"
    first = path.stat().st_mtime_ns
    assert demo_database_path().stat().st_mtime_ns == first
    monkeypatch.setattr(cache, "GENERATOR_VERSION", GENERATOR_VERSION + 1)
    assert demo_database_path().stat().st_mtime_ns > first


def test_a_damaged_file_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *args, **kwargs: tmp_path)
    path = tmp_path / "demo" / DEMO_DB_ID / f"{DEMO_DB_ID}.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half a download")
    assert content_hash(demo_database_path())


def test_ids_are_unique_and_name_the_one_database():
    assert len(set(IDS)) == len(PAIRS)
    assert {pair.db_id for pair in PAIRS} == {DEMO_DB_ID}


@pytest.mark.parametrize(("language", "singles"), [("en", 36), ("zh", 18)])
@pytest.mark.parametrize("split", ["train", "dev"])
def test_each_half_of_each_language_has_enough_questions_and_two_dialogues(language, singles, split):
    pairs = demo_examples(language, split)
    assert sum(not pair.dialogue_id for pair in pairs) >= singles
    assert len({pair.dialogue_id for pair in pairs if pair.dialogue_id}) == 2


def test_a_turn_carries_the_turns_before_it():
    turns = {(pair.dialogue_id, pair.turn): pair for pair in PAIRS if pair.dialogue_id}
    for (dialogue, number), pair in turns.items():
        before = [(turns[dialogue, n].question, turns[dialogue, n].gold_sql) for n in range(number)]
        assert [(turn.question, turn.sql) for turn in pair.history] == before


def test_chinese_pairs_are_chinese_and_english_pairs_are_not():
    assert all(re.search("[\u4e00-\u9fff]", pair.question) for pair in demo_examples("zh"))
    assert not any(re.search("[\u4e00-\u9fff]", pair.question) for pair in demo_examples("en"))


def masked(sql):
    """`sql` without its constants."""
    tree = sqlglot.parse_one(sql, dialect="sqlite")
    return tree.transform(lambda node: exp.Placeholder() if isinstance(node, exp.Literal) else node).sql()


def test_the_halves_share_no_question_and_no_query_that_differs_in_constants_only():
    train, dev = demo_examples(split="train"), demo_examples(split="dev")
    assert len(train) + len(dev) == len(PAIRS)
    assert not {pair.question.casefold() for pair in train} & {pair.question.casefold() for pair in dev}
    assert {masked(pair.gold_sql) for pair in train} & {masked(pair.gold_sql) for pair in dev} == set()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("split", ["train", "dev"])
def test_each_half_has_every_hardness(language, split, database):
    levels = Counter(hardness(pair.gold_sql, database.schema()) for pair in demo_examples(language, split))
    least = {"en": 6, "zh": 3}[language]
    assert min(levels[level] for level in ("easy", "medium", "hard", "extra")) >= least, levels


@pytest.mark.parametrize("pair", PAIRS, ids=IDS)
def test_every_pair_passes_the_guard_and_answers_with_something(pair, database):
    outcome = database.run(pair.gold_sql)
    assert outcome.ok, outcome.message()
    assert outcome.table.rows
    assert not outcome.table.truncated
    # A lone 0 or NULL would be met by many a wrong query.
    assert any(cell not in (None, 0, 0.0) for row in outcome.table.rows for cell in row)


@pytest.mark.parametrize("pair", [p for p in PAIRS if "ORDER BY" in p.gold_sql], ids=lambda pair: pair.id)
def test_rows_never_tie_where_a_pair_asks_for_order(pair, connection):
    query = sqlglot.parse_one(pair.gold_sql, dialect="sqlite")
    order = query.args.get("order")
    if order is None:
        return  # the order is a window's
    limit = int(query.args["limit"].expression.name) if query.args.get("limit") else None
    aliases = {column.alias: column.this for column in query.selects if column.alias}
    keys = [aliases.get(key.this.sql(), key.this).copy() for key in order.expressions]
    query = query.copy().select(*keys)
    query.set("limit", None)
    rows = connection.execute(query.sql("sqlite")).fetchall()
    # With LIMIT the first row that is cut off must not tie with the last that stays.
    values = [row[-len(keys) :] for row in rows][: limit and limit + 1]
    assert len(set(values)) == len(values)


ASKS_FOR_ORDER = re.compile(r"(?<!the) first\b|从[多便]|按\S+排")


@pytest.mark.parametrize("pair", PAIRS, ids=IDS)
def test_whole_results_are_ordered_where_the_question_asks_for_it_and_nowhere_else(pair):
    arguments = sqlglot.parse_one(pair.gold_sql, dialect="sqlite").args
    # ORDER BY with LIMIT 1 picks a row; it orders none.
    ordered = bool(arguments.get("order")) and not (
        arguments.get("limit") and arguments["limit"].expression.name == "1"
    )
    assert ordered == bool(ASKS_FOR_ORDER.search(pair.question))
