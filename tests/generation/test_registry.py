"""A model is registered for one database, while its tables are those that it was tuned on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from sqlwright.db import open_database
from sqlwright.generation.registry import FILE, databases_of, default_model, register
from sqlwright.parser.weights import FILE as WEIGHTS


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with two models, by name only."""
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))
    for name in ("tuned", "better"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / WEIGHTS).touch()
    return tmp_path / "models"


@pytest.fixture
def path(shop, tmp_path):
    return shutil.copy(shop, tmp_path / "ours.sqlite")


def asked_with(path):
    with open_database(path) as database:
        return default_model(database)


def registered(path, name):
    with open_database(path) as database:
        register(database, name)


def test_the_built_in_model_answers_where_nothing_is_registered(models, path):
    assert asked_with(path) == "built-in"


def test_the_registered_model_answers_and_a_later_one_takes_its_place(models, path):
    registered(path, "tuned")
    assert asked_with(path) == "tuned"
    registered(path, "better")
    assert asked_with(path) == "better"
    assert (len(databases_of("better")), databases_of("tuned")) == (1, ())


def test_another_file_with_the_same_tables_keeps_the_built_in_model(models, path, tmp_path):
    registered(path, "tuned")
    other = shutil.copy(path, tmp_path / "other.sqlite")
    assert asked_with(other) == "built-in"
    registered(other, "better")
    assert (asked_with(path), asked_with(other)) == ("tuned", "better")


def test_other_tables_than_the_model_was_tuned_on(models, path):
    registered(path, "tuned")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE item ADD COLUMN color TEXT")
    assert asked_with(path) == "built-in"


def test_a_model_that_was_deleted(models, path):
    registered(path, "tuned")
    shutil.rmtree(models / "tuned")
    assert asked_with(path) == "built-in"


def test_what_cannot_be_read_and_entries_of_a_schema_alone_are_left_out(models, path):
    (models / FILE).write_text("{")
    assert asked_with(path) == "built-in"
    with open_database(path) as database:
        (models / FILE).write_text(json.dumps({database.schema().fingerprint(): "tuned"}))
    assert asked_with(path) == "built-in"
