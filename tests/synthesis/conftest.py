"""A shop with enough rows that every kind of query finds something, and words for its tables."""

from __future__ import annotations

import random
import sqlite3

import pytest

from sqlwright.core import QueryLimits
from sqlwright.db import open_database
from sqlwright.parser.from_sql import parse_form
from sqlwright.synthesis.profile import read_profile
from sqlwright.synthesis.wording import build_vocabulary, word_question


@pytest.fixture
def shop_database(shop):
    with open_database(shop) as database:
        yield database


@pytest.fixture
def words(shop_database):
    """SQL to `count` different questions for it."""
    profile = read_profile(shop_database, QueryLimits())
    vocabulary = build_vocabulary(profile.schema)

    def ask(sql, count=12):
        query = parse_form(sql, profile.schema)
        return [word_question(query, profile, vocabulary, random.Random(i)) for i in range(count)]

    return ask


@pytest.fixture
def make(tmp_path):
    """A SQLite file from a script."""

    def build(script, name="made"):
        path = tmp_path / f"{name}.sqlite"
        with sqlite3.connect(path) as connection:
            connection.executescript(script)
        connection.close()
        return path

    return build
