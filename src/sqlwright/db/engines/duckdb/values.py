"""DuckDB values that its Python client cannot give, or gives with a loss: asked for as text and read here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_ZONED = "TIMESTAMP WITH TIME ZONE"
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,6}))?([+-]\d\d)(?::?(\d\d))?\Z")


def awkward(kinds: Sequence[str], words: Sequence[str] = (_ZONED,)) -> frozenset[int]:
    """Which columns to ask for as text: zoned timestamps, for which the client needs the package pytz."""
    return frozenset(i for i, kind in enumerate(kinds) if any(word in kind for word in words))


def with_text(sql: str, width: int, as_text: frozenset[int]) -> str:
    """`sql` with the columns of `as_text` cast; positions, since names may repeat."""
    cells = [f"CAST(#{i + 1} AS VARCHAR)" if i in as_text else f"#{i + 1}" for i in range(width)]
    # The line break ends a comment at the end of `sql`.
    return f"SELECT {', '.join(cells)} FROM ({sql.rstrip().rstrip(';')}\n)"


def as_python(rows: Iterable[Sequence[Any]], kinds: Sequence[str]) -> Iterator[Sequence[Any]]:
    """`rows` with zoned timestamps read back and fixed-size arrays as lists."""
    readers: dict[int, Callable[[Any], Any]] = {}
    for i, kind in enumerate(kinds):
        if kind == _ZONED:
            readers[i] = _read_stamp
        elif "[" in kind and _ZONED not in kind:
            readers[i] = _as_lists
    if not readers:
        yield from rows
        return
    for row in rows:
        yield [readers[i](value) if i in readers else value for i, value in enumerate(row)]


def _read_stamp(text: str | None) -> dt.datetime | str | None:
    """'2026-01-31 12:00:00.5+02'; BC, infinite and later than 9999 stay text."""
    match = _STAMP.match(text or "")
    if match is None:
        return text
    base, fraction, hours, minutes = match.groups()
    sign = -1 if hours[0] == "-" else 1
    offset = dt.timedelta(hours=int(hours), minutes=sign * int(minutes or 0))
    micros = int((fraction or "0").ljust(6, "0"))
    return dt.datetime.fromisoformat(base).replace(microsecond=micros, tzinfo=dt.timezone(offset))


def _as_lists(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_as_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_lists(item) for key, item in value.items()}
    return value
