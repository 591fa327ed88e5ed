"""Items of another tool's file, each checked against the schema; what does not fit is left out with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import ForeignKey, InferredKey, Schema, SqlwrightError, Table
from ...core.meaning import Definition, Meaning, Measure, NamedCondition, Synonym
from ..expression import has_aggregate, is_aggregate, resolve

PLAIN = re.compile(r"\w+\Z")
_AGGREGATES = {"sum": "sum", "average": "avg", "avg": "avg", "min": "min", "max": "max", "median": "median"}


@dataclass(slots=True)
class Draft:
    """What was read so far; `left_out` says what was not taken and why."""

    schema: Schema
    synonyms: list[Synonym] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    conditions: list[NamedCondition] = field(default_factory=list)
    joins: list[InferredKey] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, what: str, why: object) -> None:
        self.left_out.append(f"{what}: {why}")

    def table(self, source: str, what: str) -> Table | None:
        """The table that a source such as `db.public.orders` means; None, and a note, where there is none."""
        parts = [part.strip('"`[] ') for part in source.split(".")]
        whole = ".".join(parts[-2:])
        known = any(table.full_name.casefold() == whole.casefold() for table in self.schema)
        try:
            return self.schema.table(whole if known else parts[-1])
        except SqlwrightError as error:
            self.leave_out(what, error)
            return None

    def add_table(self, table: Table, words: Iterable[str]) -> None:
        self.synonyms += [Synonym(w, table.full_name) for w in _other_words(words, table.name)]

    def add_column(self, table: Table, column: str, words: Iterable[str], what: str) -> None:
        """Synonyms of a column. A dimension that is no plain column is left out by the caller."""
        try:
            found = table.column(column.strip('"`'))
        except SqlwrightError as error:
            self.leave_out(what, error)
            return
        self.synonyms += [Synonym(w, table.full_name, found.name) for w in _other_words(words, found.name)]

    def add_measure(self, name: str, expression: str, grain: Table, words: Iterable[str], about: str = "") -> None:
        try:
            tree = resolve(expression, grain.full_name, self.schema).tree
            if not is_aggregate(tree):
                raise SqlwrightError(f"{expression!r} is not an aggregate.")
        except SqlwrightError as error:
            self.leave_out(f"measure {name}", error)
            return
        known = tuple(_other_words(words, name))
        self.measures.append(Measure(spaced(name), expression, grain.full_name, known, about))

    def add_condition(self, name: str, expression: str, table: Table, words: Iterable[str], about: str = "") -> None:
        try:
            if has_aggregate(resolve(expression, table.full_name, self.schema).tree):
                raise SqlwrightError("A condition is about one row and has no aggregate.")
        except SqlwrightError as error:
            self.leave_out(f"condition {name}", error)
            return
        known = tuple(_other_words(words, name))
        self.conditions.append(NamedCondition(spaced(name), expression, table.full_name, known, about))

    def add_join(self, child: Table, column: str, parent: Table, key: str, what: str) -> None:
        try:
            names = child.column(column.strip('"`')).name, parent.column(key.strip('"`')).name
        except SqlwrightError as error:
            self.leave_out(what, error)
            return
        join = InferredKey(child.full_name, ForeignKey((names[0],), parent.full_name, (names[1],)))
        declared = any(join.key.columns == k.columns and k.ref_table == parent.full_name for k in child.foreign_keys)
        if not declared and join not in self.joins:
            self.joins.append(join)

    def meaning(self) -> Meaning:
        """A name that two definitions claim stays with the first."""
        taken: dict[str, str] = {}
        measures, conditions = [], []
        definitions: list[Definition] = [*self.measures, *self.conditions]
        for item in definitions:
            names = [n for n in (item.name, *item.synonyms) if taken.setdefault(n.casefold(), item.name) == item.name]
            if item.name not in names:
                self.leave_out(item.name, f"{taken[item.name.casefold()]} has this name.")
                continue
            synonyms = tuple(n for n in names if n != item.name)
            if isinstance(item, Measure):
                measures.append(Measure(item.name, item.expression, item.grain, synonyms, item.description))
            else:
                conditions.append(NamedCondition(item.name, item.expression, item.table, synonyms, item.description))
        synonyms_of = tuple(sorted(dict.fromkeys(self.synonyms), key=lambda synonym: bool(synonym.column)))
        return Meaning(synonyms_of, tuple(measures), tuple(conditions), tuple(self.joins))


def aggregate(kind: str, expression: str, condition: str = "") -> str | None:
    """SQL of an aggregate over the rows that meet `condition`; None for one that has no SQL in every engine."""
    counted = kind in ("count", "count_distinct", "count_distinct_approx")
    if counted or (kind == "sum" and expression.strip() == "1"):
        distinct = "distinct " if "distinct" in kind else ""
        what = expression if distinct or not PLAIN.match(expression) or not expression.isdigit() else ""
        if condition:
            return f"count({distinct}case when {condition} then {what or '1'} end)"
        return f"count({distinct}{what})" if what else "count(*)"
    if kind == "sum_boolean":
        both = f"{expression} and {condition}" if condition else expression
        return f"sum(case when {both} then 1 else 0 end)"
    function = _AGGREGATES.get(kind)
    if function is None:
        return None
    return f"{function}(case when {condition} then {expression} end)" if condition else f"{function}({expression})"


def spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def texts(value: Any) -> list[str]:
    """A list of texts, whatever was written."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    return [str(v) for v in value if str(v).strip()] if isinstance(value, (list, tuple)) else []


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list, whatever was written."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _other_words(words: Iterable[str], name: str) -> list[str]:
    """Each once and other than `name`, with spaces."""
    known = {spaced(name).casefold()}
    found = [w for word in words if (w := spaced(str(word))) and any(map(str.isalnum, w))]
    return [w for w in dict.fromkeys(found) if w.casefold() not in known]
