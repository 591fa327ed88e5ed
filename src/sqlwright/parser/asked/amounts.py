"""Amounts that the question names: the sum of a column of counts, a density, a margin."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core import Hints, Profile, Schema
from ...core.fold import fold, identifier_words, singular
from ..form import Aggregated, Arithmetic, Called, ColumnRef, Computed, Expression, Literally, Query, Select, TableRef
from ..left_out import WHOLE_NAME
from ..walk import columns_of, expressions_in, transform

NAMED = 0.85  # the same where the table of the column is not named

_POPULATION = frozenset(("population", "inhabitants", "人口"))
_AREA = frozenset(("area", "surface", "surfacearea", "面积"))
_PLUS = re.compile(r"\bplus\b|加上|之和", re.IGNORECASE)
_MINUS = re.compile(r"\bminus\b|\bless than\b|\bdifference\b|\bmargin\b|\bprofit\b|减|差|毛利", re.IGNORECASE)
_PER = re.compile(r"\bper (square )?([a-z]+)\b", re.IGNORECASE)
_UNIT_WORDS = (
    "km kilometer kilometers kilometre kilometres".split(),
    "sqm qm m2 square".split(),
    "hour hours h".split(),
    "kg kilo kilogram kilograms".split(),
)
_QUANTITY = frozenset(("quantity", "qty", "数量", "件数"))
_DISCOUNT = frozenset(("discount", "折扣"))
_REVENUE = re.compile(
    r"\b(?:revenues?|sales|turnover|income|spend|spent|spending|earned|worth)\b|营业额|销售额|收入|金额", re.IGNORECASE
)
_EARNED = re.compile(r"\b(?:revenues?|turnover|takings)\b|销售额|营业额|营收", re.IGNORECASE)
_SALES = re.compile(r"\bsales\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\bhow many\b|\b(?:number|count) of\b|几|多少(?:个|单|笔|件|次|条)|数量|笔数|单数", re.IGNORECASE
)
_TOTAL = frozenset("total 总额 总价 合计".split())
_AMOUNT = frozenset("amount amt revenue sum value 金额 实付".split()) | _TOTAL
_SPENT = frozenset("salary salaries wage wages payroll cost costs expense expenses refund budget 工资 成本".split())
_NET = re.compile(r"\b(?:after|net of|less) (?:the )?(?:discount|rebate)|折后|优惠后", re.IGNORECASE)
_PRICE = frozenset(("price", "单价", "售价", "价格"))
_COST = frozenset(("cost", "成本"))
# What people call a quotient or a difference of two columns: the words, the operator, and the words of both columns.
_COMPUTED: tuple[tuple[re.Pattern[str], str, frozenset[str], frozenset[str]], ...] = (
    (re.compile(r"\bdensit(?:y|ies)\b|密度", re.IGNORECASE), "ratio", _POPULATION, _AREA),
    (
        re.compile(r"\bmargin (?:percentage|rate|%)|\b(?:percentage|percent) margin\b|毛利率|利润率", re.IGNORECASE),
        "rate",
        _PRICE,
        _COST,
    ),
    (re.compile(r"\b(?:gross )?(?:margin|profit)s?\b|毛利|利润", re.IGNORECASE), "-", _PRICE, _COST),
)
_PER_CAPITA = re.compile(r"\b(\w+) per (?:capita|head|person|inhabitant)\b|人均(\w+)", re.IGNORECASE)


def with_asked_amounts(query: Query, question: str, hints: Hints, schema: Schema, profile: Profile) -> Query:
    """`query` with the amount that `question` names in place of one of its parts.

    - "How many downloads" is the sum of the column `downloads`, where the rows of the table `downloads` are counted.
    - "Plus" adds, "minus" subtracts, and "price per km" divides by the column of kilometers.
    - Revenue is the sum of quantity times price. It is not a sum of prices, salaries or costs. "Sales per month" adds
      up the amounts of orders and does not count them, if they have an amount.
    - A discount is taken only by a column of rates: `1 - price / 100` is left out.
    - "How many agents" counts the different values of a column that repeats them.
    - A density, an amount per head or a margin is computed where the query shows or orders by one of the two columns.
    """
    if not isinstance(query, Select) or query.source is not None:
        return query
    if bool(_PLUS.search(question)) != bool(_MINUS.search(question)):
        query = _with_sign(query, "+" if _PLUS.search(question) else "-")
    query = transform(_per_unit(query, question, profile), lambda node: _without_wrong_discount(node, profile))
    if _REVENUE.search(question):
        query = _revenue(query, question, schema, profile)
    if not _COUNTED.search(question):
        query = transform(query, lambda node: _amount_for_count(node, question, profile))
    query = _distinct(_sums(query, hints, profile), hints, profile)
    return _computed(query, question, profile)


def _sums(query: Select, hints: Hints, profile: Profile) -> Select:
    """Sums in place of counts of the rows of a table that has a column of its own name."""

    def change(node: Expression) -> Expression:
        if not isinstance(node, Aggregated) or node.function != "count" or not isinstance(node.argument, ColumnRef):
            return node
        table, column = node.argument.table, node.argument.column
        if column != "*" or node.distinct:
            return node
        for match in hints.names:
            known = profile.of(match.table, match.column) if match.column else None
            own = singular(fold(match.column)) == singular(fold(table.table.rpartition(".")[2]))
            if known and own and match.table == table.table and known.role == "number" and match.score >= WHOLE_NAME:
                return Aggregated("sum", ColumnRef(table, match.column))
        return node

    return transform(query, change)


def _with_sign(query: Select, sign: Arithmetic) -> Select:
    """A sum of two columns for "plus", a difference for "minus"."""

    def change(node: Expression) -> Expression:
        plain = isinstance(node, Computed) and isinstance(node.left, ColumnRef) and isinstance(node.right, ColumnRef)
        if isinstance(node, Computed) and plain and node.operator in ("+", "-", "ratio" if sign == "-" else "+"):
            return replace(node, operator=sign)
        return node

    return transform(query, change)


def _per_unit(query: Select, question: str, profile: Profile) -> Select:
    """The one amount that is shown, divided by the column that the question names after "per": price per km."""
    amounts = [item for item in query.items if not isinstance(item, ColumnRef) or _is_amount(item, profile)]
    said = _PER.search(question)
    if not said or query.group or len(amounts) != 1:
        return query
    inside = [n for n in expressions_in(amounts[0]) if isinstance(n, ColumnRef)]
    if len(inside) != 1 or any(isinstance(n, (Aggregated, Computed)) for n in expressions_in(amounts[0])):
        return query
    word = "square" if said[1] else singular(fold(said[2]))
    words = next((w for w in _UNIT_WORDS if word in w), [word])
    column = _column(inside[0].table.table, frozenset(words), profile)
    if not column or column == inside[0].column:
        return query
    quotient = Computed("ratio", amounts[0], ColumnRef(inside[0].table, column))
    return replace(query, items=tuple(quotient if item == amounts[0] else item for item in query.items))


def _is_amount(column: ColumnRef, profile: Profile) -> bool:
    found = profile.of(column.table.table, column.column)
    return found is not None and found.role in ("number", "money")


def _revenue(query: Select, question: str, schema: Schema, profile: Profile) -> Select:
    """Sums of a price become sums of quantity times price, less the row's discount unless the price is net of it.

    A sum of salaries or costs becomes that of the only table with a quantity and a price.
    """
    sold = _only_price(profile) if _EARNED.search(question) else None

    def change(node: Expression) -> Expression:
        if not isinstance(node, Aggregated) or node.function != "sum" or not isinstance(node.argument, ColumnRef):
            return node
        price = node.argument
        if sold and _SPENT & {word.casefold() for word in identifier_words(price.column)}:
            price = sold
        known = profile.of(price.table.table, price.column)
        quantity = _column(price.table.table, _QUANTITY, profile)
        priced = known is not None and known.role == "money" and _PRICE & set(identifier_words(price.column))
        if not priced or not quantity:
            return node
        amount: Expression = Computed("*", ColumnRef(price.table, quantity), price)
        discount = _column(price.table.table, _DISCOUNT, profile)
        if discount and not _NET.search(_comment(price, schema)):
            part: Expression = ColumnRef(price.table, discount)
            found = profile.of(price.table.table, discount)
            if found is not None and found.unit == "percent":
                part = Called("per_100", part)
            amount = Computed("*", amount, Computed("-", Literally("1", True), part))
        return replace(node, argument=amount)

    return transform(query, change)


def _amount_for_count(node: Expression, question: str, profile: Profile) -> Expression:
    """The sum of the rows' amount, where the rows are counted although the question asks for money."""
    if not isinstance(node, Aggregated) or node.function != "count" or not isinstance(node.argument, ColumnRef):
        return node
    table = node.argument.table
    of_sales = {singular(word) for word in identifier_words(table.table)} & {"sale"}
    if node.argument.column != "*" or not (_EARNED.search(question) or (_SALES.search(question) and not of_sales)):
        return node
    amounts = {
        column: set(identifier_words(column)) | {w for w in _AMOUNT if not w.isascii() and w in column}
        for (owner, column), known in profile.columns.items()
        if owner == table.table and known.role == "money"
    }
    totals = [column for column, words in amounts.items() if words & _TOTAL]
    found = totals if len(totals) == 1 else [column for column, words in amounts.items() if words & _AMOUNT]
    return Aggregated("sum", ColumnRef(table, found[0])) if len(found) == 1 else node


def _comment(column: ColumnRef, schema: Schema) -> str:
    return next((c.comment for c in schema.table(column.table.table).columns if c.name == column.column), "")


def _only_price(profile: Profile) -> ColumnRef | None:
    """The price of the only table that has one beside a quantity."""
    found = [
        ColumnRef(TableRef(table), price)
        for table in dict.fromkeys(table for table, _ in profile.columns)
        if _column(table, _QUANTITY, profile) and (price := _column(table, _PRICE, profile))
    ]
    return found[0] if len(found) == 1 else None


def _without_wrong_discount(node: Expression, profile: Profile) -> Expression:
    """`node` without a factor of one less a column that holds no rates."""
    if isinstance(node, Computed) and node.operator == "*":
        if _is_one_less_no_rate(node.right, profile):
            return node.left
        if _is_one_less_no_rate(node.left, profile):
            return node.right
    return node


def _is_one_less_no_rate(node: Expression, profile: Profile) -> bool:
    if not isinstance(node, Computed) or node.operator != "-" or node.left != Literally("1", numeric=True):
        return False
    column = node.right.argument if isinstance(node.right, Called) else node.right
    found = profile.of(column.table.table, column.column) if isinstance(column, ColumnRef) else None
    return (
        found is not None
        and found.unit not in ("percent", "share")
        and not _DISCOUNT & set(identifier_words(found.column))
    )


def _distinct(query: Select, hints: Hints, profile: Profile) -> Select:
    """Different values in place of filled cells: "how many agents" of a column that repeats each agent."""
    if query.group:
        return query

    def change(node: Expression) -> Expression:
        if not isinstance(node, Aggregated) or node.function != "count" or not isinstance(node.argument, ColumnRef):
            return node
        place = node.argument.table.table, node.argument.column
        known = profile.of(*place)
        repeats = known is not None and known.role in ("category", "name") and 1 < known.distinct < known.rows
        named = any((m.table, m.column) == place and m.score >= NAMED for m in hints.names)
        return replace(node, distinct=True) if repeats and named else node

    return transform(query, change)


def _computed(query: Select, question: str, profile: Profile) -> Select:
    for pattern, operator, left, right in _COMPUTED:
        if pattern.search(question):
            return _with_formula(query, operator, left, right, profile)
    if (found := _PER_CAPITA.search(question)) and (word := found[1] or found[2]):
        amount = frozenset((singular(fold(word)), fold(word)))
        return _with_formula(query, "ratio", amount, _POPULATION, profile)
    return query


def _with_formula(
    query: Select, operator: str, left: frozenset[str], right: frozenset[str], profile: Profile
) -> Select:
    """The formula in the places of an output or of the first order, in which one of its two columns stands alone."""
    tables = {c.table for c in columns_of(query)} | set(query.tables)
    for table in sorted(tables, key=lambda t: (t.table, t.instance)):
        one, other = _column(table.table, left, profile), _column(table.table, right, profile)
        if not one or not other or one == other:
            continue
        a, b = ColumnRef(table, one), ColumnRef(table, other)
        if {a, b} <= set(columns_of(replace(query, where=None))):
            return query  # computed already
        formula = _formula(operator, a, b)
        order = query.order
        if order and order[0].value in (a, b):
            order = (replace(order[0], value=formula), *order[1:])
        items = tuple(formula if item in (a, b) else item for item in query.items)
        return replace(query, items=items, order=order)
    return query


def _formula(operator: str, a: Expression, b: Expression) -> Expression:
    if operator == "ratio":
        return Computed("ratio", a, b)
    difference = Computed("-", a, b)
    return difference if operator == "-" else Computed("ratio", difference, a)


def _column(table: str, words: frozenset[str], profile: Profile) -> str:
    """The one numeric column of `table` with one of `words` in its name; "" where there is none or more than one."""
    found = [
        column
        for (owner, column), known in profile.columns.items()
        if owner == table
        and known.role in ("number", "money")
        and (words & set(identifier_words(column)) or any(w in column for w in words if not w.isascii()))
    ]
    return found[0] if len(found) == 1 else ""
