"""What was taught reaches the prompt in its place, the receipt says so, and nothing else comes in."""

from __future__ import annotations

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.core import Column, ConfigError, Schema, Table, Turn
from sqlwright.data import Context, PromptOptions
from sqlwright.generation import ScriptedGenerator
from sqlwright.generation.generator import Needs
from sqlwright.retrieval import Knowledge, RetrievalOptions, knowledge_folder, remember, remember_document
from sqlwright.retrieval.item import schema_items
from sqlwright.retrieval.lexical import LexicalStore
from sqlwright.retrieval.store import ExactStore

from .conftest import HashingEmbedder

NOTES = "# Regular customer\nA regular is a customer with three or more orders.\n\n# Returns\nNothing is returned.\n"


@pytest.fixture
def taught(database, tmp_path):
    remember(database, "How many customers live in Paris?", "SELECT COUNT(*) FROM customer WHERE city = 'Paris'")
    remember(database, "What does the dearest item cost?", "SELECT MAX(price) FROM item")
    (tmp_path / "terms.md").write_text(NOTES)
    remember_document(database, tmp_path / "terms.md")
    return database


def test_pairs_stand_behind_the_schema_and_passages_before_the_question(taught):
    model = ScriptedGenerator(["SELECT COUNT(*) FROM customer"] * 2)
    answer = ask("How many regular customers live in Oslo?", taught, model, knowledge=Knowledge.of(taught))
    plain = ask("How many regular customers live in Oslo?", taught, model)
    system, example, sql, last = model.prompts[0].messages
    assert system == model.prompts[1].messages[0]
    assert (example.role, example.content) == ("user", "Question: How many customers live in Paris?")
    assert (sql.role, sql.content) == ("assistant", "SELECT COUNT(*) FROM customer WHERE city = 'Paris'")
    assert '- terms.md, Regular customer: "Regular customer' in last.content
    assert last.content.endswith("Question: How many regular customers live in Oslo?")
    assert "Returns" not in last.content
    assert {(s.kind, s.place) for s in answer.sources} == {
        ("pair", answer.sources[0].place if answer.sources[0].kind == "pair" else answer.sources[1].place),
        ("document", "terms.md, Regular customer"),
    }
    assert all(0.35 <= s.score <= 1 for s in answer.sources)
    assert plain.sources == ()


def test_a_question_about_something_else_gets_nothing(taught):
    assert Knowledge.of(taught).search("What is the weather in Ulan Bator tomorrow?").sources == ()


def test_a_pair_that_the_guard_refuses_today_is_not_shown(taught):
    with (knowledge_folder(taught) / "pairs.jsonl").open("a") as file:
        file.write('{"id": "h", "db_id": "shop", "question": "Wipe the warehouse", "gold_sql": "DELETE FROM item"}\n')
    assert Knowledge.of(taught).search("Wipe the warehouse").sources == ()


def test_the_settings_decide(taught):
    question = "How many customers live in Oslo?"
    assert Knowledge.of(taught, RetrievalOptions(min_score=1.0)).search(question).sources == ()
    assert Knowledge.of(taught, RetrievalOptions(pairs=0, documents=0)).search(question).sources == ()
    every = Knowledge.of(taught, RetrievalOptions(min_score=0.0)).search(question).sources
    assert [s.kind for s in every] == ["pair", "document"]
    for wrong in ({"pairs": -1}, {"min_score": 2.0}, {"store": "paper"}):
        with pytest.raises(ConfigError):
            RetrievalOptions(**wrong)


def test_a_model_that_reads_no_messages_is_told_nothing_and_says_so(taught):
    model = ScriptedGenerator(["SELECT 1"])
    model.needs = Needs(messages=False)
    answer = ask("How many customers are there in Paris?", taught, model, knowledge=Knowledge.of(taught))
    assert answer.sources == ()


def test_a_follow_up_is_looked_up_with_the_question_before_it(taught):
    model = ScriptedGenerator(["SELECT 1"])
    history = [Turn("How many customers live in Oslo?", "SELECT COUNT(*) FROM customer WHERE city = 'Oslo'")]
    ask("And in Rome?", taught, model, history=history, knowledge=Knowledge.of(taught))
    assert [m.role for m in model.prompts[0].messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert model.prompts[0].messages[1].content.endswith("live in Paris?")
    assert model.prompts[0].history == tuple(history)


def test_sources_never_take_more_than_a_quarter_of_the_budget(taught, tmp_path):
    (tmp_path / "long.md").write_text("\n\n".join(f"Customer rule {i}: " + "customers " * 40 for i in range(30)))
    remember_document(taught, tmp_path / "long.md")
    model = ScriptedGenerator(["SELECT 1"])
    model.context_tokens = 1200
    options = AskOptions(sampling=AskOptions().sampling.__class__(max_new_tokens=200))
    knowledge = Knowledge.of(taught, RetrievalOptions(documents=30, min_score=0.0))
    answer = ask("Which customer rules are there?", taught, model, options=options, knowledge=knowledge)
    shown = sum(model.count_tokens(s.text) for s in answer.sources)
    assert 0 < shown <= 250
    assert answer.dropped_tables == ()


def big(count: int = 200) -> Schema:
    tables = [Table(f"t{i}", (Column("id", "INTEGER"), Column(f"amount_{i}", "REAL"))) for i in range(count)]
    invoice = Table("fct_inv", (Column("id", "INTEGER"), Column("net", "REAL", comment="invoice total without tax")))
    return Schema("big", "sqlite", (*tables[:100], invoice, *tables[100:]))


@pytest.mark.parametrize("store", [LexicalStore(), ExactStore(HashingEmbedder())], ids=lambda s: s.name)
def test_of_a_big_schema_the_retrieved_tables_are_shown_and_the_others_named(database, store):
    schema = big()
    store.sync(schema_items(schema))
    knowledge = Knowledge(store, LexicalStore(), LexicalStore())
    options = AskOptions(prompt=PromptOptions(max_tables=5))
    model = ScriptedGenerator(["SELECT 1"])
    answer = ask(
        "What is the total of the invoices?",
        database,
        model,
        options=options,
        context=Context(schema),
        knowledge=knowledge,
    )
    shown = [t.name for t in model.prompts[0].schema]
    assert "fct_inv" in shown
    assert len(shown) == 5
    assert len(answer.dropped_tables) == 196
    assert "196 tables" in answer.notes[-1].message


def test_a_small_schema_goes_whole_into_the_prompt(taught):
    found = Knowledge.of(taught).search("How many customers live in Oslo?")
    assert found.names == ()
    assert (
        Knowledge.of(taught, RetrievalOptions(whole_tables=2)).search("customers in Oslo").names[0].table == "customer"
    )
