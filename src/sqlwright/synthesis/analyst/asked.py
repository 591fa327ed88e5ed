"""A question with its query."""

from __future__ import annotations

from dataclasses import dataclass

from ...parser.form import Query


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its query."""

    question: str
    query: Query
