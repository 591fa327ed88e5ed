"""A model of random weights writes noise; held to the grammar of a schema it writes queries that the guard lets by."""

from __future__ import annotations

import sys

import pytest

from sqlwright.core import Column, MissingExtraError, Schema, Table, UsageError
from sqlwright.generation import Sampling, SomeFailedError, load_generator
from sqlwright.generation.hf import HfGenerator
from sqlwright.prompts import build_prompt
from sqlwright.sql import check, default_policy
from tests.generation.conftest import SCHEMA
from tests.models import save_llama

pytest.importorskip("llguidance")
from sqlwright.generation.constrain import Constraint

OTHER = Schema("shop", "duckdb", (Table("Order Items", (Column("Unit Price"), Column("数量"))),))
GREEDY = Sampling(max_new_tokens=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_llama(tmp_path_factory.mktemp("models") / "llama", context=4096)


@pytest.fixture(scope="module")
def constrained(folder):
    return HfGenerator(str(folder), dtype="float32", constrain=True)


def passes(text, schema=SCHEMA):
    policy = default_policy(schema.dialect, frozenset(t.full_name for t in schema))
    return check(text.strip().removesuffix(";"), policy).allowed


def begins_a_query(generator, text, schema):
    """Whether some query of the grammar begins with `text`."""
    constraint = Constraint(generator._grammars, [schema])
    tokens = generator.tokenizer.encode(text, add_special_tokens=False)
    return all(constraint.allowed([tokens[:i]])[0][token] for i, token in enumerate(tokens))


def test_random_weights_write_queries_that_the_guard_lets_by(folder, constrained, prompts):
    sampling = Sampling(temperature=1.0, max_new_tokens=800, n=3, seed=3)
    free = HfGenerator(str(folder), dtype="float32").generate(prompts[:2], Sampling(temperature=1.0, n=3, seed=3))
    assert not any(passes(c.text) for row in free for c in row)
    answers = [c for row in constrained.generate(prompts[:2], sampling) for c in row]
    assert {c.finish_reason for c in answers} == {"stop"}
    assert [c.text for c in answers if not passes(c.text)] == []


@pytest.mark.parametrize(
    "sampling",
    [GREEDY, Sampling(n=3, max_new_tokens=24), Sampling(temperature=1.5, top_k=5, top_p=0.9, seed=1, n=2)],
    ids=["greedy", "beams", "samples"],
)
def test_each_row_of_a_batch_keeps_to_its_own_schema(constrained, prompts, sampling):
    mixed = [(prompts[0], SCHEMA), (build_prompt("How many?", OTHER), OTHER), (prompts[3], SCHEMA)]
    for row, (_, schema) in zip(constrained.generate([p for p, _ in mixed], sampling), mixed, strict=True):
        assert len({c.text for c in row}) == sampling.n
        assert all(begins_a_query(constrained, c.text, schema) for c in row)


def test_a_kept_prefix_changes_nothing(folder, constrained, prompts):
    plain = HfGenerator(str(folder), dtype="float32", constrain=True, share_prefix=False)
    expected = plain.generate(prompts, GREEDY)
    assert constrained.generate(prompts, GREEDY) == expected
    assert [constrained.generate([p], GREEDY)[0] for p in prompts] == expected


def test_a_stream_brings_the_same_text(constrained, prompts):
    whole = constrained.generate(prompts[:1], GREEDY)[0][0].text
    assert "".join(constrained.stream(prompts[0], GREEDY)) == whole


def test_a_stop_text_still_cuts(constrained, prompts):
    whole = constrained.generate(prompts[:1], GREEDY)[0][0].text
    word = whole.strip()[2:5]
    cut = constrained.generate(prompts[:1], Sampling(max_new_tokens=24, stop=(word,)))[0][0]
    assert (cut.text, cut.finish_reason) == (whole[: whole.index(word)], "stop")


def test_declared_names_may_be_used_and_others_not(constrained):
    start = "WITH old AS (SELECT age AS years FROM singer) SELECT years FROM old ORDER BY "
    assert begins_a_query(constrained, start + "years", SCHEMA)
    assert not begins_a_query(constrained, start.replace("SELECT years", "SELECT year"), SCHEMA)
    assert not begins_a_query(constrained, "SELECT years FROM old", SCHEMA)
    assert not begins_a_query(constrained, "SELECT 1 FROM singer AS s WHERE s = 1", SCHEMA)  # an alias is no column


def test_postgres_folds_a_declared_name(constrained):
    schema = Schema("music", "postgres", SCHEMA.tables)
    assert begins_a_query(constrained, "SELECT age AS Years FROM singer ORDER BY Years", schema)
    assert begins_a_query(constrained, 'SELECT age AS "Years" FROM singer ORDER BY "Years"', schema)


def fits(generator, text, schema=SCHEMA):
    """Whether the last token of `text` is one that may stay in a constrained answer."""
    constraint = Constraint(generator._grammars, [schema])
    *before, last = generator.tokenizer.encode(text, add_special_tokens=False)
    for count in range(len(before) + 1):
        constraint.allowed([before[:count]])
    return constraint.viable(0, [last], 1) == [last]


def test_a_column_that_no_table_in_from_has_is_refused(constrained):
    schema = Schema("two", "sqlite", (*SCHEMA.tables, Table("venue", (Column("seats"),))))
    start = "SELECT s.age FROM singer AS s WHERE s."
    assert fits(constrained, start + "age", schema)
    assert not fits(constrained, start + "seats", schema)
    assert not fits(constrained, "SELECT v.seats FROM singer AS v ", schema)


def test_a_passage_that_comes_three_times_in_a_row_is_refused(constrained):
    once = " AND age > 30"
    start = "SELECT age FROM singer WHERE age > 1"
    assert fits(constrained, start + 2 * once)
    assert not fits(constrained, start + 3 * once)


def test_a_database_without_tables_is_one_sentence(constrained, prompts):
    with pytest.raises(SomeFailedError, match="no tables"):
        constrained.generate([build_prompt("How many?", Schema("empty", "sqlite", ()))], GREEDY)


def test_only_local_language_models_take_it():
    for spec in ("built-in", "openai:m@http://host"):
        with pytest.raises(UsageError, match="take no constrain"):
            load_generator(spec, constrain=True)


def test_without_llguidance_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance.hf", None)
    with pytest.raises(MissingExtraError, match=r"sqlwright\[train\]"):
        load_generator(str(folder), constrain=True)
