"""Start a parser with another encoder from a trained parser: the new layers are fitted to the states of the old ones.

The trained parser keeps its upper layers and its decoder. The new encoder reads schema and question apart; a linear
bridge, fitted by ridge regression on words of questions and on schema items, maps its states to those that the trained
upper layers expect. Training then goes on from there instead of from random weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from ..core import Schema
from .batch import pad
from .model import EncoderLayer, ModelConfig, Parser
from .schema_text import Pieces, read_schema
from .train import new_parser

BATCH = 64  # texts read at a time
RIDGE = 1e-2  # of the mean diagonal of the normal matrix


def transfer(trained: Parser, encoder: Path, config: ModelConfig, seed: int = 0) -> Parser:
    """A parser of `config` (with a bridge) whose upper layers, decoder and words are those of `trained`.

    `encoder` is a BERT checkpoint of the same width as safetensors, which fills the lower layers. The bridge is
    random: see `fit_bridge`. Raises RuntimeError where the shapes of the shared layers differ.
    """
    upper = trained.config.encoder_layers - trained.config.lower_layers
    config = replace(config, bridge=True, encoder_layers=config.lower_layers + upper)
    model = new_parser(config, encoder, seed)
    own = ("pieces.", "positions.", "norm.", "lower_layers.", "bridge.")
    shared = {name: value for name, value in trained.state_dict().items() if not name.startswith(own)}
    model.load_state_dict(shared, strict=False)
    return model


def fit_bridge(
    model: Parser,
    trained: Parser,
    pieces: Pieces,
    trained_pieces: Pieces,
    questions: Sequence[str],
    schemas: Sequence[Schema],
) -> float:
    """Fit `model.bridge` to the states that `trained` gives the same words and schema items.

    Returns the share of the variance of those states that the bridge explains, in (-inf, 1].
    """
    norm = cast(EncoderLayer, trained.lower_layers[-1]).norm2
    bridge = cast(nn.Sequential, model.bridge)
    with torch.no_grad():
        given = torch.cat([*_states(model, pieces, questions, schemas, bridge=False)])
        wanted = torch.cat([*_states(trained, trained_pieces, questions, schemas)])
        target = (wanted - norm.bias) / norm.weight
        x = torch.cat([given, torch.ones(len(given), 1)], 1)
        normal = x.T @ x
        normal += RIDGE * normal.diagonal().mean() * torch.eye(len(normal))
        solution = torch.linalg.solve(normal, x.T @ target)
        linear, own_norm = cast(nn.Linear, bridge[0]), cast(nn.LayerNorm, bridge[1])
        linear.weight.copy_(solution[:-1].T)
        linear.bias.copy_(solution[-1])
        own_norm.weight.copy_(norm.weight)
        own_norm.bias.copy_(norm.bias)
        found = model.bridge(given)
        return float(1 - ((found - wanted) ** 2).sum() / ((wanted - wanted.mean(0)) ** 2).sum())


def _states(
    model: Parser, pieces: Pieces, questions: Sequence[str], schemas: Sequence[Schema], *, bridge: bool = True
) -> Iterator[Tensor]:
    """(n, D) mean states of the words of each question, then of the items of each schema, in their order."""
    kept, model.bridge = model.bridge, model.bridge if bridge else nn.Identity()
    try:
        yield from _pooled(model, (_words(q, pieces) for q in questions))
        for schema in schemas:
            text = read_schema(schema, pieces)
            spans: list[list[tuple[int, int]]] = [[] for _ in text.segments]
            for item in text.items:
                spans[item.segment].append((item.start, item.end))
            yield from _pooled(model, zip(text.segments, spans, strict=True))
    finally:
        model.bridge = kept


def _words(question: str, pieces: Pieces) -> tuple[Sequence[int], list[tuple[int, int]]]:
    """The pieces of a question, and the half-open range of pieces of each of its words between spaces."""
    encoded = pieces.tokenizer.encode(question, add_special_tokens=False)
    spans, end = [], 0
    for word in question.split():
        start = question.index(word, end)
        end = start + len(word)
        inside = [i for i, (a, b) in enumerate(encoded.offsets) if a < end and b > start]
        spans.append((1 + inside[0], 2 + inside[-1]) if inside else (0, 1))
    return [pieces.start, *encoded.ids, pieces.separator], spans


def _pooled(model: Parser, texts: Iterator[tuple[Sequence[int], list[tuple[int, int]]]]) -> Iterator[Tensor]:
    while batch := list(islice(texts, BATCH)):
        states = model.read(torch.from_numpy(pad([ids for ids, _ in batch])))
        for row, (_, spans) in zip(states, batch, strict=True):
            if spans:
                yield torch.stack([row[a:b].mean(0) for a, b in spans])
