"""Fixtures that several packages' tests share."""

from __future__ import annotations

import os
import sqlite3
import tarfile
from pathlib import Path

import pytest

from .servers import mysql_server, mysql_url, postgres_server, postgres_url  # noqa: F401  fixtures

ROOT = Path(__file__).resolve().parent.parent
os.environ["SQLWRIGHT_LOG"] = "off"  # the log of whoever runs the tests stays theirs
os.environ["SQLWRIGHT_CONFIG"] = "off"  # and so do the settings
os.environ["SQLWRIGHT_HISTORY"] = "off"  # and so does what was typed into the shell
os.environ["SQLWRIGHT_PROFILES"] = "off"  # and so do the caches
os.environ["SQLWRIGHT_GRAPHS"] = "off"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no core waits for the last of them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the public data sets; tests that use it carry @pytest.mark.shared."""
    folder = Path(os.environ.get("SQLWRIGHT_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no public data at {folder} (set SQLWRIGHT_SHARED)")
    return folder


@pytest.fixture(scope="session")
def spider_databases(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spider's SQLite files, as `<db_id>/<db_id>.sqlite`."""
    folder = tmp_path_factory.mktemp("spider")
    with tarfile.open(shared / "data/spider/databases.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "database"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small SQLite database: customers, items and orders, with keys."""
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(SHOP)
    connection.close()
    return path


SHOP = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customer (id),
  item_id INTEGER NOT NULL REFERENCES item (id),
  quantity INTEGER NOT NULL,
  ordered_on DATE
);
INSERT INTO customer VALUES (1, 'Ann', 'Paris'), (2, 'Bo', 'Oslo'), (3, 'Cy', NULL);
INSERT INTO item VALUES (1, 'pen', 1.5), (2, 'ink', 4.0), (3, 'book', 12.25);
INSERT INTO orders VALUES
  (1, 1, 1, 10, '2026-01-05'), (2, 1, 3, 1, '2026-02-11'), (3, 2, 2, 3, '2026-02-11'), (4, 2, 1, 5, '2026-03-01');
"""
