"""How far predicted and gold SQL are apart for an embedding model: the cosine distance of their vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..core import GenerationError, MissingExtraError

BATCH = 128  # texts in one request
Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def embedding_distance(predictions: Sequence[str], golds: Sequence[str], embed: Embed) -> tuple[float, ...]:
    """One cosine distance per pair, in [0, 2]: 0 is the same direction. An empty prediction is at distance 1."""
    if len(predictions) != len(golds):
        raise ValueError(f"expected one gold per prediction, found {len(golds)} for {len(predictions)}")
    texts = sorted({t for t in (*predictions, *golds) if t.strip()})
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    return tuple(_distance(vectors.get(p), vectors.get(g)) for p, g in zip(predictions, golds, strict=True))


def _distance(left: Sequence[float] | None, right: Sequence[float] | None) -> float:
    if left is None or right is None:
        return 0.0 if left is right else 1.0
    norms = math.hypot(*left) * math.hypot(*right)
    cosine = sum(a * b for a, b in zip(left, right, strict=True)) / norms if norms else 0.0
    return 1.0 - max(-1.0, min(1.0, cosine))


def embedder(model: str, *, api_key: str = "") -> Embed:
    """`model` is a sentence-transformers folder or hub name, or `openai:NAME@BASE_URL` for an endpoint.

    Raises MissingExtraError where sentence-transformers is needed and not installed, GenerationError where the
    endpoint does not answer.
    """
    return _endpoint(model.removeprefix("openai:"), api_key) if model.startswith("openai:") else _local(model)


def _local(folder: str) -> Embed:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError("Embedding distance needs sentence-transformers.", "rag") from error
    encoder = SentenceTransformer(folder)
    return lambda texts: [[float(x) for x in row] for row in encoder.encode(list(texts))]


def _endpoint(spec: str, api_key: str) -> Embed:
    from openai import OpenAI, OpenAIError

    name, _, base_url = spec.partition("@")
    client = OpenAI(base_url=base_url or None, api_key=api_key or "none")

    def embed_batch(texts: Sequence[str]) -> list[list[float]]:
        try:
            answer = client.embeddings.create(model=name, input=list(texts), encoding_format="float")
        except OpenAIError as error:
            raise GenerationError(f"No embeddings from {base_url or 'the endpoint'}: {error}") from error
        return [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]

    return lambda texts: [v for i in range(0, len(texts), BATCH) for v in embed_batch(texts[i : i + BATCH])]
