"""Question, schema, hints and history to one Prompt.

The schema stands in the first message and the question in the last, so all questions about one database share a prefix.
A model without a system role gets the system text at the start of its first user turn: see `chat`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..core import NAMING, Hints, Message, Profile, Retrieved, RetrievedSource, Schema, Table, Turn
from ..core.meaning import NO_MEANING, Meaning, Meant
from . import compact, ddl
from .budget import fit_schema, select_tables
from .hints import render_hints
from .linking import link_names
from .meanings import render_meanings
from .presets import Preset, Style, preset_named
from .prompt import Prompt
from .sanitize import without_markers
from .sources import example_turns, fit_sources, render_passages
from .tokens import estimate_tokens

_RENDERERS = {"ddl": ddl.render_table, "compact": compact.render_table, "names": compact.render_names}
_TURN_TOKENS = 8  # what a chat template writes around one message


def build_prompt(
    question: str,
    schema: Schema,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    hints: Hints = Hints(),  # noqa: B008  (frozen)
    retrieved: Retrieved = Retrieved(),  # noqa: B008
    preset: str = "default",
    max_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
    style: Style | None = None,
    max_tables: int | None = None,
    profile: Profile = Profile(),  # noqa: B008
    meaning: Meaning = NO_MEANING,
    meant: Sequence[Meant] = (),
) -> Prompt:
    """What a model is asked.

    `max_tokens` is for the whole prompt, counted by `count_tokens` or estimated: where it does not hold the schema,
    the tables that matter least are left out, by the names that were retrieved or, without any, by `hints` and the
    names in question, evidence and history; so are those beyond `max_tables`. Retrieved pairs and passages take a
    quarter of it at most. `meant` are the items of `meaning` that the question names: they are shown before it.
    `style` overrides the preset's. Raises ConfigError for an unknown preset, or where nothing fits.
    """
    wording = preset_named(preset)
    render_table = _RENDERERS[style or wording.style]

    def messages_with(shown: Schema, text: str) -> tuple[Message, ...]:
        return _messages(wording, text, shown, question, history, evidence, _shown(hints, shown), sources, stated)

    stated = render_meanings(meant, meaning, schema.dialect)
    count = count_tokens or estimate_tokens
    sources = fit_sources(retrieved.sources, max_tokens, count)
    linked = partial(_linked, schema, hints, question, evidence, history, retrieved)
    kept = schema
    if max_tables is not None and len(schema) > max_tables:
        kept = select_tables(schema, linked(), max_tables).schema
    if max_tokens is not None:
        room = max_tokens - sum(count(m.content) + _TURN_TOKENS for m in messages_with(kept, ""))
        if not _fits(kept, room, render_table, count):
            kept = fit_schema(kept, linked(), room, render_table, count).schema
    messages = messages_with(kept, _render(kept, render_table))
    shown_names = {table.full_name for table in kept}
    dropped = tuple(table.full_name for table in schema if table.full_name not in shown_names)
    return Prompt(
        question,
        kept,
        messages,
        preset,
        evidence,
        tuple(history),
        hints,
        dropped,
        sources,
        profile,
        meaning,
        tuple(meant),
    )


def with_answer(prompt: Prompt, sql: str) -> tuple[Message, ...]:
    """The messages of `prompt` and the answer a model should give to them: one training row."""
    return (*prompt.messages, Message("assistant", sql))


def _render(schema: Schema, render_table: Callable[[Table, Schema], str]) -> str:
    return "\n".join(render_table(table, schema) for table in schema)


def _fits(schema: Schema, room: int, render_table: Callable[[Table, Schema], str], count: Callable[[str], int]) -> bool:
    total = 0
    for table in schema:
        total += count(render_table(table, schema))
        if total > 1.2 * room + 100:  # a text has hardly fewer tokens than its parts: no need to read a thousand tables
            return False
    return count(_render(schema, render_table)) <= room


def _linked(
    schema: Schema, hints: Hints, question: str, evidence: str, history: Sequence[Turn], retrieved: Retrieved
) -> Hints:
    """What tables are ranked by: the names that were retrieved, else those that the words of the whole prompt name.

    Of 500 tables the first 20 hold all that a question needs for 95 % of the questions by BM25, for 78 % by names
    (`benchmarks/retrieval.py recall`). A follow-up says "those" and means the table before.
    """
    if retrieved.names:
        return Hints(retrieved.names, hints.values)
    words = " ".join([question, evidence, *(f"{t.question} {t.sql}" for t in history)])
    return Hints((*hints.names, *link_names(words, schema)), hints.values)


def _shown(hints: Hints, schema: Schema) -> Hints:
    """Only hints at columns that `schema` shows: a hint at another would invite a query on it."""
    known = {(table.full_name, name) for table in schema for name in ("", *(c.name for c in table.columns))}
    return Hints(
        tuple(n for n in hints.names if (n.table, n.column) in known),
        tuple(v for v in hints.values if (v.table, v.column) in known),
    )


def _messages(
    preset: Preset,
    schema_text: str,
    schema: Schema,
    question: str,
    history: Sequence[Turn],
    evidence: str,
    hints: Hints,
    sources: Sequence[RetrievedSource],
    stated: str,
) -> tuple[Message, ...]:
    parts = {"schema": schema_text, "dialect": NAMING[schema.dialect].title}
    messages = [Message("system", preset.system.format(**parts))] if preset.system else []
    template = preset.user
    pending = ""  # a turn that no SQL answered joins the next user message: roles have to alternate
    for turn in (*example_turns(sources), *history):
        pending += template.format(question=without_markers(turn.question), **parts)
        template = preset.follow_up or preset.user
        if turn.sql:
            messages += [Message("user", pending), Message("assistant", without_markers(turn.sql))]
            pending = ""
        else:
            pending += "\n"
    context = [render_passages(sources), stated, render_hints(hints, schema.dialect)]
    context += [f"Evidence: {without_markers(evidence)}" if evidence else ""]
    lines = "".join(f"{line}\n" for line in context if line)
    final = template.format(question=without_markers(question), **parts)
    return (*messages, Message("user", pending + lines + final))
