"""Apache Ossie semantic models (formerly Open Semantic Interchange): datasets, fields, relationships, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from ...core import Table
from ...sql.reading import UnreadableError, read_first
from .draft import PLAIN, Draft, rows, texts

_DIALECTS = ("ANSI_SQL", "OSSIE_SQL_2026")


def read_ossie(data: Mapping[str, Any], draft: Draft) -> None:
    models = rows(data.get("semantic_model")) or ([data] if data.get("datasets") else [])
    for model in models:
        _model(model, draft)


def _model(model: Mapping[str, Any], draft: Draft) -> None:
    tables: dict[str, Table] = {}
    fields: dict[tuple[str, str], str] = {}
    for dataset in rows(model.get("datasets")):
        name = str(dataset.get("name"))
        table = draft.table(str(dataset.get("source") or name), f"dataset {name}")
        if table is None:
            continue
        tables[name] = table
        draft.add_table(table, [name, *_synonyms(dataset)])
        for item in rows(dataset.get("fields")):
            expression = _expression(item)
            fields[name, str(item.get("name"))] = expression
            _field(item, expression, name, table, draft)
    for relation in rows(model.get("relationships")):
        _relation(relation, tables, draft)
    for metric in rows(model.get("metrics")):
        name = str(metric.get("name"))
        try:
            sql, grain = _metric(_expression(metric), tables, fields, draft)
        except ValueError as error:
            draft.leave_out(f"metric {name}", error)
            continue
        about = " ".join(str(metric.get("description") or "").split())
        draft.add_measure(name, sql, grain, _synonyms(metric), about)


def _field(item: Mapping[str, Any], expression: str, dataset: str, table: Table, draft: Draft) -> None:
    name = str(item.get("name"))
    words = [name, *texts(item.get("label")), *_synonyms(item)]
    if PLAIN.match(expression):
        draft.add_column(table, expression, words, f"field {dataset}.{name}")
    elif item.get("datatype") == "Boolean":
        draft.add_condition(name, expression, table, words)
    else:
        draft.leave_out(f"field {dataset}.{name}", f"{expression!r} is not a column.")


def _relation(relation: Mapping[str, Any], tables: Mapping[str, Table], draft: Draft) -> None:
    what = f"relationship {relation.get('name')}"
    child, parent = tables.get(str(relation.get("from"))), tables.get(str(relation.get("to")))
    columns, keys = texts(relation.get("from_columns")), texts(relation.get("to_columns"))
    if child is None or parent is None:
        draft.leave_out(what, "one of its datasets is not there.")
    elif len(columns) != 1 or len(keys) != 1:
        draft.leave_out(what, "only relationships of one column are read.")
    else:
        draft.add_join(child, columns[0], parent, keys[0], what)


def _metric(
    expression: str, tables: Mapping[str, Table], fields: Mapping[tuple[str, str], str], draft: Draft
) -> tuple[str, Table]:
    """The expression over tables, and the table of its first column. Raises ValueError."""
    dialect = draft.schema.dialect
    try:
        tree = read_first(f"SELECT {expression}", dialect)
    except UnreadableError:
        raise ValueError(f"{expression!r} is not SQL.") from None
    grain: Table | None = None
    for column in list(tree.find_all(exp.Column, bfs=False)):
        owner = column.table
        if owner and owner not in tables:
            raise ValueError(f"these files define no dataset {owner!r}.")
        if not owner:
            if len(tables) != 1:
                raise ValueError(f"{column.name!r} does not say which dataset it is of.")
            owner = next(iter(tables))
        grain = grain or tables[owner]
        known = fields.get((owner, column.name), column.name)
        if PLAIN.match(known):
            column.set("this", exp.to_identifier(known, quoted=True))
            column.set("table", exp.to_identifier(tables[owner].name, quoted=True))
        else:
            column.replace(exp.Paren(this=read_first(f"SELECT {known}", dialect).expressions[0]))
    if grain is None:
        raise ValueError("it names no column.")
    text: str = tree.expressions[0].sql(dialect=dialect)
    return text, grain


def _expression(item: Mapping[str, Any]) -> str:
    """The expression in standard SQL, else in the first dialect."""
    given = item.get("expression")
    if isinstance(given, str):
        return given.strip()
    listed = rows(given.get("dialects")) if isinstance(given, Mapping) else rows(given)
    found = {str(d.get("dialect")): str(d.get("expression") or "") for d in listed}
    return next((found[name] for name in (*_DIALECTS, *found) if name in found), str(item.get("name"))).strip()


def _synonyms(item: Mapping[str, Any]) -> list[str]:
    context = item.get("ai_context")
    return texts(context.get("synonyms")) if isinstance(context, Mapping) else []
