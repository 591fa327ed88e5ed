"""Measures, durations and due dates of a table, over its physical columns."""

from __future__ import annotations

from collections.abc import Mapping

from ..concepts import ColumnConcept, LateConcept, MeasureConcept, SpanConcept
from .product import MeasureSpec, TableSpec
from .storage import Storage

Stored = Mapping[str, tuple[ColumnConcept, Storage]]  # by logical name: the columns that the database has


def measures(spec: TableSpec, columns: Stored, currency: str) -> tuple[MeasureConcept, ...]:
    """Those whose columns all exist."""
    return tuple(_measure(m, columns, currency) for m in spec.measures if all(name in columns for name in m.columns))


def _measure(spec: MeasureSpec, columns: Stored, currency: str) -> MeasureConcept:
    concepts = [columns[name][0] for name in spec.columns]
    expression = spec.expression.format(*(_in_said_unit(i, c) for i, c in enumerate(concepts)))
    if "/" in spec.expression:
        expression = f"1.0 * {expression}"  # so that whole numbers are not divided as whole numbers
    unit = said_unit = ""
    factor = 1.0
    if spec.unit == "money":
        cents = any(c.unit == "cents" for c in concepts)
        unit, said_unit, factor = ("cents" if cents else currency), currency, (100.0 if cents else 1.0)
    elif spec.unit:
        unit = said_unit = spec.unit
    table = concepts[0].table
    return MeasureConcept(
        table,
        spec.name,
        expression,
        tuple(c.column for c in concepts),
        spec.words,
        unit,
        said_unit,
        factor,
        spec.additive,
    )


def _in_said_unit(place: int, column: ColumnConcept) -> str:
    """A discount becomes a share of 1, a duration the unit that people say; money stays as it is stored."""
    if column.said_unit == "percent":
        return f"{{{place}}}" if column.unit == "share" else f"{{{place}}} / 100.0"
    if column.factor == 1 or column.role == "money":
        return f"{{{place}}}"
    return f"({{{place}}} / {column.factor})"


def spans(spec: TableSpec, columns: Stored) -> tuple[SpanConcept, ...]:
    return tuple(
        SpanConcept(columns[s.start][0].table, columns[s.start][0].column, columns[s.end][0].column, s.words, s.unit)
        for s in spec.spans
        if s.start in columns and s.end in columns
    )


def lates(spec: TableSpec, columns: Stored) -> tuple[LateConcept, ...]:
    found = []
    for late in spec.lates:
        if late.due not in columns or late.done not in columns:
            continue
        due, (done, storage) = columns[late.due][0], columns[late.done]
        spelled = dict(storage.spellings)
        values = tuple(spelled[value] for value in late.done_values)
        found.append(LateConcept(due.table, due.column, done.column, late.words, values))
    return tuple(found)
