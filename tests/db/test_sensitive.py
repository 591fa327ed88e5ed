"""Columns whose names say that they hold secrets are never read for prompts."""

from __future__ import annotations

import sqlite3

import pytest

from sqlwright.db import open_database
from sqlwright.db.sensitive import is_sensitive
from sqlwright.db.value_index import ValueIndex


@pytest.mark.parametrize(
    "name",
    ["password", "user_pass", "UserPassword", "apiKey", "API_KEY", "reset_token", "PasswordHash", "client_secret",
     "pin", "user_activation_key", "session_id", "cvv", "card_number", "SSN", "登录密码"],
)  # fmt: skip
def test_a_secret_is_known_by_its_name(name):
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    ["key", "order_key", "compass", "passenger", "pass_attempts", "pin_code", "code", "number", "secretary", "status",
     "hashtag", "", "_", "城市"],
)  # fmt: skip
def test_ordinary_names_are_no_secret(name):
    assert not is_sensitive(name)


def test_a_secret_is_in_no_sample_and_no_index(tmp_path):
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("CREATE TABLE member (name TEXT, user_pass TEXT)")
        connection.execute("INSERT INTO member VALUES ('Ann', 'hunter2')")
    connection.close()
    with open_database(tmp_path / "x.sqlite") as database:
        columns = database.schema(samples=3).table("member").columns
        assert [column.samples for column in columns] == [("Ann",), ()]
        assert ValueIndex.build(database).columns == (("member", "name"),)
