from __future__ import annotations

import json
from gzip import open as gzip_open

import pytest

from sqlwright.core import DataError, NotFoundError
from sqlwright.prompts import build_prompt, estimate_tokens, load_token_counter


def test_no_text_takes_no_tokens_and_more_text_takes_more():
    assert estimate_tokens("") == 0
    assert 0 < estimate_tokens("SELECT a") < estimate_tokens("SELECT a, b FROM t") < estimate_tokens("SELECT a\n" * 50)


def test_every_kind_of_character_counts():
    for character in "a1_%\n北é😀":
        assert estimate_tokens(character * 40) >= 5, character


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["llama-2", "codellama", "mistral-7b-instruct-v0.2", "gpt2"])
def test_the_estimate_is_near_what_real_tokenizers_count(shared, folder):
    counter = load_token_counter(shared / "data/tokenizers" / folder)
    assert counter.exact
    with gzip_open(shared / "data/spider/dev.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)[::20]
    for key in ("question", "query"):
        text = "\n".join(row[key] for row in rows)
        assert 0.85 < estimate_tokens(text) / counter.count(text) < 1.25


@pytest.mark.shared
def test_a_counter_leaves_out_the_special_tokens_a_template_writes(shared):
    counter = load_token_counter(shared / "data/tokenizers/llama-2/tokenizer.json")
    assert counter.count("") == 0
    assert counter.count("<s>") == 1


@pytest.mark.shared
def test_a_budget_in_real_tokens_is_kept(shared, shop_schema):
    counter = load_token_counter(shared / "data/tokenizers/llama-2")
    whole = sum(counter.count(m.content) for m in build_prompt("How many customers?", shop_schema).messages)
    prompt = build_prompt("How many customers?", shop_schema, max_tokens=whole - 1, count_tokens=counter.count)
    assert sum(counter.count(m.content) for m in prompt.messages) < whole
    assert prompt.dropped_tables == ("order",)


def test_a_folder_without_tokenizer_json_gives_the_estimate(tmp_path):
    counter = load_token_counter(tmp_path)
    assert not counter.exact
    assert counter.count("one two") == estimate_tokens("one two")


def test_a_hub_name_that_is_not_at_hand_gives_the_estimate():
    assert not load_token_counter("nobody/has-this-model").exact


def test_a_path_that_is_not_there_and_a_file_that_is_none_are_errors(tmp_path):
    with pytest.raises(NotFoundError):
        load_token_counter(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(DataError, match="not a tokenizer"):
        load_token_counter(tmp_path)
