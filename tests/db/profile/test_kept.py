"""The cache of profiles, what ends it, and what the user states."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing

import pytest

from sqlwright.core import ConfigError
from sqlwright.db import open_database
from sqlwright.db.folder import knowledge_folder
from sqlwright.db.profile import cache
from sqlwright.db.profile import read as reading


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    return tmp_path / "profiles"


@pytest.fixture
def reads(monkeypatch):
    """One entry for each time that a database is read."""
    made = []
    read = reading.read_profile
    monkeypatch.setattr(reading, "read_profile", lambda *args: made.append(1) or read(*args))
    return made


def profile_of(path):
    with open_database(path) as database:
        return database.profile()


def change(path, sql):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def state(database, text):
    file = knowledge_folder(database) / "profile.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_a_database_is_read_once(shop, folder, reads):
    first = profile_of(shop)
    assert profile_of(shop) == first
    assert len(reads) == 1
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "sql", ["INSERT INTO customer VALUES (4, 'Di', 'Rome')", "ALTER TABLE item ADD COLUMN color TEXT"]
)
def test_a_change_of_rows_or_catalog_ends_it(shop, folder, reads, sql):
    profile_of(shop)
    change(shop, sql)
    profile_of(shop)
    assert len(reads) == 2


def test_a_damaged_file_is_replaced(shop, folder, reads):
    profile = profile_of(shop)
    (file,) = folder.iterdir()
    file.write_text("{", encoding="utf-8")
    assert profile_of(shop) == profile
    assert len(reads) == 2


def test_the_cache_can_be_off_and_need_not_be_writable(shop, folder, reads, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_PROFILES", "off")
    profile_of(shop)
    profile_of(shop)
    assert len(reads) == 2
    assert not folder.exists()
    folder.write_text("a file, not a folder")
    monkeypatch.setenv("SQLWRIGHT_PROFILES", str(folder))
    assert profile_of(shop).columns


def test_a_folder_of_files_is_read_again_when_one_changes(tmp_path, folder, reads):
    data = tmp_path / "data"
    data.mkdir()
    (data / "shops.csv").write_text("id,town\n1,Oslo\n2,Bergen\n")
    profile_of(data)
    profile_of(data)
    assert len(reads) == 1
    (data / "shops.csv").write_text("id,town\n1,Oslo\n2,Bergen\n3,Tromsø\n")
    profile_of(data)
    assert len(reads) == 2


@pytest.mark.postgres
def test_a_server_is_read_again_after_a_day(postgres_url, folder, reads, monkeypatch):
    profile_of(postgres_url)
    profile_of(postgres_url)
    assert len(reads) == 1
    monkeypatch.setattr(cache, "MAX_AGE_S", -1.0)
    profile_of(postgres_url)
    assert len(reads) == 2


def test_json_loses_nothing(shop):
    profile = profile_of(shop)
    assert cache.from_dict(cache.to_dict(profile)) == profile


def test_the_user_states_keys_and_columns(shop, folder):
    change(shop, "CREATE TABLE visit (id INTEGER PRIMARY KEY, who INTEGER, customer_id INTEGER, ok TEXT, mark INTEGER)")
    change(shop, "INSERT INTO visit VALUES (1, 1, 1, 'yes', 1), (2, 3, 2, 'yes', 2), (3, 2, 3, 'yes', 1)")
    with open_database(shop) as database:
        text = """
            keys:
              add:
                - visit.who -> customer.id
              remove:
                - visit.customer_id -> customer.id
            columns:
              visit.ok: {role: flag, true_value: yes, false_value: no}
              VISIT.Mark: {role: category, labels: {1: new, 2: old}}
              item.price: {unit: cents}
              visit.who: {markers: ["null", "-"]}
        """
        assert {k.key.columns for k in database.profile().inferred_keys} == {("customer_id",)}
        state(database, text)
    profile = profile_of(shop)
    assert [(k.key.columns, k.evidence) for k in profile.inferred_keys] == [(("who",), "stated in profile.yaml")]
    assert profile.of("visit", "who").role == "reference"
    assert (profile.of("visit", "ok").true_value, profile.of("visit", "ok").false_value) == ("yes", "no")
    assert profile.of("visit", "mark").labels == (("1", "new"), ("2", "old"))
    assert profile.of("visit", "who").markers == ("null", "-")
    assert (profile.of("item", "price").role, profile.of("item", "price").unit) == ("money", "cents")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("keys: [", "is not valid YAML"),
        ("key: {}", "Unknown key 'key'"),
        ("keys: {add: [visit]}", "Expected `table.column -> table.column`"),
        ("keys: {add: [orders.item_id -> itm.id]}", "No table 'itm'"),
        ("columns: {item.prize: {unit: cents}}", "No column 'prize'"),
        ("columns: {item.price: {role: cash}}", "Unknown role 'cash'"),
        ("columns: {item.price: {units: cents}}", "Unknown key 'units'"),
    ],
)
def test_a_mistake_in_profile_yaml_is_named(shop, folder, text, says):
    with open_database(shop) as database:
        state(database, text)
        with pytest.raises(ConfigError, match=r"profile\.yaml") as error:
            database.profile()
    assert says in str(error.value)
