"""Question, schema, hints and history to one Prompt.

The schema stands in the first message and the question in the last, so all questions about one database share a prefix.
A model without a system role gets the system text at the start of its first user turn: see `chat`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core import Hints, Message, Schema, Turn
from .compact import render_compact
from .ddl import render_ddl
from .hints import render_hints
from .inert import without_markers
from .presets import Preset, Style, preset_named
from .prompt import Prompt

_DIALECT_NAMES = {"sqlite": "SQLite", "duckdb": "DuckDB", "postgres": "PostgreSQL", "mysql": "MySQL"}
RENDERERS: dict[str, Callable[[Schema], str]] = {"ddl": render_ddl, "compact": render_compact}


def build_prompt(
    question: str,
    schema: Schema,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    hints: Hints = Hints(),  # noqa: B008  (frozen)
    preset: str = "default",
    max_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
    style: Style | None = None,
) -> Prompt:
    """What a model is asked. `style` overrides the preset's. Raises ConfigError for an unknown preset."""
    wording = preset_named(preset)
    text = RENDERERS[style or wording.style](schema)
    messages = _messages(wording, text, schema, question, history, evidence, hints)
    return Prompt(question, schema, messages, preset, evidence, tuple(history), hints)


def with_answer(prompt: Prompt, sql: str) -> tuple[Message, ...]:
    """The messages of `prompt` and the answer a model should give to them: one training row."""
    return (*prompt.messages, Message("assistant", sql))


def _messages(
    preset: Preset,
    schema_text: str,
    schema: Schema,
    question: str,
    history: Sequence[Turn],
    evidence: str,
    hints: Hints,
) -> tuple[Message, ...]:
    parts = {"schema": schema_text, "dialect": _DIALECT_NAMES[schema.dialect]}
    messages = [Message("system", preset.system.format(**parts))] if preset.system else []
    template = preset.user
    pending = ""  # a turn that no SQL answered joins the next user message: roles have to alternate
    for turn in history:
        pending += template.format(question=without_markers(turn.question), **parts)
        template = preset.follow_up or preset.user
        if turn.sql:
            messages += [Message("user", pending), Message("assistant", turn.sql)]
            pending = ""
        else:
            pending += "\n"
    context = [render_hints(hints, schema.dialect), f"Evidence: {without_markers(evidence)}" if evidence else ""]
    lines = "".join(f"{line}\n" for line in context if line)
    final = template.format(question=without_markers(question), **parts)
    return (*messages, Message("user", pending + lines + final))
