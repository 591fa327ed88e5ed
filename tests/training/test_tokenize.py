"""What is trained is what is asked: the same text, the same tokens, and the end of the turn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transformers import AutoTokenizer

from sqlwright.core import DataError, Example, Turn
from sqlwright.data import Contexts, DatabaseFolder, PromptOptions
from sqlwright.generation import load_generator
from sqlwright.prompts import TEMPLATE_NAMES
from sqlwright.training.data.tokenize import Tokenizing, coloured, template_of, tokenize
from sqlwright.training.prefix.tree import merge

OSLO = Example("1", "shop", "Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'")
PARIS = Example("2", "shop", "Who lives in Paris?", "SELECT name FROM customer WHERE city = 'Paris'")


@pytest.fixture
def contexts(folder):
    return Contexts(DatabaseFolder(folder / "databases"), None, PromptOptions())


def tokenizing(folder, name: str = "", **more) -> Tokenizing:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Tokenizing(tokenizer, template_of(tokenizer, name), more.pop("cutoff_len", 4096), **more)


@pytest.mark.parametrize("name", ["", *TEMPLATE_NAMES])
def test_the_prompt_is_that_of_inference_token_for_token(base, contexts, name):
    how = tokenizing(base, name)
    (row,) = tokenize([OSLO], contexts, how).rows
    prompt = contexts.prompt(OSLO)
    asked = load_generator(str(base), template=name or None).encode(prompt)
    assert list(row.tokens[: row.answer_start]) == asked
    learned = how.tokenizer.decode(row.tokens[row.answer_start :])
    assert OSLO.gold_sql in learned
    assert learned.strip() != OSLO.gold_sql  # the end of the turn is learned too
    assert how.template.eos_token in learned or any(stop in learned for stop in how.template.stops)


def test_questions_about_one_database_share_its_schema(base, contexts):
    rows = tokenize([OSLO, PARIS], contexts, tokenizing(base)).rows
    assert len(merge(rows)) < 0.7 * sum(len(r.tokens) for r in rows)
    assert {r.group for r in rows} == {"shop"}


def test_turns_of_a_dialogue_are_trained_as_they_are_asked(base, folder):
    contexts = Contexts(DatabaseFolder(folder / "databases"), None, PromptOptions(hints=False))
    second = replace(
        PARIS,
        question="How many are they?",
        gold_sql="SELECT COUNT(*) FROM customer WHERE city = 'Paris'",
        history=(Turn(PARIS.question, PARIS.gold_sql),),
    )
    how = tokenizing(base)
    first_row, second_row = tokenize([PARIS, second], contexts, how).rows
    assert second_row.tokens[: len(first_row.tokens)] == first_row.tokens  # so one pass trains both
    assert how.tokenizer.decode(second_row.tokens[second_row.answer_start :]).startswith("SELECT COUNT(*)")


def test_a_row_that_is_too_long_is_named_and_refused(base, contexts):
    with pytest.raises(DataError, match=r"2 of 2 rows are longer than cutoff_len 40: \d \(\d+\).*over_length"):
        tokenize([OSLO, PARIS], contexts, tokenizing(base, cutoff_len=40))
    found = tokenize([OSLO, PARIS], contexts, tokenizing(base, cutoff_len=40, over_length="leave_out"))
    assert (found.rows, found.left_out) == ((), ("1", "2"))


def test_shortening_drops_tables_and_never_sql(base, contexts):
    how = tokenizing(base)
    (whole,) = tokenize([OSLO], contexts, how).rows
    limit = len(whole.tokens) - 40
    found = tokenize([OSLO], contexts, replace(how, cutoff_len=limit, over_length="shorten"))
    (row,) = found.rows
    assert found.shortened == ("1",)
    assert len(row.tokens) <= limit
    assert row.tokens[row.answer_start :] == whole.tokens[whole.answer_start :]
    assert "CREATE TABLE customer" in how.tokenizer.decode(row.tokens)


def test_the_first_example_is_shown_with_what_is_trained(base, contexts):
    how = tokenizing(base)
    (row,) = tokenize([OSLO], contexts, how).rows
    (asked, no), (learned, yes) = coloured(row, how.tokenizer)
    assert (no, yes) == (False, True)
    assert "CREATE TABLE customer" in asked
    assert learned.startswith("SELECT name FROM customer")


def test_from_scratch_questions_are_trained_and_the_schema_is_not(base, contexts):
    how = tokenizing(base, train_questions=True)
    (row,) = tokenize([OSLO], contexts, how).rows
    learned = how.tokenizer.decode(row.tokens[row.answer_start :])
    assert OSLO.question in learned
    assert "CREATE TABLE" not in learned
