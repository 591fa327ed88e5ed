"""The registry of metrics, the one place that the judge, the report, its page and `compare` take them from.

A metric's rule is imported when it is first applied: to read a report takes none of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from .item import ItemReport
from .metric import Case, Metric, Value


def _execution(case: Case) -> Value:
    from .spider_execution import suite_execution

    assert case.database is not None
    assert case.limits is not None
    return suite_execution(case.database, case.gold_sql, case.predicted_sql, limits=case.limits)


def _strict(case: Case) -> Value:
    assert case.strict is not None
    return case.strict.verdict.correct


def _bird(case: Case) -> Value:
    from .rules import bird_execution

    assert case.database is not None
    assert case.limits is not None
    return bird_execution(case.database, case.gold_sql, case.predicted_sql, limits=case.limits)


def _valid(case: Case) -> Value:
    assert case.strict is not None
    return case.strict.predicted.ok


def _exact_set(case: Case) -> Value:
    from .rules import exact_set_match

    return exact_set_match(case.gold_sql, case.predicted_sql, case.schema) if case.schema else None


def _exact(case: Case) -> Value:
    from .rules import exact_match

    return exact_match(case.gold_sql, case.predicted_sql, case.dialect)


def _with_power(item: ItemReport) -> Value:
    return None if item.no_power else item.strict_correct


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric(
            "execution_accuracy",
            "Execution accuracy",
            _execution,
            field="test_suite_execution",
            about="The published test-suite rule.",
            label="test suite",
        ),
        Metric(
            "strict_execution_accuracy",
            "Strict accuracy",
            _strict,
            field="strict_correct",
            about="Typed rows, duplicates, order where asked.",
            color="strict",
            label="strict",
        ),
        Metric("bird_execution_accuracy", "BIRD execution accuracy", _bird, field="bird_execution", label="BIRD"),
        Metric(
            "valid_sql_rate",
            "Valid SQL",
            _valid,
            needs="run",
            field="valid_sql",
            about="Passed the guard and ran.",
        ),
        Metric(
            "exact_set_match",
            "Exact set match",
            _exact_set,
            needs="text",
            field="exact_set_match",
            about="Spider's rule over the clauses.",
            label="exact set",
        ),
        Metric(
            "exact_match",
            "Exact match of the text",
            _exact,
            needs="text",
            field="exact_match",
            label="exact text",
        ),
        Metric("strict_with_power", "Strict, without items that have no power", kind="subset", read=_with_power),
        Metric(
            "robust_execution_accuracy",
            "Strict, also on changed copies of the database",
            kind="subset",
            field="robust_correct",
            optional=True,
        ),
        Metric("bleu", "BLEU-4 of the corpus", kind="measure", field="bleu"),
        Metric("rouge_l", "ROUGE-L", kind="measure", field="rouge_l"),
        Metric(
            "embedding_distance",
            "Embedding distance (cosine)",
            kind="measure",
            field="embedding_distance",
            optional=True,
        ),
    )
}


def verdicts() -> Iterator[Metric]:
    """The metrics that say right or wrong for each prediction, in the order of the registry."""
    return (m for m in METRICS.values() if m.kind == "verdict")
