"""What each control of the page does: it changes what is kept of the visitor, and says what to draw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import gradio as gr
from anyio.to_thread import run_sync

from ...core import Answer, NotFoundError, Reading, SqlwrightError
from ...core.phrase import phrase
from ...sql.describe import filters_in_words, tables_of
from ..connection import Connection
from ..service import Service
from . import run_question
from .auth import visitor_key
from .draw import Drawing, Updates
from .labels import AUTOMATIC, word
from .sessions import MAX_TURNS, Conversation, Tab, Visitor, Visitors
from .suggestions import Starters
from .upload import add_file

STARTERS_S = 30.0


class Actions:
    def __init__(self, service: Service, visitors: Visitors, starters: Starters, drawing: Drawing) -> None:
        self._service, self._visitors, self._starters, self._drawing = service, visitors, starters, drawing

    def show(self, tab: Tab, request: gr.Request) -> Updates:
        """The page was opened, or opened again: the latest conversation comes back."""
        visitor = self._visitor(request)
        return self._shown(visitor, tab)

    def starters(self, tab: Tab, request: gr.Request) -> Updates:
        """The questions to begin with, once they are made."""
        visitor = self._visitor(request)
        conversation = self._conversation(visitor, tab)
        if not conversation.exchanges and not visitor.under_way:
            self._starters.wait(self._connections(visitor, conversation), STARTERS_S)
        empty = not self._conversation(visitor, tab).exchanges and not visitor.under_way
        return self._drawing.welcome(visitor, tab) if empty else {}

    async def ask(self, tab: Tab, question: str, request: gr.Request) -> AsyncIterator[Updates]:
        visitor, question = self._visitor(request), question.strip()
        if not question:
            return
        conversation = self._conversation(visitor, tab)
        if len(conversation.exchanges) >= MAX_TURNS:
            conversation = self._start(visitor, tab, conversation.database)
        tab.front, tab.told, tab.wrong = -1, "", False
        try:
            connections = self._connections(visitor, conversation)
            model = await run_sync(self._service.add_model, conversation.model) if conversation.model else None
        except SqlwrightError as error:
            conversation.exchanges.append(run_question.failed(question, error.text(visitor.language)))
        else:
            async for step in run_question.ask(question, self._service, visitor, conversation, connections, model):
                if step.exchange:
                    conversation.exchanges.append(step.exchange)
                    visitor.forget_old_results()
                elif step.stage == "waiting":  # the model is at work already: Gradio takes its time to draw this
                    yield await run_sync(self._drawing.asking, visitor, tab, question)
                else:
                    yield await run_sync(self._drawing.written, question, step, visitor.language)
        if tab.conversation == conversation.id:
            yield await run_sync(self._all_answers, visitor, tab)

    def _all_answers(self, visitor: Visitor, tab: Tab) -> Updates:
        return self._drawing.conversations(visitor, tab) | self._drawing.answers(visitor, tab)

    async def again(self, tab: Tab, name: str, request: gr.Request) -> AsyncIterator[Updates]:
        """The question in front is asked of another model too; both answers are shown side by side."""
        visitor = self._visitor(request)
        conversation = self._conversation(visitor, tab)
        model = self._service.models.get(name)
        if not conversation.exchanges or model is None:
            return
        number, tab.told = tab.front % len(conversation.exchanges), ""
        exchange = conversation.exchanges[number]
        place = conversation.place(exchange)
        connections = (self._connection(visitor, place),) if place else self._connections(visitor, conversation)
        yield await run_sync(self._drawing.asking_again, visitor, exchange, name)
        async for step in run_question.ask(
            exchange.question, self._service, visitor, conversation, connections, model, number
        ):
            if step.exchange:
                conversation.exchanges[number] = replace(exchange, again=replace(step.exchange, model=name))
                visitor.forget_old_results()
        yield await run_sync(self._drawing.answers, visitor, tab)

    async def run(self, tab: Tab, sql: str, request: gr.Request) -> AsyncIterator[Updates]:
        visitor = self._visitor(request)
        conversation = self._conversation(visitor, tab)
        if not conversation.exchanges or not sql.strip():
            return
        number, tab.told = tab.front % len(conversation.exchanges), ""
        exchange = conversation.exchanges[number]
        yield await run_sync(self._drawing.running, visitor, exchange)
        connection = self._connection(visitor, conversation.place(exchange))
        async for step in run_question.run(sql, self._service, visitor, exchange, connection):
            if step.exchange:
                conversation.exchanges[number] = step.exchange
                visitor.forget_old_results()
        yield await run_sync(self._drawing.answers, visitor, tab)

    def stop(self, tab: Tab, request: gr.Request) -> None:
        for stop in list(self._visitor(request).under_way):
            stop.set()

    def new(self, tab: Tab, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        self._start(visitor, tab, self._conversation(visitor, tab).database)
        return self._shown(visitor, tab)

    def open(self, tab: Tab, conversation: str, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        self._go_to(tab, visitor.conversation(conversation))
        return self._shown(visitor, tab)

    def delete(self, tab: Tab, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        visitor.conversations.pop(tab.conversation, None)
        return self._shown(visitor, tab)

    def database(self, tab: Tab, name: str, request: gr.Request) -> Updates:
        """Another database, another conversation. Gradio also tells of a list that somebody only tabbed through."""
        visitor, name = self._visitor(request), "" if name == AUTOMATIC else name
        if name == self._conversation(visitor, tab).database:
            return {}
        self._start(visitor, tab, name)
        return self._shown(visitor, tab)

    def model(self, tab: Tab, name: str, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        conversation, name = self._conversation(visitor, tab), "" if name == AUTOMATIC else name
        if name == conversation.model or (name and name not in self._service.models):
            return {}
        conversation.model = name
        return self._shown(visitor, tab)

    def file(self, tab: Tab, uploaded: str, request: gr.Request) -> Updates:
        visitor, path = self._visitor(request), Path(uploaded)
        try:
            connection = add_file(path, visitor, next(iter(self._service.models.values())), self._service.connections)
            self._start(visitor, tab, connection.name)
            tables = ", ".join(table.name for table in connection.context.schema)
            tab.file_told = word("uploaded", visitor.language, name=connection.name, tables=tables)
        except SqlwrightError as error:
            tab.file_told = error.text(visitor.language)
        finally:
            path.unlink(missing_ok=True)
        return self._shown(visitor, tab)

    def search(self, tab: Tab, text: str, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        self._conversation(visitor, tab)
        tab.search = text
        return self._drawing.schema(visitor, tab)

    def language(self, tab: Tab, language: str, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        visitor.language = "zh" if language == "zh" else "en"
        tab.told = tab.file_told = ""
        return self._shown(visitor, tab)

    def earlier(self, tab: Tab, event: gr.EventData, request: gr.Request) -> Updates:
        """An earlier question comes to the front."""
        visitor = self._visitor(request)
        conversation = self._conversation(visitor, tab)
        if 0 <= int(event.number) < len(conversation.exchanges):
            tab.front, tab.told, tab.wrong = int(event.number), "", False
        return self._drawing.answers(visitor, tab)

    def reading(self, number: int) -> Callable[[Tab, gr.Request], Updates]:
        """Another reading of the question takes the answer's place, and the answer becomes a reading."""

        def read(tab: Tab, request: gr.Request) -> Updates:
            visitor = self._visitor(request)
            exchanges = self._conversation(visitor, tab).exchanges
            exchange = exchanges[tab.front]
            if exchange.answer and number < len(exchange.answer.readings):
                language = run_question.spoken(exchange.question, visitor.language)
                answer = _read_as(exchange.answer, number, word("first_reading", language))
                answer = replace(answer, filters=filters_in_words(answer.sql, answer.dialect, language))
                exchanges[tab.front] = replace(exchange, answer=answer, model_sql=answer.sql)
            return self._drawing.answers(visitor, tab)

        return read

    def right(self, tab: Tab, request: gr.Request) -> Updates:
        return self._store(tab, request, "stored_right")

    def wrong(self, tab: Tab, request: gr.Request) -> Updates:
        visitor = self._visitor(request)
        tab.wrong, tab.told = True, word("how_to_correct", visitor.language)
        return self._drawing.answers(visitor, tab)

    def correct(self, tab: Tab, request: gr.Request) -> Updates:
        return self._store(tab, request, "stored_own")

    def _store(self, tab: Tab, request: gr.Request, how: str) -> Updates:
        """Through the service: it runs the query again and stores the pair only where that gave what was shown."""
        visitor = self._visitor(request)
        conversation = self._conversation(visitor, tab)
        exchange, language = conversation.exchanges[tab.front], visitor.language
        place = conversation.place(exchange)
        history = conversation.history(tab.front % len(conversation.exchanges), place)
        connection = self._connection(visitor, place)
        try:
            if how == "stored_own":
                self._service.correct(exchange.question, connection, exchange.sql, history=history)
            elif exchange.table is not None:
                self._service.confirm(exchange.question, connection, exchange.sql, exchange.table, history=history)
            tab.told = word(how, language)
            conversation.exchanges[tab.front] = replace(exchange, stored=how)
        except SqlwrightError as error:
            tab.told = error.text(language)
        return self._drawing.answers(visitor, tab)

    def _visitor(self, request: gr.Request) -> Visitor:
        return self._visitors.of(visitor_key(request.cookies))

    def _shown(self, visitor: Visitor, tab: Tab) -> Updates:
        self._conversation(visitor, tab)
        return self._drawing.everything(visitor, tab)

    def _conversation(self, visitor: Visitor, tab: Tab) -> Conversation:
        """The one that the window shows, else the latest, else a new one."""
        if tab.conversation not in visitor.conversations:
            latest = next(reversed(visitor.conversations.values()), None)
            if latest is None:
                names = list(visitor.databases(self._service.connections))
                return self._start(visitor, tab, names[0] if len(names) == 1 else "")
            self._go_to(tab, latest)
        return visitor.conversations[tab.conversation]

    def _start(self, visitor: Visitor, tab: Tab, database: str) -> Conversation:
        """With "" each question goes to the database that it is about."""
        databases = visitor.databases(self._service.connections)
        asked = [self._connection(visitor, database)] if database else databases.values()
        models = {connection.generator.public_name for connection in asked}
        conversation = visitor.start(database, models.pop() if len(models) == 1 else "")
        self._go_to(tab, conversation)
        return conversation

    def _go_to(self, tab: Tab, conversation: Conversation) -> None:
        tab.conversation, tab.front, tab.told, tab.wrong, tab.search = conversation.id, -1, "", False, ""

    def _connection(self, visitor: Visitor, database: str) -> Connection:
        """The visitor's own file or a database of the service. Raises NotFoundError."""
        return visitor.files.get(database) or self._service.connection(database)

    def _connections(self, visitor: Visitor, conversation: Conversation) -> tuple[Connection, ...]:
        """Those that a question of `conversation` may go to. Raises NotFoundError."""
        if conversation.database:
            return (self._connection(visitor, conversation.database),)
        return tuple(visitor.databases(self._service.connections).values())


def _read_as(answer: Answer, number: int, first: str) -> Answer:
    """`answer` with another of its readings in front."""
    chosen = answer.readings[number]
    share = 1 - sum(reading.share for reading in answer.readings)
    if answer.table is None:
        raise NotFoundError(phrase("rows_gone"))
    before = Reading(answer.sql, answer.table, max(0.0, share), first, answer.confidence)
    rest = (before, *(r for i, r in enumerate(answer.readings) if i != number))
    return replace(
        answer,
        sql=chosen.sql,
        table=chosen.table,
        readings=rest,
        confidence=chosen.confidence,
        notes=(),
        tables=tables_of(chosen.sql, answer.dialect),
    )
