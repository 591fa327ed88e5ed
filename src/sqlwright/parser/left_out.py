"""Words of a question that name something in the database and that its query does not use, for the receipt.

`evidence` lowers the score of a query for the same reason and may be wrong now and then; a reader is told only what is
nearly sure. On the gold queries of Spider dev this finds something for fewer than 1 in 100 questions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from ..core import ColumnProfile, Hints, NameMatch, Schema
from ..core.fold import fold, identifier_words, singular
from ..prompts.linking import is_weak, stem
from .evidence import Mention, longest, unused, used
from .layout import Layout
from .spelled import spans
from .tokens import SET_OPERATORS, ColumnPointer, TablePointer, Token, ValuePointer

WHOLE_NAME = 0.95  # score of a name that the question holds word for word
SURE_MATCHES = ("exact", "folded", "plural")
MIN_FLAG_CHARS = 3
_FLAG_WORDS = frozenset("is has was had can are did does should will flag yn ind indicator".split())
# Words of a question that name a column in some schemas.
_ASKING = frozenset(
    "show list count average total sum maximum minimum max min highest lowest most least number amount rank order group"
    " year month week day date time first last top other all different each per share"
    " hour minute second 数量 总数 数目 个数 平均".split()
)
_YES_NO = frozenset(("是", "否", "有", "无", "yes", "no", "Yes", "No"))
_CLAUSES = frozenset(("select", "from", "where", "group", "having", "order", "limit", "end", *SET_OPERATORS))

ALL_COLUMNS = "*"
Place = tuple[str, str]  # table and column; "" for the table itself


def left_out(layout: Layout, question: str, query: Sequence[Token], hints: Hints) -> tuple[str, ...]:
    """The stretches of `question` that `query` leaves out, in their order and as they are spelled there."""
    touched = frozenset(_places(query))
    taken = [*_used_names(question, touched, hints), *((m.start, m.end) for m in used(layout, query))]
    found = [m for m in _constants(layout, question, query, hints) if not _covered(m, taken)]
    found += [m for m in _names(layout, question, touched, hints) if not _covered(m, taken)]
    kept = sorted(longest(found), key=lambda m: m.start)
    return tuple(dict.fromkeys(question[m.start : m.end].strip() for m in kept))


def _constants(layout: Layout, question: str, query: Sequence[Token], hints: Hints) -> Iterator[Mention]:
    """Periods, stored values and numbers. A value that is only nearly spelled as stored may be another word."""
    numbers = {float(t.text) for t in query if isinstance(t, ValuePointer) and _is_number(t.text)}
    shown = _shown_values(layout.text.schema, query, hints)
    sure = {match.mention for match in hints.values if match.kind in SURE_MATCHES} - shown - _YES_NO
    for mention in unused(layout, question, query):
        text = question[mention.start : mention.end]
        if mention.kind == "value" and (text not in sure or text.casefold() in _ASKING):
            continue
        # "at least 3" is also written as more than 2
        if mention.kind == "number" and any(_is_near(token, numbers) for token in mention.tokens):
            continue
        yield mention


def _shown_values(schema: Schema, query: Sequence[Token], hints: Hints) -> frozenset[str]:
    """Mentions of values that a query covers without spelling them.

    It groups by their column, as for "average fee of card and cash", or reads a code and not the table of its names.
    """
    touched = frozenset(_places(query))
    covered = frozenset(_grouped(query))
    codes = {
        key.ref_table
        for table in schema
        for key in table.foreign_keys
        if any((table.full_name, column) in touched for column in key.columns)
    } - {table for table, _ in touched}
    return frozenset(m.mention for m in hints.values if (m.table, m.column) in covered or m.table in codes)


def _grouped(query: Sequence[Token]) -> Iterator[Place]:
    clause = ""
    for token in query:
        if isinstance(token, str) and token in _CLAUSES:
            clause = token
        elif isinstance(token, ColumnPointer) and clause == "group":
            yield token.table, token.column


def _names(layout: Layout, question: str, touched: Collection[Place], hints: Hints) -> Iterator[Mention]:
    """Names and flags that the question holds word for word, of which the query uses none."""
    near = _stems(_near_names(layout.text.schema, touched))
    for match in hints.names:
        place = match.table, match.column
        shown = place in touched or (match.column and (match.table, ALL_COLUMNS) in touched)
        if match.score < WHOLE_NAME or shown or not _says_much(match):
            continue
        # A query reads the rows that refer to a table in place of the table itself.
        if not match.column and all(stem(word) in near for word in match.mention.split()):
            continue
        for start, end in spans(question, match.mention):
            yield Mention("name", start, end, frozenset())
    for place, profile in layout.text.profile.columns.items():
        if profile.role == "flag" and place not in touched:
            for start, end in spans(question, flag_phrase(profile)):
                yield Mention("flag", start, end, frozenset())


def _says_much(match: NameMatch) -> bool:
    """Whether the words are a name here: "average" and "show" rarely are, nor "visited" for the table visit."""
    words = match.mention.split()
    if not words or all(is_weak(word) or singular(word) in _ASKING for word in words):
        return False
    own = identifier_words(match.column or match.table)
    return not match.mention.isascii() or singular(words[-1]).endswith(singular(fold(own[-1])))


def _near_names(schema: Schema, touched: Collection[Place]) -> Iterator[str]:
    """Names of the tables that the query reads, and of all their columns."""
    read = {table for table, _ in touched}
    for table in schema:
        if table.full_name in read:
            yield table.name
            yield from (column.name for column in table.columns)


def _stems(names: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for name in names for word in identifier_words(name))


def _used_names(question: str, touched: Collection[Place], hints: Hints) -> Iterator[tuple[int, int]]:
    """Where the question names, wholly or in part, what the query uses."""
    for match in hints.names:
        if (match.table, match.column) in touched:
            for word in match.mention.split():
                yield from spans(question, word)
    stems = _stems(name for place in touched for name in place)
    for found in re.finditer(r"\w+", question):
        if stem(fold(found[0])) in stems:
            yield found.span()


def _places(query: Sequence[Token]) -> Iterator[Place]:
    """Tables and columns that a query uses; ALL_COLUMNS of the tables that it shows whole."""
    for before, token in pairwise(("", *query)):
        if isinstance(token, (TablePointer, ColumnPointer)):
            yield token.table, ""
        if isinstance(token, ColumnPointer):
            yield token.table, token.column
        elif isinstance(token, TablePointer) and before in ("select", "distinct"):
            yield token.table, ALL_COLUMNS


def flag_phrase(profile: ColumnProfile) -> str:
    """`vip` for is_vip; "" where the name says too little."""
    words = [word for word in identifier_words(profile.column) if word not in _FLAG_WORDS]
    phrase = " ".join(words)
    return "" if all(map(is_weak, words)) or len(phrase) < MIN_FLAG_CHARS else phrase


def _covered(mention: Mention, taken: Sequence[tuple[int, int]]) -> bool:
    return any(mention.start < end and start < mention.end for start, end in taken)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_near(token: Token, numbers: Collection[float]) -> bool:
    return isinstance(token, ValuePointer) and any(abs(float(token.text) - n) <= 1 for n in numbers)
