"""What the page keeps of one browser: conversations, files of its own, the questions under way."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from ...answering import Stop
from ...core import Answer, NotFoundError, ResultTable, Turn
from ...core.language import Language
from ...core.phrase import phrase
from ..connection import Connection

MAX_VISITORS = 200
MAX_CONVERSATIONS = 50  # of one visitor; the oldest makes room
MAX_TURNS = 100  # of one conversation
KEPT_RESULTS = 20  # of one visitor; of older answers the query stays, which can run again
TITLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what became of it: an Answer, or the sentence that says why there is none.

    `host` is where the question went, "" where it stayed here. `before` is the query that a follow-up changed. `own`
    is set once a person wrote the query, which is `written` until it has run; `model_sql` is what the model had
    written. `stored` says that the pair was stored, and how. `again` is the same question
    asked of another `model`. `database` answered where the conversation has none of its own.
    """

    question: str
    answer: Answer | None = None
    error: str = ""
    host: str = ""
    before: str = ""
    own: bool = False
    written: str = ""
    model_sql: str = ""
    stored: str = ""
    model: str = ""
    again: Exchange | None = None
    database: str = ""

    @property
    def sql(self) -> str:
        return self.answer.sql if self.answer else self.written

    @property
    def table(self) -> ResultTable | None:
        return self.answer.table if self.answer else None


@dataclass(slots=True)
class Conversation:
    """Questions with their answers, oldest first.

    Without a `database` each question goes to the one that it is about, and without a `model` to the database's own.
    """

    id: str
    database: str
    model: str
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def title(self) -> str:
        first = self.exchanges[0].question if self.exchanges else ""
        line = " ".join(first.split())
        return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1] + "…"

    def place(self, exchange: Exchange) -> str:
        """The name of the database of a question; "" where none fits."""
        return exchange.database or self.database

    def current(self, before: int) -> str:
        """The name of the database that answered last before number `before`; "" where none has."""
        return next((self.place(e) for e in reversed(self.exchanges[:before]) if _is_answered(e)), self.database)

    def history(self, before: int, database: str) -> tuple[Turn, ...]:
        """The answered questions before number `before`, as a model of `database` reads them.

        Where another database answered in between, only those after it.
        """
        answered = [e for e in self.exchanges[:before] if _is_answered(e)]
        same = takewhile(lambda e: self.place(e) == database, reversed(answered))
        return tuple(Turn(e.question, e.sql) for e in same)[::-1]


def _is_answered(exchange: Exchange) -> bool:
    return exchange.table is not None and bool(exchange.sql)


class Visitor:
    """`files` are the databases that were uploaded, by name: nobody else sees them."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.conversations: dict[str, Conversation] = {}
        self.files: dict[str, Connection] = {}
        self.under_way: set[Stop] = set()
        self._folder: TemporaryDirectory[str] | None = None

    @property
    def folder(self) -> Path:
        """For what is uploaded; gone with the visitor."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="sqlwright-files-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def databases(self, connections: Mapping[str, Connection]) -> Mapping[str, Connection]:
        """Those of the service and this visitor's files, by name; `add_file` gives files names of their own."""
        return {**connections, **self.files}

    def conversation(self, number: str) -> Conversation:
        """Raises NotFoundError for one that was deleted, or is another visitor's."""
        try:
            return self.conversations[number]
        except KeyError:
            raise NotFoundError(phrase("conversation_gone"), phrase("conversation_gone_hint")) from None

    def start(self, database: str, model: str) -> Conversation:
        """A conversation without a question; one that is there already is taken."""
        for number, old in list(self.conversations.items()):
            if not old.exchanges:
                del self.conversations[number]
        while len(self.conversations) >= MAX_CONVERSATIONS:
            del self.conversations[next(iter(self.conversations))]
        fresh = Conversation(secrets.token_urlsafe(8), database, model)
        self.conversations[fresh.id] = fresh
        return fresh

    def forget_old_results(self) -> None:
        """Rows are the largest part of a conversation: only the latest results stay."""
        for conversation, number in list(self._latest_first())[KEPT_RESULTS:]:
            exchange = conversation.exchanges[number]
            if exchange.answer:
                conversation.exchanges[number] = replace(exchange, answer=_without_rows(exchange.answer), again=None)

    def _latest_first(self) -> Iterator[tuple[Conversation, int]]:
        for conversation in reversed(list(self.conversations.values())):
            for number in reversed(range(len(conversation.exchanges))):
                if conversation.exchanges[number].table is not None:
                    yield conversation, number

    def close(self) -> None:
        for stop in list(self.under_way):
            stop.set()
        for connection in self.files.values():
            connection.close()
        self.files.clear()
        if self._folder:
            self._folder.cleanup()


def _without_rows(answer: Answer) -> Answer:
    return replace(answer, table=None, attempts=(), readings=())


class Visitors:
    """By the key in their cookie; who has not been here for longest makes room."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._known: OrderedDict[str, Visitor] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: str) -> Visitor:
        """Raises NotFoundError for "": browsers without a cookie would be one visitor."""
        if not key:
            raise NotFoundError(phrase("no_cookie"), phrase("no_cookie_hint"))
        with self._lock:
            visitor = self._known.pop(key, None) or Visitor(self._language)
            self._known[key] = visitor
            gone = self._known.popitem(last=False)[1] if len(self._known) > MAX_VISITORS else None
        if gone:
            gone.close()
        return visitor

    def known(self, key: str) -> Visitor | None:
        """The visitor who was here before."""
        with self._lock:
            return self._known.get(key)

    def close(self) -> None:
        with self._lock, suppress(KeyError):
            while self._known:
                self._known.popitem()[1].close()


@dataclass(slots=True)
class Tab:
    """What one window shows: a conversation, which of its questions stands in front (the last: -1), a remark on it."""

    conversation: str = ""
    front: int = -1
    told: str = ""
    file_told: str = ""
    wrong: bool = False  # whether the person said that the answer is not right
    search: str = ""
