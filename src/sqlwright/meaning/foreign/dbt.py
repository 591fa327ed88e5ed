"""dbt semantic models and metrics (MetricFlow YAML), in the form of dbt 1.6 to 1.11 and in that of dbt 1.12."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core import Table
from .draft import PLAIN, Draft, aggregate, rows, texts

_REF = re.compile(r"(?:ref|source)\(\s*(?:['\"][^'\"]+['\"]\s*,\s*)?['\"]([^'\"]+)['\"]")
_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*['\"]([^'\"]+)['\"]\s*\)\s*\}\}")


@dataclass(slots=True)
class _Measure:
    """An aggregate before its filter."""

    table: Table
    kind: str
    expression: str

    def sql(self, condition: str) -> str | None:
        return aggregate(self.kind, self.expression, condition)


@dataclass(slots=True)
class _Project:
    """Measures, metrics and dimensions by name; entities by name with their tables and columns."""

    measures: dict[str, _Measure] = field(default_factory=dict)
    dimensions: dict[str, str] = field(default_factory=dict)
    primary: dict[str, tuple[Table, str]] = field(default_factory=dict)
    foreign: list[tuple[str, Table, str]] = field(default_factory=list)
    metrics: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)  # measures that are metrics: label, description


def read_dbt(data: Mapping[str, Any], draft: Draft) -> None:
    project = _Project()
    for model in rows(data.get("semantic_models")):
        _legacy_model(model, project, draft)
    for model in rows(data.get("models")):
        if model.get("semantic_model"):
            _model(model, project, draft)
    for metric in rows(data.get("metrics")):
        project.metrics[str(metric.get("name"))] = metric
    if not project.metrics and not project.shown:
        project.shown = dict.fromkeys(project.measures, ("", ""))
    for name, (label, about) in project.shown.items():
        _add(name, label, about, project.measures[name].sql(""), project.measures[name].table, draft)
    for name, metric in project.metrics.items():
        try:
            sql, table = _metric(name, project, ())
        except ValueError as error:
            draft.leave_out(f"metric {name}", error)
            continue
        _add(name, str(metric.get("label") or ""), str(metric.get("description") or ""), sql, table, draft)
    for entity, table, column in project.foreign:
        if entity in project.primary and project.primary[entity][0] is not table:
            draft.add_join(table, column, *project.primary[entity], f"entity {entity}")


def _add(name: str, label: str, about: str, sql: str | None, table: Table, draft: Draft) -> None:
    if sql is None:
        draft.leave_out(f"metric {name}", "the aggregate has no counterpart in SQL.")
        return
    draft.add_measure(name, sql, table, [label] if label else [], " ".join(about.split()))


def _legacy_model(model: Mapping[str, Any], project: _Project, draft: Draft) -> None:
    name = str(model.get("name"))
    found = _REF.search(str(model.get("model") or ""))
    table = draft.table(found[1] if found else name, f"semantic model {name}")
    if table is None:
        return
    draft.add_table(table, [name, *texts(model.get("label"))])
    for entity in rows(model.get("entities")):
        _entity(entity, str(entity.get("expr") or entity.get("name")), table, project, draft)
    for dimension in rows(model.get("dimensions")):
        _dimension(dimension, str(dimension.get("expr") or dimension.get("name")), table, model, project, draft)
    for measure in rows(model.get("measures")):
        key = str(measure.get("name"))
        project.measures[key] = _Measure(table, str(measure.get("agg")), str(measure.get("expr") or key))
        if str(measure.get("create_metric")).lower() == "true":
            project.shown[key] = (str(measure.get("label") or ""), str(measure.get("description") or ""))


def _model(model: Mapping[str, Any], project: _Project, draft: Draft) -> None:
    name = str(model.get("name"))
    table = draft.table(name, f"model {name}")
    if table is None:
        return
    settings = model.get("semantic_model")
    if isinstance(settings, Mapping) and settings.get("name"):
        draft.add_table(table, [str(settings["name"])])
    for column in rows(model.get("columns")):
        for key, add in (("entity", _entity), ("dimension", None)):
            value = column.get(key)
            if not value:
                continue
            given = {**value} if isinstance(value, Mapping) else {"type": str(value)}
            given.setdefault("name", column.get("name"))
            expression = str(column.get("expr") or column.get("name"))
            if add is not None:
                add(given, expression, table, project, draft)
            else:
                _dimension(given, expression, table, model, project, draft)
    derived = model.get("derived_semantics")
    for dimension in rows(derived.get("dimensions") if isinstance(derived, Mapping) else None):
        _dimension(dimension, str(dimension.get("expr") or dimension.get("name")), table, model, project, draft)
    for metric in rows(model.get("metrics")):
        key = str(metric.get("name"))
        if metric.get("type") == "simple":
            project.measures[key] = _Measure(table, str(metric.get("agg")), str(metric.get("expr") or key))
        project.metrics[key] = metric


def _entity(entity: Mapping[str, Any], column: str, table: Table, project: _Project, draft: Draft) -> None:
    name = str(entity.get("name"))
    if entity.get("type") in ("primary", "unique", "natural"):
        project.primary[name] = (table, column)
    elif PLAIN.match(column):
        project.foreign.append((name, table, column))
    else:
        draft.leave_out(f"entity {name}", f"{column!r} is not a column.")


def _dimension(
    dimension: Mapping[str, Any],
    expression: str,
    table: Table,
    model: Mapping[str, Any],
    project: _Project,
    draft: Draft,
) -> None:
    name = str(dimension.get("name"))
    project.dimensions[name] = f"({expression})" if not PLAIN.match(expression) else f'"{table.full_name}".{expression}'
    words = [name, *texts(dimension.get("label"))]
    if PLAIN.match(expression):
        draft.add_column(table, expression, words, f"dimension {name}")
    elif re.match(r"case\b.*\bend$|.*(?:=|<|>|\bis\b|\bin\b|\blike\b)", expression, re.IGNORECASE | re.DOTALL):
        draft.add_condition(name, expression, table, words)
    else:
        draft.leave_out(f"dimension {name}", f"{expression!r} is neither a column nor a condition.")


def _metric(name: str, project: _Project, above: tuple[str, ...]) -> tuple[str, Table]:
    """The SQL of a metric and its table. Raises ValueError for a kind that is not one aggregate of SQL."""
    if name in above:
        raise ValueError("it is defined by itself.")
    metric = project.metrics.get(name)
    if metric is None:
        if name in project.measures:
            return _sql(project.measures[name], ""), project.measures[name].table
        raise ValueError(f"these files define no metric or measure {name!r}.")
    kind = str(metric.get("type") or "simple")
    given = metric.get("type_params")
    settings: Mapping[str, Any] = given if isinstance(given, Mapping) else metric
    condition = _filter(metric.get("filter"), project)
    if kind == "simple":
        return _simple(name, settings, condition, project)
    if kind == "ratio":
        top, bottom = (
            _input(settings.get(key), project, condition, (*above, name)) for key in ("numerator", "denominator")
        )
        return f"({top[0]}) * 1.0 / nullif({bottom[0]}, 0)", top[1]
    if kind == "derived":
        return _derived(settings, condition, project, (*above, name))
    raise ValueError(f"metrics of type {kind} are not one aggregate.")


def _simple(name: str, settings: Mapping[str, Any], condition: str, project: _Project) -> tuple[str, Table]:
    measure = settings.get("measure", name)
    if isinstance(measure, Mapping):
        condition = _both(condition, _filter(measure.get("filter"), project))
        measure = measure.get("name")
    found = project.measures.get(str(measure))
    if found is None:
        raise ValueError(f"these files define no measure {measure!r}.")
    return _sql(found, condition), found.table


def _derived(
    settings: Mapping[str, Any], condition: str, project: _Project, above: tuple[str, ...]
) -> tuple[str, Table]:
    expression = str(settings.get("expr") or "")
    table: Table | None = None
    inputs = settings.get("metrics") or settings.get("input_metrics") or []
    for given in inputs if isinstance(inputs, list) else []:
        sql, table = _input(given, project, condition, above)
        alias = given.get("alias") or given.get("name") if isinstance(given, Mapping) else given
        expression = re.sub(rf"\b{re.escape(str(alias))}\b", lambda _, sql=sql: f"({sql})", expression)  # type: ignore[misc]
    if table is None or not expression:
        raise ValueError("a derived metric needs `expr` and its metrics.")
    return expression, table


def _input(given: Any, project: _Project, condition: str, above: tuple[str, ...]) -> tuple[str, Table]:
    """A metric that another one is made of."""
    if isinstance(given, Mapping):
        if given.get("offset_window") or given.get("offset_to_grain"):
            raise ValueError("offsets in time are not one aggregate.")
        condition = _both(condition, _filter(given.get("filter"), project))
        given = given.get("name")
    if condition:
        metric = project.metrics.get(str(given), {})
        if str(metric.get("type") or "simple") != "simple":
            raise ValueError("a filter on a metric of metrics is not read.")
        settings = metric.get("type_params")
        both = _both(condition, _filter(metric.get("filter"), project))
        return _simple(str(given), settings if isinstance(settings, Mapping) else metric, both, project)
    return _metric(str(given), project, above)


def _sql(measure: _Measure, condition: str) -> str:
    sql = measure.sql(condition)
    if sql is None:
        raise ValueError(f"the aggregate {measure.kind!r} has no counterpart in SQL.")
    return sql


def _filter(value: Any, project: _Project) -> str:
    """A filter as SQL: Jinja's Dimension('entity__name') becomes the expression of the dimension."""

    def named(match: re.Match[str]) -> str:
        name = match[1].split("__")[-1]
        if name not in project.dimensions:
            raise ValueError(f"the filter names {name!r}, and no dimension of these files has this name.")
        return project.dimensions[name]

    parts = [_DIMENSION.sub(named, " ".join(text.split())) for text in texts(value)]
    if any("{{" in part or "{%" in part for part in parts):
        raise ValueError("the filter has Jinja other than Dimension('...').")
    return " and ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)


def _both(one: str, other: str) -> str:
    return f"({one}) and ({other})" if one and other else one or other
