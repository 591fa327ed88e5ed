"""One SELECT while it is read: its tables by alias, the outputs of its derived table, and what columns store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from ..core import Column, ColumnProfile, DateStorage, Dialect, Profile, Schema, Table
from .date_sql import storage_of
from .form import ColumnRef, Condition, Expression, Literally, Now, OutputRef, Query, TableRef
from .form_error import FormError
from .walk import expressions_in

STAR = ColumnRef(TableRef(""), "*")  # the argument of count(*), until FROM is known
REAL_TYPES = ("real", "float", "double", "numeric", "decimal")


@dataclass(frozen=True, slots=True)
class Context:
    """What is the same for every SELECT of a statement. `knows_today`: a constant of that day means today."""

    schema: Schema
    dialect: Dialect
    profile: Profile
    today: dt.date
    knows_today: bool
    read_query: Callable[[exp.Expr, Context], Query]
    read_expression: Callable[[exp.Expr, Scope], Expression]
    read_condition: Callable[[exp.Expr, Scope], Condition]


@dataclass
class Scope:
    context: Context
    sources: dict[str, tuple[TableRef, Table]] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    outputs_alias: str = ""
    group: tuple[Expression, ...] = ()

    @property
    def dialect(self) -> Dialect:
        return self.context.dialect

    def query(self, node: exp.Expr) -> Query:
        return self.context.read_query(node, self.context)

    def expression(self, node: exp.Expr) -> Expression:
        return self.context.read_expression(node, self)

    def condition(self, node: exp.Expr) -> Condition:
        return self.context.read_condition(node, self)

    def add_table(self, node: exp.Table, before: list[TableRef]) -> TableRef:
        """Raises FormError where the schema has no such table."""
        name = f"{node.db}.{node.name}" if node.db else node.name
        known = self.context.schema
        table = next((t for t in known if name.casefold() in (t.full_name.casefold(), t.name.casefold())), None)
        if table is None:
            raise FormError("no_such_table", name)
        if node.alias_or_name.casefold() in self.sources:
            raise FormError("alias", node.alias_or_name)
        ref = TableRef(table.full_name, 1 + sum(r.table == table.full_name for r in before))
        self.sources[node.alias_or_name.casefold()] = (ref, table)
        return ref

    def find(self, node: exp.Column) -> ColumnRef | None:
        """The column of one of this scope's tables."""
        name, owner = node.name.casefold(), node.table.casefold()
        if owner and owner not in self.sources:
            return None
        for ref, table in [self.sources[owner]] if owner else list(self.sources.values()):
            for column in table.columns:
                if column.name.casefold() == name:
                    return ColumnRef(ref, column.name)
        return None

    def resolve(self, node: exp.Column) -> Expression:
        """A column of this scope, an output of its derived table, or SQLite's string in double quotes."""
        name, owner = node.name.casefold(), node.table.casefold()
        if owner:
            if owner == self.outputs_alias and name in self.outputs:
                return OutputRef(self.outputs.index(name))
            if owner not in self.sources:
                raise FormError("correlated", node.sql())
        if found := self.find(node):
            return found
        if not owner and name in self.outputs:
            return OutputRef(self.outputs.index(name))
        if not owner and name in self.aliases and not isinstance(self.aliases[name], exp.Column):
            return self.expression(self.aliases[name])
        if not owner and node.this.quoted:
            return Literally(node.name)
        raise FormError("no_such_column", node.sql())

    # What columns store

    def profile_of(self, value: Expression) -> ColumnProfile | None:
        return self.context.profile.of(value.table.table, value.column) if isinstance(value, ColumnRef) else None

    def declared(self, value: ColumnRef) -> Column:
        return self.context.schema.table(value.table.table).column(value.column)

    def columns_in(self, value: Expression) -> list[ColumnRef]:
        return [e for e in expressions_in(value) if isinstance(e, ColumnRef) and e.column != "*" and e.table.table]

    def storage(self, value: Expression) -> DateStorage:
        """How a date is stored, as `to_sql` takes it: that of its first column."""
        if isinstance(value, Now):
            return "date"
        for column in self.columns_in(value):
            return storage_of(self.declared(column), self.profile_of(column), self.dialect)
        return "iso_timestamp"

    def is_date(self, value: Expression) -> bool:
        """Whether the profile, or the engine's own type, says that the values are dates."""
        if isinstance(value, Now):
            return True
        column = next(iter(self.columns_in(value)), None)
        if column is None:
            return False
        profile = self.profile_of(column)
        if profile and profile.date_storage:
            return True
        declared = self.declared(column).type.casefold()
        return self.dialect != "sqlite" and any(word in declared for word in ("date", "time"))

    def is_flag(self, value: Expression) -> bool:
        """Whether the column's own type is boolean, on an engine that has one."""
        boolean = self.dialect in ("postgres", "duckdb")
        return boolean and isinstance(value, ColumnRef) and "bool" in self.declared(value).type.casefold()

    def is_real(self, value: ColumnRef) -> bool:
        return any(word in self.declared(value).type.casefold() for word in REAL_TYPES)

    def never_null(self, value: Expression) -> bool:
        """Whether no column in `value` is ever NULL, by its declaration or by its profile."""
        return all(self._filled(column) for column in self.columns_in(value))

    def _filled(self, column: ColumnRef) -> bool:
        table, profile = self.context.schema.table(column.table.table), self.profile_of(column)
        if not self.declared(column).nullable or table.primary_key == (column.column,):
            return True
        return profile is not None and profile.rows > 0 and profile.null_share == 0


def bare(node: exp.Expr) -> exp.Expr:
    """Without the parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def number_in(node: exp.Expr | None) -> float | None:
    """The value of a numeric constant."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.name)
    return None


def is_type(node: exp.Expr, *types: exp.DType) -> bool:
    """Whether `node` is a cast to one of `types`."""
    return isinstance(node, exp.Cast) and node.args["to"].this in types


REALS = (exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL)
INTEGERS = (exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.UBIGINT)
