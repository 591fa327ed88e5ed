"""A vector store finds the nearest, embeds a text once, and comes back from its folder; exact and Chroma alike."""

from __future__ import annotations

import importlib.util

import pytest

from sqlwright.core import MissingExtraError
from sqlwright.retrieval.chroma import ChromaStore
from sqlwright.retrieval.item import KnowledgeItem
from sqlwright.retrieval.store import ExactStore

from .conftest import HashingEmbedder

HAS_CHROMA = importlib.util.find_spec("chromadb") is not None
needs_chroma = pytest.mark.skipif(not HAS_CHROMA, reason="chromadb is not installed (extra rag)")
KINDS = ["exact", pytest.param("chroma", marks=needs_chroma)]
TEXTS = ("revenue of a store", "customers and their city", "orders by month")


def items(*texts: str) -> list[KnowledgeItem]:
    return [KnowledgeItem("document", f"notes.md, part {i}", text) for i, text in enumerate(texts)]


@pytest.fixture(params=KINDS)
def make(request, tmp_path):
    """A store over the test's folder; a second one finds what the first one left."""
    if request.param == "exact":
        return lambda embedder: ExactStore(embedder, tmp_path / "documents.npz")
    return lambda embedder: ChromaStore(embedder, tmp_path / "chroma", "documents")


def test_the_nearest_comes_first_with_its_cosine(make):
    store = make(HashingEmbedder())
    store.sync(items(*TEXTS))
    matches = store.search("which city do customers live in", 2)
    assert matches[0].item.text == TEXTS[1]
    assert 0.3 < matches[0].score < 1.0
    assert matches[0].score > matches[1].score >= 0.0
    assert store.search(TEXTS[2], 1)[0].score == pytest.approx(1.0, abs=1e-4)


def test_only_new_texts_are_embedded_and_old_ones_leave(make):
    embedder = HashingEmbedder()
    store = make(embedder)
    store.sync(items(*TEXTS))
    assert sorted(embedder.texts) == sorted(TEXTS)
    store.sync(items(*TEXTS[:2], "stock by week"))
    assert embedder.texts[3:] == ["stock by week"]
    assert TEXTS[2] not in [m.item.text for m in store.search(TEXTS[2], 9)]


def test_what_was_embedded_is_there_the_next_time(make):
    make(HashingEmbedder()).sync(items(*TEXTS))
    again = HashingEmbedder()
    store = make(again)
    store.sync(items(*TEXTS))
    assert again.texts == []
    assert store.search("orders by month", 1)[0].item.text == TEXTS[2]


def test_another_embedder_never_meets_the_vectors_of_the_first(make):
    make(HashingEmbedder()).sync(items(*TEXTS))
    other = HashingEmbedder("other")
    make(other).sync(items(*TEXTS))
    assert sorted(other.texts) == sorted(TEXTS)


def test_an_empty_collection_finds_nothing(make):
    store = make(HashingEmbedder())
    store.sync([])
    assert store.search("anything", 3) == ()


def test_a_damaged_index_is_made_anew(tmp_path):
    path = tmp_path / "documents.npz"
    path.write_bytes(b"PK\x03\x04 not an archive")
    embedder = HashingEmbedder()
    ExactStore(embedder, path).sync(items(*TEXTS))
    assert len(embedder.texts) == 3
    again = HashingEmbedder()
    ExactStore(again, path).sync(items(*TEXTS))
    assert again.texts == []


def test_an_index_with_pickled_objects_is_not_loaded(tmp_path):
    import numpy as np

    path = tmp_path / "documents.npz"
    np.savez(path, embedder=np.array("hashing"), keys=np.array([object()], dtype=object), vectors=np.zeros((1, 256)))
    embedder = HashingEmbedder()
    ExactStore(embedder, path).sync(items(*TEXTS))
    assert len(embedder.texts) == 3


@needs_chroma
def test_chroma_holds_vectors_and_no_text_and_sends_no_telemetry(tmp_path):
    store = ChromaStore(HashingEmbedder(), tmp_path / "chroma", "ex")
    store.sync(items("a very secret sentence"))
    assert not store._client.get_settings().anonymized_telemetry
    assert store._collection.metadata == {"hnsw:space": "cosine"}
    files = [p for p in (tmp_path / "chroma").rglob("*") if p.is_file()]
    assert files
    assert not any(b"very secret" in p.read_bytes() for p in files)


@pytest.mark.skipif(HAS_CHROMA, reason="the extra is installed")
def test_chroma_needs_the_extra(tmp_path):
    with pytest.raises(MissingExtraError, match=r"sqlwright\[rag\]"):
        ChromaStore(HashingEmbedder(), tmp_path, "documents")
