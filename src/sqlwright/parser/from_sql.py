"""SQL to the pointer form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlglot import exp

from ..core import Dialect, Schema, SqlwrightError, Table
from ..sql.reading import UnreadableError, read_first
from .form import (
    Aggregated,
    Between,
    Called,
    ColumnRef,
    Compare,
    Comparison,
    Computed,
    Condition,
    Exists,
    Expression,
    IsNull,
    Joined,
    Literally,
    Negated,
    Nested,
    On,
    Ordering,
    OutputRef,
    Query,
    Select,
    SetOperation,
    TableRef,
)
from .joins import derive, join_graph
from .walk import columns_of, transform


class FormError(SqlwrightError):
    """The statement uses something the form has no word for; `cause` is a short stable name of it."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause


AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "count",
    exp.Sum: "sum",
    exp.Avg: "avg",
    exp.Min: "min",
    exp.Max: "max",
}
ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
COMPARISONS: dict[type[exp.Expr], Comparison] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Length: "length",
    exp.Abs: "abs",
    exp.Round: "round",
    exp.Year: "year",
    exp.Month: "month",
}


def parse_form(sql: str, schema: Schema, dialect: Dialect | None = None) -> Query:
    """The form of `sql` over `schema`. Raises FormError for what the form cannot say."""
    try:
        tree = read_first(sql, dialect or schema.dialect)
    except UnreadableError as error:
        raise FormError("syntax", str(error)[:100]) from error
    return _query(tree, schema)


def _query(tree: exp.Expr, schema: Schema) -> Query:
    if isinstance(tree, (exp.Subquery, exp.Paren)) and isinstance(tree.this, exp.Query):
        return _query(tree.this, schema)
    if isinstance(tree, exp.SetOperation):
        return _set_operation(tree, schema)
    if isinstance(tree, exp.Select):
        return _Scope(schema).select(tree)
    raise FormError("not_a_query", type(tree).__name__)


def _set_operation(tree: exp.SetOperation, schema: Schema) -> Query:
    name = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}[type(tree)]
    if isinstance(tree, exp.Union) and not tree.args.get("distinct"):
        name = "union_all"
    left, right = _query(tree.left, schema), _query(tree.right, schema)
    operation = SetOperation(cast(Any, name), left, right)
    order, limit = tree.args.get("order"), tree.args.get("limit")
    if order is None and limit is None:
        return operation
    # An outer ORDER BY becomes a select over the whole, ordered by its outputs.
    width = len(_first_items(left))
    outer = _Scope(schema, outputs=[e.alias_or_name.casefold() for e in _first_select(tree).expressions])
    ordering = tuple(outer.ordering(o) for o in (order.expressions if order else ()))
    if not all(isinstance(o.value, OutputRef) for o in ordering):
        raise FormError("order_of_set_operation", tree.sql()[:60])
    items = tuple(OutputRef(i) for i in range(width))
    return Select(items, source=operation, order=ordering, limit=_limit(limit))


def _first_select(tree: exp.Expr) -> exp.Select:
    while not isinstance(tree, exp.Select):
        tree = tree.this
    return tree


def _first_items(query: Query) -> tuple[Expression, ...]:
    return query.items if isinstance(query, Select) else _first_items(query.left)


def _limit(limit: exp.Expr | None) -> int | None:
    if limit is None:
        return None
    if not isinstance(limit, exp.Limit) or limit.args.get("offset") or not isinstance(limit.expression, exp.Literal):
        raise FormError("limit", limit.sql())
    return int(limit.expression.name)


@dataclass
class _Scope:
    """One SELECT: its sources by alias, and the outputs of a derived table."""

    schema: Schema
    sources: dict[str, tuple[TableRef, Table]] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    outputs_alias: str = ""

    def select(self, tree: exp.Select) -> Select:
        for unsupported in ("with_", "with", "windows", "qualify", "offset", "laterals"):
            if tree.args.get(unsupported):
                raise FormError(unsupported.rstrip("_"))
        source, joined, optional, on, extra = self._from(tree)
        self.aliases = {e.alias.casefold(): e.this for e in tree.expressions if isinstance(e, exp.Alias)}
        where = tree.args.get("where")
        parts = [*extra, *(self._conjuncts(where.this) if where else ())]
        on += [found for p in parts if (found := self._join_condition(p))]
        kept = [self.condition(p) for p in parts if not self._join_condition(p)]
        group, having, order = tree.args.get("group"), tree.args.get("having"), tree.args.get("order")
        result = Select(
            items=tuple(item for e in tree.expressions for item in self._item(e)),
            distinct=bool(tree.args.get("distinct")),
            optional=tuple(optional),
            source=source,
            where=_conjunction(kept),
            group=tuple(self.expression(g) for g in group.expressions) if group else (),
            having=self.condition(having.this) if having else None,
            order=tuple(self.ordering(o) for o in order.expressions) if order else (),
            limit=_limit(tree.args.get("limit")),
        )
        return self._minimal(self._with_stars(result, joined), joined, on)

    # FROM

    def _from(self, tree: exp.Select) -> tuple[Query | None, list[TableRef], list[TableRef], list[On], list[exp.Expr]]:
        clause = tree.args.get("from_") or tree.args.get("from")
        source: Query | None = None
        joined: list[TableRef] = []
        optional: list[TableRef] = []
        on: list[On] = []
        extra: list[exp.Expr] = []
        nodes = [(clause.this, None)] if clause else []
        nodes += [(join.this, join) for join in tree.args.get("joins") or ()]
        for node, join in nodes:
            if isinstance(node, exp.Subquery):
                if source is not None or len(nodes) > 1:
                    raise FormError("join_of_derived_tables")
                source = _query(node.this, self.schema)
                self.outputs = [e.alias_or_name.casefold() for e in _first_select(node.this).expressions]
                self.outputs_alias = node.alias.casefold()
                continue
            ref = self._table(node, joined)
            joined.append(ref)
            if join is None:
                continue
            if join.side == "LEFT":
                optional.append(ref)
            elif join.side or join.kind not in ("", "INNER", "CROSS") or join.args.get("using"):
                raise FormError("join_kind", join.sql()[:60])
            for part in self._conjuncts(join.args["on"]) if join.args.get("on") else ():
                found = self._join_condition(part)
                if found:
                    on.append(found)
                elif join.side:
                    raise FormError("outer_join_condition")
                else:
                    extra.append(part)
        return source, joined, optional, on, extra

    def _table(self, node: exp.Expr, before: list[TableRef]) -> TableRef:
        if not isinstance(node, exp.Table):
            raise FormError("source", type(node).__name__)
        name = f"{node.db}.{node.name}" if node.db else node.name
        table = next((t for t in self.schema if name.casefold() in (t.full_name.casefold(), t.name.casefold())), None)
        if table is None:
            raise FormError("no_such_table", name)
        ref = TableRef(table.full_name, 1 + sum(r.table == table.full_name for r in before))
        self.sources[node.alias_or_name.casefold()] = (ref, table)
        return ref

    def _conjuncts(self, tree: exp.Expr) -> Iterator[exp.Expr]:
        if isinstance(tree, exp.And):
            yield from self._conjuncts(tree.left)
            yield from self._conjuncts(tree.right)
        elif isinstance(tree, exp.Paren) and isinstance(tree.this, (exp.And, exp.EQ)):
            yield from self._conjuncts(tree.this)
        elif not (isinstance(tree, exp.Boolean) and tree.this):  # a JOIN without ON parses as ON TRUE
            yield tree

    def _join_condition(self, tree: exp.Expr) -> On | None:
        if not isinstance(tree, exp.EQ):
            return None
        sides = [self._resolve(s) if isinstance(s, exp.Column) else None for s in (tree.left, tree.right)]
        left, right = sides
        if isinstance(left, ColumnRef) and isinstance(right, ColumnRef) and left.table != right.table:
            return On(left, right)
        return None

    # Expressions

    def _resolve(self, node: exp.Column) -> Expression:
        """A column of this scope, an output of its derived table, or SQLite's string in double quotes."""
        name, owner = node.name.casefold(), node.table.casefold()
        if owner:
            if owner == self.outputs_alias and name in self.outputs:
                return OutputRef(self.outputs.index(name))
            if owner not in self.sources:
                raise FormError("correlated", node.sql())
        candidates = [self.sources[owner]] if owner else list(self.sources.values())
        for ref, table in candidates:
            for column in table.columns:
                if column.name.casefold() == name:
                    return ColumnRef(ref, column.name)
        if not owner and name in self.outputs:
            return OutputRef(self.outputs.index(name))
        if not owner and name in self.aliases and not isinstance(self.aliases[name], exp.Column):
            return self.expression(self.aliases[name])
        if not owner and node.this.quoted:
            return Literally(node.name)
        raise FormError("no_such_column", node.sql())

    def _item(self, node: exp.Expr) -> Iterator[Expression]:
        if isinstance(node, exp.Alias):
            node = node.this
        if isinstance(node, exp.Star):
            refs = [ref for ref, _ in self.sources.values()]
            yield from (ColumnRef(ref, "*") for ref in refs)
            if not refs:
                yield from (OutputRef(i) for i in range(len(self.outputs)))
        else:
            yield self.expression(node)

    def expression(self, node: exp.Expr) -> Expression:
        if isinstance(node, exp.Paren):
            return self.expression(node.this)
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return ColumnRef(self.sources[node.table.casefold()][0], "*")
            return self._resolve(node)
        if isinstance(node, exp.Literal):
            return Literally(node.name, not node.is_string)
        if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
            return Literally("-" + node.this.name, True)
        if type(node) in AGGREGATES:
            return self._aggregate(node)
        if type(node) in ARITHMETIC:
            operator = cast(Any, ARITHMETIC[type(node)])
            return Computed(operator, self.expression(node.left), self.expression(node.right))  # type: ignore[attr-defined]
        if type(node) in FUNCTIONS and len(node.args) <= 2:
            return Called(FUNCTIONS[type(node)], self.expression(node.this))
        if isinstance(node, (exp.Subquery, exp.Select, exp.SetOperation)):
            return Nested(_query(node, self.schema))
        raise FormError("expression", f"{type(node).__name__} {node.sql()[:60]}")

    def _aggregate(self, node: exp.Expr) -> Aggregated:
        function = cast(Any, AGGREGATES[type(node)])
        argument, distinct = node.this, False
        if isinstance(argument, exp.Distinct):
            if len(argument.expressions) != 1:
                raise FormError("distinct_of_several")
            argument, distinct = argument.expressions[0], True
        if isinstance(argument, exp.Star) or argument is None:
            return Aggregated(function, _STAR)
        return Aggregated(function, self.expression(argument), distinct)

    def ordering(self, node: exp.Expr) -> Ordering:
        if not isinstance(node, exp.Ordered):
            return Ordering(self.expression(node))
        return Ordering(self.expression(node.this), bool(node.args.get("desc")))

    # Conditions

    def condition(self, node: exp.Expr) -> Condition:
        if isinstance(node, exp.Paren):
            return self.condition(node.this)
        if isinstance(node, (exp.And, exp.Or)):
            return self._joined(node)
        if isinstance(node, exp.Not):
            return Negated(self.condition(node.this))
        if type(node) in COMPARISONS:
            left, right = self.expression(node.left), self.expression(node.right)  # type: ignore[attr-defined]
            return Compare(COMPARISONS[type(node)], left, right)
        if isinstance(node, exp.Between):
            low, high = self.expression(node.args["low"]), self.expression(node.args["high"])
            return Between(self.expression(node.this), low, high)
        if isinstance(node, exp.Like):
            return self._like(node)
        if isinstance(node, exp.In):
            return self._in(node)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return IsNull(self.expression(node.this))
        if isinstance(node, exp.Exists):
            return Exists(_query(node.this, self.schema))
        raise FormError("condition", f"{type(node).__name__} {node.sql()[:60]}")

    def _joined(self, node: exp.Connector) -> Joined:
        operator = "and" if isinstance(node, exp.And) else "or"
        parts: list[Condition] = []
        for side in (node.left, node.right):
            found = self.condition(side)
            parts += found.parts if isinstance(found, Joined) and found.operator == operator else [found]
        return Joined(cast(Any, operator), tuple(parts))

    def _like(self, node: exp.Like) -> Condition:
        found = self._pattern(node)
        return Negated(found) if node.args.get("negate") else found

    def _pattern(self, node: exp.Like) -> Compare:
        value, pattern = self.expression(node.this), self.expression(node.expression)
        if not isinstance(pattern, Literally):
            raise FormError("like", node.sql()[:60])
        text = pattern.text
        core = text.strip("%")
        if "%" in core or "_" in core or not core:
            return Compare("like", value, pattern)
        name = {(True, True): "contains", (False, True): "starts", (True, False): "ends"}.get(
            (text.startswith("%"), text.endswith("%")), "like"
        )
        return Compare(cast(Any, name), value, Literally(core))

    def _in(self, node: exp.In) -> Condition:
        value = self.expression(node.this)
        if node.args.get("query"):
            return Compare("in", value, Nested(_query(node.args["query"], self.schema)))
        constants = tuple(self.expression(e) for e in node.expressions)
        if not all(isinstance(c, Literally) for c in constants):
            raise FormError("in", node.sql()[:60])
        return Compare("in", value, cast(Any, constants))

    # What FROM needs to say

    def _with_stars(self, select: Select, joined: list[TableRef]) -> Select:
        """Each count(*) points at a table: one that nothing else names, else the one that holds the foreign keys."""
        if not joined:
            return _replace_star(select, None)
        named = {c.table for c in columns_of(select)}
        unnamed = [t for t in joined if t not in named]
        return _replace_star(select, ColumnRef(unnamed[0] if unnamed else self._child(joined), "*"))

    def _child(self, joined: list[TableRef]) -> TableRef:
        names = {t.table.casefold() for t in joined}

        def keys(ref: TableRef) -> int:
            return sum(k.ref_table.casefold() in names for k in self.schema.table(ref.table).foreign_keys)

        return max(joined, key=keys)

    def _minimal(self, select: Select, joined: list[TableRef], on: list[On]) -> Select:
        """`select` with as little of FROM as `derive` needs to rebuild it."""
        if not joined:
            return select
        graph = join_graph(self.schema)
        wanted = _partition(on)
        named = list(dict.fromkeys(c.table for c in columns_of(select)))
        extra = [t for t in joined if t not in named]
        optional = set(select.optional)
        for tables, conditions in (((), ()), (extra, ()), (extra, on)):
            steps = derive([*named, *tables], conditions, graph)
            same = {s.table for s in steps} == set(joined)
            if same and _partition([o for s in steps for o in s.on]) == wanted and not (optional and not conditions):
                break
        else:
            tables, conditions = joined, on
        return replace(select, tables=tuple(t for t in tables if t not in optional), on=tuple(conditions))


_STAR = ColumnRef(TableRef(""), "*")


def _replace_star(select: Select, star: ColumnRef | None) -> Select:
    return transform(select, lambda e: (star or OutputRef(0)) if e == _STAR else e)


def _conjunction(parts: list[Condition]) -> Condition | None:
    flat = [q for p in parts for q in (p.parts if isinstance(p, Joined) and p.operator == "and" else (p,))]
    return None if not flat else flat[0] if len(flat) == 1 else Joined("and", tuple(flat))


def _partition(on: list[On] | tuple[On, ...]) -> frozenset[frozenset[ColumnRef]]:
    """The classes of columns that the conditions make equal: two lists with the same classes join alike."""
    classes: list[set[ColumnRef]] = []
    for condition in on:
        touching = [c for c in classes if condition.left in c or condition.right in c]
        merged = {condition.left, condition.right}.union(*touching)
        classes = [c for c in classes if c not in touching] + [merged]
    return frozenset(frozenset(c) for c in classes)
