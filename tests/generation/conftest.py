"""A prompt to ask, and the tiny models."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, ForeignKey, Schema, Table
from sqlwright.prompts import build_prompt
from tests.models import llama, lora  # noqa: F401

SCHEMA = Schema(
    "music",
    "sqlite",
    (
        Table("singer", (Column("id", "INTEGER"), Column("name", "TEXT"), Column("age", "INTEGER")), ("id",)),
        Table(
            "song",
            (Column("id", "INTEGER"), Column("title", "TEXT"), Column("singer_id", "INTEGER")),
            ("id",),
            (ForeignKey(("singer_id",), "singer", ("id",)),),
        ),
    ),
)
QUESTIONS = (
    "How many singers are there?",
    "What is the name of the oldest singer, and how many songs did that person write before the year 2000?",
    "List songs.",
    "有多少歌手?",
    "How many songs are there?",
)


@pytest.fixture(scope="session")
def prompts():
    return [build_prompt(question, SCHEMA) for question in QUESTIONS]
