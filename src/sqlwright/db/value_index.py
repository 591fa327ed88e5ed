"""Which stored values a question mentions, in their stored spelling.

A question says "new york" where the column holds 'New York', and a query that compares with the question's spelling
finds nothing. The index holds the distinct short texts of a database, read once inside limits.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..core import Checked, Column, Dialect, QueryLimits, Schema, Table, ValueMatch, quote_identifier
from ..core.fold import identifier_words, singular
from .catalog import qualified
from .database import Database
from .day_names import are_names, other_names
from .engines import ENGINES
from .list_values import elements_of
from .place_names import place_names
from .sensitive import is_sensitive
from .spelling import HAS_CJK, WORDS, likeness, places_of, singular_key, text_key

MAX_CHARS = 80  # a longer value is a document
MAX_SPAN_WORDS = 6
MAX_COLUMNS_PER_MENTION = 4
MAX_QUESTION_CHARS = 4_000
MAX_CODES = 50  # an integer column with more distinct values holds quantities or keys, not codes

_TEXT_TYPE = re.compile(r"char|text|clob|string|enum|set\b|name|^$|::?citext", re.IGNORECASE)
_NUMBER_TYPE = re.compile(r"int|serial|number|bool", re.IGNORECASE)
_QUOTED = re.compile(
    r"\"([^\"]{1,100})\"|“([^”]{1,100})”|「([^」]{1,100})」|《([^》]{1,100})》|(?<!\w)['‘]([^'’]{1,100})['’](?!\w)"
)

# Values that are everyday words of questions: they match only where they are quoted.
_STOP_WORDS = frozenset(
    """
    a about above after all also an and any are as at average avg be before below between both but by can card code
    count country date day did different do does each find first for from get give greater had has have he her his how
    id if in is it its kind last least less list many max maximum min minimum more most much name names no not number of
    on once one only or other our out over please return same she show some sort sum tell than that the their them then
    there these they this those title to total two type under use used value was we were what when where which who whose
    with year you
    """.split()
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One distinct value; `column` is a position in `ValueIndex.columns`. `element`: cells are lists that hold it."""

    column: int
    value: str
    element: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class ValueIndex:
    """Distinct stored values by their folded words. `incomplete` holds the columns of which a limit cut some."""

    columns: tuple[tuple[str, str], ...]
    dialect: Dialect = "sqlite"
    incomplete: frozenset[int] = frozenset()
    max_chars: int = MAX_CHARS
    _by_key: dict[str, list[Stored]] = field(default_factory=dict, repr=False)
    _plurals: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _by_length: dict[tuple[str, int], list[str]] = field(default_factory=dict, repr=False)
    _chinese: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _by_column: dict[int, list[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def build(
        cls,
        database: Database,
        *,
        max_values_per_column: int = 10_000,
        max_values: int = 200_000,
        max_chars: int = MAX_CHARS,
        timeout_s: float = 10.0,
        exclude: Collection[str] = (),
    ) -> ValueIndex:
        """Read the text columns of `database`, and its integer columns of few values.

        `exclude` names `table.column` pairs that are not to be read, whatever their case. Columns that hold secrets
        (`is_sensitive`) are not read either. `timeout_s` is for all queries together; what it cuts off, and columns
        with more than `max_values_per_column` values, are `incomplete`. Values longer than `max_chars` are documents
        and left out.
        """
        unwanted = {name.casefold() for name in exclude}
        deadline = time.monotonic() + timeout_s
        columns: list[tuple[str, str]] = []
        stored: list[Stored] = []
        incomplete: set[int] = set()
        for table, of_table in _readable(database.schema(), unwanted):
            # One slow view does not take the time of all others.
            left_s = min(deadline - time.monotonic(), timeout_s / 4)
            room = min(max_values_per_column, max_values - len(stored))
            wanted = [_Wanted(column, room if _is_text(column) else min(room, MAX_CODES)) for column in of_table]
            for column, (values, whole) in zip(
                of_table, _read(database, table, wanted, left_s, max_chars), strict=True
            ):
                number = len(columns)
                columns.append((table.full_name, column.name))
                most = max_values - len(stored)
                if not whole or len(values) > most:
                    incomplete.add(number)
                    values = values[:most] if _is_text(column) else []
                stored += [Stored(number, value) for value in values]
        return cls.of(columns, stored, database.dialect, incomplete, max_chars)

    @classmethod
    def of(
        cls,
        columns: Sequence[tuple[str, str]],
        stored: Iterable[Stored],
        dialect: Dialect = "sqlite",
        incomplete: Collection[int] = (),
        max_chars: int = MAX_CHARS,
    ) -> ValueIndex:
        """The index of values already at hand."""
        index = cls(tuple(columns), dialect, frozenset(incomplete), max_chars)
        for item in stored:
            index._by_column.setdefault(item.column, []).append(item.value)
        for column, values in index._by_column.items():
            elements = elements_of(values)
            for value in dict.fromkeys((*values, *sorted(elements))):
                index._add(Stored(column, value, element=value in elements))
        return index

    def __len__(self) -> int:
        return sum(len(values) for values in self._by_column.values())

    def items(self) -> Iterator[tuple[str, str, str]]:
        """(table, column, value) of every value that is kept, as it is stored."""
        for number, values in self._by_column.items():
            for value in values:
                yield (*self.columns[number], value)

    def search(self, question: str, limit: int = 20) -> tuple[ValueMatch, ...]:
        """The stored values that `question` mentions, best first.

        Spans of one to six words, the longest that matches winning; quoted spans; in Chinese any substring. A value
        that many columns hold is given for at most four of them, those first whose names stand in the question.
        """
        text = unicodedata.normalize("NFC", question[:MAX_QUESTION_CHARS])
        words = [_Word(text_key(m[0]), m.start(), m.end()) for m in WORDS.finditer(text)]
        asked = {singular(part) for word in words for part in word.key.split()}
        names = {word for table, column in self.columns for word in identifier_words(f"{table} {column}")}
        spans = [*self._quoted(text), *self._spans(text, words, _STOP_WORDS | names)]
        spans.sort(key=lambda s: (s.start - s.end, -s.score))
        taken: list[_Span] = []
        found: list[ValueMatch] = []
        for span in spans:
            if any(span.start < other.end and other.start < span.end for other in taken):
                continue
            taken.append(span)
            found += self._matches(span, text, asked)
        best = {(m.table, m.column, m.value): m for m in sorted(found, key=lambda m: m.score)}
        return tuple(sorted(best.values(), key=lambda m: (-m.score, text.find(m.mention)))[:limit])

    def nearest(self, table: str, column: str, value: str, limit: int = 3) -> tuple[str, ...]:
        """The stored spellings closest to `value`: itself alone where the column holds it.

        Empty where the column is not in the index, is incomplete, or holds nothing like it: then nothing can be said.
        """
        number = self._number(table, column)
        if number is None:
            return ()
        values = self._by_column.get(number, [])
        same = [v for v in values if text_key(v) == text_key(value)]
        if value in values or (same and ENGINES[self.dialect].ignores_case):
            return (value,)
        if number in self.incomplete or len(value) > self.max_chars:
            return ()
        if same:
            return tuple(same[:limit])
        scored = sorted((-likeness(value, v), v) for v in values)
        return tuple(v for score, v in scored[:limit] if -score >= 0.6)

    def values(self, table: str, column: str) -> tuple[str, ...]:
        """What the index holds of a column, in the order it was read."""
        number = self._number(table, column)
        return () if number is None else tuple(self._by_column.get(number, ()))

    def _number(self, table: str, column: str) -> int | None:
        wanted = table.casefold(), column.casefold()
        for i, (full_name, name) in enumerate(self.columns):
            known = full_name.casefold()
            if name.casefold() == wanted[1] and wanted[0] in (known, known.rpartition(".")[2]):
                return i
        return None

    def _add(self, item: Stored) -> None:
        key = text_key(item.value)
        if not key:
            return
        known = self._by_key.setdefault(key, [])
        known.append(item)
        if len(known) > 1:
            return
        if not key.isascii() and HAS_CJK.search(key):
            compact = key.replace(" ", "")
            self._chinese.setdefault(compact, []).append(key)
            if len(compact) > 2:  # 北京 for 北京市
                self._chinese.setdefault(compact[:-1], []).append(key)
            return
        one = singular_key(key)
        if one != key:
            self._plurals.setdefault(one, []).append(key)
        if len(key) >= 5 and not any(c.isdigit() for c in key):
            self._by_length.setdefault((key[0], len(key)), []).append(key)

    def _quoted(self, text: str) -> Iterator[_Span]:
        for match in _QUOTED.finditer(text):
            inner = next(g for g in match.groups() if g is not None)
            start = match.start() + 1
            for kind, score, keys in self._lookups(text_key(inner), near=True):
                yield _Span(start, start + len(inner), kind, score, tuple(keys))

    def _spans(self, text: str, words: Sequence[_Word], everyday: Collection[str]) -> Iterator[_Span]:
        for size in range(1, MAX_SPAN_WORDS + 1):
            for i in range(len(words) - size + 1):
                part = words[i : i + size]
                key = " ".join(w.key for w in part)
                mention = text[part[0].start : part[-1].end]
                if not key or (size == 1 and not _speaks(mention, key)) or HAS_CJK.search(key):
                    continue
                plain = 0.9 if size == 1 and mention.islower() else 1.0  # a name is usually written with a capital
                spelled = {key, singular(key)} if size == 1 else {part[0].key, part[-1].key}
                for kind, score, keys in self._lookups(key, near=size <= 4 and not spelled & set(everyday)):
                    yield _Span(part[0].start, part[-1].end, kind, score * plain, tuple(keys))
                places = [p for p in places_of(key) if p in self._by_key] if size == 1 and mention[0].isupper() else []
                if places:
                    yield _Span(part[0].start, part[-1].end, "near", 0.65, tuple(places))
        yield from self._chinese_spans(words)
        yield from self._places(text)
        yield from self._days(text)

    def _places(self, text: str) -> Iterator[_Span]:
        """Places with a Chinese name that the database stores in English or as a code."""
        if not HAS_CJK.search(text):
            return
        for name, stored in place_names().items():
            start = text.find(name)
            keys = [key for form in stored if (key := text_key(form)) in self._by_key] if start >= 0 else []
            if keys:
                yield _Span(start, start + len(name), "near", 0.9, tuple(keys))

    def _days(self, text: str) -> Iterator[_Span]:
        """Days and months that a column holds under other names."""
        for start, end, names in other_names(text):
            keys = [key for key in sorted(names & self._by_key.keys()) if self._holds_days(key)]
            if keys and text_key(text[start:end]) not in keys:
                yield _Span(start, end, "near", 0.9, tuple(keys))

    def _holds_days(self, key: str) -> bool:
        columns = {item.column for item in self._by_key[key]}
        return any(are_names([text_key(value) for value in self._by_column[column]]) for column in columns)

    def _lookups(self, key: str, near: bool) -> Iterator[tuple[str, float, list[str]]]:
        """(kind, score, keys) of the first way in which `key` meets stored values."""
        one = singular_key(key)
        if key in self._by_key:
            yield "folded", 0.95, [key]
        elif one in self._by_key or one in self._plurals:
            yield "plural", 0.85, [*([one] if one in self._by_key else []), *self._plurals.get(one, [])]
        elif near and (close := self._close(key)):
            yield "near", 0.7 - 0.1 * close[0], close[1]

    def _close(self, key: str) -> tuple[int, list[str]] | None:
        """The least edit distance to a stored key, and the keys at it; one edit, or two from nine letters on.

        An edit inserts, deletes or replaces a letter, or swaps two neighbors.
        """
        reach = 0 if len(key) < 5 or any(c.isdigit() for c in key) else 1 if len(key) < 9 else 2
        if not reach:
            return None
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        best, found = reach + 1, list[str]()
        for length in range(len(key) - reach, len(key) + reach + 1):
            others = self._by_length.get((key[0], length), ())
            for other, distance, _ in extract(key, others, scorer=OSA.distance, limit=None, score_cutoff=reach):
                if distance < best:
                    best, found = distance, [other]
                elif distance == best:
                    found.append(other)
        return (best, found) if found else None

    def _chinese_spans(self, words: Sequence[_Word]) -> Iterator[_Span]:
        """Substrings of the runs that hold Chinese; words of such a run that stand close count as one."""
        if not self._chinese:
            return
        letters = [(c, w.start + i) for w in words for i, c in enumerate(w.key) if c != " "]
        text = "".join(c for c, _ in letters)
        longest = min(30, max(map(len, self._chinese)))
        for i in range(len(text)):
            for j in range(i + 1, min(len(text), i + longest) + 1):
                keys = self._chinese.get(text[i:j])
                if keys:
                    whole = [k for k in keys if len(k.replace(" ", "")) == j - i]
                    kind, score = ("folded", 0.95) if whole else ("near", 0.7)
                    score -= 0.3 if j - i == 1 else 0.0
                    yield _Span(letters[i][1], letters[j - 1][1] + 1, kind, score, tuple(whole or keys))

    def _matches(self, span: _Span, text: str, asked: Collection[str]) -> list[ValueMatch]:
        mention = text[span.start : span.end]
        matches = []
        for item in (item for key in span.keys for item in self._by_key[key]):
            table, column = self.columns[item.column]
            named_column = any(singular(w) in asked for w in identifier_words(column))
            if item.value.isdecimal() and not named_column:
                continue  # a bare number is a code only where its column is named
            named = named_column or any(singular(w) in asked for w in identifier_words(table))
            exact = item.value == mention
            score = 1.0 if exact and span.score >= 0.95 else span.score
            matches.append(
                ValueMatch(
                    table,
                    column,
                    item.value,
                    mention,
                    "exact" if exact else span.kind,  # type: ignore[arg-type]
                    round(score * (1.0 if named else 0.9), 3),
                    item.element,
                )
            )
        matches.sort(key=lambda m: -m.score)
        return matches[:MAX_COLUMNS_PER_MENTION]


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    kind: str
    score: float
    keys: tuple[str, ...]


def _readable(schema: Schema, unwanted: Collection[str]) -> Iterator[tuple[Table, list[Column]]]:
    """The tables, views last, with those of their columns that may hold names or codes."""
    for table in sorted(schema, key=lambda t: t.is_view):
        columns = []
        for column in table.columns:
            names = {f"{t}.{column.name}".casefold() for t in (table.full_name, table.name)}
            if names & set(unwanted) or is_sensitive(column.name):
                continue
            if _is_text(column) or _NUMBER_TYPE.search(column.type):
                columns.append(column)
        if columns:
            yield table, columns


def _is_text(column: Column) -> bool:
    return bool(_TEXT_TYPE.search(column.type))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A column of which at most `room` distinct values are kept."""

    column: Column
    room: int


def _read(
    database: Database, table: Table, wanted: Sequence[_Wanted], timeout_s: float, max_chars: int
) -> list[tuple[list[str], bool]]:
    """Per column its distinct values as text, and whether they are all of them. One query, where that is possible.

    Where one column spoils the query each is read by itself; `timeout_s` is for all of them.
    """
    if timeout_s <= 0 or all(w.room <= 0 for w in wanted):
        return [([], False) for _ in wanted]
    deadline = time.monotonic() + timeout_s
    parts = [_distinct(i, w, table, database.dialect, max_chars) for i, w in enumerate(wanted)]
    limits = QueryLimits(timeout_s=timeout_s, max_rows=sum(w.room + 1 for w in wanted))
    outcome = database.engine.execute(Checked.trusted(" UNION ALL ".join(parts), "value index"), limits)
    if outcome.status == "error" or (outcome.table and outcome.table.truncated):
        if len(wanted) == 1:
            return [([], False)]
        return [_read(database, table, [w], deadline - time.monotonic(), max_chars)[0] for w in wanted]
    if outcome.table is None:
        return [([], False) for _ in wanted]
    found: list[list[str]] = [[] for _ in wanted]
    for number, value in outcome.table.rows:
        column = wanted[int(str(number))].column
        # As text an interval or a boolean is no different from a code, except by its characters.
        if isinstance(value, int) or (isinstance(value, str) and (_is_text(column) or value.lstrip("-").isdecimal())):
            found[int(str(number))].append(str(value))
    return [(values[: w.room], len(values) <= w.room) for values, w in zip(found, wanted, strict=True)]


def _distinct(number: int, wanted: _Wanted, table: Table, dialect: Dialect, max_chars: int) -> str:
    """A query of (number, value); SQLite gives values as they are stored, the others as text."""
    name = quote_identifier(wanted.column.name, dialect, always=True)
    kind = ENGINES[dialect]
    value = f"CAST({name} AS {kind.text_type})" if kind.keeps_types else name
    short = f" AND {kind.char_length}({value}) <= {max_chars}" if _is_text(wanted.column) else ""
    return (
        f"SELECT {number} AS n, v FROM (SELECT DISTINCT {value} AS v FROM {qualified(table, dialect)} "
        f"WHERE {name} IS NOT NULL{short} LIMIT {wanted.room + 1}) q{number}"
    )


def _speaks(mention: str, key: str) -> bool:
    """Whether one bare word may stand for a value: no stop word, one letter only as a capital other than A and I."""
    if len(key) == 1:
        return key.isdigit() or (mention.isupper() and mention not in "AI")
    return key not in _STOP_WORDS
