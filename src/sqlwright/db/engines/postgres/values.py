"""PostgreSQL values that Python's own types cannot hold come as the server's text instead of an error."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types import datetime as times
from psycopg.types.string import TextLoader

# Python has no type that says the same; networks and ranges read well as text.
AS_TEXT = (
    "inet",
    "cidr",
    "record",
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"),
    *("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"),
)


def or_text(loader: type[Loader]) -> type[Loader]:
    """`loader`, and text for what it cannot hold: years BC or after 9999, infinity, 24:00."""

    class OrText(loader):  # type: ignore[valid-type, misc]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return bytes(data).decode()

    return OrText


LOADERS = {
    "date": or_text(times.DateLoader),
    "time": or_text(times.TimeLoader),
    "timetz": or_text(times.TimetzLoader),
    "timestamp": or_text(times.TimestampLoader),
    "timestamptz": or_text(times.TimestamptzLoader),
    "interval": or_text(times.IntervalLoader),
}


def register_loaders(connection: psycopg.Connection[Any]) -> None:
    known = connection.adapters.types
    for name, loader in LOADERS.items():
        connection.adapters.register_loader(name, loader)
    for name in AS_TEXT:
        if known.get(name) is not None:
            connection.adapters.register_loader(name, TextLoader)
