"""The chat page: laid out, drawn, and each control tied to what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ..service import Service
from .actions import Actions
from .blocks import Page
from .draw import Drawing
from .layout import Layout, lay_out
from .sessions import Visitors
from .suggestions import Starters

HERE = Path(__file__).parent
FONTS = ("ui-sans-serif", "system-ui", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
CODE_FONTS = ("ui-monospace", "SFMono-Regular", "Consolas", "monospace")
TEAL = gr.themes.Color(
    "#f0fdfa",
    "#ccfbf1",
    "#99f6e4",
    "#5eead4",
    "#2dd4bf",
    "#0f766e",
    "#0f766e",
    "#115e59",
    "#134e4a",
    "#042f2e",
    "#022c22",
)  # deep enough for white letters and for bars: Gradio's plots take the sixth
AT_ONCE = 64  # events under way; how many questions are is the service's to say


def build_page(service: Service, visitors: Visitors) -> gr.Blocks:
    starters = Starters()  # it begins with the first visitor: before that it would only slow the start
    blocks: gr.Blocks
    with Page(title="sqlwright", analytics_enabled=False, fill_height=True) as blocks:
        layout = lay_out()
        tie(blocks, layout, Actions(service, visitors, starters, Drawing(layout, service, starters)))
    blocks.queue(default_concurrency_limit=AT_ONCE, api_open=False)
    return blocks


def tie(blocks: gr.Blocks, layout: Layout, actions: Actions) -> None:
    def on(
        event: Any, action: Callable[..., Any], inputs: Sequence[Any], outputs: Sequence[Any], **settings: Any
    ) -> Any:
        settings = {"api_visibility": "private", "show_progress": "hidden", **settings}
        return event(action, [layout.tab, *inputs], outputs, **settings)

    def on_new_database(event: Any, action: Callable[..., Any], inputs: Sequence[Any]) -> None:
        """The questions to begin with are made in the background, and come when they are there."""
        on(on(event, action, inputs, everything).then, actions.starters, [], everything)

    side, front = layout.side, layout.front
    everything, answering, conversation = layout.everything(), layout.answering(), layout.conversation()
    on_new_database(blocks.load, actions.show, [])
    on_new_database(side.database.input, actions.database, [side.database])
    on_new_database(side.file.upload, actions.file, [side.file])
    on(layout.ask.submit, actions.ask, [layout.ask], answering)
    for button in layout.examples:
        on(button.click, actions.ask, [button], answering)
    on(layout.stop.click, actions.stop, [], [], queue=False)
    on(front.run.click, actions.run, [front.sql], conversation)
    on(layout.past.select, actions.earlier, [], conversation)
    for number, button in enumerate(front.readings):
        on(button.click, actions.reading(number), [], conversation)
    on(front.again.click, actions.again, [front.again_model], conversation)
    on(front.right.click, actions.right, [], conversation)
    on(front.wrong.click, actions.wrong, [], conversation)
    on(front.correct.click, actions.correct, [], conversation)
    on(side.new.click, actions.new, [], everything)
    on(side.chats.input, actions.open, [side.chats], everything)
    on(side.delete.click, actions.delete, [], everything)
    on(side.model.input, actions.model, [side.model], everything)
    on(side.language.input, actions.language, [side.language], everything)
    on(side.search.change, actions.search, [side.search], [side.schema], trigger_mode="always_last")
    side.theme.click(None, js="() => sqlwrightTheme()", api_visibility="private")


def theme() -> gr.themes.Base:
    """Fonts of the reader's own machine: the ones that Gradio's themes name would come from a network."""
    return gr.themes.Base(primary_hue=TEAL, neutral_hue="slate", font=FONTS, font_mono=CODE_FONTS)


def style() -> str:
    return (HERE / "page.css").read_text(encoding="utf-8")


def head() -> str:
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<script>{script}</script>'
