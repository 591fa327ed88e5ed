"""A collection in Chroma: a persistent folder, cosine distance, our vectors, no telemetry.

Chroma's own embedder downloads a model on first use, so it never gets a text: it stores keys and vectors, and the
texts stay in the user's files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core import MissingExtraError
from .embed import Embedder
from .item import KnowledgeItem, Match
from .store import clipped


class ChromaStore:
    """One collection of the database in `folder`, approximate (HNSW): for collections too large for `ExactStore`."""

    def __init__(self, embedder: Embedder, folder: Path, collection: str) -> None:
        try:
            import chromadb
            from chromadb.config import Settings
        except ImportError as error:
            raise MissingExtraError("The store chroma needs chromadb.", "rag") from error
        self.name, self.min_score, self.remote_host = embedder.name, embedder.min_score, embedder.remote_host
        self._embedder = embedder
        self._items: dict[str, KnowledgeItem] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._collection: Any = self._client.get_or_create_collection(
            _name(collection, embedder.name), metadata={"hnsw:space": "cosine"}, embedding_function=None
        )

    def sync(self, items: Sequence[KnowledgeItem]) -> None:
        self._items = {item.key: item for item in items}
        held = set(self._collection.get(include=[])["ids"])
        gone = sorted(held - set(self._items))
        new = [key for key in self._items if key not in held]
        step = self._client.get_max_batch_size()
        for start in range(0, len(gone), step):
            self._collection.delete(ids=gone[start : start + step])
        for start in range(0, len(new), step):
            keys = new[start : start + step]
            vectors = self._embedder.embed([self._items[key].text for key in keys])
            self._collection.add(ids=keys, embeddings=vectors)

    def search(self, text: str, top_k: int) -> tuple[Match, ...]:
        count = min(top_k, len(self._items))
        if not count:
            return ()
        found = self._collection.query(
            query_embeddings=self._embedder.embed([text]), n_results=count, include=["distances"]
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return tuple(Match(self._items[key], clipped(1.0 - distance)) for key, distance in pairs)


def _name(collection: str, embedder: str) -> str:
    """Chroma takes 3 to 512 of [a-zA-Z0-9._-]; vectors of two embedders never share a collection."""
    readable = re.sub(r"[^a-zA-Z0-9]+", "-", collection).strip("-")[:60]
    return f"{readable or 'items'}-{hashlib.sha256(f'{collection} {embedder}'.encode()).hexdigest()[:12]}"
