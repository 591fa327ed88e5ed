"""One table of sales, in every storage of dates and on every engine."""

from __future__ import annotations

import datetime as dt
import sqlite3

import duckdb
import pytest

from sqlwright.core import ColumnProfile, Profile
from sqlwright.db import open_database
from sqlwright.parser.form import Aggregated, ColumnRef, TableRef

ROWS = [
    # id, customer, city, amount in cents, paid, placed, shipped (or NULL), note
    (1, "Ann", "Paris", 1_000, "Y", "2023-01-15 10:00:00", "2023-01-17 10:00:00", "x"),
    (2, "Ann", "Oslo", 3_000, "N", "2023-02-10 08:30:00", None, ""),
    (3, "Bo", "Oslo", 2_000, "Y", "2023-02-20 12:00:00", "2023-02-21 00:00:00", "y"),
    (4, "Cy", "Rome", 6_000, "Y", "2024-02-01 23:00:00", "2024-02-05 23:00:00", ""),
]
TABLE = TableRef("sale")
COUNT = Aggregated("count", ColumnRef(TABLE, "*"))


def column(name):
    return ColumnRef(TABLE, name)


def moment(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


STORED = {
    "iso_timestamp": ("TEXT", lambda t: t),
    "iso_date": ("TEXT", lambda t: t[:10]),
    "epoch_s": ("BIGINT", lambda t: int(moment(t).timestamp())),
    "epoch_ms": ("BIGINT", lambda t: int(moment(t).timestamp() * 1000)),
    "epoch_us": ("BIGINT", lambda t: int(moment(t).timestamp() * 1_000_000)),
    "yyyymmdd": ("INTEGER", lambda t: int(t[:10].replace("-", ""))),
    "yyyymmddhhmmss": ("BIGINT", lambda t: int(f"{moment(t):%Y%m%d%H%M%S}")),
    "timestamp": ("TIMESTAMP", lambda t: t),
    "date": ("DATE", lambda t: t[:10]),
}


def ddl(kind):
    return (
        "CREATE TABLE sale (id INTEGER PRIMARY KEY, customer VARCHAR(20), city VARCHAR(20), amount INTEGER, "
        f"paid VARCHAR(5), placed {kind}, shipped {kind}, note VARCHAR(5))"
    )


def values(storage):
    convert = STORED[storage][1]
    return [(*r[:5], convert(r[5]), None if r[6] is None else convert(r[6]), r[7]) for r in ROWS]


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"


def statements(storage, kind):
    yield ddl(kind)
    for row in values(storage):
        yield f"INSERT INTO sale VALUES ({', '.join(map(literal, row))})"


def profile_of(storage):
    facts = {
        "amount": ColumnProfile("sale", "amount", "money", unit="cents", numeric=True),
        "paid": ColumnProfile("sale", "paid", "flag", true_value="Y", false_value="N"),
        "placed": ColumnProfile("sale", "placed", "date", date_storage=storage),
        "shipped": ColumnProfile("sale", "shipped", "date", date_storage=storage, null_share=0.25),
        "note": ColumnProfile("sale", "note", "text", blank_share=0.5),
    }
    return Profile({("sale", name): found for name, found in facts.items()}, last_date="2024-02-29")


@pytest.fixture
def make(tmp_path, request):
    def opened(engine, storage):
        kind = STORED[storage][0]
        if engine == "sqlite":
            path = tmp_path / f"{storage}.sqlite"
            with sqlite3.connect(path) as connection:
                for sql in statements(storage, kind):
                    connection.execute(sql)
            connection.close()
            return open_database(path)
        if engine == "duckdb":
            path = tmp_path / f"{storage}.duckdb"
            with duckdb.connect(str(path)) as connection:
                for sql in statements(storage, kind):
                    connection.execute(sql)
            return open_database(path)
        return _on_server(request.getfixturevalue(f"{engine}_url"), statements(storage, kind))

    return opened


def _on_server(url, script):
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for sql in script:
            kept = sql.replace(" TIMESTAMP", " TIMESTAMP NULL") if "mysql" in url else sql
            connection.exec_driver_sql(kept)
    engine.dispose()
    return open_database(url)


ENGINES = ["sqlite", "duckdb", pytest.param("postgres", marks=pytest.mark.postgres)]
ENGINES += [pytest.param("mysql", marks=pytest.mark.mysql)]
