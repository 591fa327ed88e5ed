"""The network: a MiniLM encoder, relation-aware layers over the items, and a small decoder that points at them.

Shapes: B examples, L word pieces, N items, T tokens written, D width. A token id is 0 for the start, 1..W for the W
words of `tokens.WORDS`, and W + 1 + n for item n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .layout import KINDS, RELATIONS, TYPE_CLASSES, WORD_IDS, Layout

N_WORDS = len(WORD_IDS)
IGNORED = -100  # the label of a token that is not learned


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """`encoder_layers` below 6 keeps the lower layers of MiniLM."""

    width: int = 384
    heads: int = 12
    encoder_layers: int = 6
    item_layers: int = 2
    decoder_layers: int = 3
    decoder_hidden: int = 1024
    dropout: float = 0.1
    max_tokens: int = 96
    vocabulary: int = 30522
    positions: int = 512


class Attention(nn.Module):
    """Multi-head attention from `x` (B, T, D) to `memory` (B, L, D); `mask` adds to the scores (B, heads or 1, T, L).

    Without dropout of its own: with it a CPU does not take the fused kernel, and the forward pass takes twice as long.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k, v = self._split(self.query(x)), self._split(self.key(memory)), self._split(self.value(memory))
        mask = mask.to(q.dtype) if mask is not None else None
        y = F.scaled_dot_product_attention(q, k, v, mask)
        return self.out(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class EncoderLayer(nn.Module):
    """BERT's layer: normalised after each part."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.norm1 = nn.LayerNorm(config.width, eps=1e-12)
        self.up = nn.Linear(config.width, 4 * config.width)
        self.down = nn.Linear(4 * config.width, config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=1e-12)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.norm1(x + self.dropout(self.attention(x, x, mask)))
        return self.norm2(x + self.dropout(self.down(F.gelu(self.up(x)))))  # type: ignore[no-any-return]


class Encoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.pieces = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, pieces: Tensor, mask: Tensor) -> Tensor:
        positions = torch.arange(pieces.shape[1], device=pieces.device)
        x: Tensor = self.dropout(self.norm(self.pieces(pieces) + self.positions(positions)))
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def load_minilm(self, path: Path) -> None:
        """The weights of a BERT checkpoint of the same width, as safetensors. Segment type 0 joins the positions."""
        from safetensors.torch import load_file

        weights = {k.removeprefix("bert."): v for k, v in load_file(path).items()}
        own = {
            "pieces.weight": weights["embeddings.word_embeddings.weight"],
            "positions.weight": weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0],
            "norm.weight": weights["embeddings.LayerNorm.weight"],
            "norm.bias": weights["embeddings.LayerNorm.bias"],
        }
        names = {
            "attention.self.query": "attention.query",
            "attention.self.key": "attention.key",
            "attention.self.value": "attention.value",
            "attention.output.dense": "attention.out",
            "attention.output.LayerNorm": "norm1",
            "intermediate.dense": "up",
            "output.dense": "down",
            "output.LayerNorm": "norm2",
        }
        for i in range(len(self.layers)):
            for theirs, ours in names.items():
                for kind in ("weight", "bias"):
                    own[f"layers.{i}.{ours}.{kind}"] = weights[f"encoder.layer.{i}.{theirs}.{kind}"]
        self.load_state_dict(own)


class ItemLayer(nn.Module):
    """A pre-normalised transformer layer whose attention is biased by how two items stand to each other."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.relations = nn.Embedding(len(RELATIONS), config.heads)
        self.attention = Attention(config)
        self.norm1 = nn.LayerNorm(config.width)
        self.norm2 = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.decoder_hidden)
        self.down = nn.Linear(config.decoder_hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.relations.weight)

    def forward(self, items: Tensor, relations: Tensor, mask: Tensor) -> Tensor:
        bias = self.relations(relations).permute(0, 3, 1, 2) + mask
        x = self.norm1(items)
        items = items + self.dropout(self.attention(x, x, bias))
        return items + self.dropout(self.down(F.gelu(self.up(self.norm2(items)))))  # type: ignore[no-any-return]


class DecoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.past = Attention(config)
        self.memory = Attention(config)
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.up = nn.Linear(config.width, config.decoder_hidden)
        self.down = nn.Linear(config.decoder_hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor, causal: Tensor, mask: Tensor) -> Tensor:
        y = self.norms[0](x)
        x = x + self.dropout(self.past(y, y, causal))
        x = x + self.dropout(self.memory(self.norms[1](x), memory, mask))
        return x + self.dropout(self.down(F.gelu(self.up(self.norms[2](x)))))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Inputs:
    """A padded batch: pieces (B, L), pooling (B, N, L) whose rows sum to 1, features (B, N, 5), relations (B, N, N).

    `piece_mask` (B, L) and `item_mask` (B, N) are True where there is something.
    """

    pieces: Tensor
    piece_mask: Tensor
    pooling: Tensor
    features: Tensor
    relations: Tensor
    item_mask: Tensor


class Parser(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        sizes = (len(KINDS), len(TYPE_CLASSES), 4, 4, 2)
        self.features = nn.ModuleList(nn.Embedding(n, config.width) for n in sizes)
        self.item_layers = nn.ModuleList(ItemLayer(config) for _ in range(config.item_layers))
        self.words = nn.Embedding(N_WORDS + 1, config.width)
        self.steps = nn.Embedding(config.max_tokens, config.width)
        self.item_input = nn.Linear(config.width, config.width)
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(config.width)
        self.to_words = nn.Linear(config.width, N_WORDS + 1)
        self.to_items = nn.Linear(config.width, config.width)
        self.item_keys = nn.Linear(config.width, config.width)
        for embedding in (*self.features, self.words, self.steps):
            nn.init.normal_(embedding.weight, std=0.02)

    def encode(self, inputs: Inputs) -> tuple[Tensor, Tensor, Tensor]:
        """Returns items (B, N, D), memory (B, L + N, D), and the mask that adds to scores over it (B, 1, 1, L + N)."""
        piece_mask, item_mask = _additive(inputs.piece_mask), _additive(inputs.item_mask)
        pieces = self.encoder(inputs.pieces, piece_mask)
        items = torch.bmm(inputs.pooling.to(pieces.dtype), pieces)
        for i, embedding in enumerate(self.features):
            items = items + embedding(inputs.features[..., i])
        for layer in self.item_layers:
            items = layer(items, inputs.relations, item_mask)
        return items, torch.cat([pieces, items], 1), torch.cat([piece_mask, item_mask], -1)

    def decode(self, items: Tensor, memory: Tensor, mask: Tensor, tokens: Tensor) -> Tensor:
        """Scores (B, T, 1 + W + N) of the token after each of `tokens` (B, T)."""
        x = self._embed(items, tokens)
        length = tokens.shape[1]
        causal = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        for layer in self.decoder:
            x = layer(x, memory, causal, mask)
        x = self.norm(x)
        pointed = self.to_items(x) @ self.item_keys(items).transpose(1, 2) / math.sqrt(self.config.width)
        pointed = pointed + mask[:, 0, :, -items.shape[1] :].to(pointed.dtype)
        return torch.cat([self.to_words(x), pointed], -1)

    def _embed(self, items: Tensor, tokens: Tensor) -> Tensor:
        is_item = tokens > N_WORDS
        places = (tokens - N_WORDS - 1).clamp(min=0)
        pointed = torch.gather(self.item_input(items), 1, places[..., None].expand(-1, -1, items.shape[-1]))
        words = self.words(tokens.clamp(max=N_WORDS))
        steps: Tensor = self.steps(torch.arange(tokens.shape[1], device=tokens.device))
        return torch.where(is_item[..., None], pointed.to(words.dtype), words) + steps


def _additive(mask: Tensor) -> Tensor:
    """(B, L) booleans to (B, 1, 1, L): 0 to keep, -inf to leave out."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, float("-inf"))[:, None, None]


def collate(layouts: Sequence[Layout]) -> Inputs:
    rows, length = len(layouts), max(len(x.pieces) for x in layouts)
    items = max(len(x.pointers) for x in layouts)
    pieces = torch.zeros(rows, length, dtype=torch.long)
    pooling = torch.zeros(rows, items, length)
    features = torch.zeros(rows, items, 5, dtype=torch.long)
    relations = torch.zeros(rows, items, items, dtype=torch.long)
    piece_mask = torch.zeros(rows, length, dtype=torch.bool)
    item_mask = torch.zeros(rows, items, dtype=torch.bool)
    for i, layout in enumerate(layouts):
        n = len(layout.pointers)
        pieces[i, : len(layout.pieces)] = torch.tensor(layout.pieces)
        piece_mask[i, : len(layout.pieces)] = True
        item_mask[i, :n] = True
        features[i, :n] = torch.tensor(layout.features)
        relations[i, :n, :n] = torch.tensor(layout.relations)
        for j, (start, end) in enumerate(layout.spans):
            pooling[i, j, start:end] = 1 / (end - start)
    return Inputs(pieces, piece_mask, pooling, features, relations, item_mask)


def targets(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Inputs (rows, T), which begin with 0, and labels (rows, T), padded with `IGNORED`."""
    length = max(len(s) for s in sequences)
    given = torch.zeros(len(sequences), length, dtype=torch.long)
    labels = torch.full((len(sequences), length), IGNORED)
    for i, sequence in enumerate(sequences):
        given[i, 1 : len(sequence)] = torch.tensor(sequence[:-1])
        labels[i, : len(sequence)] = torch.tensor(sequence)
    return given, labels
