"""A cache with spare room holds what transformers' own holds."""

from __future__ import annotations

import torch
from transformers import DynamicCache

from sqlwright.generation.growing_cache import ROOM, growing_cache


def fill(cache, lengths):
    torch.manual_seed(0)
    for length in lengths:
        for layer in range(2):
            found = cache.update(torch.randn(2, 3, length, 4), torch.randn(2, 3, length, 4), layer)
    return found


def test_it_holds_the_same_and_is_written_in_place():
    ours, theirs = growing_cache(), DynamicCache()
    lengths = [7, *[1] * (ROOM + 3), 5]
    for mine, other in zip(fill(ours, lengths), fill(theirs, lengths), strict=True):
        assert torch.equal(mine, other)
    assert ours.get_seq_length() == theirs.get_seq_length() == sum(lengths)
    place = ours.layers[0].keys.data_ptr()
    fill(ours, [1])
    assert ours.layers[0].keys.data_ptr() == place


def test_rows_that_were_put_in_another_order_are_copied():
    ours, theirs = growing_cache(), DynamicCache()
    for cache in (ours, theirs):
        fill(cache, [4])
        cache.reorder_cache(torch.tensor([1, 1]))
    for mine, other in zip(fill(ours, [1, 1]), fill(theirs, [1, 1]), strict=True):
        assert torch.equal(mine, other)
