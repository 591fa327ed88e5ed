"""The tables that come nearest to a question which no table answers."""

from __future__ import annotations

import difflib

from ..core import NameMatch, Schema
from ..core.fold import identifier_words, singular
from ..retrieval.item import schema_items
from ..retrieval.lexical import LexicalStore, terms

LIKE = 0.65  # difflib's ratio: refund and return have 0.67


def nearest_tables(question: str, names: tuple[NameMatch, ...], schema: Schema, most: int = 3) -> tuple[str, ...]:
    """By the `names` that linking found, then by words of names and comments, then by words spelled alike."""
    found = [match.table for match in names]
    if not found:
        store = LexicalStore()
        store.sync(schema_items(schema))
        found = [match.item.table for match in store.search(question, 10)]
    if not found:
        asked = {singular(word) for word in terms(question) if len(word) > 3}
        found = [table.full_name for table in schema if _alike(asked, table.full_name)]
    return tuple(dict.fromkeys(found))[:most]


def _alike(asked: set[str], name: str) -> bool:
    words = [singular(word) for word in identifier_words(name)]
    return any(difflib.get_close_matches(word, words, n=1, cutoff=LIKE) for word in asked)
