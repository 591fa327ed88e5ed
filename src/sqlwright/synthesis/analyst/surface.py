"""How people type: without a question mark, in lower case, with a typing error now and then."""

from __future__ import annotations

import random

TYPO = 0.04  # of the questions
_QUESTION_WORDS = frozenset("how what what's which who when where for".split())
_OPENINGS = _QUESTION_WORDS | frozenset("show list give count display".split())


def typed(question: str, chinese: bool, rng: random.Random, *, openings: bool = True) -> str:
    """`question` as somebody types it. Numbers and words with capitals keep their letters.

    With `openings` some begin with "show me" or the like.
    """
    text = " ".join(question.split())
    if chinese:
        return text + rng.choice(("", "", "？", "?"))
    if rng.random() < TYPO:
        text = _mistyped(text, rng)
    first = text.casefold().partition(" ")[0]
    if openings and first not in _OPENINGS and rng.random() < 0.12:
        opening = rng.choice(("please show", "show me", "I need", "can you give me", "tell me"))
        text = f"{opening} {'' if first in ('the', 'all', 'which') or rng.random() < 0.5 else 'the '}{text}"
    if rng.random() < 0.35:
        text = text[:1].upper() + text[1:]
    return text + rng.choice(("", "?", "?") if first in _QUESTION_WORDS else ("", "", "", ".", "?"))


def _mistyped(text: str, rng: random.Random) -> str:
    """Two letters of a lower-case word changed over, one left out, or one doubled."""
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha() and w.islower()]
    if not places:
        return text
    place = rng.choice(places)
    word, at = words[place], rng.randrange(1, len(words[place]) - 1)
    words[place] = rng.choice(
        (
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        )
    )
    return " ".join(words)
