"""The little English grammar that phrases need: plurals, articles, lists, number words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...core.fold import singular

_PLURALS = {
    "child": "children",
    "person": "people",
    "man": "men",
    "woman": "women",
    "foot": "feet",
    "tooth": "teeth",
    "mouse": "mice",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "index": "indices",
    "matrix": "matrices",
    "vertex": "vertices",
    "analysis": "analyses",
    "leaf": "leaves",
    "life": "lives",
    "wife": "wives",
    "half": "halves",
    "shelf": "shelves",
    "aircraft": "aircraft",
    "quiz": "quizzes",
    "status": "statuses",
    "bus": "buses",
    "campus": "campuses",
    "staff": "staff members",
}
_UNCOUNTABLE = frozenset(
    "data information equipment music news series species research staff weather furniture luggage money traffic "
    "feedback inventory stock details history sales miles km kg usd percent".split()
)
# The head of "date of birth" and "singer in concert" stands before the preposition.
_PREPOSITIONS = frozenset("of in on at by for from to with per".split())
PARTICIPLES = ("ed", "left", "sent", "made", "sold", "paid", "written", "taken", "given", "born", "built", "won")
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


@lru_cache(maxsize=8192)
def plural(phrase: str) -> str:
    """Of a noun phrase in the singular."""
    words = phrase.split()
    cut = _head_end(words)
    head = words[cut - 1] if words else ""
    return " ".join([*words[: cut - 1], _plural_word(head), *words[cut:]])


def _head_end(words: list[str]) -> int:
    """Where the head ends: before a preposition, or before the participle of "date left", "time arrived"."""
    if len(words) > 1 and words[0] in ("date", "time", "year", "number") and words[-1].endswith(PARTICIPLES):
        return 1
    return next((i for i, w in enumerate(words) if i and w in _PREPOSITIONS), len(words))


def _plural_word(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    if not word.isalpha() or not word.isascii() or word in _UNCOUNTABLE or singular(word) != word:
        return word
    if word.endswith("man") and word not in ("human", "german", "roman"):
        return word[:-3] + "men"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + ("es" if word in ("hero", "potato", "tomato", "echo") else "s")


@lru_cache(maxsize=8192)
def singular_phrase(phrase: str) -> str:
    words = phrase.split()
    cut = _head_end(words)
    return " ".join([*words[: cut - 1], singular(words[cut - 1]), *words[cut:]]) if words else ""


def article(phrase: str) -> str:
    """With "a" or "an" in front; a plural stays alone."""
    first = phrase.split(maxsplit=1)[0] if phrase else ""
    if plural(phrase) == phrase:
        return phrase
    vowel = first[:1] in "aeiou" and not first.startswith(("uni", "use", "eu", "one"))
    return f"{'an' if vowel or first.startswith(('hour', 'honor')) else 'a'} {phrase}"


def listing(parts: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def number_word(number: int) -> str:
    """In letters up to twelve."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def sentence(text: str, mark: str) -> str:
    """A capital at the start, also behind a question mark within it, and `mark` at the end."""
    parts = [p[:1].upper() + p[1:] for p in " ".join(text.split()).split("? ")]
    text = "? ".join(parts)
    return text if not mark or text.endswith(mark) else text + mark
