"""Every rule applied to one prediction, inside a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from ..core import DataError, Dialect, Example, Outcome, QueryLimits, Schema
from ..db import open_database
from ..db.database import Database
from ..db.engines import ENGINES
from ..sql.ddl import parse_schema
from .cached_engine import CachedDatabase
from .clauses import clauses_of
from .compare import Strict, strict_verdict
from .hardness import hardness
from .item import ItemReport, StatementRun
from .metric import Case, Metric, judge, stored
from .metrics import METRICS
from .predictions import Pair
from .result_view import ResultView, view_results
from .rules import PUBLISHED_LIMITS

OWN_CONTEXT = "\0own context"  # instead of a db_id: each question carries its database
NO_ROW = "The predictions file has no row for this question."


@dataclass(frozen=True)
class Judges:
    """Opens the judge of a database by db_id; goes to the workers by pickle.

    `schemas` are those of a tables.json: they decide exact set match where they are given, as in the public script,
    since database files and tables.json do not always have the same keys. `golds`: the gold queries of each database
    that is also to be judged on changed copies. The copies are made in `scratch`, and its owner deletes them, since
    a worker may be killed. `metrics` are those registered in this process.
    """

    targets: Mapping[str, str]
    limits: QueryLimits
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    golds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    scratch: str = ""
    metrics: Sequence[Metric] = field(default_factory=lambda: tuple(METRICS.values()))

    def group(self, example: Example) -> str | None:
        """The db_id to open for `example`, OWN_CONTEXT, or None where there is no database."""
        if not example.answerable:
            return None
        return example.db_id if example.db_id in self.targets else OWN_CONTEXT if example.ddl else None

    @contextmanager
    def __call__(self, db_id: str) -> Iterator[Callable[[Pair], ItemReport]]:
        if db_id == OWN_CONTEXT:
            from .context_judge import ContextJudge

            yield ContextJudge(self.limits, self.scratch, self.metrics)
            return
        with ExitStack() as stack:
            database = stack.enter_context(CachedDatabase(open_database(self.targets[db_id]).engine))
            may_copy = db_id in self.golds and ENGINES[database.dialect].copies_files
            copies = self._copies(db_id, stack) if may_copy else ()
            yield Judge(database, self.limits, self.schemas.get(db_id), copies, metrics=self.metrics)

    def _copies(self, db_id: str, stack: ExitStack) -> tuple[Database, ...]:
        from .mutants import make_mutants

        files = make_mutants(Path(self.targets[db_id]), Path(mkdtemp(dir=self.scratch)), self.golds[db_id])
        return tuple(stack.enter_context(CachedDatabase(open_database(file).engine)) for file in files)


class Judge:
    """Judges the predictions on one open database, and on changed `copies` of it where there are any.

    Without `rows` its tables are empty, so that metrics over results have no value. `metrics` are those of the
    registry unless given.
    """

    def __init__(
        self,
        database: Database,
        limits: QueryLimits,
        schema: Schema | None = None,
        copies: Sequence[Database] = (),
        *,
        metrics: Sequence[Metric] | None = None,
        rows: bool = True,
    ) -> None:
        self.database = database
        self.copies = copies
        self.limits = limits
        self.published = replace(PUBLISHED_LIMITS, timeout_s=limits.timeout_s)
        self.schema = schema or database.schema()
        self.metrics = tuple(METRICS.values()) if metrics is None else metrics
        self.rows = rows

    def __call__(self, pair: Pair) -> ItemReport:
        database, sql, gold_sql = self.database, pair.predicted_sql, pair.example.gold_sql
        strict = strict_verdict(database, gold_sql, sql, self.limits)
        verdict = strict.verdict
        judged = strict.gold.table is not None
        ordered = verdict.cause == "wrong_order"
        views = view_results(strict.gold.table, strict.predicted.table, ordered=ordered, same=verdict.correct)
        item = judge_text(pair, self.schema, database.dialect, self.metrics)
        if judged:
            item = self._robust(self._run(item, pair, strict), verdict.correct)
        return replace(
            item,
            state="judged" if judged else "gold_failed",
            no_power=verdict.no_power,
            cause=verdict.cause,
            reason=NO_ROW if item.missing else f"{verdict.reason} {item.reason}".strip(),
            flags=strict.flags,
            gold=_ran(strict.gold, views[0]),
            predicted=None if item.missing else _ran(strict.predicted, views[1]),
        )

    def _run(self, item: ItemReport, pair: Pair, strict: Strict) -> ItemReport:
        """With the metrics of a gold query that ran."""
        case = Case(pair, self.database.dialect, self.schema, self.database, strict, self.published)
        found = judge(self.metrics, case, *(("run", "rows") if self.rows else ("run",)))
        return stored(item, self.metrics, found)

    def _robust(self, item: ItemReport, correct: bool) -> ItemReport:
        """With the verdict on the copies; a prediction that is wrong already is not run on them."""
        if not self.copies:
            return item
        if not correct:
            return replace(item, robust_correct=False)
        from .mutants import survive

        survival = survive(self.copies, item.gold_sql, item.predicted_sql, self.limits)
        reason = f"Not so on a changed copy of the database, {survival.reason}" if survival.refuted else ""
        return replace(item, robust_correct=not survival.refuted, copies=survival.judged, reason=reason)


def judge_text(
    pair: Pair,
    schema: Schema | None = None,
    dialect: Dialect = "sqlite",
    metrics: Sequence[Metric] | None = None,
) -> ItemReport:
    """What can be said without a database; `schema` may come from a tables.json, else it is the row's own, if any."""
    metrics = tuple(METRICS.values()) if metrics is None else metrics
    item, gold_sql = unjudged(pair), pair.example.gold_sql
    schema = schema or _own_schema(pair.example.ddl)
    item = stored(item, metrics, judge(metrics, Case(pair, dialect, schema), "text"))
    return replace(
        item,
        hardness=hardness(gold_sql, schema) if schema else "unknown",
        clauses=_clauses(gold_sql, dialect),
    )


def _own_schema(ddl: str) -> Schema | None:
    with suppress(DataError):
        return parse_schema(ddl)
    return None


@lru_cache(maxsize=1024)  # several questions share a gold query
def _clauses(gold_sql: str, dialect: Dialect) -> tuple[str, ...]:
    return tuple(sorted(clauses_of(gold_sql, dialect)))


def unjudged(pair: Pair) -> ItemReport:
    """The item with what the two files say and no verdict."""
    example, prediction = pair.example, pair.prediction
    return ItemReport(
        id=example.id,
        db_id=example.db_id,
        question=example.question,
        gold_sql=example.gold_sql,
        predicted_sql=pair.predicted_sql,
        state="no_database" if example.answerable else "unanswerable",
        evidence=example.evidence,
        history=example.history,
        dialogue_id=example.dialogue_id,
        turn=example.turn,
        missing=prediction is None,
        raw_output=prediction.raw_output if prediction else "",
        latency_s=prediction.latency_s if prediction else None,
        prompt_hash=prediction.prompt_hash if prediction else "",
    )


def _ran(outcome: Outcome, view: ResultView | None) -> StatementRun:
    return StatementRun(outcome.status, outcome.elapsed_s, outcome.message(), view)
