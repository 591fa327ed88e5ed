"""How much a question is about a schema, by the vectors of the network's encoder, without a query.

The late interaction of ColBERT (Khattab and Zaharia, SIGIR 2020) over the vectors that parsing uses anyway: each word
piece of the question against each table and column. It works across languages, as the encoder does.
"""

from __future__ import annotations

import numpy as np

from ..core import Hints
from .runtime import Floats, Network, PreparedSchema
from .select import choose_items

NEAREST = 3  # pieces of the question; the others name nothing


def question_vectors(network: Network, question: str) -> Floats:
    """(L, D), of unit length."""
    return _unit(network.read(network.pieces.tokenizer.encode(question, add_special_tokens=True).ids))


def likeness(network: Network, question: str, vectors: Floats, prepared: PreparedSchema, hints: Hints) -> float:
    """The mean cosine, in [-1, 1], of the NEAREST pieces of the question, each to the item that is most like it."""
    if not len(prepared.text.items):
        return -1.0
    chosen = choose_items(prepared.text, question, hints, (), network.pieces)
    found = (vectors @ _unit(network.item_vectors(prepared, chosen)).T).max(1)
    return float(np.sort(found)[-NEAREST:].mean())


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return scaled
