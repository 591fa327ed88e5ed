"""A model with random weights writes noise; held to the grammar of a schema it writes queries that the guard lets by."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from sqlwright.core import Column, GenerationError, Schema, Table, UsageError
from sqlwright.generation import Sampling, SomeFailedError, load_generator
from sqlwright.generation.constrain import Constraint
from sqlwright.generation.hf import HfGenerator
from sqlwright.prompts import build_prompt
from sqlwright.sql import check, default_policy, extract_sql
from tests.generation.conftest import QUESTIONS, SCHEMA
from tests.models import save_llama

pytest.importorskip("llguidance")

OTHER = Schema("shop", "duckdb", (Table("Order Items", (Column("Unit Price"), Column("数量"))),))
SAMPLED = Sampling(temperature=1.0, max_new_tokens=1200, n=4, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_llama(tmp_path_factory.mktemp("models") / "llama", context=4096)


@pytest.fixture(scope="module")
def constrained(folder):
    return HfGenerator(str(folder), dtype="float32", constrain=True)


def passes(text, schema=SCHEMA):
    policy = default_policy(schema.dialect, frozenset(t.full_name for t in schema))
    return check(text.strip().removesuffix(";"), policy).allowed


def test_samples_of_random_weights_pass_the_guard_on_tables_that_exist(folder, constrained, prompts):
    free = HfGenerator(str(folder), dtype="float32").generate(prompts, Sampling(temperature=1.0, n=4, seed=3))
    assert not any(passes(c.text) for row in free for c in row)
    answers = constrained.generate(prompts, SAMPLED)
    finished = [c.text for row in answers for c in row if c.finish_reason == "stop"]
    print(len(finished), [c.tokens for r in answers for c in r])
    assert len(finished) == 20
    assert [text for text in finished if not passes(text)] == []


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(max_new_tokens=60),
        Sampling(n=3, max_new_tokens=40),
        Sampling(temperature=1.5, top_k=5, top_p=0.9, seed=1, n=3, max_new_tokens=60),
    ],
    ids=["greedy", "beams", "samples"],
)
def test_each_answer_keeps_to_its_own_schema_in_one_batch(constrained, prompts, sampling):
    mixed = [prompts[0], build_prompt("How many?", OTHER), prompts[3]]
    for row, schema in zip(constrained.generate(mixed, sampling), (SCHEMA, OTHER, SCHEMA), strict=True):
        for c in row:
            print(repr(c.text))
            assert begins_a_query(constrained, c.text, schema)


def begins_a_query(generator, text, schema):
    """Whether some query of the grammar begins with `text`."""
    constraint = Constraint(generator._grammars, [schema])
    tokens = generator.tokenizer.encode(text, add_special_tokens=False)
    for i, token in enumerate(tokens):
        if not constraint.allowed([tokens[:i]])[0][token]:
            return False
    return True


def test_a_kept_prefix_changes_nothing(folder, constrained, prompts):
    plain = HfGenerator(str(folder), dtype="float32", constrain=True, share_prefix=False)
    greedy = Sampling(max_new_tokens=40)
    assert constrained.generate(prompts, greedy) == plain.generate(prompts, greedy)
    assert [constrained.generate([p], greedy)[0] for p in prompts] == plain.generate(prompts, greedy)


def test_a_stream_brings_the_same_text(constrained, prompts):
    sampling = Sampling(max_new_tokens=40)
    whole = constrained.generate(prompts[:1], sampling)[0][0].text
    assert "".join(constrained.stream(prompts[0], sampling)) == whole
