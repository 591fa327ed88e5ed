"""Why a question has no result, in a sentence for the person who asked."""

from __future__ import annotations

from ..core import Attempt, Language, Outcome, Violation
from ..core.words import WORDS, listed, say
from ..prompts import Prompt
from .nearest import nearest_tables

SAID_CHARS = 200
KNOWN_TABLES = 5


def why_no_query(attempt: Attempt, prompt: Prompt, language: Language) -> str:
    """For an attempt without a query: after a refusal the nearest tables, else the model's words, cut and quoted."""
    if not attempt.refused:
        said = " ".join(attempt.raw_output.split())
        return say("said", language, text=said[:SAID_CHARS]) if said else say("silent", language)
    names = nearest_tables(prompt.question, prompt.hints.names, prompt.schema)
    if names:
        return say("nearest", language, names=listed(names, language))
    known = [table.full_name for table in prompt.schema][:KNOWN_TABLES]
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
