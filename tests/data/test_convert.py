"""Examples to trainers' and graders' files, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqlwright.core import DataError, Example, Turn, UsageError
from sqlwright.data import (
    Contexts,
    DatabaseFolder,
    PromptOptions,
    convert_examples,
    read_examples,
    read_schemas,
    write_dataset_info,
    write_rows,
)
from sqlwright.data.convert import competition_answers
from sqlwright.prompts import build_prompt

FIXTURES = Path(__file__).parent / "fixtures"
SINGLE = Example("a", "bakery", "How many loaves?", "SELECT count(*) FROM loaf", evidence="loaves are rows")
DIALOGUE = [
    Example("0-0", "bakery", "Show loaves.", "SELECT * FROM loaf", dialogue_id="0"),
    Example(
        "0-1", "bakery", "How many?", "SELECT count(*) FROM loaf",
        history=(Turn("Show loaves.", "SELECT * FROM loaf"),), dialogue_id="0", turn=1,
    ),
]  # fmt: skip
SCHEMAS = read_schemas(FIXTURES / "tables.json")


def rows(examples, to, **options):
    contexts = Contexts(schemas=SCHEMAS, options=PromptOptions(**options))
    return list(convert_examples(examples, to, contexts=contexts, on_bad_row=fail))


def fail(error):
    raise error


def test_our_rows_come_back_as_they_were(tmp_path):
    path = tmp_path / "out.jsonl"
    examples = [*read_examples(FIXTURES / "own.jsonl"), *read_examples(FIXTURES / "cosql_turns.json")]
    assert write_rows(path, convert_examples(examples, "sqlwright", on_bad_row=fail)) == len(examples)
    assert list(read_examples(path)) == examples


def test_messages_are_the_prompt_that_asking_uses_and_the_answer():
    (row,) = rows([SINGLE], "messages")
    prompt = build_prompt(SINGLE.question, SCHEMAS["bakery"], evidence=SINGLE.evidence)
    assert row["messages"] == [
        *(m.to_dict() for m in prompt.messages),
        {"role": "assistant", "content": SINGLE.gold_sql},
    ]


def test_another_preset_gives_another_prompt():
    assert rows([SINGLE], "messages", preset="llama2-sql") != rows([SINGLE], "messages")


def test_a_dialogue_is_one_row_so_that_no_answer_is_learned_twice():
    (row,) = rows(DIALOGUE, "sharegpt")
    assert [m["from"] for m in row["conversations"]] == ["human", "gpt", "human", "gpt"]
    assert row["conversations"][1]["value"] == "SELECT * FROM loaf"
    assert "CREATE TABLE" in row["system"]
    (row,) = rows(DIALOGUE, "alpaca")
    assert [len(pair) for pair in row["history"]] == [2]
    assert row["output"] == "SELECT count(*) FROM loaf"


@pytest.mark.parametrize("to", ["messages", "alpaca", "sharegpt"])
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_what_was_written_is_read_again_with_the_same_questions_and_sql(tmp_path, to, suffix):
    path = tmp_path / f"out.{suffix}"
    write_rows(path, rows([SINGLE, *DIALOGUE], to))
    again = list(read_examples(path, strict=True))
    assert [(e.question, e.gold_sql) for e in again] == [(e.question, e.gold_sql) for e in [SINGLE, *DIALOGUE]]
    assert all("CREATE TABLE loaf" in e.ddl for e in again)


def test_a_question_without_gold_sql_or_schema_is_reported_not_written():
    bad = []
    examples = [
        Example("u", "bakery", "Will it rain?", answerable=False),
        Example("n", "none", "Q?", "SELECT 1"),
        SINGLE,
    ]
    contexts = Contexts(schemas=SCHEMAS)
    assert len(list(convert_examples(examples, "alpaca", contexts=contexts, on_bad_row=bad.append))) == 1
    assert ["'u': no gold SQL" in bad[0].message, "'n': no schema of 'none'" in bad[1].message] == [True, True]


def test_the_schema_comes_from_the_row_or_the_database(tmp_path, shop):
    ddl = Example("0", "", "How many?", "SELECT 1", ddl="CREATE TABLE loaf (id INTEGER)")
    assert [t.name for t in Contexts().of(ddl).schema] == ["loaf"]
    found = Contexts(DatabaseFolder(shop.parent)).of(Example("0", "shop", "How many?"))
    assert [t.name for t in found.schema] == ["customer", "item", "orders"]


def test_dataset_info_has_llama_factorys_keys_and_keeps_other_entries(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    for to in ("alpaca", "sharegpt", "messages"):
        write_dataset_info(tmp_path / f"{to}.json", to)
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert set(info) == {"mine", "alpaca", "sharegpt", "messages"}
    assert info["alpaca"]["columns"] == {
        "prompt": "instruction", "query": "input", "response": "output", "system": "system", "history": "history",
    }  # fmt: skip
    assert info["sharegpt"]["formatting"] == "sharegpt"
    assert info["messages"]["tags"]["role_tag"] == "role"
    for to in ("alpaca", "sharegpt", "messages"):  # every column it names is in the rows
        (row,) = rows([SINGLE], to)
        assert set(info[to]["columns"].values()) <= set(row)


def test_our_rows_are_not_llama_factorys(tmp_path):
    with pytest.raises(UsageError, match="alpaca"):
        write_dataset_info(tmp_path / "own.jsonl", "sqlwright")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    def broken():
        yield {"a": 1}
        raise DataError("broken")

    with pytest.raises(DataError):
        write_rows(path, broken())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_json_names_are_written(tmp_path):
    with pytest.raises(UsageError, match=r"\.jsonl"):
        write_rows(tmp_path / "out.csv", [{}])


def test_nothing_to_write_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no row"):
        write_rows(tmp_path / "out.jsonl", [])
    assert not list(tmp_path.iterdir())


def test_competition_answers_follow_the_question_file():
    predictions = {"0-0": "SELECT 1", "1@书店-0": "SELECT 2"}
    answers = list(competition_answers(FIXTURES / "competition.json", predictions, on_bad_row=fail))
    assert [[(a["question_id"], a["db_id"], a["query"]) for a in dialogue] for dialogue in answers] == [
        [("q1", "面包店", "SELECT 1"), ("q2", "面包店", "")],
        [("q3", "面包店", "")],
        [("q3", "书店", "SELECT 2")],
    ]
