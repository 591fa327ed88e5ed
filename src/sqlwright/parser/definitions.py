"""Named measures and conditions as columns that the network points at, and what a query says in their place.

A measure is a number column of the table whose rows it adds up, a condition a flag of its table. The network then
writes `sum(revenue)` and `true(active)` as it does for columns that exist, and the grammar of types holds for both.
`expanded` puts the definition in the place of the column; what comes of it is typed, joined and guarded like any query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from ..core import Column, ColumnProfile, Hints, Profile, Schema, Table, quote_identifier
from ..core.meaning import Definition, Meaning, Meant, Measure, NamedCondition, definition_column, definition_places
from ..meaning.expression import Resolved, resolve
from .form import (
    Aggregated,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Condition,
    Exists,
    Expression,
    Filtered,
    IsTrue,
    Joined,
    Literally,
    Negated,
    Nested,
    Ordering,
    Query,
    Select,
    SetOperation,
    Share,
    TableRef,
    Written,
)
from .from_sql import FormError, parse_form
from .joins import derive, join_graph
from .tokens import SCALES, ColumnPointer, Token
from .walk import columns_of, condition_expressions, expressions_in, transform

Place = tuple[str, str]  # table and column
# The last words before a condition, where they turn it around.
_NEGATION = re.compile(
    r"(?:\b(?:not|no|never|without|except|excluding|non|none|neither|nor)\b|n't\b|[不没未非无])(?:\W+\w+){0,2}\W*$",
    re.IGNORECASE,
)
MOST_WORDS = 6  # of synonyms that stand as the comment of a column


@dataclass(frozen=True)
class Defined:
    """`schema` and `profile` have a column for each definition, and the definitions are by their column.

    `asserted` are the conditions that the question names without a negation: the network takes "unpaid" for one.
    """

    schema: Schema
    profile: Profile
    measures: Mapping[Place, Expression] = field(default_factory=dict)
    conditions: Mapping[Place, Condition] = field(default_factory=dict)
    asserted: frozenset[Place] = frozenset()

    def measure(self, node: object) -> Expression | None:
        """The measure that an expression points at, about the use of the table that it names."""
        found = self.measures.get((node.table.table, node.column)) if isinstance(node, ColumnRef) else None
        return found if found is None or not isinstance(node, ColumnRef) else _of_use(found, node.table)

    def condition(self, node: object) -> Condition | None:
        found = self.conditions.get((node.table.table, node.column)) if isinstance(node, ColumnRef) else None
        if found is None or not isinstance(node, ColumnRef):
            return None
        return transform(Select((), where=found), _moved(node.table)).where


def define(schema: Schema, profile: Profile, meaning: Meaning) -> Defined:
    """`schema` with the definitions of `meaning`. Raises ConfigError and NotFoundError for one that is not valid."""
    if not meaning:
        return Defined(schema, profile)
    measures: dict[Place, Expression] = {}
    conditions: dict[Place, Condition] = {}
    columns = dict(profile.columns)
    for place, item in definition_places(meaning, schema).items():
        if isinstance(item, Measure):
            measures[place] = measure_form(item, schema, profile, meaning)
            columns[place] = _amount_profile(place, measures[place], profile)
        else:
            conditions[place] = condition_form(item, schema, profile)
            columns[place] = ColumnProfile(*place, "flag", true_value="1", false_value="0", numeric=True, distinct=2)
    tables = tuple(_with_definitions(table, meaning) for table in schema)
    return Defined(replace(schema, tables=tables), replace(profile, columns=columns), measures, conditions)


def about(question: str, meant: Sequence[Meant], defined: Defined, meaning: Meaning, schema: Schema) -> Defined:
    """`defined` with what `question` asserts of the conditions that it names."""
    places = {item: place for place, item in definition_places(meaning, schema).items()}
    asserted = frozenset(
        places[found.item]
        for found in meant
        if isinstance(found.item, NamedCondition)
        and found.item in places
        and not _NEGATION.search(question[: found.start])
    )
    return replace(defined, asserted=asserted)


def unnamed(defined: Defined, hints: Hints) -> frozenset[Place]:
    """The definitions that the question does not name: the network does not see them."""
    named = {(name.table, name.column) for name in hints.names}
    return frozenset(place for place in (*defined.measures, *defined.conditions) if place not in named)


def measure_form(item: Measure, schema: Schema, profile: Profile, meaning: Meaning) -> Expression:
    """The measure in the parser's form; as SQL text where the form has no words for it."""
    known = {measure.name.casefold(): measure for measure in meaning.measures}
    resolved = resolve(item.expression, item.grain, schema, known)
    found = _read(f"SELECT {{}} FROM {_sources(resolved, schema)}", resolved, schema, profile)
    return found.items[0] if found and len(found.items) == 1 and not found.where else _written(resolved, schema)


def condition_form(item: NamedCondition, schema: Schema, profile: Profile) -> Condition:
    resolved = resolve(item.expression, item.table, schema)
    found = _read(f"SELECT COUNT(*) FROM {_sources(resolved, schema)} WHERE {{}}", resolved, schema, profile)
    return found.where if found and found.where else _written(resolved, schema)


def checking_query(item: Definition, schema: Schema, profile: Profile, meaning: Meaning) -> Select:
    """The query that shows a measure over all rows, or counts the rows that meet a condition."""
    row = TableRef(item.table)
    if isinstance(item, Measure):
        return Select((measure_form(item, schema, profile, meaning),), tables=(row,))
    rows = Aggregated("count", ColumnRef(row, "*"))
    return Select((rows,), tables=(row,), where=condition_form(item, schema, profile))


def expanded(query: Query, defined: Defined) -> Query:
    """`query` with the definitions that it points at. Raises ValueError where one cannot stand in its place.

    A measure has the unit of its definition, so a scale around it is left out, unless it makes a share a percentage.
    """
    if not defined.measures and not defined.conditions:
        return query
    if isinstance(query, SetOperation):
        return replace(query, left=expanded(query.left, defined), right=expanded(query.right, defined))
    query = _grouped(transform(query, lambda node: _unscaled(node, defined)), defined)
    grouped = bool(query.group) or any(_adds_up(e) for e in (*query.items, *(o.value for o in query.order)))
    alone = len(query.items) == 1 and not grouped

    def change(node: Expression) -> Expression:
        if isinstance(node, Aggregated):
            return _aggregated(node, defined)
        if isinstance(node, Filtered):
            return Filtered(_condition(node.condition, defined), _plain(_aggregated(node.aggregate, defined)))
        if isinstance(node, Share):
            return Share(_condition(node.condition, defined))
        return Nested(expanded(node.query, defined)) if isinstance(node, Nested) else node

    changed = transform(query, change)
    return replace(
        changed,
        items=tuple(_bare(e, defined, adds_up=grouped or alone) for e in changed.items),
        order=tuple(Ordering(_bare(o.value, defined, adds_up=grouped), o.descending) for o in changed.order),
        group=tuple(_bare(e, defined, adds_up=False) for e in changed.group),
        per=tuple(_bare(e, defined, adds_up=False) for e in changed.per),
        where=_condition(changed.where, defined) if changed.where else None,
        having=_condition(changed.having, defined, adds_up=True) if changed.having else None,
        source=expanded(changed.source, defined) if changed.source else None,
    )


def with_asserted(query: Query, tokens: Sequence[Token], defined: Defined) -> Query:
    """An expanded `query`, written as `tokens`, with the conditions that the question asserts and the tokens lack."""
    missing = [
        condition
        for place in sorted(defined.asserted)
        if ColumnPointer(*place) not in tokens and (condition := defined.conditions.get(place)) is not None
    ]
    if not missing or not isinstance(query, Select) or query.source is not None:
        return query
    parts = [*(query.where.parts if isinstance(query.where, Joined) and query.where.operator == "and" else ())]
    parts = parts or ([query.where] if query.where else [])
    return replace(query, where=Joined("and", (*parts, *missing)) if parts or missing[1:] else missing[0])


def _grouped(query: Select, defined: Defined) -> Select:
    """Rows of another table than the measure's, ranked by it or shown with it, are its groups: a customer's revenue."""
    shown = [item for item in query.items if isinstance(item, ColumnRef) and defined.measure(item) is None]
    bare = [node for node in (*query.items, *(o.value for o in query.order)) if defined.measure(node) is not None]
    tables = dict.fromkeys(item.table for item in shown)
    own = {node.table.table for node in bare if isinstance(node, ColumnRef)}
    others = len(shown) + sum(defined.measure(item) is not None for item in query.items) == len(query.items)
    if query.group or not bare or not shown or not others or own & {table.table for table in tables}:
        return query
    keys: list[Expression] = []
    for table in tables:
        key = defined.schema.table(table.table).primary_key
        mine = [item for item in shown if item.table == table]
        keys += [ColumnRef(table, key[0])] if len(key) == 1 else mine
    return replace(query, group=tuple(keys), distinct=False)


def _unscaled(node: Expression, defined: Defined) -> Expression:
    if not isinstance(node, Called) or node.function not in SCALES or node.function == "times_100":
        return node
    inner = node.argument.argument if isinstance(node.argument, Aggregated) else node.argument
    return node.argument if defined.measure(inner) is not None else node


def _aggregated(node: Aggregated, defined: Defined) -> Expression:
    """An aggregate of a measure: over its rows for a sum of them, else the measure itself."""
    found = defined.measure(node.argument)
    if found is None:
        return node
    total = _total_in(found)
    if total is not None and total.function == "sum":
        if node.function == "count":
            raise ValueError("The amounts of a sum are not counted.")
        return _with_total(found, replace(node, argument=total.argument))
    if node.function in ("min", "max", "median"):
        raise ValueError(f"{node.function} needs an amount in each row, which this measure does not have.")
    return found


def _total_in(node: Expression) -> Aggregated | None:
    """The one aggregate of a measure that is this aggregate in another unit: sum(minutes) / 60."""
    if isinstance(node, Called) and node.function in SCALES:
        return _total_in(node.argument)
    if isinstance(node, Computed) and node.operator in ("*", "/") and isinstance(node.right, Literally):
        return _total_in(node.left)
    return node if isinstance(node, Aggregated) else None


def _with_total(node: Expression, total: Expression) -> Expression:
    """`node` with another expression in the place of its aggregate."""
    if isinstance(node, Called):
        return replace(node, argument=_with_total(node.argument, total))
    return replace(node, left=_with_total(node.left, total)) if isinstance(node, Computed) else total


def _plain(node: Expression) -> Aggregated:
    if not isinstance(node, Aggregated):
        raise ValueError("Only a plain aggregate can be filtered.")
    return node


def _bare(node: Expression, defined: Defined, *, adds_up: bool) -> Expression:
    """A measure outside of an aggregate: the measure where rows are added up, else the amount of each row."""

    def change(part: Expression) -> Expression:
        if isinstance(part, ColumnRef) and defined.condition(part) is not None:
            raise ValueError("A condition is not shown.")
        found = defined.measure(part)
        if found is None:
            return part
        if adds_up:
            return found
        total = _total_in(found)
        if total is not None and total.function == "sum" and not total.distinct:
            return _with_total(found, total.argument)
        raise ValueError("A measure that is not a sum has no amount in a row.")

    (item,) = transform(Select((node,)), change).items
    return item


def _condition(node: Condition, defined: Defined, *, adds_up: bool = False) -> Condition:
    if isinstance(node, Joined):
        return replace(node, parts=tuple(_condition(p, defined, adds_up=adds_up) for p in node.parts))
    if isinstance(node, Negated):
        found = _condition(node.condition, defined, adds_up=adds_up)
        return found if _is_asserted(node.condition, defined) else Negated(found)
    if isinstance(node, Exists):
        return Exists(expanded(node.query, defined))
    if isinstance(node, IsTrue) and (meant := defined.condition(node.value)) is not None:
        return meant
    if isinstance(node, Compare):
        left = _bare(node.left, defined, adds_up=adds_up)
        right = node.right if isinstance(node.right, tuple) else _bare(node.right, defined, adds_up=adds_up)
        return replace(node, left=left, right=right)
    parts = list(condition_expressions(node))
    if any(defined.measure(part) is not None or defined.condition(part) is not None for part in parts):
        raise ValueError("A definition is not tested in this way.")
    return node


def _is_asserted(node: Condition, defined: Defined) -> bool:
    at = node.value if isinstance(node, IsTrue) else None
    return isinstance(at, ColumnRef) and (at.table.table, at.column) in defined.asserted


def _of_use(node: Expression, table: TableRef) -> Expression:
    return transform(Select((node,)), _moved(table)).items[0]


def _moved(table: TableRef) -> Callable[[Expression], Expression]:
    """A change of every column of a table to one of this use of it."""

    def change(node: Expression) -> Expression:
        own = isinstance(node, ColumnRef) and node.table.table == table.table
        return replace(node, table=table) if own and isinstance(node, ColumnRef) else node

    return change


def _adds_up(node: Expression) -> bool:
    return any(isinstance(part, (Aggregated, Filtered, Share)) for part in expressions_in(node))


def _with_definitions(table: Table, meaning: Meaning) -> Table:
    """`table` with its definitions as columns. What has no comment gets its synonyms as one: the network reads it."""
    added = tuple(
        Column(
            definition_column(item, table),
            "real" if isinstance(item, Measure) else "boolean",
            comment=_comment(item.synonyms),
        )
        for item in meaning.definitions()
        if item.table == table.full_name
    )
    known = tuple(
        column if column.comment else replace(column, comment=_comment(_words(meaning, table, column.name)))
        for column in table.columns
    )
    return replace(table, columns=(*known, *added), comment=table.comment or _comment(_words(meaning, table, "")))


def _words(meaning: Meaning, table: Table, column: str) -> list[str]:
    return [s.words for s in meaning.synonyms if (s.table, s.column, s.value) == (table.full_name, column, None)]


def _comment(words: Iterable[str]) -> str:
    return " ".join(" ".join(words).split()[:MOST_WORDS])


def _amount_profile(place: Place, form: Expression, profile: Profile) -> ColumnProfile:
    used = [profile.of(c.table.table, c.column) for c in columns_of(Select((form,)))]
    money = any(found is not None and found.role == "money" for found in used)
    return ColumnProfile(*place, "money" if money else "number", numeric=True)


def _read(statement: str, resolved: Resolved, schema: Schema, profile: Profile) -> Select | None:
    """The form of a statement with the expression in its place; None where the form cannot say it all."""
    tree = resolved.tree.copy()
    aliases = {name: f"d{i}" for i, name in enumerate(_joined(resolved, schema))}
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier(aliases[column.table], quoted=True))
    try:
        found = parse_form(statement.format(tree.sql(dialect=schema.dialect)), schema, profile=profile)
    except FormError:
        return None
    whole = isinstance(found, Select) and not (found.group or found.having or found.on or found.optional)
    return found if whole and isinstance(found, Select) else None


def _joined(resolved: Resolved, schema: Schema) -> list[str]:
    """The tables of an expression and those between them."""
    steps = derive([TableRef(name) for name in resolved.tables], (), join_graph(schema))
    return [step.table.table for step in steps]


def _sources(resolved: Resolved, schema: Schema) -> str:
    """FROM without join conditions, which the form takes from the keys."""
    names = enumerate(_joined(resolved, schema))
    return ", ".join(f"{_qualified(schema.table(name), schema)} AS d{i}" for i, name in names)


def _qualified(table: Table, schema: Schema) -> str:
    parts = [table.namespace, table.name] if table.namespace else [table.name]
    return ".".join(quote_identifier(part, schema.dialect, always=True) for part in parts)


def _written(resolved: Resolved, schema: Schema) -> Written:
    """The expression as text with the columns in it."""
    holder = exp.Paren(this=resolved.tree.copy())
    refs: dict[str, ColumnRef] = {}
    for n, column in enumerate(list(holder.find_all(exp.Column))):
        mark = f"column_of_a_definition_{n}_"
        refs[mark] = ColumnRef(TableRef(column.table), column.name)
        column.replace(exp.Var(this=mark))
    text = holder.this.sql(dialect=schema.dialect)
    parts: list[str | ColumnRef] = []
    for mark in sorted(refs, key=text.index):
        before, text = text.split(mark, 1)
        parts += [before, refs[mark]]
    return Written((*parts, text))
