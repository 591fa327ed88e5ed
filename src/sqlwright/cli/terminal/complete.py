"""What Tab offers: commands, names of tables and columns, stored values, words of SQL."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...core import Schema, quote_identifier
from ...core.fold import fold
from .commands import COMMANDS
from .session import Session
from .typed import OTHERS, QUERIES

MOST = 50
MOST_WORDS = 4  # of the line's end that may be the beginning of one value
MIN_VALUE_CHARS = 2
SQL_WORDS = tuple(
    "SELECT FROM WHERE GROUP BY ORDER BY HAVING LIMIT OFFSET JOIN LEFT JOIN ON AND OR NOT IN IS NULL LIKE BETWEEN CASE "
    "WHEN THEN ELSE END AS DISTINCT UNION ALL EXISTS COUNT SUM AVG MIN MAX CAST WITH DESC ASC".split()
)
_NAME = re.compile(r"[\w.]*\Z")
_OPEN_QUOTE = re.compile(r"(?:[^']|'[^']*')*'([^']*)\Z")


@dataclass(frozen=True, slots=True)
class Offer:
    """`text` replaces the last `replaces` characters before the cursor. `about` is shown beside it."""

    text: str
    replaces: int
    about: str = ""


class Values:
    """The stored values of a database, found by how they begin, whatever their case and accents."""

    def __init__(self, items: Iterable[tuple[str, str, str]]) -> None:
        self._sorted = sorted((fold(value), value, f"{table}.{column}") for table, column, value in items)

    def beginning_with(self, text: str, most: int = MOST) -> Iterator[tuple[str, str]]:
        """(value, table.column), each value once."""
        start = fold(text) + (" " if text[-1:].isspace() else "")  # folding strips it
        seen: set[str] = set()
        for key, value, column in self._sorted[bisect_left(self._sorted, (start, "", "")) :]:
            if not key.startswith(start) or len(seen) >= most:
                return
            if value not in seen:
                seen.add(value)
                yield value, column


class Offers:
    """What Tab offers in a session. What the database holds is read again when its tables change."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: object = None
        self._values = Values(())

    def before(self, text: str) -> list[Offer]:
        """For `text` before the cursor: best first, at most MOST."""
        if text.startswith("\\"):
            return list(self._after_command(text))[:MOST]
        if text.lstrip().casefold().partition(" ")[0] in QUERIES | OTHERS:
            return list(self._in_sql(text))[:MOST]
        return list(self._in_question(text))[:MOST]

    def _after_command(self, text: str) -> Iterator[Offer]:
        name, space, argument = text[1:].partition(" ")
        if not space:
            found = (c for c in COMMANDS.values() if c.name.startswith(name.casefold()))
            yield from (Offer(f"\\{c.name}", len(text), c.help) for c in found)
        elif name in ("schema", "d", "dt"):
            yield from _named((table.full_name for table in self._schema), argument, "table")
        elif name == "use":
            yield from _named(self._session.service.connections, argument, "database")
        elif name == "model":
            yield from _named(self._session.service.models, argument, "model")
        elif name in ("sql", "explain", "teach"):
            yield from self._in_sql(argument)

    def _in_sql(self, text: str) -> Iterator[Offer]:
        if (quote := _OPEN_QUOTE.match(text)) is not None:
            found = self._stored.beginning_with(quote[1])
            yield from (Offer(v.replace("'", "''") + "'", len(quote[1]), column) for v, column in found)
            return
        yield from self._names(text, quoted=True)
        word = _word(text)
        if word and "." not in word:
            yield from (Offer(w, len(word)) for w in dict.fromkeys(SQL_WORDS) if w.startswith(word.upper()))

    def _in_question(self, text: str) -> Iterator[Offer]:
        """Values first where more than one word of them is typed."""
        starts = [match.start() for match in re.finditer(r"\S+", text)][-MOST_WORDS:]
        several: list[Offer] = []
        for start in starts[:-1] if not text.endswith(" ") else starts:
            several += self._values_at(text, start)
        yield from several
        yield from self._names(text, quoted=False)
        if starts and not text.endswith(" "):
            yield from self._values_at(text, starts[-1])

    def _values_at(self, text: str, start: int) -> Iterator[Offer]:
        typed = text[start:]
        if len(typed.strip()) >= MIN_VALUE_CHARS:
            yield from (Offer(v, len(typed), column) for v, column in self._stored.beginning_with(typed))

    def _names(self, text: str, *, quoted: bool) -> Iterator[Offer]:
        """Tables and columns; behind `table.` the columns of that table."""
        word = _word(text)
        if not word:
            return

        def written(name: str) -> str:
            return quote_identifier(name, self._schema.dialect) if quoted else name

        table_name, dot, part = word.rpartition(".")
        if dot:
            for table in self._schema:
                if table_name.casefold() in (table.name.casefold(), table.full_name.casefold()):
                    found = (c for c in table.columns if c.name.casefold().startswith(part.casefold()))
                    yield from (Offer(written(c.name), len(part), c.type) for c in found)
            return
        start, columns = word.casefold(), dict[str, str]()
        for table in self._schema:
            if table.full_name.casefold().startswith(start) or table.name.casefold().startswith(start):
                yield Offer(table.full_name if table.namespace else written(table.name), len(word), "table")
            for column in table.columns:
                if column.name.casefold().startswith(start):
                    columns.setdefault(column.name, table.full_name)
        yield from (Offer(written(name), len(word), f"column of {table}") for name, table in columns.items())

    @property
    def _schema(self) -> Schema:
        return self._session.connection.context.schema

    @property
    def _stored(self) -> Values:
        context = self._session.connection.context
        if self._of is not context:
            self._values = Values(context.values.items() if context.values else ())
            self._of = context
        return self._values


def _named(names: Iterable[str], typed: str, about: str) -> Iterator[Offer]:
    yield from (Offer(n, len(typed), about) for n in names if n.casefold().startswith(typed.casefold()))


def _word(text: str) -> str:
    """The name that the cursor is at the end of."""
    match = _NAME.search(text)
    return match[0] if match else ""
