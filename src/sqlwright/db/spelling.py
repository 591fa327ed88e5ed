"""How alike two texts are written: folded words, edit distance, initials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

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


def letter_bits(key: str) -> int:
    """Which letters a key holds, as bits."""
    bits = 0
    for character in key:
        bits |= 1 << (ord(character) & 63)
    return bits


def edit_distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two texts; `most` + 1 for any more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


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
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.6 and matcher.quick_ratio() >= 0.6 else 0.0
