"""FROM in SQL to the form: tables, joins, and a derived table."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from .form import ColumnRef, On, Query, TableRef
from .form_error import FormError
from .read_windows import conjuncts
from .sql_scope import Scope
from .tokens import INSTANCES, OUTPUTS


@dataclass
class Sources:
    """`conditions` of inner joins that are not equalities of columns belong to WHERE."""

    source: Query | None = None
    joined: list[TableRef] = field(default_factory=list)
    optional: list[TableRef] = field(default_factory=list)
    on: list[On] = field(default_factory=list)
    conditions: list[exp.Expr] = field(default_factory=list)


def read_sources(tree: exp.Select, scope: Scope, left_out: list[exp.Join]) -> Sources:
    """Raises FormError. `left_out` are joins that are read as conditions."""
    clause = tree.args.get("from_")
    found = Sources()
    nodes = [(clause.this, None)] if clause else []
    nodes += [(j.this, j) for j in tree.args.get("joins") or () if not any(j is other for other in left_out)]
    for node, join in nodes:
        if isinstance(node, exp.Subquery):
            if len(nodes) > 1:
                raise FormError("join_of_derived_tables")
            _derived_table(node, found, scope)
            continue
        if not isinstance(node, exp.Table) or isinstance(node.this, exp.Func):
            raise FormError("source", type(node).__name__)
        ref = scope.add_table(node, found.joined)
        if ref.instance > len(INSTANCES) + 1:
            raise FormError("many_instances", ref.table)
        found.joined.append(ref)
        if join is not None:
            _join(join, ref, found, scope, tree)
    return found


def _derived_table(node: exp.Subquery, found: Sources, scope: Scope) -> None:
    found.source = scope.query(node.this)
    renamed = node.args["alias"].args.get("columns") if node.args.get("alias") else None
    outputs = renamed or first_select(node.this).expressions
    scope.outputs = [e.name.casefold() if renamed else e.alias_or_name.casefold() for e in outputs]
    scope.outputs_alias = node.alias.casefold()
    if len(scope.outputs) > len(OUTPUTS):
        raise FormError("many_outputs")


def first_select(tree: exp.Expr) -> exp.Select:
    """The SELECT that names the outputs of a query."""
    while not isinstance(tree, exp.Select):
        tree = tree.this
    clause = tree.args.get("from_")
    alone = len(tree.expressions) == 1 and isinstance(tree.expressions[0], exp.Star)
    if alone and clause and isinstance(clause.this, exp.Subquery) and not tree.args.get("joins"):
        return first_select(clause.this.this)
    return tree


def _join(join: exp.Join, ref: TableRef, found: Sources, scope: Scope, tree: exp.Select) -> None:
    if join.side == "LEFT":
        found.optional.append(ref)
    elif join.side or join.kind not in ("", "INNER", "CROSS"):
        raise FormError("join_kind", join.sql()[:60])
    found.on += _using(join, ref, found, scope, tree)
    for part in conjuncts(join.args["on"]) if join.args.get("on") else ():
        condition = join_condition(part, scope)
        if condition:
            found.on.append(condition)
        elif join.side:
            raise FormError("outer_join_condition")
        else:
            found.conditions.append(part)


def _using(join: exp.Join, ref: TableRef, found: Sources, scope: Scope, tree: exp.Select) -> list[On]:
    """JOIN ... USING and NATURAL JOIN, where columns of one name are equal."""
    schema = scope.context.schema
    columns = {r: {c.name.casefold(): c.name for c in schema.table(r.table).columns} for r in found.joined}
    before = [r for r in found.joined if r != ref]
    names = [i.name.casefold() for i in join.args.get("using") or ()]
    if join.args.get("method") == "NATURAL":
        names = [n for n in columns[ref] if any(n in columns[r] for r in before)]
    elif join.args.get("method"):
        raise FormError("join_kind", join.sql()[:60])
    if names and any(e.is_star and not isinstance(e, exp.Count) for e in tree.expressions):
        raise FormError("star_with_using")
    pairs = []
    for name in names:
        other = next((r for r in before if name in columns[r]), None)
        if other is None or name not in columns[ref]:
            raise FormError("no_such_column", name)
        pairs.append(On(ColumnRef(other, columns[other][name]), ColumnRef(ref, columns[ref][name])))
    return pairs


def join_condition(tree: exp.Expr, scope: Scope) -> On | None:
    """An equality of the columns of two tables."""
    if not isinstance(tree, exp.EQ):
        return None
    left, right = (scope.resolve(s) if isinstance(s, exp.Column) else None for s in (tree.left, tree.right))
    if isinstance(left, ColumnRef) and isinstance(right, ColumnRef) and left.table != right.table:
        return On(left, right)
    return None
