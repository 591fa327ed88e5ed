"""Words that a text is searched for: "comments that mention salary" are not equal to it."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints
from ..form import ColumnRef, Compare, Condition, Literally, Query, Select
from ..walk import transform_condition

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

    def searched(node: Condition) -> Condition:
        if not isinstance(node, Compare) or node.operator != "=" or not isinstance(node.left, ColumnRef):
            return node
        value = node.right
        if not isinstance(value, Literally) or value.numeric or not _is_searched(value.text, question):
            return node
        known = (node.left.table.table, node.left.column, value.text) in stored
        return node if known else replace(node, operator="contains")

    return replace(query, where=transform_condition(query.where, searched))


def _is_searched(text: str, question: str) -> bool:
    return any(
        _BEFORE.search(question[: found.start()]) or _AFTER.match(question[found.end() :])
        for found in re.finditer(re.escape(text), question, re.IGNORECASE)
    )
