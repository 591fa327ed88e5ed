"""The repair turn: the model sees what the engine or the guard said, and the nearest names."""

from __future__ import annotations

import re
from dataclasses import replace

from ..core import Attempt, Message, Schema, closest
from ..prompts import Prompt

MAX_ERROR_CHARS = 300

# The engines' wordings: `no such column: x`, `column x does not exist`, `Unknown column 'x' in ...`,
# `Referenced column "x" not found`, `Table with name x does not exist`.
_MISSING = re.compile(
    r"(?:no such (?P<a>column|table): |unknown (?P<b>column|table) |referenced (?P<c>column) |"
    r"(?P<d>column|relation|table)(?: with name)? )[\"'`]?(?P<name>[^\"'`\s]+)",
    re.IGNORECASE,
)


def repair_prompt(prompt: Prompt, failed: Attempt) -> Prompt:
    """`prompt` with the failed query and its error as one more exchange.

    An engine's message may carry cell values, which a hostile query can choose, so quoted text that is no name of the
    schema is masked and the whole is cut to `MAX_ERROR_CHARS`.
    """
    answer = failed.outcome.sql or failed.raw_output[:MAX_ERROR_CHARS] or "(nothing)"
    text = (
        f"That query did not run: {_safe(failed.outcome.message(), prompt.schema)}\n"
        f"{nearest_name(failed.outcome.message(), prompt.schema)}\n"
        "Write one corrected SQL query for the same question. Answer with the SQL only."
    )
    exchange = (Message("assistant", answer), Message("user", re.sub(r"\n+", "\n", text)))
    return replace(prompt, messages=prompt.messages + exchange)


def nearest_name(error: str, schema: Schema) -> str:
    """A hint for an error about a missing table or column; "" for any other error."""
    match = _MISSING.search(error)
    if not match:
        return ""
    name = match["name"].rstrip(".,;:)").split(".")[-1]
    if "column" not in {(match[g] or "").lower() for g in "abcd"}:
        return closest(name, (t.full_name for t in schema))
    columns = {f"{t.full_name}.{c.name}": c.name for t in schema for c in t.columns}
    owners = [full for full, column in columns.items() if column.casefold() == name.casefold()]
    if owners:
        return f"The column {name!r} belongs to: {', '.join(owners[:5])}."
    return closest(name, set(columns.values()))


def _safe(error: str, schema: Schema) -> str:
    names = {t.name.casefold() for t in schema} | {c.name.casefold() for t in schema for c in t.columns}

    def mask(match: re.Match[str]) -> str:
        return match[0] if match[0][1:-1].casefold() in names or len(match[0]) < 24 else "'...'"

    return re.sub(r"'[^']*'|\"[^\"]*\"", mask, " ".join(error.split()))[:MAX_ERROR_CHARS]
