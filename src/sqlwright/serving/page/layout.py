"""What stands where on the page; the words come later, in the visitor's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from .plot import plots
from .sessions import Tab
from .suggestions import COUNT
from .upload import SUFFIXES

READINGS = 2
# The buttons of earlier answers are part of the HTML; this says which one was pressed.
TELL_NUMBER = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-number]');
  if (button) trigger('select', {number: Number(button.dataset.number)});
});
"""


@dataclass(slots=True)
class Side:
    """The panel on the left: conversations, what is asked, the schema, the settings."""

    panel: Any
    new: gr.Button
    chats: gr.Radio
    delete: gr.Button
    database: gr.Dropdown
    model: gr.Dropdown
    file: gr.UploadButton
    file_told: gr.HTML
    search: gr.Textbox
    schema: gr.HTML
    language: gr.Radio
    theme: gr.Button
    leaves: gr.HTML


@dataclass(slots=True)
class Front:
    """The question in front: its query to edit, rows, chart, receipt and what one may say of it."""

    panel: Any
    question: gr.HTML
    sql: gr.Code
    run: gr.Button
    result: gr.HTML
    second: gr.HTML
    plots: dict[str, Any]
    receipt: gr.HTML
    readings_panel: Any
    readings_told: gr.HTML
    readings: list[gr.Button]
    again_panel: Any
    again_model: gr.Dropdown
    again: gr.Button
    feedback_panel: Any
    right: gr.Button
    wrong: gr.Button
    correct: gr.Button
    told: gr.HTML


@dataclass(slots=True)
class Layout:
    tab: gr.State
    side: Side
    past: gr.HTML
    welcome: gr.HTML
    examples_panel: Any
    examples: list[gr.Button]
    front: Front
    ask: gr.Textbox
    stop: gr.Button

    def everything(self) -> list[Any]:
        return [*_components(self.side), self.welcome, self.examples_panel, *self.examples, *self.conversation()]

    def answering(self) -> list[Any]:
        """What a question changes. Gradio makes every output of an event anew, changed or not: a millisecond each."""
        return [self.side.chats, self.side.delete, self.welcome, self.examples_panel, *self.conversation()]

    def conversation(self) -> list[Any]:
        return [self.past, *_components(self.front), self.ask, self.stop]


def lay_out() -> Layout:
    """Inside a Blocks."""
    tab = gr.State(Tab())
    side = _side()
    with gr.Column(elem_id="main"):
        past = gr.HTML(elem_id="past", js_on_load=TELL_NUMBER)
        welcome = gr.HTML(elem_id="welcome")
        with gr.Row(elem_id="examples") as examples_panel:
            examples = [gr.Button(elem_classes="sw-example", visible=False) for _ in range(COUNT)]
        front = _front()
        with gr.Row(elem_id="composer"):
            ask = gr.Textbox(
                elem_id="ask", lines=1, max_lines=6, autofocus=True, container=False, submit_btn=True, scale=1
            )
            stop = gr.Button(variant="stop", elem_id="stop", visible=False, scale=0, min_width=90)
    return Layout(tab, side, past, welcome, examples_panel, examples, front, ask, stop)


def _side() -> Side:
    with gr.Sidebar(width=300, elem_id="side") as panel:
        gr.HTML('<p class="sw-brand">sqlwright</p>')
        new = gr.Button(size="sm", variant="primary", elem_id="new")
        chats = gr.Radio([], elem_id="chats", container=False)
        delete = gr.Button(size="sm", elem_id="delete", visible=False)
        database = gr.Dropdown([], elem_id="database")
        model = gr.Dropdown([], elem_id="model")
        file = gr.UploadButton(size="sm", file_types=list(SUFFIXES), elem_id="file")
        file_told = gr.HTML(elem_id="file-told")
        search = gr.Textbox(elem_id="search", lines=1, max_lines=1)
        schema = gr.HTML(elem_id="schema")
        with gr.Row(elem_id="settings"):
            language = gr.Radio([("English", "en"), ("中文", "zh")], elem_id="language", container=False)
            theme = gr.Button(size="sm", elem_id="theme", min_width=60)
        leaves = gr.HTML(elem_id="leaves")
    return Side(panel, new, chats, delete, database, model, file, file_told, search, schema, language, theme, leaves)


def _front() -> Front:
    with gr.Column(elem_id="front", visible=False) as panel:
        question = gr.HTML(elem_id="question")
        sql = gr.Code(
            language="sql",
            lines=1,
            max_lines=14,
            show_line_numbers=False,
            wrap_lines=True,
            interactive=True,
            buttons=["copy"],
            elem_id="sql",
        )
        run = gr.Button(size="sm", elem_id="run")
        with gr.Row(elem_id="answer"):
            result = gr.HTML(elem_id="result")
            second = gr.HTML(elem_id="second", visible=False)
            with gr.Column(elem_id="chart"):
                drawn = plots()
        receipt = gr.HTML(elem_id="receipt")
        with gr.Row(elem_id="readings", visible=False) as readings_panel:
            readings_told = gr.HTML()
            readings = [gr.Button(size="sm", elem_classes="sw-reading") for _ in range(READINGS)]
        with gr.Row(elem_id="again", visible=False) as again_panel:
            again_model = gr.Dropdown([], elem_id="again-model", container=False, scale=0, min_width=220)
            again = gr.Button(size="sm", elem_id="ask-again", scale=0, min_width=120)
        with gr.Row(elem_id="feedback", visible=False) as feedback_panel:
            right = gr.Button(size="sm", elem_id="right", min_width=80)
            wrong = gr.Button(size="sm", elem_id="wrong", min_width=80)
            correct = gr.Button(size="sm", elem_id="correct", min_width=80)
        told = gr.HTML(elem_id="told")
    return Front(
        panel, question, sql, run, result, second, drawn, receipt, readings_panel, readings_told, readings,
        again_panel, again_model, again, feedback_panel, right, wrong, correct, told,
    )  # fmt: skip


def _components(part: Side | Front) -> list[Any]:
    found: list[Any] = []
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        found += list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return found
