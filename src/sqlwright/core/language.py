"""The languages in which people are told things."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["en", "zh"]
COLUMN: dict[Language, int] = {"en": 0, "zh": 1}  # of the tables of words

_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")


def language_of(text: str) -> Language:
    """Chinese where `text` has a Chinese character and, as Japanese would, no kana; else English."""
    return "zh" if _HAN.search(text) and not _KANA.search(text) else "en"
