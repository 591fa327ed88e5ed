"""What a question says is missing: no email address, not paid yet, still running.

The network tends to write such a condition as "no row of another table" or to turn it round. Which column is meant
follows from the words, and whether it can be missing from the profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...core import ColumnProfile, Hints, Profile, Schema
from ...core.fold import fold, identifier_words
from ...prompts.linking import is_weak, stem
from ..form import (
    Between,
    ColumnRef,
    Compare,
    Condition,
    Expression,
    Filtered,
    IsNull,
    IsTrue,
    Literally,
    Negated,
    Nested,
    Query,
    Select,
    Share,
    Span,
    TableRef,
)
from ..spelled import spans
from ..walk import columns_of, condition_expressions, conjoined, conjuncts, expressions_in, tables_of

LEAST_NAMED = 0.35  # score of a column that the question names in part
# What stands right before the name of a missing value, with up to two words between.
_BEFORE = re.compile(
    r"(?:\b(?:no|without|w/o|missing|lacks?|lacking)"
    r"|\b(?:not|never|don'?t|doesn'?t|didn'?t|haven'?t|hasn'?t) (?:yet )?"
    r"(?:have|has|had|give|given|provide|provided|leave|left|fill in|filled in|enter|entered|set|record|recorded))"
    r"(?:\s+(?:us|an?|any|the|their|his|her|its|own|valid|known))*\s+\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:is|are|was|were)?\s*(?:missing|unknown|empty|blank|null"
    r"|not (?:known|given|set|recorded|filled|specified)|(?:we|they|you) (?:don'?t|do not) (?:know|have))\b"
    r"|\s*(?:为空|是空|缺失|未知|未填|没填|没有填|空缺|空着)",
    re.IGNORECASE,
)
_BEFORE_CHINESE = re.compile(
    r"(?:(?:没有?|未|尚未|还没)(?:登记|填写?|留下?|写|记录|录入|提供|设置?)|没有|缺少?|无)(?:过|了|任何)?\Z"
)
_NOT_DONE = (
    r"(?:\bun|\bnever (?:been )?|\b(?:yet|still) to be "
    r"|(?:\bnot|n't|\b(?:have|has|are|is|were|was|do|does|did)nt) (?:(?:yet|been|get|got|be) )*)"
)
_NOT_DONE_CHINESE = r"(?:未|没有?|尚未|还未|没被)"
_ALREADY = r"\balready (?:been |got )?"
_DONE_CHINESE = r"(?<!未)已经?被?"
_STILL = re.compile(
    r"\bstill (?:running|active|open|ongoing|going|in progress|valid|employed|here)\b|\bongoing\b|仍在|还在|尚在",
    re.IGNORECASE,
)
_CURRENT = re.compile(
    r"\bcurrent(?:ly)?\b(?! (?:day|week|month|quarter|year))|\bactive\b|\bright now\b|\bat the moment\b"
    r"|\bas of (?:now|today)\b"
    r"|\bstill with us\b|\bstill here\b|\bpresently\b|\btoday\b|在职|目前|当前|现在|现任|在册",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\bformer\b|\bex-|\b(?:who|that|have|has) (?:already )?left\b|\bno longer\b|\bany ?more\b|离职|已离开",
    re.IGNORECASE,
)
_ACTIVE = frozenset("active enabled betrieb 在用 启用 有效".split())
_LEFT = frozenset(
    "terminated termination end ended ends until to left leaving quit exit closed cancelled canceled expired expiry"
    " deactivated resigned 离职 结束 失效 终止 退出".split()
)
_OVERDUE = re.compile(r"\boverdue\b|\bpast due\b|逾期(?!付|支付|还|归还|交|完成)|超期|过期未", re.IGNORECASE)
_ENDS = frozenset("end ended ends finish finished close closed left until expired exit resigned 结束 离职".split())
_DONE = frozenset(
    "paid payment returned return closed done completed finished delivered resolved shipped settled"
    " 付款 归还 还 完成 支付".split()
)
_DUE = frozenset("due deadline 到期 应还 截止 应付".split())
_OF_TIME = frozenset("at on date time ts dt day timestamp datetime utc is has was been".split())


def with_asked_absence(query: Query, question: str, hints: Hints, schema: Schema, profile: Profile) -> Query:
    """`query` with the condition that a value is missing where `question` says so.

    It takes the place of a comparison of the same column, of conditions that hold for every row, and of "no row in
    another table" where the question does not name that table.
    """
    select = query
    named = {m.table for m in hints.names if not m.column}
    if not isinstance(query, Select):
        if query.operator != "except" or not isinstance(query.left, Select) or tables_of(query.right) & named:
            return query
        select = query.left
    if not isinstance(select, Select) or select.source is not None:
        return query
    read = tables_of(select)
    known = (found for (table, _), found in profile.columns.items() if table in read)
    labels = {fold(label) for found in known for _, label in found.labels}
    in_shares = _in_shares(select)
    absent: dict[str, list[ColumnRef]] = {}
    for said, (table, column) in _absent(question, hints, schema, profile, labels):
        if table in read and ColumnRef(TableRef(table), column) not in in_shares:
            absent.setdefault(said, []).append(ColumnRef(TableRef(table), column))
    for columns in absent.values():
        if not any(IsNull(column) in conjuncts(select.where) for column in columns):
            select = _missing(select, columns[0], question, named, profile)
    select = _done(_current(select, question, hints, profile), question, schema, profile)
    return query if select == (query if isinstance(query, Select) else query.left) else select


def _done(select: Select, question: str, schema: Schema, profile: Profile) -> Select:
    """Dates that are there, where the question says that something is done already: 已付款, already shipped."""
    parts = []
    for part in conjuncts(select.where):
        column = part.value if isinstance(part, IsNull) and isinstance(part.value, ColumnRef) else None
        found = profile.of(column.table.table, column.column) if column else None
        done = column is not None and found is not None and found.role == "date"
        if done and column and _said(_DONE_CHINESE, _ALREADY, question, column.column, schema, column.table.table):
            part = Negated(part)
        parts.append(part)
    return replace(select, where=conjoined(parts))


def _in_shares(select: Select) -> set[Expression]:
    """What the conditions of shares and of conditional aggregates are about: they say which rows count."""
    nodes = (n for item in select.items for n in expressions_in(item) if isinstance(n, (Share, Filtered)))
    return {e for node in nodes for e in condition_expressions(node.condition)}


def _current(select: Select, question: str, hints: Hints, profile: Profile) -> Select:
    """Rows whose end is missing for "current", and those that have an end for "former"."""
    current, former = bool(_CURRENT.search(question)), bool(_FORMER.search(question))
    if current == former or any(_CURRENT.fullmatch(m.mention) for m in hints.values):
        return select
    tables = {c.table for c in columns_of(select)} | set(select.tables)
    for table in sorted(tables, key=lambda t: (t.table, t.instance)):
        if flag := _active_flag(table.table, profile):
            select = _with_flag(select, ColumnRef(table, flag), current)
            continue
        ends = [
            column
            for (owner, column), found in profile.columns.items()
            if owner == table.table and found.role == "date" and can_be_missing(found) and _has(column, _LEFT)
        ]
        if len(ends) != 1:
            continue
        end = ColumnRef(table, ends[0])
        if current and end in {e for item in select.items for e in expressions_in(item)}:
            continue  # "how long were those who left employed" shows a time that ends
        if former and any(end in set(condition_expressions(p)) and _is_stated(p) for p in conjuncts(select.where)):
            continue
        wanted: Condition = IsNull(end) if current else Negated(IsNull(end))
        kept = [p for p in conjuncts(select.where) if end not in set(condition_expressions(p))]
        select = replace(select, where=conjoined((*kept, wanted)))
    return select


def _is_stated(part: Condition) -> bool:
    """Whether a condition compares, so that what it is about is not missing."""
    return isinstance(part, (Compare, Between, Span))


def _active_flag(table: str, profile: Profile) -> str:
    """The one flag of a table that says whether its rows count today; "" for none."""
    flags = [
        column
        for (owner, column), found in profile.columns.items()
        if owner == table and found.role == "flag" and _has(column, _ACTIVE)
    ]
    return flags[0] if len(flags) == 1 else ""


def _with_flag(select: Select, flag: ColumnRef, current: bool) -> Select:
    parts = conjuncts(select.where)
    used = [p for p in parts if flag in set(condition_expressions(p))]
    if current and used:
        return select
    wanted: Condition = IsTrue(flag) if current else Negated(IsTrue(flag))
    kept = [p for p in parts if p not in used and not _is_anti_join(p)]
    return replace(select, where=conjoined((*kept, wanted)))


def _is_anti_join(part: Condition) -> bool:
    inner = part.condition if isinstance(part, Negated) else part
    return isinstance(part, Negated) and isinstance(inner, Compare) and isinstance(inner.right, Nested)


def _absent(
    question: str, hints: Hints, schema: Schema, profile: Profile, labels: set[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The words of the question, and a column, by table and name, whose values they say are missing.

    A word such as "missing" that is one of the `labels` of a code means the code.
    """
    for match in hints.names:
        found = profile.of(match.table, match.column) if match.column else None
        if not found or not can_be_missing(found) or match.score < LEAST_NAMED:
            continue
        if _said_missing(question, match.mention, labels):
            yield match.mention, (match.table, match.column)
    for (table, column), found in profile.columns.items():
        if found.role == "date" and can_be_missing(found) and _not_done(question, column, schema, table):
            yield column, (table, column)
    for words, cue in ((_ENDS, _STILL), (_DONE, _OVERDUE)):
        said = cue.search(question)
        if said and not any(said[0].casefold() in m.mention.casefold() for m in hints.values):
            yield from ((cue.pattern, place) for place in _only_date(words, profile, due=cue is _OVERDUE))


def can_be_missing(found: ColumnProfile) -> bool:
    return bool(found.null_share or found.blank_share or found.markers)


def _said_missing(question: str, mention: str, labels: set[str]) -> bool:
    for start, end in spans(question, mention):
        if not mention.isascii() and _BEFORE_CHINESE.search(question[:start]):
            return True
        cue = _BEFORE.search(question[:start]) or _AFTER.match(question[end:])
        if cue and fold(cue[0].strip()) not in labels:
            return True
    return False


def _not_done(question: str, column: str, schema: Schema, table: str) -> bool:
    """Whether the question says that what the date column tells of has not happened: unpaid, not shipped yet."""
    return _said(_NOT_DONE_CHINESE, _NOT_DONE, question, column, schema, table)


def _said(chinese: str, english: str, question: str, column: str, schema: Schema, table: str) -> bool:
    """Whether one of two patterns stands before the word for what the date column tells of."""
    words = [w for w in identifier_words(column) if w not in _OF_TIME]
    if len(words) == 1 and words[0].isascii() and not is_weak(words[0]):
        root = stem(words[0])
        said = re.finditer(english + r"(\w+)", question, re.IGNORECASE)
        if any(stem(fold(m[1])) == root for m in said):
            return True
    comment = next((c.comment for c in schema.table(table).columns if c.name == column), "")
    for text in (column, comment):
        core = re.sub(r"(?:时间|日期|日)\Z", "", re.split(r"[：:（(，,；;\s]", text)[0])
        if core and not core.isascii() and re.search(chinese + re.escape(core), question):
            return True
    return False


def _only_date(words: frozenset[str], profile: Profile, *, due: bool) -> Iterator[tuple[str, str]]:
    """For each table the one date column with one of `words` in its name that can be missing.

    With `due`, only in tables that have a due date.
    """
    found: dict[str, list[str]] = {}
    tables = {t for (t, c) in profile.columns if _has(c, _DUE)}
    for (table, column), known in profile.columns.items():
        if known.role == "date" and can_be_missing(known) and _has(column, words) and (table in tables or not due):
            found.setdefault(table, []).append(column)
    yield from ((table, columns[0]) for table, columns in found.items() if len(columns) == 1)


def _has(column: str, words: frozenset[str]) -> bool:
    return bool(words & set(identifier_words(column))) or any(w in column for w in words if not w.isascii())


def _missing(select: Select, column: ColumnRef, question: str, named: set[str], profile: Profile) -> Select:
    absent = IsNull(column)
    parts = conjuncts(select.where)
    if absent in parts:
        return select
    kept = [p for p in parts if not _gives_way(p, column, question, named, profile)]
    where = conjoined((*kept, absent))
    return replace(select, where=where)


def _gives_way(part: Condition, column: ColumnRef, question: str, named: set[str], profile: Profile) -> bool:
    inner = part.condition if isinstance(part, Negated) else part
    if isinstance(inner, Compare) and isinstance(inner.right, Nested):
        return isinstance(part, Negated) and not tables_of(inner.right.query) & named
    if isinstance(part, Negated) and isinstance(inner, IsNull) and isinstance(inner.value, ColumnRef):
        found = profile.of(inner.value.table.table, inner.value.column)
        return inner.value == column or (found is not None and not can_be_missing(found))
    if isinstance(part, Negated) and isinstance(inner, Compare) and isinstance(inner.right, Literally):
        return fold(inner.right.text) not in fold(question)
    used = set(condition_expressions(part))
    return isinstance(inner, (Compare, IsNull)) and column in used
