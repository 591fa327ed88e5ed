"""Text reduced to what two spellings of one word have in common."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Latin letters that do not decompose into a base and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})
# Combining marks of European scripts only: Japanese voicing marks and Indic vowel signs make another word.
_ACCENTS = re.compile("[\u0300-\u036f]")

_IRREGULAR = {
    "children": "child",
    "criteria": "criterion",
    "data": "data",
    "feet": "foot",
    "geese": "goose",
    "indices": "index",
    "leaves": "leaf",
    "lives": "life",
    "matrices": "matrix",
    "men": "man",
    "mice": "mouse",
    "movies": "movie",
    "news": "news",
    "people": "person",
    "phenomena": "phenomenon",
    "series": "series",
    "shelves": "shelf",
    "species": "species",
    "teeth": "tooth",
    "ties": "tie",
    "vertices": "vertex",
    "wives": "wife",
    "wolves": "wolf",
    "women": "woman",
    "cookies": "cookie",
    "halves": "half",
    "knives": "knife",
    "thieves": "thief",
    "analyses": "analysis",
    "lens": "lens",
    "always": "always",
    "whereas": "whereas",
}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SUFFIXES = (("women", "woman"), ("children", "child"), ("people", "person"))


def fold(text: str) -> str:
    """NFKC, case folded, without accents, whitespace collapsed: `"  Ｎｅｗ  Yörk"` becomes `"new york"`.

    Idempotent. Case folding can undo NFKC, so the normal form is taken again at the end.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    wide = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", wide))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """The singular of a folded English word; a word that is none, or in no known plural, comes back unchanged."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for plural, one in _SUFFIXES:
        if word.endswith(plural):
            return word[: -len(plural)] + one
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("ches", "shes", "xes", "sses", "zzes", "oes", "uses")) and len(word) > 4:
        return word[:-1] if word.endswith(("aches", "houses", "shoes", "causes", "clauses")) else word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def identifier_words(name: str) -> tuple[str, ...]:
    """The folded words of a name in snake_case, camelCase or plain: `"HomeCity_ID2"` is `home city id 2`."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).translate(_LETTERS)))
    return tuple(fold(part) for part in _PARTS.findall(unicodedata.normalize("NFC", bare)))
