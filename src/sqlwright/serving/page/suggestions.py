"""Questions to begin with: about the database's own tables, kept only where the model answers them right."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from weakref import WeakKeyDictionary

from ...answering import ask
from ...core import Answer, QueryLimits, SqlwrightError, Table, qualified_name, quote_identifier
from ...core.fold import identifier_words
from ...db import Database
from ...parser.choose import fingerprint
from ...synthesis.naming import is_calendar, is_code, is_flag, is_name
from ...synthesis.profile import ColumnProfile, Profile, read_profile
from ...synthesis.wording.english import plural, singular_phrase
from ..connection import Connection

COUNT = 6
MOST_GROUPS = 20  # more bars are no chart to begin with
TRIES = 5  # of one kind of question
LIMITS = QueryLimits(timeout_s=2.0)


class Starters:
    """Made once per connection, in a thread: the page is there before them."""

    def __init__(self) -> None:
        # Weakly, so that nothing of a visitor's file outlives it or is taken for another's.
        self._made: WeakKeyDictionary[Connection, tuple[str, ...]] = WeakKeyDictionary()
        self._done: WeakKeyDictionary[Connection, threading.Event] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, connections: Sequence[Connection]) -> tuple[str, ...]:
        """What is ready by now, of each connection in turn; plain counts until then."""
        for connection in connections[:COUNT]:
            self._begin(connection)
        return in_turn([self._made.get(connection) or plain(connection) for connection in connections[:COUNT]])

    def wait(self, connections: Sequence[Connection], seconds: float) -> bool:
        """Whether they are ready after `seconds` at most."""
        ends = time.monotonic() + seconds
        begun = [self._begin(connection) for connection in connections[:COUNT]]
        return all(event.wait(max(0.0, ends - time.monotonic())) for event in begun)

    def _begin(self, connection: Connection) -> threading.Event:
        with self._lock:
            if connection not in self._done:
                self._done[connection] = threading.Event()
                threading.Thread(target=self._make, args=(connection,), daemon=True).start()
            return self._done[connection]

    def _make(self, connection: Connection) -> None:
        model = connection.generator
        try:
            if model.needs.candidates > 1 and not model.remote_host:  # a model that searches is quick enough
                with connection.lease() as database:
                    found = list(checked(database, lambda q: ask(q, database, model, context=connection.context)))
                self._made[connection] = (*found, *plain(connection))[:COUNT]
        except SqlwrightError:
            pass  # a database without rows, or one that has gone: the plain ones have to do
        finally:
            self._done[connection].set()


def in_turn(questions: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The first of each, then the second, up to COUNT, without duplicates."""
    times = Counter(chain.from_iterable(map(set, questions)))
    mixed = chain.from_iterable(zip_longest(*questions))
    return tuple(question for question in mixed if times[question] == 1)[:COUNT]


def plain(connection: Connection) -> tuple[str, ...]:
    tables = [table for table in connection.context.schema if not table.is_view]
    return tuple(f"How many {_many(table)} are there?" for table in tables[:COUNT])


@dataclass(frozen=True, slots=True)
class Draft:
    """`golds` are queries of which each would be right."""

    question: str
    tables: frozenset[str]
    golds: tuple[str, ...]


def checked(database: Database, answer: Callable[[str], Answer]) -> Iterator[str]:
    """One question of a kind at most, whose answer is the result of a query that it was made with.

    Tables that no question was about yet come first.
    """
    profile = read_profile(database, LIMITS)
    used: set[str] = set()
    for kind in (by_group, most_children, highest, average_by_group, average):
        drafts = sorted(kind(profile), key=lambda draft: len(draft.tables & used))
        for draft in drafts[:TRIES]:
            if _is_right(answer(draft.question), database, draft.golds):
                used |= draft.tables
                yield draft.question
                break


def by_group(profile: Profile) -> Iterator[Draft]:
    for label in _labels(profile):
        column, source = _name(label, profile), _source(label.table, profile)
        yield Draft(
            f"How many {_many(label.table)} are there for each {_said(label)}?",
            frozenset({label.table.full_name}),
            (f"SELECT {column}, COUNT(*) FROM {source} GROUP BY {column}",),
        )


def average_by_group(profile: Profile) -> Iterator[Draft]:
    for label in _labels(profile):
        for amount in _amounts(profile, label.table):
            column, number = _name(label, profile), _name(amount, profile)
            source = _source(label.table, profile)
            yield Draft(
                f"What is the average {_said(amount)} of {_many(label.table)} for each {_said(label)}?",
                frozenset({label.table.full_name}),
                (
                    f"SELECT {column}, AVG({number}) FROM {source} GROUP BY {column}",
                    f"SELECT AVG({number}), {column} FROM {source} GROUP BY {column}",
                ),
            )


def average(profile: Profile) -> Iterator[Draft]:
    for table in profile.schema:
        for amount in _amounts(profile, table):
            yield Draft(
                f"What is the average {_said(amount)} of all {_many(table)}?",
                frozenset({table.full_name}),
                (f"SELECT AVG({_name(amount, profile)}) FROM {_source(table, profile)}",),
            )


def highest(profile: Profile) -> Iterator[Draft]:
    for table in profile.schema:
        if title := _title(profile, table):
            for amount in _amounts(profile, table):
                name, number = _name(title, profile), _name(amount, profile)
                rest = f"FROM {_source(table, profile)} ORDER BY {number} DESC LIMIT 5"
                yield Draft(
                    f"What are the names of the five {_many(table)} with the highest {_said(amount)}?",
                    frozenset({table.full_name}),
                    (f"SELECT {name} {rest}", f"SELECT {name}, {number} {rest}"),
                )


def most_children(profile: Profile) -> Iterator[Draft]:
    for child in profile.schema:
        for key in child.foreign_keys:
            parent = next((t for t in profile.schema if t.full_name == key.ref_table), None)
            title = _title(profile, parent) if parent and parent is not child else None
            if parent is None or title is None or len(key.columns) != 1:
                continue
            own, foreign = (quote_identifier(c, profile.schema.dialect) for c in (key.ref_columns[0], key.columns[0]))
            joined = f"FROM {_source(parent, profile)} p JOIN {_source(child, profile)} c ON c.{foreign} = p.{own}"
            yield Draft(
                f"Which {_one(parent)} has the most {_many(child)}?",
                frozenset({parent.full_name, child.full_name}),
                (f"SELECT p.{_name(title, profile)} {joined} GROUP BY p.{own} ORDER BY COUNT(*) DESC LIMIT 1",),
            )


def _is_right(said: Answer, database: Database, golds: tuple[str, ...]) -> bool:
    if said.table is None or not said.table.rows:
        return False
    results = (database.run(gold, LIMITS).table for gold in golds)
    return any(table is not None and fingerprint(table) == fingerprint(said.table) for table in results)


def _labels(profile: Profile) -> Iterator[ColumnProfile]:
    """Words that put rows into a few groups: no dates, no codes of a letter, no free text."""
    for column in profile.columns.values():
        words = column.role == "text" and not column.spelled_numbers and not column.long_text
        groups = column.repeats and 2 < column.distinct <= MOST_GROUPS and column.filled == column.rows
        if words and groups and sum(map(len, column.values)) > 3 * len(column.values):
            yield column


def _amounts(profile: Profile, table: Table) -> Iterator[ColumnProfile]:
    for column in profile.of(table.full_name):
        name = column.column.name
        if (
            column.role == "number"
            and column.distinct > 5
            and not (is_code(name) or is_calendar(name) or is_flag(name))
        ):
            yield column


def _title(profile: Profile, table: Table) -> ColumnProfile | None:
    return next((c for c in profile.of(table.full_name) if is_name(c.column.name) and c.role == "text"), None)


def _said(column: ColumnProfile) -> str:
    return " ".join(identifier_words(column.column.name))


def _one(table: Table) -> str:
    return singular_phrase(" ".join(identifier_words(table.name)))


def _many(table: Table) -> str:
    return plural(_one(table))


def _name(column: ColumnProfile, profile: Profile) -> str:
    return quote_identifier(column.column.name, profile.schema.dialect)


def _source(table: Table, profile: Profile) -> str:
    return qualified_name(table, profile.schema.dialect)
