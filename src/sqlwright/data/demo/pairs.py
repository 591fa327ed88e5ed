"""Questions about the demo database with the SQL that answers them, one half of each language kept for evaluation."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Literal

from ...core import Example, Turn

Language = Literal["en", "zh"]
Split = Literal["train", "dev"]


def demo_examples(language: Language | None = None, split: Split | None = None) -> tuple[Example, ...]:
    """The pairs of pairs.jsonl, in the order of the file; None takes all.

    A dialogue lies whole in one half, and so do a question and its translation.
    """
    rows = _rows("pairs.jsonl")
    return tuple(_example(row) for row in rows if language in (None, row["language"]) and split in (None, row["split"]))


def demo_questions() -> tuple[Example, ...]:
    """Ten questions as people type them, two in Chinese. They were written before any model was asked."""
    return tuple(map(_example, _rows("questions.jsonl")))


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()]


def _example(row: dict[str, Any]) -> Example:
    fields = {key: value for key, value in row.items() if key not in ("language", "split")}
    fields["history"] = tuple(Turn(**turn) for turn in fields.pop("history", ()))
    return Example(**fields)
