"""The network reads layouts and points; a search inside the grammar writes what it has learned."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from sqlwright.db import open_database
from sqlwright.parser.candidates import find_candidates
from sqlwright.parser.decode import search
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.layout import KINDS, RELATIONS, Pieces, lay_out
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.parser.model import IGNORED, N_WORDS, ModelConfig, Parser, collate, targets
from sqlwright.parser.to_sql import render_form
from sqlwright.prompts import link_names

PAIRS = [
    ("How many customers are there?", "SELECT COUNT(*) FROM customer"),
    ("List the names of items.", "SELECT name FROM item"),
    ("What is the most expensive item?", "SELECT name FROM item ORDER BY price DESC LIMIT 1"),
    ("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),
    (
        "Which customers ordered more than 4?",
        "SELECT T1.name FROM customer AS T1 JOIN orders AS T2 ON T1.id = T2.customer_id WHERE T2.quantity > 4",
    ),
    ("How many orders has each customer?", "SELECT customer_id, COUNT(*) FROM orders GROUP BY customer_id"),
]
TINY = ModelConfig(width=48, heads=4, encoder_layers=1, item_layers=1, decoder_layers=1, decoder_hidden=64, dropout=0.0)


@pytest.fixture(scope="module")
def pieces():
    words = "[PAD] [CLS] [SEP] [UNK] : , = how many customers are there list the names of items what is most expensive"
    words += " item who lives in oslo which ordered more than 4 orders has each customer id name city price quantity on"
    tokenizer = Tokenizer(WordLevel({w: i for i, w in enumerate(dict.fromkeys(words.split()))}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    return Pieces(tokenizer)


@pytest.fixture
def schema(shop):
    with open_database(shop) as database:
        return database.schema(samples=4)


def layout_of(question, schema, pieces, **options):
    found = find_candidates(question, (), schema)
    return lay_out(question, schema, found, link_names(question, schema), pieces, **options)


def test_every_item_is_a_span_with_features_and_relations(schema, pieces):
    layout = layout_of("Who lives in Oslo?", schema, pieces)
    items = len(layout.pointers)
    assert items == len(layout.spans) == len(layout.features) == len(layout.relations)
    assert all(0 < start < end <= len(layout.pieces) for start, end in layout.spans)
    assert [KINDS[f[0]] for f in layout.features].count("table") == 3
    assert all(
        len(row) == items and layout.relations[i][i] == RELATIONS.index("self")
        for i, row in enumerate(layout.relations)
    )
    assert any(RELATIONS.index("foreign_key") in row for row in layout.relations)


def test_shuffled_tables_change_the_pieces_and_not_what_can_be_said(schema, pieces):
    plain = layout_of("List the names of items.", schema, pieces)
    mixed = layout_of("List the names of items.", schema, pieces, shuffle=random.Random(1))
    assert plain.pieces != mixed.pieces
    assert set(plain.pointers) == set(mixed.pointers)


@pytest.mark.parametrize(("question", "sql"), PAIRS)
def test_the_tokens_of_a_query_have_ids_and_come_back(schema, pieces, question, sql):
    layout = layout_of(question, schema, pieces)
    tokens = linearize(parse_form(sql, schema))
    ids = layout.ids_of(tokens)
    assert ids is not None
    assert delinearize([layout.token_of(i) for i in ids]) == parse_form(sql, schema)


def test_a_constant_that_no_candidate_holds_has_no_id(schema, pieces):
    layout = layout_of("List the names of items.", schema, pieces)
    assert layout.ids_of(linearize(parse_form("SELECT name FROM item WHERE name = 'zebra'", schema))) is None


def stepper(model, layouts):
    items, memory, mask = model.encode(collate(layouts))

    def step(which, tokens):
        index = torch.tensor(which)
        scores = model.decode(items[index], memory[index], mask[index], torch.from_numpy(tokens))
        return scores[:, -1].log_softmax(-1).numpy()

    return step


def test_padding_changes_no_score(schema, pieces):
    torch.manual_seed(0)
    model = Parser(TINY).eval()
    short = layout_of("List the names of items.", schema, pieces)
    long = layout_of("Which customers ordered more than 4?", schema, pieces)
    tokens = np.array([[0, 1]], dtype=np.int64)
    with torch.no_grad():
        alone = stepper(model, [short])([0], tokens)
        padded = stepper(model, [short, long])([0], tokens)
    kept = 1 + N_WORDS + len(short.pointers)
    np.testing.assert_allclose(alone, padded[:, :kept], atol=1e-5)
    assert np.isneginf(padded[:, kept:]).all()


def test_whatever_an_untrained_model_writes_is_a_query_on_existing_names(schema, pieces):
    torch.manual_seed(0)
    layouts = [layout_of(q, schema, pieces) for q, _ in PAIRS]
    with torch.no_grad():
        found = search(layouts, stepper(Parser(TINY).eval(), layouts), beam=2, max_tokens=20)
    for hypotheses in found:
        for hypothesis in hypotheses:
            assert render_form(delinearize(hypothesis.tokens), schema).startswith("SELECT")


@pytest.mark.slow
def test_a_few_questions_are_learned_by_heart_and_written_by_the_search(schema, pieces):
    torch.manual_seed(0)
    layouts = [layout_of(q, schema, pieces) for q, _ in PAIRS]
    ids = [layout.ids_of(linearize(parse_form(sql, schema))) for layout, (_, sql) in zip(layouts, PAIRS, strict=True)]
    model, inputs, (given, labels) = Parser(TINY), collate(layouts), targets(ids)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        scores = model.decode(*model.encode(inputs), given)
        loss = F.cross_entropy(scores.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        found = search(layouts, stepper(model, layouts), beam=3)
    written = [render_form(delinearize(hypotheses[0].tokens), schema) for hypotheses in found]
    assert written == [sql for _, sql in PAIRS]
