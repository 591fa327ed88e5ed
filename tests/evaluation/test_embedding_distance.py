"""Cosine distance of embedded SQL, by an endpoint or a local model."""

from __future__ import annotations

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sqlwright.core import GenerationError, MissingExtraError
from sqlwright.evaluation.embedding_distance import embedder, embedding_distance


class Letters(BaseHTTPRequestHandler):
    """An embeddings endpoint: the vector counts the letters a to e. Answers come in reverse, as the standard allows."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        vectors = [[float(text.count(c)) for c in "abcde"] for text in asked["input"]]
        data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)][::-1]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        body = json.dumps({"object": "list", "model": asked["model"], "data": data, "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = HTTPServer(("127.0.0.1", 0), Letters)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"openai:letters@http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_distance_by_an_endpoint(endpoint):
    distances = embedding_distance(["aab", "ab", "cd", ""], ["aab", "aabb", "ab", "ab"], embedder(endpoint))
    assert distances == pytest.approx((0.0, 0.0, 1.0, 1.0))


def test_opposite_vectors_are_two_apart():
    assert embedding_distance(["x"], ["y"], lambda texts: [[1.0] if t == "x" else [-1.0] for t in texts]) == (2.0,)


def test_each_text_is_embedded_once():
    asked = []

    def embed(texts):
        asked.extend(texts)
        return [[1.0, 0.0] for _ in texts]

    embedding_distance(["a", "a", "b"], ["b", "a", "b"], embed)
    assert asked == ["a", "b"]


def test_no_pairs():
    assert embedding_distance([], [], lambda texts: []) == ()
    with pytest.raises(ValueError, match="one gold per prediction"):
        embedding_distance(["a"], [], lambda texts: [])


def test_an_endpoint_that_is_not_there_is_named():
    with pytest.raises(GenerationError, match=r"127\.0\.0\.1:9"):
        embedding_distance(["a"], ["b"], embedder("openai:m@http://127.0.0.1:9/v1"))


@pytest.mark.skipif(importlib.util.find_spec("sentence_transformers") is not None, reason="the extra is installed")
def test_a_local_model_needs_the_extra():
    with pytest.raises(MissingExtraError, match=r"sqlwright\[rag\]"):
        embedder("some/folder")
