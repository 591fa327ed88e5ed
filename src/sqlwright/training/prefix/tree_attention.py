"""Attention over merged rows in chunks: each chunk of queries meets the keys on its own paths, and no others.

A dense mask over a tree computes every pair of tokens and throws most away: with a schema of 1,000 tokens and 32
questions of 50 each, two pairs of three. Here the queries are taken `CHUNK` at a time, and the keys are what stands on
the paths to them: the trunk and the chunk itself, never another branch. Where every token sees all tokens before it, in
a row that shares nothing or a trunk with its first branch, one call of causal attention does without a mask. Each piece
goes to torch's own kernel, so it is exact, needs no compiler, and no tensor is as large as the square of the width.
FlexAttention skips blocks in the same way where there is a GPU and its compiler.

What is kept for the way back grows with the width, not with its square: keys that are one stretch are a slice, which
copies nothing, and keys of several stretches are put together again on the way back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "tree"
CHUNK = 128  # queries; on a CPU 64 to 256 take the same time, and all pairs at once 1.6 times as much
WIDEST = 1 << 30
_EVERY_HEAD = torch.nn.Identity()  # stands for an attention module whose keys are repeated already


@dataclass(frozen=True, slots=True)
class Chunk:
    """The queries of one line from `start` to `stop`, which see keys in `stretches`, from start to stop each.

    `seen` is (1, 1, queries, keys), True where a query sees a key; None where each sees itself and all keys before.
    """

    start: int
    stop: int
    stretches: tuple[tuple[int, int], ...]
    seen: Tensor | None
    _added: dict[torch.dtype, Tensor] = field(default_factory=dict, compare=False, repr=False)

    def mask(self, dtype: torch.dtype) -> Tensor | None:
        """What is added to the scores: 0 or minus infinity. Made once for all layers, which would each keep a copy."""
        if self.seen is not None and dtype not in self._added:
            self._added[dtype] = torch.zeros_like(self.seen, dtype=dtype).masked_fill(~self.seen, float("-inf"))
        return self._added.get(dtype)


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
    if torch.is_autocast_enabled(query.device.type):  # once, where the kernel would cast every chunk
        dtype = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    lines = [
        _line(module, query[i : i + 1], key[i : i + 1], value[i : i + 1], chunks, settings)
        for i, chunks in enumerate(_chunks(attention_mask))
    ]
    return torch.cat(lines), None


def _line(
    module: Any, query: Tensor, key: Tensor, value: Tensor, chunks: list[Chunk], settings: dict[str, Any]
) -> Tensor:
    found = []
    groups = getattr(module, "num_key_value_groups", 1)
    masked = any(chunk.seen is not None for chunk in chunks)
    keys, values = (repeat_kv(key, groups), repeat_kv(value, groups)) if masked else (key, value)
    for chunk in chunks:
        q = query[:, :, chunk.start : chunk.stop]
        (first, last), *others = chunk.stretches
        if chunk.seen is None:
            k, v = key[:, :, first:last], value[:, :, first:last]
            causal = {**settings, "is_causal": True}
            found.append(sdpa_attention_forward(module, q, k, v, None, **causal)[0])
        elif not others:
            found.append(_masked(q, keys[:, :, first:last], values[:, :, first:last], chunk, settings))
        elif torch.is_grad_enabled():
            again = {"use_reentrant": False, "preserve_rng_state": settings.get("dropout", 0.0) > 0}
            found.append(checkpoint(_gathered, q, keys, values, chunk, settings, **again))
        else:
            found.append(_gathered(q, keys, values, chunk, settings))
    return torch.cat(found, dim=1)


def _gathered(query: Tensor, keys: Tensor, values: Tensor, chunk: Chunk, settings: dict[str, Any]) -> Tensor:
    k, v = (torch.cat([states[:, :, a:b] for a, b in chunk.stretches], dim=2) for states in (keys, values))
    return _masked(query, k, v, chunk, settings)


def _masked(query: Tensor, keys: Tensor, values: Tensor, chunk: Chunk, settings: dict[str, Any]) -> Tensor:
    mask = chunk.mask(query.dtype)
    found: Tensor = sdpa_attention_forward(_EVERY_HEAD, query, keys, values, mask, **{**settings, "is_causal": False})[
        0
    ]
    return found


def _chunks(numbers: Tensor) -> list[list[Chunk]]:
    """Those of each line, found once a batch and kept with its tensor: all layers have the same."""
    kept = numbers.__dict__
    if "chunks" not in kept:
        kept["chunks"] = [cut(e, p, w, numbers.device) for e, p, w in numbers[:, 0].cpu()]
    found: list[list[Chunk]] = kept["chunks"]
    return found


def cut(ends: Tensor, positions: Tensor, windows: Tensor, device: torch.device | str = "cpu") -> list[Chunk]:
    """A line, each of its tensors (width,) on the CPU, as chunks in order, with masks on `device`."""
    width, runs = len(ends), dict(_causal_runs(ends.tolist(), int(windows[0])))
    chunks, start = [], 0
    while start < width:
        if start in runs:
            chunks.append(Chunk(start, runs[start], ((start, runs[start]),), None))
        else:
            stop = min(start + CHUNK, min((first for first in runs if first > start), default=width), width)
            chunks.append(_chunk(start, stop, ends, positions, windows, device))
        start = chunks[-1].stop
    return chunks


def _causal_runs(ends: list[int], window: int) -> list[tuple[int, int]]:
    """Where a tree begins with at least CHUNK tokens of one path, from start to stop.

    Longer ones than `window` are left out: their last tokens do not see the first.
    """
    found = []
    start = 0
    while start < len(ends):
        stop, lowest = start, ends[start]
        while stop < lowest:  # all tokens so far lie on the path to the next one
            lowest = min(lowest, ends[stop])
            stop += 1
        if CHUNK <= stop - start <= window:
            found.append((start, stop))
        start = max(ends[start], start + 1)  # the next tree; a token of padding ends at 0
    return found


def _chunk(
    start: int, stop: int, ends: Tensor, positions: Tensor, windows: Tensor, device: torch.device | str
) -> Chunk:
    queries = torch.arange(start, stop)
    before = (ends[:start] > start).nonzero().flatten()  # their subtrees reach into the chunk
    keys = torch.cat([before, queries])
    query, key = queries[:, None], keys[None, :]
    seen = (key <= query) & (query < ends[keys])
    seen &= positions[queries][:, None] - positions[keys] < windows[queries][:, None]
    return Chunk(start, stop, _stretches(keys), (seen | (key == query))[None, None].to(device))


def _stretches(places: Tensor) -> tuple[tuple[int, int], ...]:
    """Ascending places as stretches of neighbors, each from start to stop."""
    cuts = (places.diff() > 1).nonzero().flatten().tolist()
    bounds = zip([0, *(c + 1 for c in cuts)], [*cuts, len(places) - 1], strict=True)
    return tuple((int(places[first]), int(places[last]) + 1) for first, last in bounds)


def use_tree_attention(model: Any) -> None:
    """In a model that would use torch's kernel."""
    if model.config.get_text_config()._attn_implementation == "sdpa":
        model.set_attn_implementation(NAME)


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
