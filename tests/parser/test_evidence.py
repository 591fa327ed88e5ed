"""Queries that leave out what the question names are less likely; the parts of a model move to another encoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sqlwright.core import Column, Hints, Schema, Table, ValueMatch
from sqlwright.db import open_database
from sqlwright.parser.evidence import CROSS_JOIN, TOTAL_PER_KEY, UNUSED_NUMBER, UNUSED_PERIOD, UNUSED_VALUE, penalty
from sqlwright.parser.layout import lay_out
from sqlwright.parser.model import Parser
from sqlwright.parser.schema_text import MAX_TABLE_CODES, read_schema
from sqlwright.parser.tokens import ColumnPointer, PeriodPointer, TablePointer, ValuePointer
from sqlwright.parser.transfer import fit_bridge, transfer

from .questions import plain_pieces
from .test_model import TINY

COUNT = ("select", "count", TablePointer("orders"))
PERIOD = (ColumnPointer("orders", "ordered_on"), "within", PeriodPointer("2026-03"))
CITY = (ColumnPointer("customer", "city"), "=", ValuePointer("Oslo"))


@pytest.fixture
def layout(shop):
    hints = Hints((), (ValueMatch("customer", "city", "Oslo", "Oslo"),))
    with open_database(shop) as database:
        text = read_schema(database.schema(samples=9), plain_pieces())
    return lay_out("How many orders over 12 from Oslo in March 2026?", text, hints, plain_pieces())


@pytest.mark.parametrize(
    ("query", "price"),
    [
        ((*COUNT, "end"), UNUSED_PERIOD + UNUSED_VALUE + UNUSED_NUMBER),
        ((*COUNT, "where", *PERIOD, "end"), UNUSED_VALUE + UNUSED_NUMBER),
        ((*COUNT, "where", *PERIOD, "and", *CITY, "end"), UNUSED_NUMBER),
    ],
)
def test_what_the_question_names_and_the_query_does_not_use_costs(layout, query, price):
    question = "How many orders over 12 from Oslo in March 2026?"
    assert penalty(layout, question, query, "SELECT 1") == pytest.approx(price)
    assert penalty(layout, question, query, "... CROSS JOIN item") == pytest.approx(price + CROSS_JOIN)


def test_a_total_over_a_number_of_keys_costs_and_a_count_over_it_does_not(layout):
    quantity, customer = ColumnPointer("orders", "quantity"), ColumnPointer("orders", "customer_id")
    total = ("select", "ratio", "sum", quantity, "count", "distinct", customer, "end")
    count = ("select", "ratio", "count", TablePointer("orders"), "count", "distinct", customer, "end")
    question = "How many orders over 12 from Oslo in March 2026?"
    assert penalty(layout, question, total, "") - penalty(layout, question, count, "") == pytest.approx(TOTAL_PER_KEY)


def test_a_parser_moves_to_another_encoder(shop, tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(0)
    trained = Parser(TINY).eval()
    with open_database(shop) as database:
        schema = database.schema(samples=9)
    encoder = Parser(replace(TINY, encoder_layers=3, lower_layers=2))
    names = {"attention.query": "attention.self.query", "attention.key": "attention.self.key"}
    names |= {"attention.value": "attention.self.value", "attention.out": "attention.output.dense"}
    names |= {"norm1": "attention.output.LayerNorm", "up": "intermediate.dense", "down": "output.dense"}
    names |= {"norm2": "output.LayerNorm"}
    weights = {
        "embeddings.word_embeddings.weight": encoder.pieces.weight,
        "embeddings.position_embeddings.weight": encoder.positions.weight,
        "embeddings.token_type_embeddings.weight": torch.zeros(2, TINY.width),
        "embeddings.LayerNorm.weight": encoder.norm.weight,
        "embeddings.LayerNorm.bias": encoder.norm.bias,
    }
    for i, layer in enumerate(encoder.lower_layers):
        for ours, theirs in names.items():
            part = layer.get_submodule(ours)
            weights[f"encoder.layer.{i}.{theirs}.weight"] = part.weight
            weights[f"encoder.layer.{i}.{theirs}.bias"] = part.bias
    save_file({k: v.detach().clone() for k, v in weights.items()}, tmp_path / "model.safetensors")

    model = transfer(trained, tmp_path / "model.safetensors", replace(TINY, lower_layers=2)).eval()
    assert len(model.lower_layers) == 2
    assert torch.equal(model.to_words.weight, trained.to_words.weight)
    assert torch.equal(model.upper_layers[0].up.weight, trained.upper_layers[0].up.weight)
    assert torch.equal(model.lower_layers[1].up.weight, encoder.lower_layers[1].up.weight)
    questions = ["How many customers are there?", "names of items with a price"] * 20
    explained = fit_bridge(model, trained, plain_pieces(), plain_pieces(), questions, [schema])
    assert explained > 0.3


def test_codes_that_a_question_does_not_spell_are_shown_first():
    towns = tuple(f"Town {letter}" for letter in "ABCDEFGH")
    columns = [Column(f"town_{n}", "TEXT", samples=towns) for n in range(3)]
    columns += [
        Column("status", "TEXT", comment="FIN finished, DNF gave up", samples=("FIN", "DNF")),
        Column("class", "TEXT", samples=("M40", "W40")),
    ]
    text = read_schema(Schema("race", "sqlite", (Table("results", tuple(columns)),)), plain_pieces())
    shown = [item.pointer.text for item in text.items if isinstance(item.pointer, ValuePointer)]
    assert {"FIN", "DNF", "M40", "W40"} <= set(shown)
    assert len(shown) == MAX_TABLE_CODES
