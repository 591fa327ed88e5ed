"""Questions about the catalogue, answered from the schema without a model: which tables, which columns, which keys.

Only a question that is nothing else is caught: the whole sentence has to match, and every name in it has to be one of
the schema's. A schema with tables of tables (a restaurant's) or columns called "column" leaves its questions to the
model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from ..core import Column, Language, ResultTable, Schema, Table
from ..core.fold import fold, identifier_words, singular
from ..core.words import say

MAX_QUESTION_CHARS = 200

Rows = list[tuple[str | int, ...]]
Answered = tuple[tuple[str, ...], Rows] | None

_HERE = r"(?: (?:are there|exist|do (?:you|we|i) have|(?:are )?(?:there )?in (?:the|this|my|your) (?:database|schema)"
_HERE += r"|does (?:the|this|my|your) (?:database|schema) (?:have|contain|hold)))"
_ASK = r"(?:(?:please |can you |could you )*(?:show|list|give|tell|name)(?: me)?(?: all)?(?: of)?(?: the)?)"
_A = r"(?:a |an |the |any )?"
_REFER = r"(?:refers?|references?|points?|links?)(?: to)?"
_HAVE = r"(?:have|has|contain|contains|hold|holds|include|includes)"

# Each with the name of the function that answers it; `x` and `y` are names of the schema.
_PATTERNS: tuple[tuple[str, str], ...] = (
    (rf"how many tables{_HERE}", "count_tables"),
    (rf"(?:what|which) tables{_HERE}", "list_tables"),
    (r"(?:what|which) are the tables(?: (?:in|of) (?:the|this|my|your) (?:database|schema))?", "list_tables"),
    (rf"{_ASK} tables(?: (?:in|of) (?:the|this|my|your) (?:database|schema)| there are)?", "list_tables"),
    (rf"(?:what|which) (?:columns|fields) (?:does|do) {_A}(?P<x>.+?)(?: table)? have", "columns_of"),
    (rf"(?:what|which) (?:columns|fields) (?:are|are there) (?:in|of) {_A}(?P<x>.+?)(?: table)?", "columns_of"),
    (rf"(?:what|which) are the (?:columns|fields) (?:in|of) {_A}(?P<x>.+?)(?: table)?", "columns_of"),
    (rf"{_ASK} (?:columns|fields) (?:in|of) {_A}(?P<x>.+?)(?: table)?", "columns_of"),
    (r"describe (?:the )?table (?P<x>.+)", "columns_of"),
    (r"describe the (?P<x>.+) table", "columns_of"),
    (rf"how many (?:columns|fields) (?:does|do) {_A}(?P<x>.+?)(?: table)? have", "count_columns"),
    (rf"how many (?:columns|fields) are (?:there )?in {_A}(?P<x>.+?)(?: table)?", "count_columns"),
    (rf"(?:what|which) tables? {_HAVE} {_A}(?:column (?:named|called) )?(?P<y>.+?)(?: column| field)?", "tables_with"),
    (rf"(?:what|which) tables? {_REFER} {_A}(?P<x>.+?)(?: table)?", "tables_to"),
    (r"(?:这个|该)?(?:数据库|库)?(?:里|中|里面)?(?:一共|总共)?有(?:多少|几)(?:张|个)?表", "count_tables"),
    (r"(?:这个|该)?(?:数据库|库)?(?:里|中|里面)?有(?:哪些|什么)(?:数据)?表", "list_tables"),
    (r"(?:请)?(?:列出|显示|给出)(?:所有|全部)?的?(?:数据)?表", "list_tables"),
    (r"(?:表 ?)?(?P<x>.+?) ?表?(?:里|中|里面)?(?:有|包含)(?:哪些|什么)(?:列|字段)", "columns_of"),
    (r"(?:请)?(?:列出|显示)(?:表)? ?(?P<x>.+?) ?表?的(?:所有|全部)?(?:列|字段)", "columns_of"),
    (r"(?:表 ?)?(?P<x>.+?) ?表?(?:里|中|里面)?有(?:多少|几)(?:个)?(?:列|字段)", "count_columns"),
    (
        r"(?:哪些|哪张|哪个|什么)表(?:里|中|里面)?(?:有|包含|含有) ?(?P<y>.+?) ?(?:这个|这一)?(?:列|字段)?",
        "tables_with",
    ),
    (r"(?:哪些|哪张|哪个)表(?:引用|关联)(?:了|到)? ?(?P<x>.+?) ?表?", "tables_to"),
)


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    """For a question that speaks of tables: compiling takes longer than all else here."""
    return tuple((re.compile(pattern), name) for pattern, name in _PATTERNS)


_FIRST = re.compile(r"\b(?:tables?|columns?|fields?)\b|表|列|字段")

# What a Chinese question calls the things that English schemas have names for.
_CHINESE = {
    "客户": "customer", "顾客": "customer", "订单": "order", "产品": "product", "商品": "product", "员工": "employee",
    "雇员": "employee", "供应商": "supplier", "门店": "store", "商店": "store", "店铺": "store", "类别": "category",
    "分类": "category", "学生": "student", "教师": "teacher", "老师": "teacher", "课程": "course", "部门": "department",
    "用户": "user", "城市": "city", "国家": "country", "地址": "address", "电话": "phone", "邮箱": "email",
    "价格": "price", "数量": "quantity", "日期": "date", "时间": "time", "年份": "year", "姓名": "name", "名称": "name",
    "名字": "name", "编号": "id", "标识": "id", "号码": "number", "状态": "status", "类型": "type", "评论": "review",
    "评分": "rating", "库存": "stock", "工资": "salary", "薪水": "salary", "年龄": "age", "性别": "gender",
    "支付": "payment", "退货": "return", "发货": "shipment",
}  # fmt: skip
_CHINESE_WORD = re.compile("|".join(sorted(_CHINESE, key=len, reverse=True)))


def catalogue_table(question: str, schema: Schema, language: Language = "en") -> ResultTable | None:
    """The answer as a table made from `schema`; None for a question that is not about the catalogue alone."""
    if len(question) > MAX_QUESTION_CHARS or not _FIRST.search(text := fold(question)) or _names_tables(schema):
        return None
    text = text.strip(" ?？!！.。:：")
    for pattern, name in _compiled():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        found = _ANSWERS[name](schema, language, **match.groupdict())
        if found is not None:
            columns, rows = found
            return ResultTable(tuple(say(column, language) for column in columns), tuple(rows))
    return None


def _names_tables(schema: Schema) -> bool:
    """Whether the rows may be about tables, columns or fields themselves."""
    own = {"table", "column", "field", "schema", "database"}
    return any(own & set(_words(name)) for table in schema for name in (table.name, *(c.name for c in table.columns)))


def _count_tables(schema: Schema, _: Language) -> Answered:
    return ("tables",), [(sum(not table.is_view for table in schema),)]


def _list_tables(schema: Schema, language: Language) -> Answered:
    kinds = {True: say("a_view", language), False: say("a_table", language)}
    rows: Rows = [(t.full_name, kinds[t.is_view], len(t.columns), t.comment) for t in schema]
    return ("table", "kind", "columns", "comment"), rows


def _columns_of(schema: Schema, _: Language, x: str) -> Answered:
    table = _table(schema, x)
    if table is None:
        return None
    return ("column", "type", "comment"), [(c.name, c.type, c.comment) for c in table.columns]


def _count_columns(schema: Schema, _: Language, x: str) -> Answered:
    table = _table(schema, x)
    return None if table is None else (("table", "columns"), [(table.full_name, len(table.columns))])


def _tables_with(schema: Schema, _: Language, y: str) -> Answered:
    rows: Rows = [
        (table.full_name, column.name, column.type)
        for table in schema
        for column in table.columns
        if _is_called(table, column, y)
    ]
    return (("table", "column", "type"), rows) if rows else None


def _tables_to(schema: Schema, _: Language, x: str) -> Answered:
    target = _table(schema, x)
    if target is None:
        return None
    rows: Rows = [
        (table.full_name, ", ".join(key.columns), f"{key.ref_table} ({', '.join(key.ref_columns)})")
        for table in schema
        for key in table.foreign_keys
        if key.ref_table.casefold() == target.full_name.casefold()
    ]
    return ("table", "column", "refers_to"), rows


_ANSWERS: dict[str, Callable[..., Answered]] = {
    "count_tables": _count_tables,
    "list_tables": _list_tables,
    "columns_of": _columns_of,
    "count_columns": _count_columns,
    "tables_with": _tables_with,
    "tables_to": _tables_to,
}


def _table(schema: Schema, name: str) -> Table | None:
    """The one table of that name, whole: in the singular or plural, or by its comment's first words in Chinese."""
    wanted = _words(name)
    found = [t for t in schema if wanted in (_words(t.name), _words(t.full_name))]
    return found[0] if len(found) == 1 and wanted else None


def _is_called(table: Table, column: Column, name: str) -> bool:
    """The column is called that, or is the key of the table that is: `id` of customer is a customer id."""
    wanted = _words(name)
    own = _words(column.name)
    if not wanted:
        return False
    if own == wanted or (column.comment and fold(column.comment) == fold(name)):
        return True
    return column.name in table.primary_key and wanted == _words(table.name) + own


def _words(name: str) -> list[str]:
    return list(_translated(name))


def _translated(name: str) -> Iterator[str]:
    """Words in the singular; Chinese ones that are known in English."""
    for word in identifier_words(_CHINESE_WORD.sub(lambda m: f" {_CHINESE[m[0]]} ", name)):
        yield singular(fold(word))
