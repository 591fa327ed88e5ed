"""BM25 over a collection in memory: the search of the base install, without a model.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with the idf of Lucene, which
is never negative. Words count in the singular and without -ing and -ed; Chinese, Japanese and Korean by pairs of
characters, since no spaces stand between their words.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.fold import fold, identifier_words
from ..prompts.linking import stem
from .item import KnowledgeItem, Match

K1, B = 1.2, 0.75
MIN_ITEMS = 1_000  # items; a smaller collection says too little about how rare a word is
MAX_QUERY_CHARS = 4_000
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# Words of any question: they say nothing about which table, pair or passage it needs.
_STOP = frozenset(
    """
    a all an and any are as at be been by can could did do does each every find for from get give given had has have
    how i in is it its list many me much of on or our please show tell than that the their them there these they this
    those to us was we were what when where which who whose will with would you your
    """.split()
)
_Postings = tuple[NDArray[np.int32], NDArray[np.float32]]
_NOWHERE: _Postings = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


class LexicalStore:
    """Holds postings by term, with each term's weight in each item computed once."""

    name = "bm25"
    remote_host = ""
    min_score = 0.35

    def __init__(self) -> None:
        self._items: tuple[KnowledgeItem, ...] = ()
        self._postings: dict[str, _Postings] = {}

    def sync(self, items: Sequence[KnowledgeItem]) -> None:
        """Hold exactly `items`."""
        self._items = tuple(items)
        counts = [Counter(terms(item.text)) for item in self._items]
        lengths = np.array([c.total() for c in counts], dtype=np.float32)
        norms = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean()))) if len(lengths) else lengths
        places: dict[str, tuple[list[int], list[int]]] = {}
        for number, count in enumerate(counts):
            for term, times in count.items():
                numbers, frequencies = places.setdefault(term, ([], []))
                numbers.append(number)
                frequencies.append(times)
        self._postings = {}
        for term, (numbers, frequencies) in places.items():
            at, times_at = np.array(numbers, dtype=np.int32), np.array(frequencies, dtype=np.float32)
            weights = self._idf(len(at)) * times_at * (K1 + 1) / (times_at + norms[at])
            self._postings[term] = (at, weights.astype(np.float32))

    def search(self, text: str, top_k: int) -> tuple[Match, ...]:
        """The best `top_k`, best first, without those that share no word with `text`.

        The score is the sum of the weights over the sum for an item of average length that has every word once, at
        most 1; a word that no item has counts as the rarest.
        """
        asked = sorted(set(terms(text[:MAX_QUERY_CHARS])))
        scores = np.zeros(len(self._items), dtype=np.float32)
        whole = 0.0
        for term in asked:
            at, weights = self._postings.get(term, _NOWHERE)
            whole += self._idf(len(at))
            scores[at] += weights  # an item stands once in a term's postings
        return tuple(
            Match(self._items[i], min(1.0, float(scores[i]) / whole)) for i in best(scores, top_k) if scores[i] > 0
        )

    def _idf(self, holders: int) -> float:
        count = max(len(self._items), MIN_ITEMS)
        return math.log(1 + (count - holders + 0.5) / (holders + 0.5))


def terms(text: str) -> Iterator[str]:
    """The words that count, stemmed; of a run without spaces each pair of characters, a single one as it is."""
    for word in text.split():
        for part in identifier_words(word):
            if _UNSPACED.fullmatch(part):
                yield from (part[i : i + 2] for i in range(max(1, len(part) - 1)))
            elif part not in _STOP:
                yield stem(fold(part))


def best(scores: NDArray[np.float32], top_k: int) -> NDArray[np.int64]:
    """Positions of the `top_k` largest, largest first; of equal ones the first."""
    if top_k < len(scores):
        # Sorting 100,000 scores takes longer than computing them.
        edge = np.partition(scores, len(scores) - top_k)[len(scores) - top_k] if top_k else np.inf
        candidates = np.flatnonzero(scores >= edge)
    else:
        candidates = np.arange(len(scores))
    order = np.argsort(-scores[candidates], kind="stable")[:top_k]
    return candidates[order]
