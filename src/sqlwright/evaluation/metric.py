"""The protocol of a metric: what it sees of a prediction, what it returns, and where a report shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..core import Dialect, QueryLimits, Schema
    from ..db.database import Database
    from .compare import Strict
    from .item import ItemReport
    from .predictions import Pair

Value = bool | float | None  # None: the metric does not apply to this prediction
# "text": the two statements, always at hand. "run": the gold query ran on the database. "rows": it ran on tables that
# hold rows, so that results say something.
Needs = Literal["text", "run", "rows"]
# "verdict": right or wrong for each prediction; also in slices, dialogues and `compare`. "subset": a verdict over a
# part of the items, in the totals alone. "measure": a number for each prediction, of which the report has the mean.
Kind = Literal["verdict", "subset", "measure"]


@dataclass(frozen=True, slots=True)
class Case:
    """One prediction as a metric sees it, in a worker process.

    `database` and `strict` (the strict verdict with both outcomes) are there for metrics that need "run" or "rows".
    `schema` is None where it is not known. `limits` are those of the published rules, with this run's timeout.
    """

    pair: Pair
    dialect: Dialect
    schema: Schema | None = None
    database: Database | None = None
    strict: Strict | None = None
    limits: QueryLimits | None = None

    @property
    def gold_sql(self) -> str:
        return self.pair.example.gold_sql

    @property
    def predicted_sql(self) -> str:
        return self.pair.predicted_sql


@dataclass(frozen=True, slots=True)
class Metric:
    """One score of a report.

    `name` is its key in the report and in `compare --metric`, `title` its name on pages and in the terminal. `judge`
    gives the value of one prediction; it goes to the workers by pickle, so it must be a function of a module. It is
    None where the values are computed elsewhere. `field` names the field of ItemReport that holds the value; without
    one it is in `ItemReport.metrics`. `read` replaces both, for a metric that is derived from others.

    With `about`, a sentence, the page shows the score as a card, in `color`. With `label` the page shows the value of
    each item. An `optional` metric is left out of reports in which no item has a value.
    """

    name: str
    title: str
    judge: Callable[[Case], Value] | None = None
    needs: Needs = "rows"
    kind: Kind = "verdict"
    field: str = ""
    read: Callable[[ItemReport], Value] | None = None
    about: str = ""
    color: Literal["published", "strict"] = "published"
    label: str = ""
    optional: bool = False

    def value(self, item: ItemReport) -> Value:
        """The value that `item` holds."""
        if self.read is not None:
            return self.read(item)
        found: Value = getattr(item, self.field) if self.field else item.metrics.get(self.name)
        return found


def judge(metrics: Iterable[Metric], case: Case, *needs: Needs) -> dict[str, Value]:
    """The values of the metrics that need one of `needs`, by name."""
    return {m.name: m.judge(case) for m in metrics if m.judge is not None and m.needs in needs}


def stored(item: ItemReport, metrics: Iterable[Metric], values: Mapping[str, Value]) -> ItemReport:
    """`item` with these values, each in the place where its metric reads it."""
    places = {m.name: m.field for m in metrics if m.name in values}
    others = {name: values[name] for name, field in places.items() if not field}
    fields = {field: values[name] for name, field in places.items() if field}
    return replace(item, metrics={**item.metrics, **others}, **fields)  # type: ignore[arg-type]
