"""The network reads layouts and points; the same numbers come out of torch and onnxruntime."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from sqlwright.core import DataError, Example, Hints, Turn
from sqlwright.db import open_database
from sqlwright.db.value_index import ValueIndex
from sqlwright.parser.batch import IGNORED, N_WORDS, collate, targets
from sqlwright.parser.decode import search
from sqlwright.parser.export import load_parser, save_parser
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.layout import lay_out
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.parser.model import ModelConfig, Parser
from sqlwright.parser.rows import UNANSWERABLE, Augment, lay_out_row, prepare
from sqlwright.parser.runtime import Network
from sqlwright.parser.schema_text import KINDS, RELATION, Pieces, read_schema
from sqlwright.parser.to_sql import render_form
from sqlwright.parser.tokens import ColumnPointer, ValuePointer
from sqlwright.parser.train import Settings, WeightedRows, train
from sqlwright.parser.weights import FILE, dequantize, quantize, read_weights

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
TINY = ModelConfig(
    width=48,
    heads=4,
    encoder_layers=2,
    lower_layers=1,
    encoder_hidden=96,
    decoder_layers=2,
    decoder_hidden=64,
    dropout=0.0,
    vocabulary=80,
)
WORDS = (
    "[PAD] [CLS] [SEP] [UNK] : , = how many customers are there list the names of items what is most expensive item "
    "who lives in oslo which ordered more than 4 orders has each customer id name city price quantity on number date"
)


@pytest.fixture(scope="module")
def tokenizer():
    found = Tokenizer(WordLevel({w: i for i, w in enumerate(dict.fromkeys(WORDS.split()))}, unk_token="[UNK]"))
    found.normalizer, found.pre_tokenizer = Lowercase(), Whitespace()
    return found


@pytest.fixture(scope="module")
def pieces(tokenizer):
    return Pieces(tokenizer)


@pytest.fixture
def opened(shop):
    with open_database(shop) as database:
        yield database


@pytest.fixture
def schema(opened):
    return opened.schema(samples=5)


@pytest.fixture
def rows(opened, schema):
    values = ValueIndex.build(opened)
    return [prepare(Example(str(i), "shop", q, sql), schema, values) for i, (q, sql) in enumerate(PAIRS)]


def test_a_place_of_the_sequence_is_a_piece_or_an_item(schema, pieces, rows):
    layout, _ = lay_out_row(rows[3], read_schema(schema, pieces), pieces)
    items = len(layout.pointers)
    assert layout.features.shape == (items, 6)
    assert layout.relations.shape == (len(layout.pieces) + items,) * 2
    assert (np.diagonal(layout.relations) == RELATION["self"]).all()
    assert [KINDS[f[0]] for f in layout.features].count("table") == 3
    assert (layout.relations == RELATION["foreign_key"]).sum() == 2


def test_a_stored_value_leads_from_its_words_to_its_column(schema, pieces, rows):
    layout, _ = lay_out_row(rows[3], read_schema(schema, pieces), pieces)
    value = len(layout.relations) - 1  # the constants of the question come last
    assert layout.pointers[-1] == ValuePointer("Oslo")
    city = len(layout.pieces) + layout.pointers.index(ColumnPointer("customer", "city"))
    assert layout.relations[value, city] == RELATION["held_by"]
    start, end = layout.value_spans[-1]
    assert (layout.relations[value, start:end] == RELATION["stands_at"]).all()
    assert layout.features[city - len(layout.pieces), 4] == 1


def test_a_wide_table_is_read_in_several_texts(pieces):
    from sqlwright.core import Column, Schema, Table

    wide = Schema("wide", "sqlite", (Table("item", tuple(Column(f"price {i}", "INT") for i in range(300))),))
    text = read_schema(wide, pieces)
    assert len(text.items) == 301
    assert len(text.segments) > 5
    assert max(map(len, text.segments)) <= 64


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_the_tokens_of_a_query_have_ids_and_come_back(schema, pieces, rows, number):
    layout, ids = lay_out_row(rows[number], read_schema(schema, pieces), pieces)
    assert delinearize([layout.token_of(i) for i in ids]) == parse_form(PAIRS[number][1], schema)


def test_a_constant_that_no_candidate_holds_cannot_be_learned(schema, pieces):
    row = prepare(Example("1", "shop", "List the names.", "SELECT name FROM item WHERE name = 'zebra'"), schema, None)
    assert lay_out_row(row, read_schema(schema, pieces), pieces) is None


def test_a_follow_up_has_the_last_query_before_it_and_its_constants_at_hand(schema, pieces):
    history = (Turn("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),)
    again = Example("2", "shop", "Which id?", "SELECT id FROM customer WHERE city = 'Oslo'", history=history)
    layout, ids = lay_out_row(prepare(again, schema, None), read_schema(schema, pieces), pieces)
    written = [layout.token_of(i) for i in layout.last_query]
    assert written == list(linearize(parse_form(history[0].sql, schema)))
    given, positions, labels = targets([layout], [ids])
    before = len(layout.last_query)
    assert (labels[0, :before] == IGNORED).all()
    assert (labels[0, before:] != IGNORED).all()
    assert given[0, before] == 0
    assert positions[0, before] == 0


def test_a_column_taken_away_makes_its_question_unanswerable(schema, pieces, rows):
    text, always = read_schema(schema, pieces), Augment(drop_tables=1.0, unanswerable=1.0, drop_names=0.0)
    row = prepare(Example("1", "shop", "What is the price of each item?", "SELECT price FROM item"), schema, None)
    layout, ids = lay_out_row(row, text, pieces, random.Random(0), always)
    assert [layout.token_of(i) for i in ids] == list(UNANSWERABLE)
    assert ColumnPointer("item", "price") not in layout.pointers
    assert {p.table for p in layout.pointers if isinstance(p, ColumnPointer)} == {"item"}


def test_padding_changes_no_score(schema, pieces, rows):
    torch.manual_seed(0)
    model, text = Parser(TINY).eval(), read_schema(schema, pieces)
    laid_out = [lay_out_row(rows[i], text, pieces) for i in (1, 4)]
    with torch.no_grad():
        alone = scores_of(model, laid_out[:1])
        both = scores_of(model, laid_out)
    width, length = 1 + N_WORDS + len(laid_out[0][0].pointers), len(laid_out[0][1])
    torch.testing.assert_close(alone[0], both[0, :length, :width], atol=1e-5, rtol=1e-5)
    assert (both[0, :, width:] < -1e8).all()


def scores_of(model, laid_out):
    layouts, ids = zip(*laid_out, strict=True)
    given, positions, _ = (torch.from_numpy(a) for a in targets(layouts, ids))
    return model(collate(layouts), given, positions)


@pytest.fixture
def saved(tmp_path, tokenizer):
    torch.manual_seed(0)
    save_parser(Parser(TINY), tmp_path, {"note": "tiny"})
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_onnxruntime_gives_the_scores_of_torch_token_by_token(saved, schema, rows):
    network, model = Network(saved, 1), load_parser(saved).eval()
    prepared = network.prepare(schema)
    for row in rows:
        layout, ids = lay_out_row(row, prepared.text, network.pieces)
        with torch.no_grad():
            expected = scores_of(model, [(layout, ids)]).log_softmax(-1)[0].numpy()
        stepper, last = network.stepper(layout, prepared), 0
        for position, token in enumerate(ids):
            found = stepper.advance(np.array([0]), np.array([0]), np.array([last]))
            np.testing.assert_allclose(found[0], expected[position], atol=2e-5)
            last = token


def test_a_follow_up_is_decoded_after_its_last_query(saved, schema):
    network, model = Network(saved, 1), load_parser(saved).eval()
    prepared = network.prepare(schema)
    history = (Turn("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),)
    row = prepare(Example("2", "shop", "Which id?", "SELECT id FROM customer", history=history), schema, None)
    layout, ids = lay_out_row(row, prepared.text, network.pieces)
    with torch.no_grad():
        expected = scores_of(model, [(layout, ids)]).log_softmax(-1)[0].numpy()
    found = network.stepper(layout, prepared).advance(np.array([0]), np.array([0]), np.array([0]))
    np.testing.assert_allclose(found[0], expected[len(layout.last_query)], atol=2e-5)


def test_weights_of_eight_bits_are_near_the_old_ones_and_stay_as_they_are(saved):
    arrays, facts = read_weights(saved / FILE)
    assert facts["note"] == "tiny"
    once = dequantize(arrays)
    again = dequantize(quantize(once))
    for name, value in once.items():
        np.testing.assert_allclose(again[name], value, atol=1e-6)
    torch.manual_seed(0)
    for name, value in Parser(TINY).state_dict().items():
        np.testing.assert_allclose(once[name], value.numpy(), atol=float(value.abs().max()) / 200)


def test_another_file_is_no_weights(tmp_path):
    (tmp_path / FILE).write_bytes(b"{}")
    with pytest.raises(DataError, match="expected weights"):
        read_weights(tmp_path / FILE)


def test_what_an_untrained_model_finds_is_a_query_on_existing_names(saved, schema, rows):
    network = Network(saved, 1)
    prepared = network.prepare(schema)
    for row in rows:
        layout, _ = lay_out_row(row, prepared.text, network.pieces)
        for hypothesis in search([layout], network.stepper(layout, prepared), beam=3, max_tokens=20)[0].hypotheses:
            if hypothesis.answerable:
                assert render_form(delinearize(hypothesis.tokens), schema).startswith("SELECT")


SETTINGS = Settings(
    max_steps=120,
    batch_size=6,
    learning_rate=5e-3,
    encoder_learning_rate=3e-3,
    warmup_steps=5,
    eval_steps=60,
    save_steps=30,
    augment=Augment(0.0, 0.0),
)


@pytest.mark.slow
def test_a_few_questions_are_learned_by_heart_and_found_again(tmp_path, saved, tokenizer, schema, rows, pieces):
    torch.manual_seed(0)
    model = Parser(TINY)
    best = train(
        model, [WeightedRows("shop", rows)], {"shop": read_schema(schema, pieces)}, pieces, SETTINGS, tmp_path / "run"
    )
    model.load_state_dict(best)
    save_parser(model, saved, {}, graphs=saved)
    network = Network(saved, 1)
    prepared = network.prepare(schema)
    for row, (_, sql) in zip(rows, PAIRS, strict=True):
        layout, _ = lay_out_row(row, prepared.text, network.pieces)
        found = search([layout], network.stepper(layout, prepared), beam=3)[0].hypotheses[0]
        assert render_form(delinearize(found.tokens), schema) == sql


def test_a_run_that_was_stopped_goes_on_to_the_same_losses(tmp_path, schema, rows, pieces):
    texts = {"shop": read_schema(schema, pieces)}
    settings = Settings(max_steps=8, batch_size=3, logging_steps=1, save_steps=3, eval_steps=100, warmup_steps=2)

    def losses(folder, stop_after=None):
        found = {}

        def on_log(row):
            if "loss" in row:
                found[row["step"]] = row["loss"]
            if row["step"] == stop_after:
                raise KeyboardInterrupt

        torch.manual_seed(0)
        train(Parser(TINY), [WeightedRows("shop", rows)], texts, pieces, settings, folder, on_log=on_log)
        return found

    whole = losses(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        losses(tmp_path / "cut", stop_after=5)
    rest = losses(tmp_path / "cut")
    assert list(rest) == [4, 5, 6, 7, 8]
    assert rest == {step: loss for step, loss in whole.items() if step > 3}


def test_hints_are_optional(schema, pieces):
    layout = lay_out("How many customers are there?", read_schema(schema, pieces), Hints(), pieces)
    assert not layout.features[:, 3].any()


def test_name_matches_are_left_out_of_some_questions(schema, pieces, rows):
    text, row = read_schema(schema, pieces), next(r for r in rows if r.hints.names)
    augment = Augment(drop_tables=0.0, unanswerable=0.0, drop_names=1.0)
    levels = {
        lay_out_row(row, text, pieces, random.Random(seed), augment)[0].features[:, 3].max() for seed in range(20)
    }
    assert 0 in levels
    assert max(levels) > 0


def test_bfloat16_and_trained_word_embeddings_learn_too(tmp_path, schema, rows, pieces):
    model, losses = Parser(TINY), []
    words = model.pieces.weight.detach().clone()
    settings = Settings(
        max_steps=30,
        batch_size=6,
        learning_rate=3e-3,
        embedding_learning_rate=1e-3,
        warmup_steps=2,
        bf16=True,
        logging_steps=5,
    )
    texts = {"shop": read_schema(schema, pieces)}
    train(
        model,
        [WeightedRows("pairs", rows)],
        texts,
        pieces,
        settings,
        tmp_path,
        on_log=lambda row: losses.append(row.get("loss")),
    )
    found = [loss for loss in losses if loss is not None]
    assert found[-1] < found[0] / 2
    assert not torch.equal(words, model.pieces.weight)
