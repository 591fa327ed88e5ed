"""Whether a question in a conversation follows up on the one before it, or is a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core import Dialect, Turn
from ..core.fold import fold
from ..sql.normalize import normalize

# A question of as many words without a reference is likely to be whole. Counted on 150 Spider dev questions asked after
# an unrelated one and 250 follow-ups of SParC dev: see docs/experiments.md.
WHOLE_QUESTION_WORDS = 7

_REFERENCE = re.compile(
    r"\b(it|its|they|them|their|those|these|that|this|he|she|his|her|him|one|ones|also|instead|same|previous|above|only"
    r"|just|now|again|too|else|other|others|rest|here)\b"
    r"|^(and|or|but|what about|how about|of|in|for|with|sort|order|then|remove|include|add|without|among|which of)\b"
    r"|[这那它他她其]|[也还再只呢]|上面|前面|同样|改成|换成"
)


def refers_back(question: str) -> bool:
    """Whether a word of `question` needs the conversation: "only those of 2024", "and in Paris?"."""
    return _REFERENCE.search(fold(question)) is not None


def may_be_new(
    question: str, history: Sequence[Turn], sql: str, dialect: Dialect, *, is_searched: bool = False
) -> bool:
    """Whether `question` is to be asked without `history` too, after `sql` was written with it.

    It is where no word refers back, and `sql` is the query before once more. A model that searches (`is_searched`) is
    asked twice for every whole question: the conversation leads it astray more often than others, and its confidence
    tells which of the two queries is better.
    """
    if not history or refers_back(question) or fold(question) == fold(history[-1].question):
        return False
    if is_searched and len(question.split()) >= WHOLE_QUESTION_WORDS:
        return True
    return is_repeated(history, sql, dialect)


def is_repeated(history: Sequence[Turn], sql: str, dialect: Dialect) -> bool:
    """Whether `sql` is the last query of `history`, written in the same or another way."""
    last = next((turn.sql for turn in reversed(history) if turn.sql), "")
    return bool(sql.strip() and last) and normalize(sql, dialect) == normalize(last, dialect)
