"""Values to text."""

from .build import build_prompt, with_answer
from .compact import render_compact
from .ddl import render_ddl
from .hints import render_hints
from .presets import PRESETS, Preset, Style, preset_named
from .prompt import Prompt
from .tokens import estimate_tokens

__all__ = [
    "PRESETS",
    "Preset",
    "Prompt",
    "Style",
    "build_prompt",
    "estimate_tokens",
    "preset_named",
    "render_compact",
    "render_ddl",
    "render_hints",
    "with_answer",
]
