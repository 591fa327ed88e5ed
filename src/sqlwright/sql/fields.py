"""PostgreSQL's `x.f` is a column of x, or the call f(x) where x has no column f: each must be a column.

Functions of the engine that read files or write, and a person's own, could be called in this way under any name. So
`x.f` has to name an output of every x in reach, and `(expression).f` is refused but for the fields of json_each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from sqlglot import exp

from ..core import Violation, closest
from .dialects import RULES
from .policy import Policy
from .tables import folded


class Outputs(NamedTuple):
    """The columns of a source: `names`, and with `of_table` those of some table of the schema as well."""

    names: frozenset[str]
    of_table: bool = False


Named: TypeAlias = "dict[str, set[Outputs]]"  # an alias that is there twice may be either

_SYSTEM = frozenset("ctid tableoid xmin xmax cmin cmax".split())
_OF_FUNCTIONS = frozenset({"key", "value", "ordinality"})
_ANY_TABLE = Outputs(frozenset(), of_table=True)
_OF_VALUES = Outputs(frozenset(f"column{i}" for i in range(1, 101)))
_SUSPICIOUS = re.compile(
    r"pg_.*|lo_.*|dblink.*|txid_.*|inet_.*|current_setting|set_config|nextval|setval|currval|lastval|.*_to_xml.*|ts_stat"
    r"|notify|query|crosstab.*|.*_import|.*_export"
)


def check_fields(root: exp.Expr, text: str, policy: Policy) -> Iterator[Violation]:
    """`text` is what `root` was parsed from."""
    if RULES[policy.dialect].attribute_calls:
        columns = policy.columns | _SYSTEM if policy.columns else policy.columns
        yield from _check(root, {}, (), _About(columns, text))


@dataclass(frozen=True, slots=True)
class _About:
    """`columns` are those of the schema, None where they are not known; `text` is what the tree was parsed from.

    `sources` and `outputs` hold what was found for a query, by the id of its node: `SELECT *, * FROM (SELECT *, * ...`
    asks for the inner ones again at each level.
    """

    columns: frozenset[str] | None
    text: str
    sources: dict[int, Named] = field(default_factory=dict)
    outputs: dict[int, Outputs] = field(default_factory=dict)


def _check(node: exp.Expr, ctes: Named, scopes: tuple[Named, ...], about: _About) -> Iterator[Violation]:
    with_ = node.args.get("with_")
    if isinstance(with_, exp.With):
        for cte in with_.expressions:
            name = _fold(cte.args["alias"].this)
            # A recursive CTE sees itself; its outputs are those of its first part.
            inner = {**ctes, name: {_cte_outputs(cte, ctes, about)}}
            yield from _check(cte.this, inner if with_.args.get("recursive") else ctes, scopes, about)
            ctes = inner
    if isinstance(node, exp.Select):
        scopes = (*scopes, _sources(node, ctes, about))
    yield from _field(node, scopes, about)
    for key, value in node.args.items():
        if key != "with_":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, exp.Expr):
                    yield from _check(child, ctes, scopes, about)


def _field(node: exp.Expr, scopes: tuple[Named, ...], about: _About) -> Iterator[Violation]:
    """The violation of one `x.f`, if it is one."""
    if isinstance(node, exp.Column) and node.args.get("table") is not None and not isinstance(node.this, exp.Star):
        name, owner = _fold(node.this), _fold(node.args["table"])
        if not _is_column(owner, name, scopes, about):
            yield _unknown(f"{owner[:60]}.{name[:60]}", name, about)
    elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        name, row = _fold(node.expression), node.this.unnest()
        owner = _fold(row.this) if isinstance(row, exp.Column) and row.args.get("table") is None else ""  # (t).a
        if name not in _OF_FUNCTIONS and not _is_column(owner, name, scopes, about):
            yield _unknown(f"(...).{name[:60]}", name, about)


def _is_column(owner: str, name: str, scopes: tuple[Named, ...], about: _About) -> bool:
    """An alias may be taken again further in or out: the name has to be a column of each, whichever is meant."""
    reach = [outputs for scope in scopes for outputs in scope.get(owner, ())]
    return bool(reach) and all(_has(outputs, name, about.columns) for outputs in reach)


def _unknown(shown: str, name: str, about: _About) -> Violation:
    hint = closest(name[:60], about.columns or (), listing=False)
    return Violation("unknown_column", f"There is no column {shown!r} in what the query reads. {hint}".strip())


def _has(outputs: Outputs, name: str, columns: frozenset[str] | None) -> bool:
    if name in outputs.names or not outputs.of_table:
        return name in outputs.names
    return not _SUSPICIOUS.fullmatch(name) if columns is None else name in columns


def _sources(select: exp.Select, ctes: Named, about: _About) -> Named:
    """What each alias of FROM and its joins gives; an alias that is there twice gives both."""
    if id(select) in about.sources:
        return about.sources[id(select)]
    found: Named = {}
    nodes = [select.args.get("from_"), *(select.args.get("joins") or ()), *(select.args.get("laterals") or ())]
    for node in nodes:
        for source in _relations(node):
            alias = _fold(source.args["alias"].this) if _aliased(source) else _own_name(source, about)
            found.setdefault(alias, set()).add(_source_outputs(source, alias, ctes, about))
    about.sources[id(select)] = found
    return found


def _relations(node: exp.Expr | None) -> Iterator[exp.Expr]:
    """Tables, subqueries and table functions below a FROM or JOIN, without going into subqueries."""
    if node is None:
        return
    if isinstance(node, (exp.Table, exp.Subquery, exp.Lateral, exp.Unnest, exp.Values)):
        yield node
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            return
    children = [node.this, *(node.args.get("joins") or ())] if not isinstance(node, exp.Lateral) else []
    for child in children:
        if (isinstance(child, exp.Expr) and not isinstance(child, (exp.Func, exp.Query))) or _is_source(child):
            yield from _relations(child)


def _is_source(node: object) -> bool:
    return isinstance(node, (exp.Subquery, exp.Unnest, exp.Values, exp.Table))


def _aliased(source: exp.Expr) -> bool:
    alias = source.args.get("alias")
    return isinstance(alias, exp.TableAlias) and alias.this is not None


def _own_name(source: exp.Expr, about: _About) -> str:
    if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        return _fold(source.this)
    called = source.this if isinstance(source, (exp.Table, exp.Lateral)) else source
    return next(iter(_called(called, about)), "") if isinstance(called, exp.Func) else ""


def _source_outputs(source: exp.Expr, alias: str, ctes: Named, about: _About) -> Outputs:
    renamed = _renamed(source)
    inner = _inner_outputs(source, alias, ctes, about)
    if not renamed:
        return inner
    if inner.of_table and about.columns is None:  # a list of names is surer than a guess
        return Outputs(renamed)
    return Outputs(inner.names | renamed, inner.of_table)


def _inner_outputs(source: exp.Expr, alias: str, ctes: Named, about: _About) -> Outputs:
    """Before the column list of the alias renames any."""
    if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        known = ctes.get(_fold(source.this)) if source.args.get("db") is None else None
        return next(iter(known)) if known else _ANY_TABLE
    if isinstance(query := _query_of(source), exp.Query):
        return _query_outputs(query, ctes, about)
    if isinstance(source, exp.Values) or isinstance(source.this, exp.Values):
        return _OF_VALUES
    if isinstance(source, exp.Subquery):  # a join in parentheses
        return _ANY_TABLE
    called = _called(source.this if isinstance(source.this, exp.Func) else source, about)
    return Outputs(_OF_FUNCTIONS | {alias, *called})


def _query_of(source: exp.Expr) -> exp.Expr | None:
    node: object = source.this
    while isinstance(node, exp.Subquery) and not _aliased(node):
        node = node.this
    return node if isinstance(node, exp.Query) and not isinstance(node, exp.Table) else None


def _renamed(source: exp.Expr) -> frozenset[str]:
    """The column list of an alias: AS x(a, b), AS x(a INT)."""
    alias = source.args.get("alias")
    columns = alias.args.get("columns") or () if isinstance(alias, exp.TableAlias) else ()
    names = {_fold(c if isinstance(c, exp.Identifier) else c.this) for c in columns}
    called = source.this if isinstance(source, exp.Lateral) else source
    ordinality = called.args.get("offset")  # WITH ORDINALITY: the last name of the list
    return frozenset(names | {_fold(ordinality)} if ordinality is not None else names)


def _cte_outputs(cte: exp.CTE, ctes: Named, about: _About) -> Outputs:
    names, of_table = _query_outputs(cte.this, ctes, about)
    return Outputs(names | _renamed(cte), of_table)


def _query_outputs(query: exp.Expr, ctes: Named, about: _About) -> Outputs:
    if id(query) not in about.outputs:
        about.outputs[id(query)] = _found_outputs(query, ctes, about)
    return about.outputs[id(query)]


def _found_outputs(query: exp.Expr, ctes: Named, about: _About) -> Outputs:
    while True:
        with_ = query.args.get("with_")
        for cte in with_.expressions if isinstance(with_, exp.With) else ():
            ctes = {**ctes, _fold(cte.args["alias"].this): {_cte_outputs(cte, ctes, about)}}
        if isinstance(query, exp.Select):
            break
        if not isinstance(query.this, exp.Expr):
            return Outputs(frozenset())
        query = query.this  # the left part of a set operation names the columns
    names = {name for output in query.expressions for name in _output_names(output, about)}
    if not any(output.is_star for output in query.expressions):
        return Outputs(frozenset(names))
    given = {outputs for of_alias in _sources(query, ctes, about).values() for outputs in of_alias}
    names.update(*(outputs.names for outputs in given))
    return Outputs(frozenset(names), any(outputs.of_table for outputs in given))


def _output_names(output: exp.Expr, about: _About) -> Iterator[str]:
    """What PostgreSQL calls an output: its alias, its column, the function, or the type of a cast."""
    if isinstance(output, exp.Alias):
        yield _fold(output.args.get("alias"))
    elif isinstance(output, exp.Column):
        yield _fold(output.this)
    elif isinstance(output, (exp.Cast, exp.Paren, exp.Bracket, exp.Window, exp.Filter, exp.WithinGroup)):
        yield from _output_names(output.this, about)
        if isinstance(output, exp.Cast):
            yield output.to.sql("postgres").lower().split("(")[0]
    elif isinstance(output, exp.Func):
        yield from _called(output, about)


def _called(function: exp.Expr, about: _About) -> Iterator[str]:
    """The function as it is written: the parser's class of it may have other names."""
    if "start" in function.meta:
        yield about.text[function.meta["start"] : function.meta["end"] + 1].strip('"').lower()
    elif isinstance(function, exp.GroupConcat):
        yield "string_agg"
    elif isinstance(function, exp.Func):
        yield from (name.lower() for name in function.sql_names())


def _fold(identifier: exp.Expr | None) -> str:
    return folded(identifier, "postgres")
