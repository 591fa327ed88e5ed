"""What is said to small talk: a sentence, and two questions that the tables can answer."""

from __future__ import annotations

from ..core import Language, Profile, Schema, Table
from ..core.fold import identifier_words
from ..core.words import say

MOST_GROUPS = 20


def reply(kind: str, database: str, schema: Schema, profile: Profile, language: Language) -> str:
    """What is said to small talk of a kind, with two questions about the tables of `schema`."""
    first = [] if kind == "can" else [say(f"talk_{kind}", language)]
    if kind == "bye":
        return first[0]
    asked = example_questions(schema, profile, language)
    more = say("talk_can" if asked else "talk_empty", language, database=database, examples=" ".join(asked))
    return ("" if language == "zh" else " ").join([*first, more])


def example_questions(schema: Schema, profile: Profile, language: Language) -> tuple[str, ...]:
    """Up to two questions that the tables can answer: a count, and a count for each value of a category."""
    tables = [table for table in schema if table.columns and not table.is_view]
    tables = tables or [table for table in schema if table.columns]
    if not tables:
        return ()
    grouped = [
        say("talk_each", language, things=_things(table, language), column=_said(column.name, language))
        for table in tables
        for column in table.columns
        if (p := profile.of(table.full_name, column.name)) and p.role == "category" and 1 < p.distinct <= MOST_GROUPS
    ]
    counts = [say("talk_count", language, things=_things(table, language)) for table in tables[:2]]
    return (*counts[:1], *(grouped[:1] or counts[1:]))


def _things(table: Table, language: Language) -> str:
    from ..synthesis.wording.english import plural, singular_phrase  # slow import, for small talk only

    said = _said(table.name, language)
    return said if language == "zh" else plural(singular_phrase(said))


def _said(name: str, language: Language) -> str:
    """As words in English; in Chinese as it is written, since a name may be in any language."""
    return name if language == "zh" else " ".join(identifier_words(name)) or name
