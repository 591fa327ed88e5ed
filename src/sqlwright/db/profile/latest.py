"""The latest date of a database: where its data ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from ...core import ColumnProfile
from .words import DATE, name_words, says

# Words of dates that do not tell when something happened, and of dates that a program writes.
_PLANNED = frozenset(
    """
    due expiry expires expire expired expiration valid until deadline planned scheduled expected estimated
    target end ends required birth birthday birthdate dob born renewal renews to release 到期 截止 计划 预计
    生日 出生 有效期
    """.split()
)
_TECHNICAL = frozenset("update updated modified changed edited synced sync refreshed import imported 更新 修改".split())
_UNITS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_NUMBERS = (*_UNITS, "yyyymmddhhmmss")  # storages that are also recognized without a name
_LAST_YEAR = 2100  # 9999-12-31 stands for "never"


def last_date(columns: Iterable[ColumnProfile]) -> str:
    """The latest date of a column of events, ISO 8601; "" where there is none.

    Planned dates, birthdays, the stamps of changes and columns whose name is not of a date count only where there is no
    other date.
    """
    best: dict[int, str] = {}
    for column in columns:
        date = iso_date(column, column.highest)
        if not date or int(date[:4]) >= _LAST_YEAR:
            continue
        names = name_words(column.column)
        words, unnamed = set(names), column.date_storage in _NUMBERS and not says(names, DATE)
        rank = 3 if unnamed else 2 if words & _PLANNED else 1 if words & _TECHNICAL else 0
        best[rank] = max(best.get(rank, ""), date)
    return best[min(best)] if best else ""


def iso_date(column: ColumnProfile, stored: str) -> str:
    """The day of a stored date as YYYY-MM-DD; "" for a year alone and for what is not a date."""
    storage = column.date_storage
    try:
        if storage in _UNITS:
            return dt.datetime.fromtimestamp(float(stored) / _UNITS[storage], dt.timezone.utc).date().isoformat()
        if storage in ("yyyymmdd", "yyyymmddhhmmss"):
            return dt.date(int(stored[:4]), int(stored[4:6]), int(stored[6:8])).isoformat()
        return dt.date.fromisoformat(stored[:10]).isoformat() if storage not in ("", "year") else ""
    except (ValueError, OverflowError, OSError):
        return ""
