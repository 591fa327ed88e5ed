"""A sentence by its code and facts, to be worded where the reader's language is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .language import Language
from .words import say


@dataclass(frozen=True, slots=True)
class Phrase:
    """`code` is a key of `words.WORDS` and `facts` fill its places. A fact may be a Phrase."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def said(self, language: Language) -> str:
        """Raises KeyError for a code without words, or a place without a fact."""
        facts = {name: fact.said(language) if isinstance(fact, Phrase) else fact for name, fact in self.facts.items()}
        return say(self.code, language, **facts)


def phrase(code: str, /, **facts: object) -> Phrase:
    return Phrase(code, facts)
