"""Writes the demo database: an invented outdoor shop, the same for the same seed."""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import astuple
from importlib.resources import files
from pathlib import Path

from ...core.atomic import atomic_file
from . import catalogue, shops, trade
from .seeded import Dice

DEMO_DB_ID = "outdoor_shop"
GENERATOR_VERSION = 1  # raise it with every change of the data; kept in the file as PRAGMA user_version


def write_demo_database(path: Path, *, seed: int = 7) -> None:
    """Writes a SQLite file of 12 tables and about 60,000 rows to `path`, atomically.

    Prices are euros with two decimals (REAL), dates ISO 8601 text. The content depends on `seed` alone; the file's
    bytes also hold the SQLite library's version number, so compare files by `content_hash`.
    """
    with (
        atomic_file(path, fsync=False) as draft,
        closing(sqlite3.connect(draft, isolation_level=None)) as connection,
    ):
        _fill(connection, Dice(seed))


def content_hash(path: Path) -> str:
    """SHA-256 over the schema text and every row in key order: what `write_demo_database` promises to repeat."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        definitions = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        for kind, name, sql in definitions:
            digest.update(f"{kind} {name} {sql}\n".encode())
            if kind == "table":
                for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid'):
                    digest.update(f"{row!r}\n".encode())
    return digest.hexdigest()


def _fill(connection: sqlite3.Connection, dice: Dice) -> None:
    # Nobody reads the draft before it is complete, so neither journal nor flush is needed.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "page_size = 4096", "encoding = 'UTF-8'"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    for statement in files(__package__).joinpath("schema.sql").read_text(encoding="utf-8").split(";\n"):
        connection.execute(statement)
    for table, rows in _tables(dice).items():
        _insert(connection, table, rows)
    connection.execute("ANALYZE")
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA user_version = {GENERATOR_VERSION}")


def _tables(dice: Dice) -> dict[str, Iterable[tuple[object, ...]]]:
    """Rows by table, in an order in which every foreign key points at rows already there."""
    staff = shops.employees(dice)
    products = catalogue.products(dice)
    buyers = trade.customers(dice)
    orders = trade.orders(dice, buyers, staff)
    sold = trade.lines(dice, orders, products)
    return {
        "store": map(astuple, shops.STORES),
        "employee": map(astuple, staff),
        "supplier": catalogue.suppliers(dice),
        "category": catalogue.categories(),
        "product": ((p.id, p.name, p.category_id, p.price / 100, *astuple(p)[4:]) for p in products),
        "product_supplier": catalogue.deliveries(dice, products),
        "stock": shops.stock(dice, products),
        "customer": map(astuple, buyers),
        "orders": map(astuple, orders),
        "order_line": ((o.order.id, o.line_no, o.product.id, o.quantity, o.price / 100, o.discount) for o in sold),
        "return_line": trade.returns(dice, sold),
        "review": trade.reviews(dice, sold, buyers),
    }


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    # Dates as text ourselves: sqlite3's own date adapter is deprecated.
    texts = (tuple(v.isoformat() if isinstance(v, dt.date) else v for v in row) for row in rows)
    width = len(connection.execute(f'SELECT * FROM "{table}" LIMIT 0').description)
    connection.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * width)})', texts)
