"""The strict rule: a prediction is right when its result is a legal answer of the gold query."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..core import Cause, Checked, Outcome, QueryLimits, ResultTable, Verdict, to_json_value
from ..db.database import Database
from .columns import Ordering, TooManySteps, is_legal, match_columns
from .values import Rows, canonical

DEFAULT_LIMITS = QueryLimits(timeout_s=30.0, max_rows=20_000, max_cell_bytes=4 << 20, max_result_bytes=64 << 20)
LARGER = 20  # times the row and byte limits, for the second run of a result that was cut


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column_map[i]` is the predicted column in the place of gold column `i`; None where the results differ.

    undecided: a result was cut by a limit, or the columns look too alike to tell; `equal` is then False. all_ties: the
    results differ only in that the prediction gives every row that ties for the gold's last place.
    """

    equal: bool
    reason: str
    column_map: tuple[int, ...] | None = None
    undecided: bool = False
    all_ties: bool = False


class Strict(NamedTuple):
    """The strict verdict with what it was made from. `flags`: arguable near misses, "all_ties" and near_miss.py's."""

    verdict: Verdict
    gold: Outcome
    predicted: Outcome
    flags: tuple[str, ...] = ()


def compare(gold: ResultTable, predicted: ResultTable, *, ordering: Ordering | None = None) -> Comparison:
    """Whether the two results are the same answer.

    Rows are typed multisets: duplicates count, values are equal as `values.canonical` says, columns may stand in any
    order but none may be missing or added, and their names never count. With `ordering`, `gold` is the result
    without LIMIT and the predicted rows must be one of the sequences it allows (see `gold.variant_of`).
    """
    if gold.truncated or predicted.truncated:
        return _compare_cut(gold, predicted)
    width = len(gold.columns)
    if len(predicted.columns) != width:
        return Comparison(False, f"The gold has {_count(width, 'column')}, the prediction {len(predicted.columns)}.")
    left, right = canonical(gold, predicted)
    if is_legal(left, right, ordering):
        return Comparison(True, "The rows are equal.", tuple(range(width)))
    try:
        found = match_columns(left, right, width, ordering)
    except TooManySteps:
        return Comparison(False, "Undecided: too many columns look alike.", undecided=True)
    if found is not None:
        return Comparison(True, f"The rows are equal with the columns in the order {list(found)}.", found)
    return Comparison(False, _difference(gold, left, predicted, right, ordering))


def _compare_cut(gold: ResultTable, predicted: ResultTable) -> Comparison:
    """A result that was cut never equals another; where it shows more rows than the other has, that is decided."""
    for cut, whole in ((gold, predicted), (predicted, gold)):
        if cut.truncated in ("rows", "result_bytes") and not whole.truncated and len(cut.rows) >= len(whole.rows):
            return Comparison(False, f"One result has {_count(len(whole.rows), 'row')}, the other more.")
    return Comparison(False, "Undecided: a result was cut by a limit.", undecided=True)


def _difference(gold: ResultTable, left: Rows, predicted: ResultTable, right: Rows, ordering: Ordering | None) -> str:
    """The first thing that differs, in a sentence."""
    wanted = len(left)
    if ordering is not None:
        wanted = max(0, wanted - ordering.offset)
        wanted = wanted if ordering.limit is None else min(wanted, ordering.limit)
    if wanted != len(right):
        return f"The gold has {_count(wanted, 'row')}, the prediction {len(right)}."
    extra = Counter(right) - Counter(left)
    if not extra:
        return "The rows are equal, their order is not." if wanted == len(left) else "Other rows, or another order."
    row = predicted.rows[right.index(next(iter(extra)))]
    shown = ", ".join(str(to_json_value(v)) for v in row[:6])
    return f"The gold has no row ({shown[:120]})."


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def strict_verdict(
    database: Database, gold_sql: str, predicted_sql: str, limits: QueryLimits = DEFAULT_LIMITS
) -> Strict:
    """Run both and compare. A prediction that the guard refuses is wrong; the reason says where it refuses the gold.

    `no_power` marks an item that a wrong query passes easily: gold gives no row, or one row of nothing but NULL and 0
    (a count of nothing, an aggregate of nothing). An item whose gold fails judges nothing: `gold_failed`, no power.
    """
    from .near_miss import near_misses

    gold, note = _run_gold(database, gold_sql, limits)
    predicted = _run_whole(database, predicted_sql, limits)
    if gold.table is None:
        reason = f"The gold query does not run: {gold.message()}"
        return Strict(Verdict(False, "gold_failed", reason, no_power=True), gold, predicted)
    result, flags = Comparison(False, ""), list[str]()
    if predicted.table is not None:
        result = compare_runs(database, gold_sql, gold.table, predicted.table, limits)
        flags += ["all_ties"] if result.all_ties else []
        flags += () if result.equal else near_misses(gold.table, predicted.table)
    cause, reason = _explain(database, gold_sql, predicted_sql, gold.table, predicted, result)
    no_power = has_no_power(gold.table) or (result.undecided and bool(gold.table.truncated))
    return Strict(Verdict(result.equal, cause, reason + note, no_power), gold, predicted, tuple(flags))


def _explain(
    database: Database, gold_sql: str, predicted_sql: str, gold: ResultTable, predicted: Outcome, result: Comparison
) -> tuple[Cause | None, str]:
    from .cause import cause_of

    if result.equal or result.undecided or result.all_ties:
        return None if result.equal else "wrong_limit" if result.all_ties else "other", result.reason
    cause, reason = cause_of(gold_sql, predicted_sql, predicted, gold, database.schema(), database.dialect)
    return cause, f"{result.reason} {reason}".strip()


def compare_runs(
    database: Database, gold_sql: str, gold: ResultTable, predicted: ResultTable, limits: QueryLimits
) -> Comparison:
    """`compare`, asking the database about ties and cuts only where the gold orders or limits and the rows differ."""
    from .gold import variant_of

    plain = compare(gold, predicted)
    variant = variant_of(gold_sql, database.dialect)
    if variant is None or plain.undecided:
        return plain
    if not plain.equal and not variant.cuts:
        return plain
    exact = compare(gold, predicted, ordering=Ordering(tuple(range(len(gold.rows)))))
    if exact.equal:
        return exact
    outcome = database.engine.execute(Checked.trusted(variant.sql, "variant of a gold query"), _larger(limits))
    whole, ordering = variant.split(outcome.table) if outcome.table else (None, None)
    # Where the variant fails, is cut too early or is another query, ties stay unknown: the gold's own order counts.
    if whole is None or ordering is None or not compare(whole, gold, ordering=ordering).equal:
        return exact
    result = compare(whole, predicted, ordering=ordering)
    if not result.equal and variant.cuts and compare(whole, predicted, ordering=ordering.with_all_ties()).equal:
        return Comparison(False, "The prediction gives every row that ties for the last place.", all_ties=True)
    return result


def has_no_power(gold: ResultTable) -> bool:
    return not gold.rows or (len(gold.rows) == 1 and all(v is None or v == 0 for v in gold.rows[0]))


def _run_gold(database: Database, sql: str, limits: QueryLimits) -> tuple[Outcome, str]:
    """The gold's outcome, and a note where the guard refuses it: a person wrote it, so the engine's locks do."""
    outcome = _run_whole(database, sql, limits)
    if outcome.status != "refused":
        return outcome, ""
    outcome_of_gold = database.engine.execute(Checked.trusted(sql, "gold query"), _larger(limits))
    return outcome_of_gold, f" The guard refuses the gold: {outcome.message()}"


def _run_whole(database: Database, sql: str, limits: QueryLimits) -> Outcome:
    """Guard, limits, and a second run inside larger limits where the first cut the result."""
    outcome = database.run(sql, limits)
    if outcome.table is not None and outcome.table.truncated:
        return database.run(sql, _larger(limits))
    return outcome


def _larger(limits: QueryLimits) -> QueryLimits:
    return replace(
        limits,
        max_rows=limits.max_rows * LARGER,
        max_cell_bytes=limits.max_cell_bytes * LARGER,
        max_result_bytes=limits.max_result_bytes * LARGER,
    )
