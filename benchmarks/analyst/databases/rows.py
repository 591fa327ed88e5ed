"""Insert rows into a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any


def insert(connection: sqlite3.Connection, table: str, *rows: Sequence[Any]) -> None:
    """Each row has a value for every column of the table; None for its INTEGER PRIMARY KEY takes the next number."""
    for row in rows:
        connection.execute(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(row))})', row)
