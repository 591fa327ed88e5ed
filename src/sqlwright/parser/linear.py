"""The pointer form as a sequence of tokens, and back.

The order is SQL's, but operators that take expressions stand before them, FROM holds only what cannot be derived, and
each SELECT closes with `end`; `grammar` has the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from ..core import SqlwrightError
from .form import (
    Aggregated,
    Between,
    Bucket,
    Called,
    ColumnRef,
    Compare,
    Computed,
    Concatenated,
    Condition,
    Elapsed,
    Exists,
    Expression,
    Filtered,
    IsNull,
    IsTrue,
    Joined,
    Literally,
    Negated,
    Nested,
    Now,
    On,
    Ordering,
    OutputRef,
    Query,
    Select,
    SetOperation,
    Share,
    Span,
    TableRef,
    Windowed,
    Written,
)
from .tokens import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    DATE_PARTS,
    ELAPSED,
    FUNCTIONS,
    INSTANCES,
    OUTPUTS,
    PERIODS,
    SCALES,
    SET_OPERATORS,
    SPANS,
    WINDOWS,
    ColumnPointer,
    PeriodPointer,
    TablePointer,
    Token,
    ValuePointer,
)

_CALLED = (*FUNCTIONS, *DATE_PARTS, *PERIODS, *SCALES)


class SequenceError(SqlwrightError):
    """The tokens are no query: the model stopped early, or was not constrained by the grammar."""


def linearize(query: Query) -> tuple[Token, ...]:
    return tuple(_query(query))


def _query(query: Query) -> Iterator[Token]:
    if isinstance(query, SetOperation):
        yield query.operator
        yield from _query(query.left)
        yield from _query(query.right)
        return
    yield "select"
    if query.distinct:
        yield "distinct"
    for item in query.items:
        yield from _expression(item)
    yield from _from(query)
    if query.where:
        yield "where"
        yield from _condition(query.where)
    if query.group:
        yield "group"
        for expression in query.group:
            yield from _expression(expression)
    if query.having:
        yield "having"
        yield from _condition(query.having)
    if query.order:
        yield "order"
        for ordering in query.order:
            yield from _expression(ordering.value)
            if ordering.descending:
                yield "desc"
    if query.limit is not None:
        yield "limit"
        yield from _limit(query)
    yield "end"


def _limit(query: Select) -> Iterator[Token]:
    yield from _expression(Literally(str(query.limit), True))
    if query.skip:
        yield "skip"
        yield from _expression(Literally(str(query.skip), True))
    if query.per:
        yield "per"
        for expression in query.per:
            yield from _expression(expression)


def _from(query: Select) -> Iterator[Token]:
    if not (query.tables or query.on or query.optional or query.source):
        return
    yield "from"
    if query.source:
        yield "source"
        yield from _query(query.source)
    for table in query.tables:
        yield from _table(table)
    for table in query.optional:
        yield "left"
        yield from _table(table)
    for condition in query.on:
        yield "on"
        yield from _expression(condition.left)
        yield from _expression(condition.right)


def _table(ref: TableRef) -> Iterator[Token]:
    yield TablePointer(ref.table)
    yield from INSTANCES[ref.instance - 2 : ref.instance - 1] if ref.instance > 1 else ()


def _expression(node: Expression) -> Iterator[Token]:
    if isinstance(node, ColumnRef):
        if node.column == "*":
            yield from _table(node.table)
            return
        yield ColumnPointer(node.table.table, node.column)
        yield from INSTANCES[node.table.instance - 2 : node.table.instance - 1] if node.table.instance > 1 else ()
    elif isinstance(node, OutputRef):
        yield OUTPUTS[node.position]
    elif isinstance(node, Literally):
        yield "one" if node == Literally("1", True) else ValuePointer(node.text, node.numeric, node.unit)
    elif isinstance(node, Aggregated):
        yield node.function
        if node.distinct:
            yield "distinct"
        yield from _expression(node.argument)
    elif isinstance(node, Computed):
        yield node.operator
        yield from _expression(node.left)
        yield from _expression(node.right)
    elif isinstance(node, Called):
        yield node.function
        yield from _expression(node.argument)
    elif isinstance(node, Nested):
        yield from _query(node.query)
    elif isinstance(node, Written):
        raise SequenceError("a definition written in SQL has no tokens")
    else:
        yield from _later(node)


def _later(node: Elapsed | Concatenated | Now | Share | Filtered | Windowed | Bucket) -> Iterator[Token]:
    if isinstance(node, Elapsed):
        yield node.function
        yield from _expression(node.start)
        yield from _expression(node.end)
    elif isinstance(node, Concatenated):
        yield "concat"
        yield from _expression(node.left)
        yield from _expression(node.right)
    elif isinstance(node, Now):
        yield "now"
    elif isinstance(node, (Share, Filtered)):
        yield "share" if isinstance(node, Share) else "filter"
        yield "("
        yield from _condition(node.condition)
        yield ")"
        if isinstance(node, Filtered):
            yield from _expression(node.aggregate)
    elif isinstance(node, Windowed):
        yield node.function
        yield from _expression(node.argument)
    else:
        yield "bucket"
        yield from _expression(node.value)
        for bound in node.bounds:
            yield from _expression(bound)


def _condition(node: Condition, inside: str = "") -> Iterator[Token]:
    if isinstance(node, Joined):
        bracketed = inside not in ("", "or") or (inside == "or" and node.operator == "or")
        yield from ["("] if bracketed else []
        for i, part in enumerate(node.parts):
            if i:
                yield node.operator
            yield from _condition(part, node.operator)
        yield from [")"] if bracketed else []
    elif isinstance(node, Negated):
        yield "not"
        yield from _condition(node.condition, "not")
    elif isinstance(node, Exists):
        yield "exists"
        yield from _query(node.query)
    elif isinstance(node, Between):
        yield from _expression(node.value)
        yield "between"
        yield from _expression(node.low)
        yield from _expression(node.high)
    elif isinstance(node, IsNull):
        yield from _expression(node.value)
        yield "null"
    elif isinstance(node, IsTrue):
        yield from _expression(node.value)
        yield "true"
    elif isinstance(node, Span):
        yield from _expression(node.value)
        yield node.operator
        yield PeriodPointer(node.period)
    elif isinstance(node, Written):
        raise SequenceError("a definition written in SQL has no tokens")
    else:
        yield from _expression(node.left)
        yield node.operator
        for right in node.right if isinstance(node.right, tuple) else (node.right,):
            yield from _expression(right)


def delinearize(tokens: Sequence[Token]) -> Query:
    """The inverse of `linearize`. Raises SequenceError."""
    reader = _Reader(tokens)
    try:
        query = reader.query()
    except (IndexError, RecursionError) as error:
        raise SequenceError("The query is not finished.") from error
    if reader.at != len(tokens):
        raise SequenceError(f"{len(tokens) - reader.at} tokens follow the end of the query.")
    return query


class _Reader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def optional(self, *words: str) -> str:
        if isinstance(self.next, str) and self.next in words:
            return cast(str, self.take())
        return ""

    def expect(self, *words: str) -> str:
        return self.optional(*words) or self.fail(" or ".join(words))

    def fail(self, wanted: str) -> str:
        raise SequenceError(f"Token {self.at} is {self.next!r}; expected {wanted}.")

    def query(self) -> Query:
        if operator := self.optional(*SET_OPERATORS):
            return SetOperation(cast(Any, operator), self.query(), self.query())
        self.expect("select")
        distinct = bool(self.optional("distinct"))
        items = [self.expression()]
        while self.at_expression():
            items.append(self.expression())
        tables, left, on, source = self.sources()
        where = self.condition() if self.optional("where") else None
        group: list[Expression] = []
        if self.optional("group"):
            group.append(self.expression())
            while self.at_expression():
                group.append(self.expression())
        having = self.condition() if self.optional("having") else None
        order = self.orderings() if self.optional("order") else []
        limit = self.limit() if self.optional("limit") else None
        skip = self.limit() if self.optional("skip") else 0
        per: list[Expression] = []
        while (per or self.optional("per")) and (not per or self.at_expression()):
            per.append(self.expression())
        self.expect("end")
        return Select(
            tuple(items),
            distinct,
            tuple(tables),
            tuple(left),
            tuple(on),
            source,
            where,
            tuple(group),
            having,
            tuple(order),
            limit,
            skip,
            tuple(per),
        )

    def sources(self) -> tuple[list[TableRef], list[TableRef], list[On], Query | None]:
        tables: list[TableRef] = []
        left: list[TableRef] = []
        on: list[On] = []
        source = None
        if self.optional("from"):
            while True:
                if isinstance(self.next, TablePointer):
                    tables.append(self.table())
                elif self.optional("left"):
                    left.append(self.table())
                elif self.optional("on"):
                    on.append(On(self.column(), self.column()))
                elif self.optional("source"):
                    source = self.query()
                else:
                    break
        return tables, left, on, source

    def table(self) -> TableRef:
        token = self.take()
        if not isinstance(token, TablePointer):
            self.at -= 1
            self.fail("a table")
            raise AssertionError
        return TableRef(token.table, self.instance())

    def instance(self) -> int:
        word = self.optional(*INSTANCES)
        return INSTANCES.index(word) + 2 if word else 1

    def column(self) -> ColumnRef:
        found = self.expression()
        if not isinstance(found, ColumnRef):
            raise SequenceError(f"A join condition needs two columns; found {found!r}.")
        return found

    def orderings(self) -> list[Ordering]:
        found = []
        while self.at_expression():
            value = self.expression()
            found.append(Ordering(value, bool(self.optional("desc"))))
        return found

    def limit(self) -> int:
        value = self.expression()
        if not isinstance(value, Literally) or not value.text.isdigit():
            raise SequenceError(f"LIMIT needs a whole number; found {value!r}.")
        return int(value.text)

    def at_expression(self) -> bool:
        token = self.next
        return token in _STARTS if isinstance(token, str) else not isinstance(token, PeriodPointer)

    def expression(self) -> Expression:
        token = self.next
        if isinstance(token, TablePointer):
            return ColumnRef(self.table(), "*")
        if isinstance(token, ColumnPointer):
            self.take()
            return ColumnRef(TableRef(token.table, self.instance()), token.column)
        if isinstance(token, ValuePointer):
            self.take()
            return Literally(token.text, token.numeric, token.unit)
        if self.optional("one"):
            return Literally("1", True)
        if word := self.optional(*OUTPUTS):
            return OutputRef(OUTPUTS.index(word))
        if word := self.optional(*AGGREGATES):
            distinct = bool(self.optional("distinct"))
            return Aggregated(cast(Any, word), self.expression(), distinct)
        if word := self.optional(*ARITHMETIC):
            return Computed(cast(Any, word), self.expression(), self.expression())
        if word := self.optional(*_CALLED):
            return Called(word, self.expression())
        return self.later() or Nested(self.query())

    def later(self) -> Expression | None:
        if word := self.optional(*ELAPSED):
            return Elapsed(word, self.expression(), self.expression())
        if self.optional("concat"):
            return Concatenated(self.expression(), self.expression())
        if self.optional("now"):
            return Now()
        if self.optional("share"):
            return Share(self.bracketed())
        if self.optional("filter"):
            return Filtered(self.bracketed(), cast(Aggregated, self.expression()))
        if word := self.optional(*WINDOWS):
            return Windowed(cast(Any, word), self.expression())
        if self.optional("bucket"):
            return Bucket(self.expression(), self.constants())
        return None

    def bracketed(self) -> Condition:
        self.expect("(")
        inner = self.condition()
        self.expect(")")
        return inner

    def condition(self) -> Condition:
        """`or` of `and`s of parts: the usual precedence."""
        alternatives = [self.conjunction()]
        while self.optional("or"):
            alternatives.append(self.conjunction())
        return alternatives[0] if len(alternatives) == 1 else Joined("or", tuple(alternatives))

    def conjunction(self) -> Condition:
        parts = [self.part()]
        while self.optional("and"):
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def part(self) -> Condition:
        if self.optional("("):
            inner = self.condition()
            self.expect(")")
            return inner
        if self.optional("not"):
            return Negated(self.part())
        if self.optional("exists"):
            return Exists(self.query())
        left = self.expression()
        if self.optional("between"):
            return Between(left, self.expression(), self.expression())
        if self.optional("null"):
            return IsNull(left)
        if self.optional("true"):
            return IsTrue(left)
        if word := self.optional(*SPANS):
            return Span(cast(Any, word), left, self.period())
        if self.optional("in"):
            return Compare("in", left, self.members())
        return Compare(cast(Any, self.expect(*COMPARISONS)), left, self.expression())

    def period(self) -> str:
        token = self.take()
        if not isinstance(token, PeriodPointer):
            self.at -= 1
            self.fail("a period")
            raise AssertionError
        return token.text

    def members(self) -> Expression | tuple[Literally, ...]:
        return self.constants() or Nested(self.query())

    def constants(self) -> tuple[Literally, ...]:
        found: list[Literally] = []
        while isinstance(self.next, ValuePointer) or self.next == "one":
            found.append(cast(Literally, self.expression()))
        return tuple(found)


_STARTS = frozenset(
    (*AGGREGATES, *ARITHMETIC, *_CALLED, *SET_OPERATORS, *OUTPUTS, *ELAPSED, *WINDOWS, "select", "one", "concat", "now")
) | frozenset(("share", "filter", "bucket"))
