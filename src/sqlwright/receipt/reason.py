"""Why a question has no result, in a sentence for the person who asked."""

from __future__ import annotations

from ..core import Attempt, Language, NameMatch, Outcome, Schema, Violation
from ..core.fold import identifier_words, singular
from ..core.words import WORDS, listed, say
from ..prompts import Prompt
from ..retrieval.item import schema_items
from ..retrieval.lexical import LexicalStore, terms

MAX_SAID_CHARS = 200
MAX_KNOWN_TABLES = 5
MIN_LIKENESS = 0.65  # share of letters in common, in order: refund and return have 0.67


def why_no_query(attempt: Attempt, prompt: Prompt, language: Language) -> str:
    """For an attempt without a query: after a refusal the nearest tables, else the model's words, cut and quoted."""
    if not attempt.refused:
        said = " ".join(attempt.raw_output.split())
        return say("said", language, text=said[:MAX_SAID_CHARS]) if said else say("silent", language)
    names = nearest_tables(prompt.question, prompt.hints.names, prompt.schema)
    if names:
        return say("nearest", language, names=listed(names, language))
    known = [table.full_name for table in prompt.schema][:MAX_KNOWN_TABLES]
    return say("known_tables", language, names=listed(known, language))


def why_failed(outcome: Outcome, language: Language) -> str:
    """For a query that was refused, stopped or failed."""
    if outcome.status == "refused":
        reasons = dict.fromkeys(_violation(violation, language) for violation in outcome.violations)
        return say("refused", language, text="; ".join(reasons))
    if outcome.status == "timeout":
        return say("timeout", language, s=outcome.elapsed_s)
    return say("engine", language, text=outcome.error)


def _violation(violation: Violation, language: Language) -> str:
    code = f"violation_{violation.code}"
    return say(code if code in WORDS else "violation", language, text=violation.message)


def nearest_tables(question: str, names: tuple[NameMatch, ...], schema: Schema, most: int = 3) -> tuple[str, ...]:
    """The tables that come nearest to a question which no table answers.

    By the `names` that linking found, then by words of names and comments, then by words spelled alike.
    """
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
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import extractOne

    words = [singular(word) for word in identifier_words(name)]
    return any(extractOne(w, words, scorer=Indel.normalized_similarity, score_cutoff=MIN_LIKENESS) for w in asked)
