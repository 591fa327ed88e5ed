"""Each format's rows become Examples; the fixtures show the rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlwright.core import DataError, Example, ForeignKey, NotFoundError, Turn
from sqlwright.data import read_dialogues, read_examples, read_schemas

FIXTURES = Path(__file__).parent / "fixtures"
COUNT, ALL = "SELECT COUNT(*) FROM loaf", "SELECT * FROM loaf"
DDL = "CREATE TABLE loaf (id INTEGER)"


def read(name, **options):
    return list(read_examples(FIXTURES / name, strict=True, **options))


def test_spider():
    assert read("spider.json") == [
        Example("0", "bakery", "How many loaves are there?", "SELECT count(*) FROM loaf"),
        Example("1", "bakery", "Name every loaf.", "SELECT name FROM loaf"),
    ]


def test_dusql_keeps_its_question_id():
    assert read("dusql.json") == [Example("qid7", "面包店", "有多少种面包？", "select count(*) from 面包")]


def test_bird_has_evidence_and_its_own_ids():
    first, second = read("bird.json")
    assert (first.id, first.evidence) == ("40", "dark refers to color = 'brown'")
    assert (second.id, second.evidence, second.gold_sql) == ("41", "", "SELECT name FROM baker")


def test_spider_mysql():
    assert read("spider_mysql.csv")[1] == Example("1", "bakery", "Names, please", "SELECT `name` FROM `loaf`")


@pytest.mark.parametrize("name", ["sql", "query", "SQL", "sql_query"])
@pytest.mark.parametrize("more", [{}, {"db_id": "bakery"}, {"database": "bakery", "evidence": "e"}])
def test_a_question_and_its_sql_are_enough(tmp_path, name, more):
    (tmp_path / "rows.jsonl").write_text(json.dumps({"question": "How many?", name: COUNT, **more}), encoding="utf-8")
    (example,) = read_examples(tmp_path / "rows.jsonl", strict=True)
    assert (example.id, example.question, example.gold_sql) == ("0", "How many?", COUNT)
    assert example.db_id == ("bakery" if more else "")


def test_spider_syn_has_its_own_question(tmp_path):
    row = {"db_id": "bakery", "SpiderQuestion": "loaves?", "SpiderSynQuestion": "breads?", "query": COUNT}
    (tmp_path / "syn.json").write_text(json.dumps([row]), encoding="utf-8")
    (example,) = read_examples(tmp_path / "syn.json", strict=True)
    assert (example.question, example.gold_sql, example.db_id) == ("breads?", COUNT, "bakery")


def test_our_own_rows_carry_every_field():
    first, second, third = read("own.jsonl")
    history = (Turn("Is there bread?", "SELECT 1"),)
    assert first == Example(
        "a", "bakery", "How many loaves?", "SELECT count(*) FROM loaf", "loaves are rows", history, "", "d", 1
    )
    assert (second.id, second.answerable, second.gold_sql) == ("1", False, "")
    assert (third.id, third.db_id, third.ddl) == ("2", "", DDL)


def test_turns_of_a_dialogue_have_the_turns_before_them_oldest_first():
    first, second, third = read("sparc.json")
    assert (first.id, first.dialogue_id, first.turn, first.history) == ("0-0", "0", 0, ())
    assert (second.id, second.turn) == ("0-1", 1)
    assert second.history == (Turn("Show the loaves.", "SELECT * FROM loaf"),)
    assert (third.id, third.dialogue_id, third.history) == ("1-0", "1", ())


def test_dialogues_hold_their_turns_together():
    dialogues = list(read_dialogues(FIXTURES / "sparc.json"))
    assert [(d.id, d.db_id, len(d.turns)) for d in dialogues] == [("0", "bakery", 2), ("1", "bakery", 1)]
    assert [len(d.turns) for d in read_dialogues(FIXTURES / "spider.json")] == [1, 1]


def test_competition_questions_need_no_sql_and_may_name_several_databases():
    examples = read("competition.json")
    assert [(e.id, e.db_id, e.gold_sql) for e in examples] == [
        ("0-0", "面包店", ""),
        ("0-1", "面包店", ""),
        ("1@面包店-0", "面包店", ""),
        ("1@书店-0", "书店", ""),
    ]
    assert examples[1].history == (Turn("有哪些面包？", ""),)


def test_a_question_that_was_asked_back_joins_its_reply_and_small_talk_is_left_out():
    first, second, third = read("cosql_turns.json")
    assert first.question == "Show the bread. | Do you mean the names? | Yes."
    assert (first.id, first.turn, first.gold_sql) == ("0-1", 1, "SELECT name FROM loaf")
    assert (second.question, second.answerable, second.gold_sql) == ("Which one will sell best?", False, "")
    assert third.history == (Turn(first.question, first.gold_sql), Turn(second.question, ""))


def test_qda_sql_marks_unanswerable_turns_and_loses_fences():
    first, second = read("qda_sql.json")
    assert (first.id, first.evidence, first.gold_sql) == ("12-1", "", "SELECT count(*) FROM loaf")
    assert (second.question, second.answerable) == ("And tomorrow?", False)


def test_wikisql_indices_become_sql_with_the_header_beside():
    bad = []
    first, second = read_examples(FIXTURES / "wikisql.jsonl", on_bad_row=bad.append)
    name = '"No. of ""crumbs"""'
    assert first.gold_sql == f"SELECT MAX({name}) FROM \"1-7-2\" WHERE \"Bread/Cake\" = 'Rye''s' AND {name} > 3"
    assert first.ddl == f'CREATE TABLE "1-7-2" ("Bread/Cake" TEXT, {name} REAL)'
    assert second.gold_sql == 'SELECT "Bread/Cake" FROM "1-7-2"'
    assert "does not fit its table of 2 columns" in bad[0].reason


def test_wikisql_headers_may_come_as_a_list():
    assert read("listed.jsonl")[0].gold_sql == 'SELECT "Bread/Cake" FROM "1-7-2"'


def test_wikisql_without_headers_says_which_file_is_missing(tmp_path):
    path = tmp_path / "dev.jsonl"
    path.write_text((FIXTURES / "wikisql.jsonl").read_text())
    with pytest.raises(NotFoundError, match=r"dev\.tables\.jsonl"):
        list(read_examples(path))


def test_wikisql_patterns_give_one_example_a_sentence_with_its_constants():
    first, second = read("wikisql_patterns.jsonl")
    selected = 'SELECT MAX("CRUMBS_(TOTAL)") FROM '
    assert first.gold_sql == selected + '"1-7-2" WHERE "BREAD" = \'rye\' AND "NO." > 4.5'
    assert second.gold_sql == selected + '"2-8-1" WHERE "BREAD" = \'wheat\' AND "NO." > 4.5'
    assert (first.id, second.id, second.db_id) == ("0-0", "0-1", "2-8-1")


def test_llmsql():
    assert read("llmsql.jsonl") == [Example("5", "1-7-2", "Which breads?", 'SELECT "Bread/Cake" FROM "1-7-2";')]


def test_sql_create_context_with_and_without_wrapper():
    assert read("create_context.jsonl") == [
        Example("0", "", "How many loaves?", COUNT, ddl=DDL),
        Example("1", "", "Which loaves?", ALL, ddl=DDL),
    ]


def test_gretel():
    context = "CREATE TABLE loaf (id INT); INSERT INTO loaf VALUES (1);"
    assert read("gretel.jsonl") == [Example("88", "", "How many loaves?", COUNT + ";", ddl=context)]


def test_messages_with_the_schema_in_the_system_or_user_message():
    first, second, third = read("messages.jsonl")
    assert (first.id, first.question, first.gold_sql) == ("0-0", "How many loaves?", COUNT)
    assert first.ddl == "CREATE TABLE loaf (\n  id INTEGER,\n  name VARCHAR(20)\n)"
    assert (second.id, second.gold_sql, second.history) == ("0-1", ALL, (Turn("How many loaves?", COUNT),))
    assert (third.id, third.dialogue_id, third.question, third.ddl) == ("1", "", "How many loaves?", DDL)


@pytest.mark.parametrize(
    "content",
    [
        "CREATE TABLE loaf (id INTEGER)\nHow many loaves (in total)",
        "CREATE TABLE loaf (id INTEGER);\n### Question: How many loaves (in total)",
        "Use this schema (all of it):\nCREATE TABLE loaf (id INTEGER)\nQuestion: How many loaves (in total)",
        "How many loaves (in total)\nCREATE TABLE loaf (id INTEGER)",
        "Task: How many loaves (in total)\nSQL table: CREATE TABLE loaf (id INTEGER);\nSQL query: ",
    ],
)
def test_schema_and_question_in_one_message_are_told_apart(tmp_path, content):
    path = tmp_path / "a.jsonl"
    messages = [{"role": "user", "content": content}, {"role": "assistant", "content": COUNT}]
    path.write_text(json.dumps({"messages": messages}))
    (example,) = read_examples(path)
    assert (example.question, example.ddl) == ("How many loaves (in total)", DDL)


def test_a_comment_in_a_schema_may_hold_a_bracket(tmp_path):
    path = tmp_path / "a.jsonl"
    ddl = "CREATE TABLE a (\n  x INT, -- the baker's (first\n  y INT\n);\nCREATE TABLE b (z INT)"
    messages = [{"role": "user", "content": ddl + "\nWho?"}, {"role": "assistant", "content": "SELECT 1"}]
    path.write_text(json.dumps({"messages": messages}))
    (example,) = read_examples(path)
    assert (example.question, example.ddl) == ("Who?", ddl)


def test_alpaca_with_the_schema_in_any_field():
    first, second, *dialogue = read("alpaca.json")
    assert (first.question, first.ddl, first.gold_sql) == ("How many loaves?", DDL, COUNT)
    assert (second.question, second.ddl, second.gold_sql) == ("How many loaves?", DDL, COUNT)
    assert [(e.question, e.ddl, len(e.history)) for e in dialogue] == [
        ("How many loaves?", DDL, 0),
        ("Which?", DDL, 1),
    ]


def test_sharegpt():
    first, second = read("sharegpt.json")
    assert (first.question, first.ddl) == ("How many loaves?", DDL)
    assert (second.question, second.history) == ("Which?", (Turn("How many loaves?", COUNT),))


def test_ehrsql_takes_labels_from_beside_and_null_is_unanswerable():
    bad = []
    first, second = read_examples(FIXTURES / "ehrsql_data.json", on_bad_row=bad.append)
    assert (first.id, first.db_id, first.gold_sql) == ("x1", "mimic_iv", COUNT)
    assert (second.answerable, second.gold_sql) == (False, "")
    assert "no label for the question 'x3'" in bad[0].reason


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("spider", "spider.json"),
        ("CSpider", "spider.json"),
        ("dusql", "dusql.json"),
        ("cosql", "sparc.json"),
        ("cosql", "cosql_turns.json"),
        ("wikisql", "listed.jsonl"),
        ("wikisql", "wikisql_patterns.jsonl"),
        ("wikisql", "llmsql.jsonl"),
    ],
)
def test_a_format_can_be_named(name, file):
    assert read(file, format=name) == read(file)


def test_a_named_format_is_taken_at_its_word():
    with pytest.raises(DataError, match="no field 'SQL'"):
        read("spider.json", format="bird")


def test_a_row_in_another_format_than_the_file_is_bad(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text((FIXTURES / "create_context.jsonl").read_text() + (FIXTURES / "llmsql.jsonl").read_text())
    with pytest.raises(DataError, match="no field 'context'"):
        list(read_examples(path, strict=True))


def test_schemas_come_from_a_tables_file():
    schema = read_schemas(FIXTURES / "tables.json")["bakery"]
    loaf, baker = schema.tables
    assert loaf.comment == "loaf of bread"
    assert [(c.name, c.type, c.comment) for c in loaf.columns] == [
        ("Loaf_ID", "NUMERIC", ""),
        ("dept", "TEXT", "department"),
        ("baker_id", "NUMERIC", ""),
    ]
    assert (loaf.primary_key, baker.primary_key) == (("Loaf_ID",), ("id", "shift"))
    assert loaf.foreign_keys == (ForeignKey(("baker_id",), "baker", ("id",)),)


def test_a_broken_tables_file_says_where(tmp_path):
    path = tmp_path / "tables.json"
    path.write_text('[{"db_id": "x", "table_names_original": ["a"]}]')
    with pytest.raises(DataError, match=r"tables\.json:1: not a schema"):
        read_schemas(path)
