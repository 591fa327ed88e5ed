"""What `open_database` takes, and what it says when it cannot."""

from __future__ import annotations

import sys

import duckdb
import pytest

from sqlwright.core import ConnectError, MissingExtraError, NotFoundError, QueryLimits, UsageError
from sqlwright.db import open_database
from sqlwright.db.server import parse_url, place_of
from tests.statements import trusted


def test_a_sqlite_file_opens_by_its_header_whatever_its_name(shop):
    renamed = shop.rename(shop.with_name("shop.duckdb"))
    with open_database(renamed) as database:
        assert (database.dialect, database.name) == ("sqlite", "shop")
        assert database.engine.execute(trusted("SELECT count(*) FROM item"), QueryLimits()).table.rows == ((3,),)


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(NotFoundError):
        open_database(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "error"), [(b"", ConnectError), (b"hello", UsageError)])
def test_a_file_that_is_no_database_is_named_as_such(tmp_path, content, error):
    (tmp_path / "x.sqlite").write_bytes(content)
    with pytest.raises(error, match=r"x\.sqlite"):
        open_database(tmp_path / "x.sqlite")


def test_a_duckdb_file_opens_by_its_header_whatever_its_name(tmp_path):
    with duckdb.connect(str(tmp_path / "x.sqlite")) as connection:
        connection.execute("CREATE TABLE t (a INT)")
    with open_database(tmp_path / "x.sqlite") as database:
        assert (database.dialect, database.name) == ("duckdb", "x")


def test_a_url_names_a_file_too(shop, monkeypatch):
    monkeypatch.chdir(shop.parent)
    for url in (f"sqlite:///{shop}", "sqlite:///shop.sqlite", "sqlite+pysqlite:///shop.sqlite"):
        with open_database(url) as database:
            assert database.name == "shop"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "duckdb:///:memory:", "oracle://u@h/x"])
def test_a_url_without_a_database_to_read_is_wrong_usage(url):
    with pytest.raises(UsageError):
        open_database(url)


@pytest.mark.parametrize(
    ("scheme", "driver", "module"), [("postgresql", "psycopg", "postgres"), ("mysql", "pymysql", "mysql")]
)
def test_a_missing_driver_names_the_extra(monkeypatch, scheme, driver, module):
    monkeypatch.setitem(sys.modules, driver, None)
    monkeypatch.delitem(sys.modules, f"sqlwright.db.engines.{module}.engine", raising=False)
    with pytest.raises(MissingExtraError, match=rf"sqlwright\[{module}\]"):
        open_database(f"{scheme}://user@127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ann:secret@db.example:5433/shop", "db.example:5433/shop"),
        ("postgresql:///shop?host=/run/one", "/run/one:/shop"),
        ("mysql://ann@localhost/shop", "localhost:/shop"),
    ],
)
def test_the_place_of_a_server_names_no_login(url, place):
    assert place_of(parse_url(url, "postgres")) == place
