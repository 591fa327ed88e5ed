"""Text from a database as inert data for a prompt: one line, capped, free of the markers chat models obey.

Comments, stored values and questions are written by others. On one line they cannot end the line they stand on, and
without `<|im_end|>`, `</s>` or `[/INST]` a tokenizer cannot read the end of a turn into them. This keeps the prompt's
shape; it does not keep a model from believing what a comment says. The guard and the read-only connection do.
"""

from __future__ import annotations

import re

from ..core import Dialect, quote_identifier

# Invisible characters and direction marks hide text from a reader and break lines in some renderers.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_UNSAFE_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
MAX_NAME_CHARS = 200
# Labels by which templates and people mark who speaks, and fences that mark code.
_LABELS = re.compile(
    r"\b(system|assistant|user|human|instructions?|response|input|output|question|answer|sql)(\s*)[:：]", re.IGNORECASE
)
_MARKERS = re.compile(
    r"<[|｜]|[|｜]>|</?s>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk|mask)>|</?think>|</?tool_(?:call|response)>",
    re.IGNORECASE,
)

_FENCES = re.compile(r"`{3,}|~{3,}|#{2,}|-{3,}|={3,}")


def without_markers(text: str) -> str:
    """`text` with a space inside every control marker of the known chat formats; all else unchanged."""
    return _MARKERS.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)


def one_line(text: str, max_chars: int) -> str:
    """At most `max_chars` characters on one line; a cut text ends in an ellipsis."""
    flat = _BREAKS.sub(" ", without_markers(text)).strip()
    return flat if len(flat) <= max_chars else flat[: max_chars - 1].rstrip() + "…"


def passage(text: str, max_chars: int) -> str:
    """`text` on one line to stand between double quotes: without these, fences, headings and labels of roles."""
    flat = one_line(_LABELS.sub(r"\1\2 -", text), max_chars)
    return _FENCES.sub(" ", flat).replace('"', "'")


def quote_value(value: str, max_chars: int) -> str:
    """`value` as a SQL string literal; "" where it would have to be changed to fit, since its spelling is the point."""
    if not value or one_line(value, max_chars) != value:
        return ""
    return "'" + value.replace("'", "''") + "'"


def quote_name(name: str, dialect: Dialect) -> str:
    """`name` as a query writes it; one that breaks the line or holds a marker is changed, and cannot be queried."""
    if len(name) > MAX_NAME_CHARS or _UNSAFE_IN_NAMES.search(name) or without_markers(name) != name:
        name = one_line(name, MAX_NAME_CHARS)
    return quote_identifier(name, dialect)
