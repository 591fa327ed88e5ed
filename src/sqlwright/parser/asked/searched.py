"""Words that a text is searched for: "comments that mention salary" are not equal to it."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints
from ..form import ColumnRef, Compare, Condition, Joined, Literally, Negated, Query, Select

_BEFORE = re.compile(
    r"(?:\b(?:mention\w*|contain\w*|including|says?|saying|about|wrote|written)(?:\s+(?:the|an?|words?|being))*"
    r"|包含|含有|带有|提到|提及|写着|写了|出现)\s*[\"'“‘「]?\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[\"'”’」]?\s*(?:somewhere |written )?in (?:the|its|their|his|her|it|them)\b", re.IGNORECASE)


def with_searched_words(query: Query, question: str, hints: Hints) -> Query:
    """`query` with `contains` where it compares a column with words that the question searches for.

    Not where the column holds them as a whole value.
    """
    if not isinstance(query, Select) or query.where is None:
        return query
    stored = {(m.table, m.column, m.value) for m in hints.values}
    return replace(query, where=_searched(query.where, question, stored))


def _searched(node: Condition, question: str, stored: set[tuple[str, str, str]]) -> Condition:
    if isinstance(node, Joined):
        return replace(node, parts=tuple(_searched(part, question, stored) for part in node.parts))
    if isinstance(node, Negated):
        return Negated(_searched(node.condition, question, stored))
    if not isinstance(node, Compare) or node.operator != "=" or not isinstance(node.left, ColumnRef):
        return node
    value = node.right
    if not isinstance(value, Literally) or value.numeric:
        return node
    known = (node.left.table.table, node.left.column, value.text) in stored
    return node if known or not _is_searched(value.text, question) else replace(node, operator="contains")


def _is_searched(text: str, question: str) -> bool:
    return any(
        _BEFORE.search(question[: found.start()]) or _AFTER.match(question[found.end() :])
        for found in re.finditer(re.escape(text), question, re.IGNORECASE)
    )
