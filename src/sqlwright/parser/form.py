"""The pointer form: a query as the built-in model writes it.

Between SQL and the model's tokens stands a small tree in which names are pointers into the schema, so a name that does
not exist cannot be written. FROM holds only what cannot be derived: `joins.derive` adds the tables of the columns in
use and connects them along foreign keys. NatSQL (Gan et al., Findings of EMNLP 2021) drops FROM altogether, and set
operators and HAVING as well; those stay here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Aggregate = Literal["count", "sum", "avg", "min", "max", "median"]
Arithmetic = Literal["+", "-", "*", "/", "ratio"]
CompareOperator = Literal["=", "!=", "<", "<=", ">", ">=", "like", "contains", "starts", "ends", "in"]
SpanOperator = Literal["within", "before", "after", "since", "until"]
Window = Literal["portion", "running", "change", "growth"]
SetOperator = Literal["union", "union_all", "intersect", "except"]


@dataclass(frozen=True, slots=True)
class TableRef:
    """One use of a table: `instance` is 1 but for the second, third ... use in a self-join. `table` is a full name."""

    table: str
    instance: int = 1


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """`column` is "*" for a row of the table (count(*), SELECT *)."""

    table: TableRef
    column: str


@dataclass(frozen=True, slots=True)
class OutputRef:
    """The `position`-th column (0-based) of the derived table in FROM."""

    position: int


@dataclass(frozen=True, slots=True)
class Literally:
    """A constant in its stored spelling. `numeric`: SQL writes it without quotes. `unit`: that of the question."""

    text: str
    numeric: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Aggregated:
    function: Aggregate
    argument: Expression
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Computed:
    operator: Arithmetic
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Called:
    """A scalar function of the few the form knows: see `tokens` FUNCTIONS, DATE_PARTS, PERIODS and SCALES."""

    function: str
    argument: Expression


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Time from `start` to `end` in a unit: years_between, days_between, hours_between ... Years are whole ones."""

    function: str
    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class Concatenated:
    """Two texts with a space between them."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Now:
    """Today; where the data ends earlier, its last day."""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of rows for which a condition holds, between 0 and 1."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Filtered:
    """An aggregate over only those rows of its group for which a condition holds."""

    condition: Condition
    aggregate: Aggregated


@dataclass(frozen=True, slots=True)
class Windowed:
    """An aggregate seen over all groups of the query.

    portion: its share of the total; running: the sum up to this group; change and growth: the difference from the
    group before, and that difference as a share of it. Groups are in the order of the first grouping expression.
    """

    function: Window
    argument: Expression


@dataclass(frozen=True, slots=True)
class Bucket:
    """The range between `bounds` (rising numbers) that a number lies in, as text."""

    value: Expression
    bounds: tuple[Literally, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """SQL of the database that the form has no words for: a definition's. Columns are between the texts of `parts`."""

    parts: tuple[str | ColumnRef, ...]


@dataclass(frozen=True, slots=True)
class Nested:
    query: Query


Expression: TypeAlias = (
    "ColumnRef | OutputRef | Literally | Aggregated | Computed | Called | Elapsed | Concatenated | Now | Share"
    " | Filtered | Windowed | Bucket | Written | Nested"
)


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`; "in" takes a Nested or a tuple of constants on its right."""

    operator: CompareOperator
    left: Expression
    right: Expression | tuple[Literally, ...]


@dataclass(frozen=True, slots=True)
class Between:
    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class IsNull:
    value: Expression


@dataclass(frozen=True, slots=True)
class Span:
    """A date lies within a period, before its start, after its end, since its start, or until its end.

    `period` is in the notation of `period.read`.
    """

    operator: SpanOperator
    value: Expression
    period: str


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A flag is set, in whatever way the column stores that."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Exists:
    query: Query


@dataclass(frozen=True, slots=True)
class Negated:
    condition: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """`parts` all hold ("and") or one of them does ("or")."""

    operator: Literal["and", "or"]
    parts: tuple[Condition, ...]


Condition: TypeAlias = "Compare | Between | IsNull | Span | IsTrue | Exists | Negated | Joined | Written"


@dataclass(frozen=True, slots=True)
class Ordering:
    value: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class On:
    """A join condition that no single foreign key gives."""

    left: ColumnRef
    right: ColumnRef


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT.

    `tables` and `on` hold only what `joins.derive` cannot find, `optional` the tables of left joins; `source` is a
    derived table in FROM. `skip` rows come before those that `limit` keeps. With `per`, `limit` rows are kept of each
    group of equal values of it.
    """

    items: tuple[Expression, ...]
    distinct: bool = False
    tables: tuple[TableRef, ...] = ()
    optional: tuple[TableRef, ...] = ()
    on: tuple[On, ...] = ()
    source: Query | None = None
    where: Condition | None = None
    group: tuple[Expression, ...] = ()
    having: Condition | None = None
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    skip: int = 0
    per: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOperation:
    operator: SetOperator
    left: Query
    right: Query


Query: TypeAlias = "Select | SetOperation"
