"""A collection that is searched by meaning: the protocol, and exact search with NumPy.

A store is derived from the items that it is given and can be deleted at any time; what a user taught is in files that
they can read (`folder.py`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.atomic import atomic_file
from .embed import Embedder, Vectors
from .item import KnowledgeItem, Match
from .lexical import best


class Store(Protocol):
    name: str  # what it searches with
    remote_host: str  # that its embedder sends texts to; "" where they stay on this machine
    min_score: float  # below it a match is most often none

    def sync(self, items: Sequence[KnowledgeItem]) -> None:
        """Hold exactly `items`; only texts that are new to the store are embedded."""
        ...

    def search(self, text: str, top_k: int) -> tuple[Match, ...]:
        """The nearest `top_k`, nearest first."""
        ...


class ExactStore:
    """One matrix of unit vectors, compared with all of them: 100,000 rows of 384 take about 10 ms.

    With `path` the vectors are kept in that .npz file; a file of another embedder, or one that cannot be read, is
    written anew.
    """

    def __init__(self, embedder: Embedder, path: Path | None = None) -> None:
        self.name, self.min_score, self.remote_host = embedder.name, embedder.min_score, embedder.remote_host
        self._embedder, self._path = embedder, path
        self._items: tuple[KnowledgeItem, ...] = ()
        self._keys: tuple[str, ...] = ()
        self._vectors: Vectors = np.zeros((0, 0), dtype=np.float32)

    def sync(self, items: Sequence[KnowledgeItem]) -> None:
        wanted = tuple(item.key for item in items)
        if wanted != self._keys:
            known = self._known()
            texts = {item.key: item.text for item in items if item.key not in known}
            if texts:
                known.update(zip(texts, self._embedder.embed(list(texts.values())), strict=True))
            self._keys = wanted
            self._vectors = np.array([known[key] for key in wanted], dtype=np.float32)
            if self._path is not None and (texts or set(known) - set(wanted)):
                _save(self._path, self.name, self._keys, self._vectors)
        self._items = tuple(items)

    def search(self, text: str, top_k: int) -> tuple[Match, ...]:
        if not self._items:
            return ()
        scores = self._vectors @ self._embedder.embed([text])[0]
        return tuple(Match(self._items[i], clipped(float(scores[i]))) for i in best(scores, top_k))

    def _known(self) -> dict[str, NDArray[np.float32]]:
        if self._keys or self._path is None:
            return dict(zip(self._keys, self._vectors, strict=True))
        return _load(self._path, self.name)


def clipped(cosine: float) -> float:
    """Texts that point away from each other are as unlike as those at right angles."""
    return max(0.0, min(1.0, cosine))


def _load(path: Path, name: str) -> dict[str, NDArray[np.float32]]:
    try:
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            if str(file["embedder"]) != name:
                return {}
            vectors: Vectors = file["vectors"]
            return dict(zip((str(k) for k in file["keys"]), vectors, strict=True))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return {}


def _save(path: Path, name: str, keys: Sequence[str], vectors: Vectors) -> None:
    """Atomic, since another process may read the file meanwhile."""
    with atomic_file(path, private=True, fsync=False) as unfinished, unfinished.open("wb") as file:
        np.savez(file, embedder=np.array(name), keys=np.array(keys, dtype="U32"), vectors=vectors)
