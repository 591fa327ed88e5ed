"""Values to text."""

from .build import build_prompt, with_answer
from .chat import RenderedChat, answer_stops, fold_system, render_chat, render_chat_spans
from .compact import render_compact
from .ddl import render_ddl
from .hints import render_hints
from .linking import link_names
from .presets import PRESETS, Preset, PromptOptions, Style, preset_named
from .prompt import Prompt
from .templates import TEMPLATE_NAMES, ChatTemplate, load_chat_template, named_template, resolve_template
from .tokens import TokenCounter, estimate_tokens, load_token_counter

__all__ = [
    "PRESETS",
    "TEMPLATE_NAMES",
    "ChatTemplate",
    "Preset",
    "Prompt",
    "PromptOptions",
    "RenderedChat",
    "Style",
    "TokenCounter",
    "answer_stops",
    "build_prompt",
    "estimate_tokens",
    "fold_system",
    "link_names",
    "load_chat_template",
    "load_token_counter",
    "named_template",
    "preset_named",
    "render_chat",
    "render_chat_spans",
    "render_compact",
    "render_ddl",
    "render_hints",
    "resolve_template",
    "with_answer",
]
