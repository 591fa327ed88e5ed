"""How many tokens a text takes: exact with a tokenizer, estimated without."""

from __future__ import annotations

import re

_WORDS = re.compile(r"[A-Za-z]+|[0-9]|[ \t]+|\n|[^\sA-Za-z0-9]")


def estimate_tokens(text: str) -> int:
    """Tokens of `text` for a model whose tokenizer is not at hand, from its words and characters."""
    total = 0.0
    for piece in _WORDS.findall(text):
        if piece[0].isascii() and piece[0].isalpha():
            total += max(1.0, len(piece) / 4.0)
        elif piece[0] in " \t":
            total += 0.0 if len(piece) == 1 else 1.0
        else:
            total += 1.0
    return round(total)
