"""A folder of databases, found by db_id."""

from __future__ import annotations

import shutil

import pytest

from sqlwright.core import NotFoundError
from sqlwright.data import DatabaseFolder


@pytest.fixture
def folder(tmp_path, shop):
    (tmp_path / "dbs" / "pets").mkdir(parents=True)
    shutil.copy(shop, tmp_path / "dbs" / "pets" / "pets.sqlite")
    shutil.copy(shop, tmp_path / "dbs" / "shop.db")
    return tmp_path / "dbs"


def test_finds_a_file_in_its_own_folder_and_beside(folder):
    databases = DatabaseFolder(folder)
    assert databases.names() == ("pets", "shop")
    assert databases.path("pets") == folder / "pets" / "pets.sqlite"
    assert databases.path("shop") == folder / "shop.db"
    assert "pets" in databases
    assert "other" not in databases


def test_finds_files_below_a_release_folder_and_with_chinese_names(tmp_path, shop):
    (tmp_path / "database").mkdir()
    shutil.copy(shop, tmp_path / "database" / "中国城市.sqlite")
    assert DatabaseFolder(tmp_path).path("中国城市").name == "中国城市.sqlite"


def test_a_decomposed_name_is_the_same_name(tmp_path, shop):
    shutil.copy(shop, tmp_path / "cafe\u0301.sqlite")
    assert "caf\u00e9" in DatabaseFolder(tmp_path)


def test_a_missing_database_names_the_closest(folder):
    with pytest.raises(NotFoundError, match="'pets'"):
        DatabaseFolder(folder).path("pet")


def test_a_missing_folder_is_an_error_at_once(tmp_path):
    with pytest.raises(NotFoundError, match="No folder"):
        DatabaseFolder(tmp_path / "none")


def test_opens_and_describes_a_database(folder):
    databases = DatabaseFolder(folder)
    assert [t.name for t in databases.schema("pets")] == ["customer", "item", "orders"]
    with databases.open("pets") as database:
        assert database.dialect == "sqlite"


def test_a_path_out_of_the_folder_is_not_a_name(folder):
    assert "../shop" not in DatabaseFolder(folder / "pets")
