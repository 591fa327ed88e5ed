"""A query as a question or a request, in the style of people who ask databases."""

from __future__ import annotations

import random
from dataclasses import replace

from ...parser.form import Aggregated, ColumnRef, Query, Select, SetOperation
from ..profile import Profile
from .english import number_word, plural, sentence
from .entities import Entity, entity
from .expressions import name_of
from .groups import grouped
from .ordering import order_words, superlative
from .outputs import aggregates, counted_nouns, counts_rows, outputs
from .plan import Plan, Superlative, plan_of
from .sets import set_operation
from .speaker import Phrase, Speaker
from .vocabulary import Vocabulary

# Roughly as often as people use them.
_ASKING = ("what are", "what are", "what are", "what are")
_TELLING = (
    "show",
    "show",
    "list",
    "list",
    "find",
    "find",
    "give me",
    "return",
    "give",
    "show me",
    "tell me",
    "display",
)
_POLITE = (
    "please show",
    "please list",
    "can you show me",
    "could you give me",
    "i want to know",
    "i would like to see",
)
_COUNTING = ("count", "find", "what is", "give", "return", "show")


def word_question(query: Query, profile: Profile, vocabulary: Vocabulary, rng: random.Random) -> str:
    """One way to ask for `query`; another one for another state of `rng`."""
    speaker = Speaker(
        profile, vocabulary, rng, nested=lambda q: _inner(speaker, q), rows=lambda q, origin: _rows(speaker, q, origin)
    )
    phrase, sentences = _worded(speaker, query)
    if sentences and speaker.chance(0.55):
        text = speaker.pick(sentences)
        asks = "?" not in text and ", what " not in text
        return text_case(speaker, sentence(text, "." if asks or text.endswith(".") else "?"))
    return text_case(speaker, wrap(speaker, phrase))


def wrap(s: Speaker, phrase: Phrase) -> str:
    """`phrase` asked for."""
    roll = s.rng.random()
    if roll < 0.42:
        return sentence(f"what {'are' if phrase.plural else 'is'} {phrase.text}", "?")
    if roll < 0.93:
        return sentence(f"{s.pick(_TELLING)} {phrase.text}", ".")
    if roll < 0.98:
        asked = s.pick(_POLITE)
        return sentence(f"{asked} {phrase.text}", "?" if asked.startswith(("can", "could")) else ".")
    return sentence(phrase.text.removeprefix("the "), "")


def text_case(s: Speaker, text: str) -> str:
    """A few people write without capitals and marks."""
    if s.chance(0.03):
        text = text[:1].lower() + text[1:]
    return text[:-1] if text.endswith(("?", ".")) and s.chance(0.03) else text


def _worded(s: Speaker, query: Query) -> tuple[Phrase, list[str]]:
    """What `query` gives, and whole sentences that ask for it."""
    if isinstance(query, SetOperation):
        return set_operation(s, query), []
    if query.group:
        return grouped(s, query)
    plan = _with_superlative(s, query, plan_of(query, s.graph))
    if any(isinstance(e, Aggregated) for e in query.items):
        return aggregates(s, plan, query.items), _how_many(s, plan)
    phrase = outputs(s, plan, query.items)
    suffix = order_words(s, query) if query.limit is None else ""
    text = f"{phrase.text}{', ' if suffix and s.chance(0.15) else ' '}{suffix}".strip()
    return Phrase(text, phrase.plural), _which(s, plan, suffix)


def _with_superlative(s: Speaker, select: Select, plan: Plan) -> Plan:
    """With ORDER BY ... LIMIT as a superlative of the table whose column orders."""
    if select.limit is None:
        return plan
    number = number_word(select.limit) if s.chance(0.4) else str(select.limit)
    if not select.order:
        return replace(plan, superlatives={plan.focus: Superlative(f"any {number}", "", select.limit)})
    first = select.order[0]
    table = first.value.table.table if isinstance(first.value, ColumnRef) else plan.focus
    found = superlative(s, first, select.limit, table)
    if table == plan.focus:
        return replace(plan, superlatives={table: found})
    return replace(plan, superlatives={table: found}, named=plan.named | {table})


def _inner(s: Speaker, query: Query) -> Phrase:
    return _worded(s, query)[0]


def _rows(s: Speaker, select: Query, origin: str) -> str:
    """The rows of its first table that a nested SELECT picks, as seen from `origin`."""
    if not isinstance(select, Select):
        return s.nested(select).text
    plan = plan_of(select, s.graph)
    return entity(s, plan, plan.focus, origin=origin).text


def _how_many(s: Speaker, plan: Plan) -> list[str]:
    """Questions for a lone count."""
    items = plan.select.items
    only = items[0] if len(items) == 1 else None
    if not isinstance(only, Aggregated) or only.function != "count":
        return []
    things = entity(s, plan, plan.focus)
    if only.distinct and isinstance(only.argument, ColumnRef) and only.argument.column != "*":
        nouns = counted_nouns(s, only)
        different = s.pick(("different", "distinct", "different"))
        asked = [f"how many {different} {nouns} of {things.text} are there?"]
        if s.named_by(only.argument) and not _is_own_key(s, only.argument):
            return [*asked, f"how many {different} {nouns} have {things.text}?"]
        if things.after or things.before:
            return [*asked, f"how many {different} {nouns} do {things.text} have?"]
        own = s.table(plan.focus).one
        owned = nouns if own in nouns else f"{own} {nouns}"
        return [
            *asked,
            f"how many {different} {nouns} do the {things.text} have?",
            f"how many {different} {owned} are there?",
        ]
    if not counts_rows(s, only):
        return []
    return _how_many_rows(s, things)


def _is_own_key(s: Speaker, ref: ColumnRef) -> bool:
    return s.schema.table(ref.table.table).primary_key == (ref.column,)


def _how_many_rows(s: Speaker, things: Entity) -> list[str]:
    start = f"how many {' '.join(p for p in (things.before, things.noun) if p)}"
    if not things.after:
        return [f"{start} are there?"] * 3 + [f"{start} do we have?", f"{start} are in the database?"]
    options = (
        [f"{start} {things.after} are there?"]
        if len(things.after.split()) < 5
        else [f"{start} are there {things.after}?"]
    )
    if predicate := things.predicate():
        options = [f"{start} {predicate}?"] * 3 + options
    return [*options, f"count the {things.text}"]


def _which(s: Speaker, plan: Plan, suffix: str) -> list[str]:
    """Questions for the name of things: "Which students ...?", "Who is ...?"."""
    items = plan.select.items
    only = items[0] if len(items) == 1 else None
    if suffix or not isinstance(only, ColumnRef) or plan.select.distinct or only.column == "*":
        return []
    things = entity(s, plan, plan.focus)
    noun = name_of(s, only)
    if noun in ("name", "full name") and s.person(plan.focus) and things.one and s.chance(0.5):
        return [f"who is the {things.text}?"]
    predicate = things.predicate()
    if not predicate or things.before:
        return []
    asked = f"which {things.noun} {predicate}?"
    theirs = f"its {noun}" if things.one else f"their {plural(noun)}"
    follow = f"{asked} {s.pick(('give', 'list', 'show', 'tell me'))} {theirs}."
    return [asked, follow] if noun in ("name", "title") else [follow]
