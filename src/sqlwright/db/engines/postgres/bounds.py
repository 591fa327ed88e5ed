"""PostgreSQL queries rewritten so that the server cuts large values before it sends them.

The client library takes a row whole before it gives the first value of it, and a row may have a gigabyte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ....core import QueryLimits, Value

# Types whose text is short whatever the value: by pg_type.oid, which is fixed for built-in types. A numeric has at
# most 147,000 digits.
SMALL = frozenset(
    {
        *(16, 18, 19, 20, 21, 23, 24, 26, 28, 29, 700, 701, 790, 1700, 2278, 2950, 3220),  # bool ... uuid, void
        *(600, 601, 603, 628, 718, 829, 774, 650, 869),  # point ... cidr, inet
        *(1082, 1083, 1114, 1184, 1186, 1266),  # date, time, timestamp, interval
        *(2202, 2203, 2204, 2205, 2206, 4089, 4096, 3904, 3906, 3908, 3910, 3912, 3926),  # reg*, ranges
    }
)
TEXT = frozenset({25, 1042, 1043})  # text, char(n), varchar
BYTEA = 17
MIN_CELL_BYTES = 1_000
MAX_COLUMNS = 1_600  # of a result; PostgreSQL's own limit is 1,664
_QUERY = re.compile(r"[\s(]*(?:select|with|values|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounded:
    """`sql` gives the columns of the query and, behind them, the cut text of those in `with_text`, in that order.

    No cell is longer than `max_cell_bytes` + 1 characters.
    """

    sql: str
    with_text: tuple[int, ...]
    max_cell_bytes: int

    def rows(self, rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
        """The query's own rows: an array or object that was too large is the start of its text."""
        if not self.with_text:
            yield from rows
            return
        width = -len(self.with_text)
        for row in rows:
            values = list(row[:width])
            for column, text in zip(self.with_text, row[width:], strict=True):
                if text is not None:
                    values[column] = text
            yield values


def bounded(sql: str, types: Sequence[int], limits: QueryLimits) -> Bounded | None:
    """None where `sql` needs no bounds or cannot take them. `types` are the oids of its columns.

    The subquery keeps the order of its rows and, by OFFSET 0, is planned as it was written.
    """
    large = [i for i, oid in enumerate(types) if oid not in SMALL]
    if not large or not _QUERY.match(sql):
        return None
    # A row may be twice as large as the whole result: what does not fit is cut again, and said, when it is read.
    most = max(MIN_CELL_BYTES, min(limits.max_cell_bytes, 2 * limits.max_result_bytes // len(large)))
    names = [f"c{i}" for i in range(len(types))]
    cells: list[str] = []
    texts: list[tuple[int, str]] = []
    narrow = len(types) + len(large) <= MAX_COLUMNS
    for i, (name, oid) in enumerate(zip(names, types, strict=True)):
        if oid in SMALL:
            cells.append(name)
        elif oid in TEXT:
            kind = "::bpchar" if oid == 1042 else ""
            cells.append(f"CASE WHEN octet_length({name}) > {most} THEN left({name}, {most + 1}){kind} ELSE {name} END")
        elif oid == BYTEA:
            cells.append(f"CASE WHEN octet_length({name}) > {most} THEN substr({name}, 1, {most + 1}) ELSE {name} END")
        elif not narrow:
            cells.append(f"left({name}::text, {most + 1})")
        else:
            cells.append(f"CASE WHEN octet_length({name}::text) <= {most} THEN {name} END")
            texts.append((i, f"CASE WHEN octet_length({name}::text) > {most} THEN left({name}::text, {most + 1}) END"))
    shown = ", ".join([*cells, *(text for _, text in texts)])
    # The line break ends a comment at the end of `sql`.
    inner = sql.rstrip().rstrip(";")
    return Bounded(
        f"SELECT {shown} FROM (SELECT * FROM ({inner}\n) q ({', '.join(names)}) OFFSET 0) q",
        tuple(i for i, _ in texts),
        most,
    )
