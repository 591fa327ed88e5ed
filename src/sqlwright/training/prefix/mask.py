"""Attention over merged rows: the masks a stock model takes, and which models they are exact for."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .tree_attention import NAME, tree_numbers

# What a layer may be, by transformers' `layer_types`, for a mask to say all about whom a token sees.
_MASKED = {"full_attention", "sliding_attention"}


def dense_mask(ends: Tensor, position_ids: Tensor, window: int | None = None) -> Tensor:
    """(lines, width) each to a boolean mask (lines, 1, width, width): True where the row's token sees the column's.

    With `window` only the last `window` tokens of its own row. Padding sees itself, since a softmax over nothing is
    no number.
    """
    places = torch.arange(ends.shape[1], device=ends.device)
    query, key = places[:, None], places[None, :]
    seen = (key <= query) & (query < ends[:, None, :])
    if window is not None:
        seen &= position_ids[:, :, None] - position_ids[:, None, :] < window
    return (seen | (key == query))[:, None]


def block_mask(ends: Tensor, position_ids: Tensor, window: int | None = None) -> Any:
    """The same mask as blocks for FlexAttention, which skips the blocks in which nothing is seen."""
    from torch.nn.attention.flex_attention import create_block_mask

    def seen(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        held = (k <= q) & (q < ends[b, k])
        if window is not None:
            held = held & (position_ids[b, q] - position_ids[b, k] < window)
        return held | (k == q)

    lines, width = ends.shape
    return create_block_mask(seen, lines, None, width, width, device=str(ends.device))


def attention_for(config: Any, ends: Tensor, position_ids: Tensor) -> Any:
    """What a model with `config` takes as attention_mask: one mask, or one for each kind of its layers."""
    text = config.get_text_config()
    kind = text._attn_implementation

    def make(window: int | None) -> Any:
        if kind == "flex_attention":
            return block_mask(ends, position_ids, window)
        if kind == NAME:
            return tree_numbers(ends, position_ids, window)
        mask = dense_mask(ends, position_ids, window)
        return _added(mask, text.dtype or torch.float32) if kind == "eager" else mask

    window = getattr(text, "sliding_window", None)
    layers = set(getattr(text, "layer_types", None) or ())
    if "sliding_attention" in layers:
        return {"sliding_attention": make(window), "full_attention": make(None)}
    # A configuration with kinds of layers keeps its window for those that use it; one without means it for all.
    return make(None if layers else window)


def _added(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """As eager attention wants it, which adds the mask to its scores."""
    return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)


def why_not_shared(config: Any) -> str:
    """The reason for which a model with `config` computes rows one by one; "" where masks and positions suffice.

    A recurrent state reads the branches one after the other, and chunked attention counts places, not positions.
    Whether the model obeys is checked on its first batch (`loss.departs`), so a custom architecture is safe too.
    """
    text = config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ())
    if others := sorted(kinds - _MASKED):
        return f"its layers of kind {', '.join(others)} carry more between tokens than a mask says"
    if text._attn_implementation not in (NAME, "sdpa", "eager", "flex_attention"):
        return f"attention {text._attn_implementation!r} takes no mask of our own"
    return ""
