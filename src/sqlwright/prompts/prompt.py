"""The one object that turns schema, hints, history and question into messages.

Training, evaluation and serving build it in the same way, so the model meets at inference the text it was tuned on.
The schema comes first and the question last: all questions about one database share a prefix.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from ..core import Hints, Message, Profile, RetrievedSource, Schema, Turn
from ..core.meaning import NO_MEANING, Meaning, Meant


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, in parts and as `messages`.

    `schema` holds the tables that are shown, `dropped_tables` those that were left out, and `sources` the retrieved
    pairs and passages that are shown. `meant` are the items of `meaning` that the question names. `messages` is the
    rendered form under `preset`: a text model reads it, the built-in parser reads the parts, and `profile`.
    """

    question: str
    schema: Schema
    messages: tuple[Message, ...]
    preset: str
    evidence: str = ""
    history: tuple[Turn, ...] = ()
    hints: Hints = field(default_factory=Hints)
    dropped_tables: tuple[str, ...] = ()
    sources: tuple[RetrievedSource, ...] = ()
    profile: Profile = field(default_factory=Profile)
    meaning: Meaning = NO_MEANING
    meant: tuple[Meant, ...] = ()

    @property
    def prompt_hash(self) -> str:
        """16 hex digits of the SHA-256 of the messages, equal if a model is asked the same. Predictions store it."""
        text = json.dumps([m.to_dict() for m in self.messages], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
