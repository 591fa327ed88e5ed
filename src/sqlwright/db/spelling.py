"""How alike two texts are written: folded words, shared letters, initials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.fold import fold, singular

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORDS = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
HAS_CJK = re.compile(rf"[{_CJK}]")


def text_key(text: str) -> str:
    """The folded words of a text, without punctuation: "St. Louis" is "st louis"."""
    return " ".join(WORDS.findall(fold(text)))


def singular_key(key: str) -> str:
    head, _, last = key.rpartition(" ")
    return f"{head} {singular(last)}".lstrip()


def places_of(key: str) -> Iterator[str]:
    """The places that an adjective may stand for: asian, european, italian, japanese, polish."""
    for ending in ("n", "an", "ian", "ese", "ish"):
        if key.endswith(ending) and len(key) - len(ending) >= 3:
            root = key[: -len(ending)]
            yield from (root, root + "a", root + "e", root + "y", root + "and")


def likeness(asked: str, stored: str) -> float:
    """How much a stored value looks like the one asked for, in [0, 1]: spelling, words shared, or initials."""
    a, b = text_key(asked), text_key(stored)
    if not a or not b:
        return 0.0
    words_a, words_b = set(a.split()), set(b.split())
    if words_a < words_b or words_b < words_a:
        return 0.8
    initials = "".join(w[0] for w in b.split())
    if len(initials) > 1 and 2 <= len(a) <= 5 and " " not in a and (a.startswith(initials) or initials.startswith(a)):
        return 0.75
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(a, b, score_cutoff=0.6)
