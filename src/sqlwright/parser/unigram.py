"""The built-in model's tokenizer without the package `tokenizers`: a Unigram model over words that begin with "▁".

The same pieces as `tokenizers` gives, which `tests/parser/test_unigram.py` compares. The package and what it needs
would be 45 MB of the base install.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SPACE = "▁"  # stands for a blank
UNKNOWN_PENALTY = 10.0  # of an unknown character, below the least likely piece
MAX_WORDS_KEPT = 50_000
NORMALIZER = {
    "type": "Sequence",
    "normalizers": [{"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}],
}
PRE_TOKENIZER = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
_BLANKS = re.compile(r"[^\S\x1c-\x1f]+")  # what the file calls \s: Python counts four control characters too
_WORD = re.compile(f"{SPACE}[^{SPACE}]*")


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pieces, and the half-open range of characters of the text that each is from."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Unigram:
    """Pieces of a text, as the likeliest split of each of its words."""

    def __init__(self, vocabulary: list[tuple[str, float]], unknown: int, special: dict[str, int]) -> None:
        self._known = {piece: (score, i) for i, (piece, score) in enumerate(vocabulary)}
        self._longest = max(map(len, self._known))
        self._unknown, self._special = unknown, special
        self._unknown_score = min(score for _, score in vocabulary) - UNKNOWN_PENALTY
        self._special_texts = re.compile("(" + "|".join(map(re.escape, special)) + ")")
        self._word = lru_cache(MAX_WORDS_KEPT)(self._split)

    @classmethod
    def read(cls, path: Path) -> Unigram | None:
        """From a tokenizer.json; None for one of another kind."""
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        model = found["model"]
        if (
            (model.get("type"), model.get("byte_fallback")) != ("Unigram", False)
            or (found["normalizer"], found["pre_tokenizer"]) != (NORMALIZER, PRE_TOKENIZER)
            or not all(token["special"] and not token["normalized"] for token in found["added_tokens"])
            or any(token["lstrip"] or token["rstrip"] or token["single_word"] for token in found["added_tokens"])
        ):
            return None
        return cls(model["vocab"], model["unk_id"], {t["content"]: t["id"] for t in found["added_tokens"]})

    def token_to_id(self, token: str) -> int | None:
        return self._special.get(token, self._known.get(token, (0.0, None))[1])

    def encode(self, text: str, add_special_tokens: bool = False) -> Encoded:
        """The pieces of `text`, between [CLS] and [SEP] with `add_special_tokens`; named as in `tokenizers`.

        A special token that is spelled out in the text becomes that token.
        """
        found = Encoded([], [])
        at = 0
        for part in self._special_texts.split(text):
            if part in self._special:
                found.ids.append(self._special[part])
                found.offsets.append((at, at + len(part)))
            elif part:
                self._add(part, at, found)
            at += len(part)
        if not add_special_tokens:
            return found
        ends = self._special["[CLS]"], self._special["[SEP]"]
        return Encoded([ends[0], *found.ids, ends[1]], [(0, 0), *found.offsets, (0, 0)])

    def _add(self, part: str, at: int, found: Encoded) -> None:
        spaced, ranges = _normalized(part)
        if not spaced.startswith(SPACE):
            spaced, ranges = SPACE + spaced, [ranges[0] if ranges else (0, 0), *ranges]
        place = 0
        for word in _WORD.findall(spaced):
            for piece, length in self._word(word):
                found.ids.append(piece)
                found.offsets.append((at + ranges[place][0], at + ranges[place + length - 1][1]))
                place += length

    def _split(self, word: str) -> tuple[tuple[int, int], ...]:
        """(id, characters) of the pieces with the largest sum of scores; neighboring unknown characters are one."""
        size = len(word)
        best: list[tuple[float, int, int]] = [(0.0, 0, -1)]  # up to each place: score, start and id of the last piece
        best += [(float("-inf"), 0, -1)] * size
        for start in range(size):
            before = best[start][0]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                known = self._known.get(word[start:end])
                if known is None and end == start + 1:
                    known = self._unknown_score, self._unknown
                if known is not None and before + known[0] > best[end][0]:
                    best[end] = before + known[0], start, known[1]
        pieces: list[tuple[int, int]] = []
        end = size
        while end > 0:
            _, start, piece = best[end]
            length, end = end - start, start
            if piece == self._unknown and pieces and pieces[-1][0] == piece:
                length += pieces.pop()[1]
            pieces.append((piece, length))
        return tuple(reversed(pieces))


def _normalized(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`text` in NFKC with blanks as one SPACE, and for each of its characters the range of `text` that it is from."""
    if unicodedata.is_normalized("NFKC", text):
        found, ranges = text, [(i, i + 1) for i in range(len(text))]
    else:
        found, ranges = "", []
        for start, cluster in _clusters(text):
            written = unicodedata.normalize("NFKC", cluster)
            found += written
            places = (start + min(i, len(cluster) - 1) for i in range(len(written)))
            ranges += [(place, place + 1) for place in places]
    if not _BLANKS.search(found):
        return found, ranges
    spaced, kept, end = "", list[tuple[int, int]](), 0
    for match in _BLANKS.finditer(found):
        spaced += found[end : match.start()] + SPACE
        kept += [*ranges[end : match.start()], ranges[match.end() - 1]]
        end = match.end()
    return spaced + found[end:], kept + ranges[end:]


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the marks and Korean vowels that it may be composed with, and its place."""
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or not (unicodedata.combining(text[i]) or "\u1160" <= text[i] <= "\u11ff"):
            yield start, text[start:i]
            start = i
