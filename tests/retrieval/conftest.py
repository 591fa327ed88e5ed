"""A database to teach, with the folder of what it is taught in the test's own directory."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from sqlwright.db import open_database
from sqlwright.retrieval.lexical import terms


@pytest.fixture(autouse=True)
def knowledge_root(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    return tmp_path / "knowledge"


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


class HashingEmbedder:
    """Vectors of word counts, hashed into 256 places: a real embedder, if a simple one. `texts` is what it got."""

    remote_host = ""
    min_score = 0.3

    def __init__(self, name: str = "hashing") -> None:
        self.name = name
        self.texts: list[str] = []

    def embed(self, texts):
        self.texts += texts
        vectors = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term in terms(text):
                row[hashlib.sha256(term.encode()).digest()[0]] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
