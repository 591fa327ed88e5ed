"""SQL split into words as Spider's script splits it: by rules for English text.

The script hands the text to NLTK's word tokenizer, so `a=b` and `a-b` are one word each and `a*b` three. Every
quoted string is one word, always in double quotes; the rest is lower case.
"""

from __future__ import annotations

import re

_STRING = re.compile(r'"[^"]*"')
# The rules of the word tokenizer that can apply to SQL without its strings, in its order.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"([:,])([^\d])"), r" \1 \2"),
    (re.compile(r"([:,])$"), r" \1 "),
    (re.compile(r"\.{2,}"), r" \g<0> "),
    (re.compile(r"[`]+"), r" \g<0> "),
    (re.compile(r"[;@#$%&]"), r" \g<0> "),
    (re.compile(r"([^.])(\.)([\])}>]*)\s*$"), r"\1 \2\3 "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"[*]"), r" \g<0> "),
    (re.compile(r"[\]\[(){}<>]"), r" \g<0> "),
    (re.compile(r"--"), r" -- "),
)


def tokenize(sql: str) -> list[str]:
    """Words of `sql`. Raises ValueError where a quote has no partner."""
    sql = sql.replace("'", '"')
    if sql.count('"') % 2:
        raise ValueError("a quote has no partner")
    strings: dict[str, str] = {}

    def keep(match: re.Match[str]) -> str:
        name = f"__val_{match.start()}_{match.end() - 1}__"
        strings[name] = match.group()
        return name

    text = _STRING.sub(keep, sql)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    words = [strings.get(word.lower(), word.lower()) for word in text.split()]
    return _join_operators(words)


def _join_operators(words: list[str]) -> list[str]:
    """`! =`, `> =` and `< =` become one word."""
    joined: list[str] = []
    for word in words:
        if word == "=" and joined and joined[-1] in ("!", ">", "<"):
            joined[-1] += "="
        else:
            joined.append(word)
    return joined
