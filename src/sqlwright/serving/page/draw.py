"""What is kept of a visitor, as updates of the page's components."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import gradio as gr

from ...core import Dialect
from ...core.language import Language
from ...receipt.changes import Change, changes
from ...receipt.chart import chart_for
from ...sql.describe import tables_of
from ..connection import Connection
from ..service import Service
from . import html
from .labels import AUTOMATIC, word
from .layout import Front, Layout
from .plot import drawn
from .run_question import Step, spoken
from .sessions import Conversation, Exchange, Tab, Visitor
from .suggestions import Starters
from .upload import MAX_BYTES

MOST_CHANGES = 4  # of more than these, and of a query on other tables, it is said that the question is another
Updates = dict[Any, Any]


class Drawing:
    """Everything, or a part of the page; nothing is changed here."""

    def __init__(self, layout: Layout, service: Service, starters: Starters) -> None:
        self._layout, self._service, self._starters = layout, service, starters

    def everything(self, visitor: Visitor, tab: Tab) -> Updates:
        conversation = visitor.conversations[tab.conversation]
        return {
            **self._side(visitor, tab, conversation),
            **self.conversations(visitor, tab),
            **self.schema(visitor, tab),
            **self.welcome(visitor, tab),
            **self.answers(visitor, tab),
        }

    def answers(self, visitor: Visitor, tab: Tab) -> Updates:
        """The conversation, the question in front and the box for the next one."""
        conversation = visitor.conversations[tab.conversation]
        language = visitor.language
        exchanges = conversation.exchanges
        front = tab.front % len(exchanges) if exchanges else 0
        rest = [(i, e, self._changes(e, visitor, conversation)) for i, e in enumerate(exchanges) if i != front]
        several = word("one_of", language, count=len(self._connections(visitor, conversation)))
        place = word("follow" if exchanges else "placeholder", language, database=conversation.database or several)
        updates: Updates = {
            self._layout.past: gr.update(value=html.past_html(rest, language), visible=bool(rest)),
            self._layout.ask: gr.update(label=word("ask", language), placeholder=place, submit_btn=True),
            self._layout.stop: gr.update(value=word("stop", language), visible=False),
            self._layout.front.panel: gr.update(visible=bool(exchanges)),
        }
        return updates | (self._front(visitor, tab, conversation, front) if exchanges else {})

    def conversations(self, visitor: Visitor, tab: Tab) -> Updates:
        """The list of them, the latest first; nothing to choose where there is one."""
        side, language, shown = self._layout.side, visitor.language, visitor.conversations[tab.conversation]
        chats = [(c.title or word("untitled", language), c.id) for c in reversed(visitor.conversations.values())]
        return {
            side.chats: gr.update(
                choices=chats, value=shown.id, label=word("conversations", language), visible=len(chats) > 1
            ),
            side.delete: gr.update(value=word("delete", language), visible=bool(shown.exchanges)),
        }

    def schema(self, visitor: Visitor, tab: Tab) -> Updates:
        connections = self._connections(visitor, visitor.conversations[tab.conversation])
        schemas = {connection.name: connection.context.schema for connection in connections}
        shown = html.schemas_html(schemas, tab.search, visitor.language)
        return {self._layout.side.schema: gr.update(value=shown)}

    def asking(self, visitor: Visitor, tab: Tab, question: str) -> Updates:
        """A new question comes to the front; those before it move up."""
        conversation, language = visitor.conversations[tab.conversation], visitor.language
        rest = [(i, e, self._changes(e, visitor, conversation)) for i, e in enumerate(conversation.exchanges)]
        front = self._layout.front
        return {
            self._layout.past: gr.update(value=html.past_html(rest, language), visible=bool(rest)),
            self._layout.welcome: gr.update(visible=False),
            self._layout.examples_panel: gr.update(visible=False),
            **self._cleared(front),
            front.panel: gr.update(visible=True),
            front.question: html.working_html(question, "waiting", language),
            front.sql: gr.update(value="", visible=False),
            **self._busy(language),
            self._layout.ask: gr.update(value="", submit_btn=False),
        }

    def asking_again(self, visitor: Visitor, exchange: Exchange, model: str) -> Updates:
        """Another model is asked; the answer that is there stays."""
        front, language = self._layout.front, visitor.language
        return {
            front.second: gr.update(value=html.asking_again_html(model, language), visible=True),
            front.again_panel: gr.update(visible=False),
            **self._busy(language),
            self._layout.ask: gr.update(submit_btn=False),
        }

    def running(self, visitor: Visitor, exchange: Exchange) -> Updates:
        """The query of a person runs."""
        front, language = self._layout.front, visitor.language
        return {
            **self._cleared(front),
            front.question: html.working_html(exchange.question, "running", language),
            **self._busy(language),
            self._layout.ask: gr.update(submit_btn=False),
        }

    def written(self, question: str, step: Step, language: Language) -> Updates:
        """The query as far as it is written."""
        front = self._layout.front
        return {
            front.question: html.working_html(question, "running" if step.sql else "writing", language),
            front.sql: gr.update(value=step.sql, visible=bool(step.sql), label=word("sql", language)),
        }

    def _busy(self, language: Language) -> Updates:
        return {self._layout.stop: gr.update(value=word("stop", language), visible=True)}

    def _cleared(self, front: Front) -> Updates:
        parts = (front.run, front.second, front.readings_panel, front.again_panel, front.feedback_panel)
        hidden = {part: gr.update(visible=False) for part in parts}
        empty = {part: gr.update(value="") for part in (front.result, front.receipt, front.told)}
        return {**hidden, **empty, **{plot: gr.update(visible=False) for plot in front.plots.values()}}

    def _side(self, visitor: Visitor, tab: Tab, conversation: Conversation) -> Updates:
        side, language = self._layout.side, visitor.language
        names = [(name, name) for name in visitor.databases(self._service.connections)]
        automatic = [(word("automatic", language), AUTOMATIC)] if len(names) > 1 or not conversation.database else []
        hint = tab.file_told or word("upload_hint", language, megabytes=MAX_BYTES >> 20)
        model, connections = self._service.models.get(conversation.model), self._connections(visitor, conversation)
        hosts = {host for c in connections for host in c.remote_hosts(model or c.generator)}
        models = [(name, name) for name in self._service.models]
        own = len({c.generator.public_name for c in connections}) > 1 or not conversation.model
        return {
            side.new: gr.update(value=word("new", language)),
            side.database: gr.update(
                choices=[*automatic, *names],
                value=conversation.database or AUTOMATIC,
                label=word("database", language),
            ),
            side.model: gr.update(
                choices=[(word("own_model", language), AUTOMATIC), *models] if own else models,
                value=conversation.model or AUTOMATIC,
                label=word("model", language),
            ),
            side.file: gr.update(label=word("upload", language)),
            side.file_told: html.told_html(hint),
            side.search: gr.update(label=word("schema", language), placeholder=word("search", language)),
            side.language: gr.update(value=language, label=word("language", language)),
            side.theme: gr.update(value=word("theme", language)),
            side.leaves: html.leaves_html(", ".join(sorted(hosts)), language),
        }

    def welcome(self, visitor: Visitor, tab: Tab) -> Updates:
        """What stands there before the first question."""
        conversation = visitor.conversations[tab.conversation]
        new = not conversation.exchanges
        connections = self._connections(visitor, conversation)
        questions: Sequence[str] = self._starters.of(connections) if new else ()
        updates: Updates = {
            self._layout.welcome: gr.update(
                value=html.welcome_html([c.name for c in connections], visitor.language), visible=new
            ),
            self._layout.examples_panel: gr.update(visible=bool(questions)),
        }
        for i, button in enumerate(self._layout.examples):
            shown = i < len(questions)
            updates[button] = gr.update(value=questions[i] if shown else "", visible=shown)
        return updates

    def _front(self, visitor: Visitor, tab: Tab, conversation: Conversation, number: int) -> Updates:
        front, exchange = self._layout.front, conversation.exchanges[number]
        answer, language = exchange.answer, spoken(exchange.question, visitor.language)
        links = f"download/{conversation.id}/{number}" if exchange.table is not None else ""
        query = bool(exchange.sql)
        readings = answer.readings if answer else ()
        chart = chart_for(exchange.table) if exchange.table else None
        updates: Updates = {
            front.question: html.question_html(exchange, self._changes(exchange, visitor, conversation), language),
            front.sql: gr.update(value=exchange.sql, visible=query, label=word("sql", language)),
            front.run: gr.update(value=word("run", language), visible=query),
            front.result: gr.update(value=html.result_html(exchange, language)),
            front.receipt: html.receipt_html(exchange, links, language),
            front.readings_panel: gr.update(visible=bool(readings)),
            front.readings_told: f'<p class="sw-label">{word("readings", language)}</p>',
            front.told: html.told_html(tab.told),
            **self._again(exchange, conversation, language),
            **self._feedback(exchange, tab, language, kept=conversation.place(exchange) not in visitor.files),
        }
        for i, button in enumerate(front.readings):
            shown = i < len(readings)
            said = f"{readings[i].says} · {readings[i].sure:.0%}" if shown else ""
            updates[button] = gr.update(value=said, visible=shown)
        return updates | {front.plots[kind]: u for kind, u in drawn(chart, exchange.table).items()}

    def _again(self, exchange: Exchange, conversation: Conversation, language: Language) -> Updates:
        """The answer of another model beside this one, and the choice of models to ask."""
        front, asked = self._layout.front, exchange.answer.model if exchange.answer else conversation.model
        second = exchange.again
        known = {asked, second.model if second else ""}
        others = [name for name in self._service.models if name not in known]
        by_model = exchange.answer is None or (
            exchange.answer.kind in ("query", "verified") and bool(conversation.place(exchange))
        )
        return {
            front.second: gr.update(
                value=html.second_html(exchange, second, language) if second else "", visible=second is not None
            ),
            front.again_panel: gr.update(visible=bool(others) and by_model),
            front.again_model: gr.update(
                choices=others, value=others[0] if others else None, label=word("model", language)
            ),
            front.again: gr.update(value=word("ask_again", language)),
        }

    def _feedback(self, exchange: Exchange, tab: Tab, language: Language, *, kept: bool) -> Updates:
        """`kept`: whether the database is still there tomorrow, as an uploaded file is not."""
        front, own = self._layout.front, exchange.own and exchange.sql != exchange.model_sql
        say = kept and exchange.table is not None and bool(exchange.sql) and not exchange.stored
        return {
            front.feedback_panel: gr.update(visible=say),
            front.right: gr.update(value=word("right", language), visible=not own),
            front.wrong: gr.update(value=word("wrong", language), visible=not own and not tab.wrong),
            front.correct: gr.update(value=word("correct", language), visible=own),
        }

    def _changes(self, exchange: Exchange, visitor: Visitor, conversation: Conversation) -> Sequence[Change]:
        """How the query differs from the one before, where it is about the same tables."""
        connection = visitor.databases(self._service.connections).get(conversation.place(exchange))
        if not (connection and exchange.before and exchange.sql):
            return ()
        return _told_changes(
            exchange.before, exchange.sql, connection.dialect, spoken(exchange.question, visitor.language)
        )

    def _connections(self, visitor: Visitor, conversation: Conversation) -> Sequence[Connection]:
        """Those that its questions may go to; none where its database is gone."""
        databases = visitor.databases(self._service.connections)
        if not conversation.database:
            return tuple(databases.values())
        return tuple(filter(None, [databases.get(conversation.database)]))


@lru_cache(maxsize=1024)  # a conversation is drawn with every question, and its earlier ones stay as they are
def _told_changes(before: str, sql: str, dialect: Dialect, language: Language) -> Sequence[Change]:
    if not set(tables_of(before, dialect)) & set(tables_of(sql, dialect)):
        return ()
    found = changes(before, sql, dialect, language)
    return found if len(found) <= MOST_CHANGES else ()
