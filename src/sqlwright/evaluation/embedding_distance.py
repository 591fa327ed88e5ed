"""How far predicted and gold SQL are apart for an embedding model: the cosine distance of their vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

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
    """`model` is a sentence-transformers folder or hub name, "minilm", or `openai:NAME@BASE_URL` for an endpoint.

    Raises what `load_embedder` raises; the endpoint is first asked when texts are embedded, and raises GenerationError.
    """
    from ..retrieval.embed import load_embedder

    loaded = load_embedder(model, api_key=api_key)
    return lambda texts: [[float(x) for x in row] for row in loaded.embed(texts)]
