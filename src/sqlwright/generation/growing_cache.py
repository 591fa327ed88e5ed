"""A cache of keys and values with spare room, so that a new token is written in place.

transformers' DynamicCache concatenates: each token copies the whole cache once, and frees blocks that are a little too
small for the next copy. What is freed below 32 MB stays in the heap of the C library (glibc), so a process came to hold
up to twice its cache. `release_memory` gives it back.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 128  # tokens of spare room


class GrowingLayer(DynamicLayer):
    """`keys` and `values` are views of larger tensors. A tensor put in their place is copied at the next update."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._rooms: list[Tensor | None] = [None, None]

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """All that is kept, with the new states at its end: (rows, heads, tokens, head size) each."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys = self._appended(0, self.keys, key_states)
        self.values = self._appended(1, self.values, value_states)
        return self.keys, self.values

    def _appended(self, place: int, held: Tensor | None, new: Tensor) -> Tensor:
        held = new[..., :0, :] if held is None else held
        start = held.shape[-2] if held.numel() else 0
        stop = start + new.shape[-2]
        room = self._rooms[place]
        ours = room is not None and held.data_ptr() == room.data_ptr() and held.stride() == room.stride()
        if room is None or not ours or stop > room.shape[-2] or new.shape[0] != room.shape[0]:
            self._rooms[place] = room = new.new_empty((*new.shape[:-2], stop + ROOM, new.shape[-1]))
            if start:
                room[..., :start, :] = held
        room[..., start:stop, :] = new
        return room[..., :stop, :]


def release_memory() -> None:
    """Give freed memory back to the system where glibc would keep it; a few milliseconds."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def growing_cache() -> DynamicCache:
    """An empty one, for models whose layers all attend to every earlier token."""
    cache = DynamicCache()
    cache.layer_class_to_replicate = GrowingLayer
    return cache
