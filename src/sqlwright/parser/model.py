"""The network: word pieces of schema and question, joined by relation-aware layers, and a decoder that points.

The layers are those of a small BERT (MiniLM-L6, Wang et al., NeurIPS 2020). The lower ones read each table and the
question alone, after DeFormer (Cao et al., ACL 2020), so a schema is read once for all its questions; the upper ones
read the question's pieces and one vector an item, with attention biased by relations. Shapes: B rows, T places of the
joined sequence, N items, D width, W words.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from .batch import N_WORDS, PREFIX_POSITION, Batch
from .layout import FEATURE_SIZES
from .schema_text import RELATIONS

KeyValues = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """`lower_layers` of the `encoder_layers` read schema and question apart.

    With `bridge` a linear layer with a norm stands between the lower and the upper layers: the two then come from
    different checkpoints (`transfer`).
    """

    width: int = 384
    heads: int = 12
    encoder_layers: int = 6
    lower_layers: int = 2
    encoder_hidden: int = 1536
    decoder_layers: int = 3
    decoder_hidden: int = 1024
    dropout: float = 0.1
    vocabulary: int = 30522
    positions: int = 512
    bridge: bool = False

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


class Attention(nn.Module):
    """Multi-head attention; `mask` adds to the scores.

    Without dropout of its own: with it a CPU does not take the fused kernel, and the forward pass takes twice as long.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.out = nn.Linear(config.width, config.width)

    def keys(self, memory: Tensor) -> KeyValues:
        """(B, heads, L, D / heads) twice."""
        return self._split(self.key(memory)), self._split(self.value(memory))

    def forward(self, x: Tensor, memory: KeyValues, mask: Tensor | None = None) -> Tensor:
        y = F.scaled_dot_product_attention(self._split(self.query(x)), *memory, mask)
        return self.out(y.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def within(self, x: Tensor, grid: Grid, mask: Tensor) -> Tensor:
        """Of states (M, D) to those of their own row."""
        q, k, v = (self._split(grid.spread(part(x))) for part in (self.query, self.key, self.value))
        # Written out: with a mask that is learned, torch's own function takes a slower path.
        scores = (q / math.sqrt(q.shape[-1])) @ k.transpose(2, 3) + mask.to(q.dtype)
        y = scores.softmax(-1) @ v
        return self.out(grid.collect(y.transpose(1, 2).flatten(2)))  # type: ignore[no-any-return]

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the M states that are there stand among R rows of L places: nothing is computed for padding."""

    rows: int
    length: int
    places: Tensor

    @classmethod
    def of(cls, present: Tensor) -> Grid:
        return cls(present.shape[0], present.shape[1], present.flatten().nonzero().squeeze(1))

    def spread(self, x: Tensor) -> Tensor:
        """(M, D) to (R, L, D)."""
        empty = x.new_zeros(self.rows * self.length, x.shape[1])
        return empty.index_copy(0, self.places, x).view(self.rows, self.length, -1)

    def collect(self, x: Tensor) -> Tensor:
        """(R, L, D) to (M, D)."""
        return x.flatten(0, 1)[self.places]


class EncoderLayer(nn.Module):
    """BERT's layer, normalised after each part."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.norm1 = nn.LayerNorm(config.width, eps=1e-12)
        self.up = nn.Linear(config.width, config.encoder_hidden)
        self.down = nn.Linear(config.encoder_hidden, config.width)
        self.norm2 = nn.LayerNorm(config.width, eps=1e-12)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, grid: Grid, mask: Tensor) -> Tensor:
        """(M, D) to (M, D); `mask` adds to the scores (R, heads or 1, L or 1, L)."""
        x = self.norm1(x + self.dropout(self.attention.within(x, grid, mask)))
        return self.norm2(x + self.dropout(self.down(F.gelu(self.up(x)))))  # type: ignore[no-any-return]


class DecoderLayer(nn.Module):
    """Normalised before each part."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.past = Attention(config)
        self.memory = Attention(config)
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.up = nn.Linear(config.width, config.decoder_hidden)
        self.down = nn.Linear(config.decoder_hidden, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, past: KeyValues | None, memory: KeyValues, causal: Tensor | None, mask: Tensor
    ) -> tuple[Tensor, KeyValues]:
        """Returns the output, and keys and values with those of `x` after `past`."""
        y = self.norms[0](x)
        keys, values = self.past.keys(y)
        if past is not None:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        x = x + self.dropout(self.past(y, (keys, values), causal))
        x = x + self.dropout(self.memory(self.norms[1](x), memory, mask))
        return x + self.dropout(self.down(F.gelu(self.up(self.norms[2](x))))), (keys, values)


class Parser(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.pieces = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.norm = nn.LayerNorm(config.width, eps=1e-12)
        self.dropout = nn.Dropout(config.dropout)
        lower, upper = config.lower_layers, config.encoder_layers - config.lower_layers
        self.lower_layers = nn.ModuleList(EncoderLayer(config) for _ in range(lower))
        self.bridge: nn.Module = nn.Sequential(*_bridge(config)) if config.bridge else nn.Identity()
        self.upper_layers = nn.ModuleList(EncoderLayer(config) for _ in range(upper))
        self.relations = nn.Embedding(len(RELATIONS), config.heads)  # one bias a head for all layers, as in T5
        nn.init.zeros_(self.relations.weight)
        self.features = nn.ModuleList(nn.Embedding(n, config.width) for n in FEATURE_SIZES)
        self.words = nn.Embedding(N_WORDS + 1, config.width)
        self.steps = nn.Embedding(2 * PREFIX_POSITION, config.width)
        self.item_input = nn.Linear(config.width, config.width)
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.decoder_norm = nn.LayerNorm(config.width)
        self.to_words = nn.Linear(config.width, N_WORDS + 1)
        self.to_items = nn.Linear(config.width, config.width)
        self.item_keys = nn.Linear(config.width, config.width)
        for embedding in (*self.features, self.words, self.steps):
            nn.init.normal_(embedding.weight, std=0.02)

    def read(self, pieces: Tensor) -> Tensor:
        """States (R, L, D) of texts (R, L) read alone; piece 0 is padding."""
        grid = Grid.of(pieces > 0)
        x = self.pieces(pieces.flatten()[grid.places]) + self.positions(grid.places % grid.length)
        x = self.dropout(self.norm(x))
        mask = additive(pieces > 0)[:, None, None]
        for layer in self.lower_layers:
            x = layer(x, grid, mask)
        return grid.spread(self.bridge(x))

    def join(self, questions: Tensor, items: Tensor, features: Tensor, relations: Tensor, present: Tensor) -> Tensor:
        """States (B, T, D) of question pieces (B, Q, D) and pooled items (B, N, D) that have seen each other.

        `features` (B, N, 6), `relations` (B, T, T), `present` (B, T).
        """
        for i, embedding in enumerate(self.features):
            items = items + embedding(features[..., i])
        grid = Grid.of(present)
        bias = self.relations.weight
        if torch.is_autocast_enabled(bias.device.type):  # converted once for all layers
            bias = bias.to(torch.get_autocast_dtype(bias.device.type))
        mask = F.embedding(relations, bias).permute(0, 3, 1, 2).contiguous()
        mask = mask + additive(present)[:, None, None].to(mask.dtype)
        x = grid.collect(torch.cat([questions, items], 1))
        for layer in self.upper_layers:
            x = layer(x, grid, mask)
        return grid.spread(x)

    def encode(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Memory (B, T, D), its last N places (B, N, D), and the mask (B, T) that adds to scores over it."""
        device = self.pieces.weight.device
        segments, questions, bags, offsets, items, features, relations, present = (
            torch.from_numpy(getattr(batch, name)).to(device) for name in Batch.__slots__
        )
        read = self.read(questions)
        states = torch.cat([self.read(segments).flatten(0, 1), read.flatten(0, 1)])
        pooled = F.embedding_bag(bags, states, offsets, mode="mean")
        memory = self.join(read, pooled[items], features, relations, present)
        return memory, memory[:, questions.shape[1] :], additive(present)

    def memory_keys(self, memory: Tensor) -> list[KeyValues]:
        return [cast(DecoderLayer, layer).memory.keys(memory) for layer in self.decoder]

    def decode(
        self,
        tokens: Tensor,
        positions: Tensor,
        items: Tensor,
        memory: list[KeyValues],
        mask: Tensor,
        past: list[KeyValues] | None = None,
    ) -> tuple[Tensor, list[KeyValues]]:
        """Scores (B, T, 1 + W + N) of the token after each of `tokens` (B, T), and the keys and values to go on from.

        With `past` T is 1.
        """
        x = self._embed(items, tokens) + self.steps(positions)
        length = tokens.shape[1]
        causal = None
        if past is None:
            causal = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        present = []
        for i, layer in enumerate(self.decoder):
            x, keys = layer(x, past[i] if past is not None else None, memory[i], causal, mask[:, None, None])
            present.append(keys)
        x = self.decoder_norm(x)
        pointed = self.to_items(x) @ self.item_keys(items).transpose(1, 2) / math.sqrt(self.config.width)
        pointed = pointed + mask[:, None, -items.shape[1] :]
        return torch.cat([self.to_words(x), pointed], -1), present

    def forward(self, batch: Batch, tokens: Tensor, positions: Tensor) -> Tensor:
        memory, items, mask = self.encode(batch)
        return self.decode(tokens, positions, items, self.memory_keys(memory), mask)[0]

    def _embed(self, items: Tensor, tokens: Tensor) -> Tensor:
        places = (tokens - N_WORDS - 1).clamp(min=0)
        pointed = torch.gather(self.item_input(items), 1, places[..., None].expand(-1, -1, items.shape[-1]))
        return torch.where((tokens > N_WORDS)[..., None], pointed, self.words(tokens.clamp(max=N_WORDS)))

    def load_encoder(self, path: Path) -> None:
        """Begin from the weights of a BERT checkpoint of the same width, as safetensors.

        Segment type 0 joins the positions. With a bridge the checkpoint fills the lower layers only.
        """
        from safetensors.torch import load_file

        weights = {k.removeprefix("bert."): v for k, v in load_file(path).items()}
        segment = weights["embeddings.token_type_embeddings.weight"][0]
        own = {
            "pieces.weight": weights["embeddings.word_embeddings.weight"],
            "positions.weight": weights["embeddings.position_embeddings.weight"] + segment,
            "norm.weight": weights["embeddings.LayerNorm.weight"],
            "norm.bias": weights["embeddings.LayerNorm.bias"],
        }
        below = self.config.lower_layers
        for i in range(below if self.config.bridge else self.config.encoder_layers):
            layer = f"lower_layers.{i}" if i < below else f"upper_layers.{i - below}"
            for theirs, ours in _BERT_NAMES.items():
                for kind in ("weight", "bias"):
                    own[f"{layer}.{ours}.{kind}"] = weights[f"encoder.layer.{i}.{theirs}.{kind}"]
        missing, unexpected = self.load_state_dict(own, strict=False)
        if unexpected or not any(name.startswith("decoder") for name in missing):
            raise ValueError(f"{path} does not fit: {unexpected[:3]}")


def _bridge(config: ModelConfig) -> tuple[nn.Linear, nn.LayerNorm]:
    return nn.Linear(config.width, config.width), nn.LayerNorm(config.width, eps=1e-12)


_BERT_NAMES = {
    "attention.self.query": "attention.query",
    "attention.self.key": "attention.key",
    "attention.self.value": "attention.value",
    "attention.output.dense": "attention.out",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "norm2",
}


def additive(present: Tensor) -> Tensor:
    """Booleans to what adds to scores: 0 to keep, a large negative number to leave out."""
    return torch.zeros(present.shape, device=present.device).masked_fill(~present, -1e9)
