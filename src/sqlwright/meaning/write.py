"""A meaning as the text of a meaning.yaml."""

from __future__ import annotations

from typing import Any

import yaml

from ..core.meaning import MONTHS, Definition, Meaning, Measure


def meaning_yaml(meaning: Meaning) -> str:
    """The text that `meaning_from` reads as `meaning`; "" for an empty one."""
    data = {
        "tables": _tables(meaning),
        "columns": _columns(meaning),
        "measures": {m.name: _definition(m) for m in meaning.measures},
        "conditions": {c.name: _definition(c) for c in meaning.conditions},
        "joins": [f"{k.table}.{k.key.columns[0]} -> {k.key.ref_table}.{k.key.ref_columns[0]}" for k in meaning.joins],
    }
    if meaning.fiscal_year:
        year = meaning.fiscal_year
        data["fiscal_year"] = {"starts": MONTHS[year.month - 1].casefold(), "named_after": year.named_after}
    kept = {key: value for key, value in data.items() if value}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=120) if kept else ""


def _tables(meaning: Meaning) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for synonym in meaning.synonyms:
        if not synonym.column:
            found.setdefault(synonym.table, {}).setdefault("synonyms", []).append(synonym.words)
    for table, columns in meaning.shown:
        found.setdefault(table, {})["show"] = list(columns)
    return found


def _columns(meaning: Meaning) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for synonym in meaning.synonyms:
        if not synonym.column:
            continue
        entry = found.setdefault(f"{synonym.table}.{synonym.column}", {})
        if synonym.value is None:
            entry.setdefault("synonyms", []).append(synonym.words)
        else:
            entry.setdefault("values", {}).setdefault(synonym.value, []).append(synonym.words)
    return found


def _definition(item: Definition) -> dict[str, Any]:
    place = {"grain": item.grain} if isinstance(item, Measure) else {"table": item.table}
    more = {"synonyms": list(item.synonyms), "description": item.description}
    return {"expression": item.expression, **place, **{key: value for key, value in more.items() if value}}
