"""Attention over merged rows in chunks: each chunk of queries meets the keys on its own paths, and no others.

A dense mask over a tree computes every pair of tokens and throws most away: with a schema of 1,000 tokens and 32
questions of 50 each, two pairs of three. Here the queries are taken `CHUNK` at a time, and the keys are what stands on
the paths to them: the trunk and the chunk itself, never another branch. Each piece goes to torch's own kernel, so it is
exact, needs no compiler, and no tensor is as large as the square of the width. FlexAttention skips blocks in the same
way where there is a GPU and its compiler.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "tree"
CHUNK = 128  # queries; on a CPU 64 to 256 take the same time, and all pairs at once 1.6 times as much
WIDEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some queries of one line, which see keys among `before`, in stretches from start to stop, and among themselves.

    `seen` is (1, 1, queries, keys), True where a query sees a key.
    """

    before: tuple[tuple[int, int], ...]
    seen: Tensor


def tree_numbers(ends: Tensor, position_ids: Tensor, window: int | None = None) -> Tensor:
    """What `attend` takes for a mask: (lines, 1, 3, width) with ends, positions and the window of every token.

    Its four dimensions let it through transformers, which makes no mask of its own where it is given such a one.
    """
    windows = torch.full_like(ends, WIDEST if window is None else window)
    return torch.stack([ends, position_ids, windows], dim=1)[:, None]


def attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **settings: Any
) -> tuple[Tensor, None]:
    """The attention function of a transformers model: query, key, value are (lines, heads, width, head size).

    Any mask but that of `tree_numbers` is left to torch's kernel as it is, which is how the model writes.
    """
    if attention_mask is None or attention_mask.dtype != torch.long:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
    settings["is_causal"] = False
    lines = [
        _line(module, query[i : i + 1], key[i : i + 1], value[i : i + 1], chunks, settings)
        for i, chunks in enumerate(_chunks(attention_mask))
    ]
    return torch.cat(lines), None


def _line(
    module: Any, query: Tensor, key: Tensor, value: Tensor, chunks: list[Chunk], settings: dict[str, Any]
) -> Tensor:
    found = []
    split = (torch.split(states, CHUNK, dim=2) for states in (query, key, value))
    for chunk, q, own_keys, own_values in zip(chunks, *split, strict=True):
        k = torch.cat([*(key[:, :, a:b] for a, b in chunk.before), own_keys], dim=2)
        v = torch.cat([*(value[:, :, a:b] for a, b in chunk.before), own_values], dim=2)
        found.append(sdpa_attention_forward(module, q, k, v, chunk.seen, **settings)[0])
    return torch.cat(found, dim=1)


def _chunks(numbers: Tensor) -> list[list[Chunk]]:
    """Those of each line, found once a batch and kept with its tensor: all layers have the same."""
    kept = numbers.__dict__
    if "chunks" not in kept:
        starts = range(0, numbers.shape[-1], CHUNK)
        kept["chunks"] = [[_chunk(start, *line) for start in starts] for line in numbers[:, 0]]
    found: list[list[Chunk]] = kept["chunks"]
    return found


def _chunk(start: int, ends: Tensor, positions: Tensor, windows: Tensor) -> Chunk:
    queries = torch.arange(start, min(start + CHUNK, len(ends)), device=ends.device)
    before = (ends[:start] > start).nonzero().flatten()  # their subtrees reach into the chunk
    keys = torch.cat([before, queries])
    query, key = queries[:, None], keys[None, :]
    seen = (key <= query) & (query < ends[keys])
    seen &= positions[queries][:, None] - positions[keys] < windows[queries][:, None]
    return Chunk(tuple(_stretches(before)), (seen | (key == query))[None, None])


def _stretches(places: Tensor) -> Iterator[tuple[int, int]]:
    """Ascending places as stretches of neighbours, each from start to stop."""
    if len(places):
        cuts = (places.diff() > 1).nonzero().flatten().tolist()
        for first, last in zip([0, *(c + 1 for c in cuts)], [*cuts, len(places) - 1], strict=True):
            yield int(places[first]), int(places[last]) + 1


def use_tree_attention(model: Any) -> None:
    """In a model that would use torch's kernel."""
    if model.config.get_text_config()._attn_implementation == "sdpa":
        model.set_attn_implementation(NAME)


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
