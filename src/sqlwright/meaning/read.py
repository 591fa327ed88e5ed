"""Read meaning.yaml: every name is found in the schema, and every expression is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from ..core import ConfigError, ForeignKey, InferredKey, NotFoundError, Schema, SqlwrightError
from ..core.meaning import MONTHS, FiscalYear, Meaning, Measure, NamedCondition, Synonym
from ..core.yaml_shape import mapping, sequence
from .expression import has_aggregate, is_aggregate, resolve

EVIDENCE = "stated in meaning.yaml"
MAX_BYTES = 1 << 20
_TOP = ("tables", "columns", "measures", "conditions", "joins", "fiscal_year")
_TABLE = ("synonyms", "show")
_COLUMN = ("synonyms", "values")
_MEASURE = ("expression", "grain", "synonyms", "description")
_CONDITION = ("expression", "table", "synonyms", "description")
_FISCAL = ("starts", "named_after")
_KEY = re.compile(r"\s*(?P<child>.+?)\s*->\s*(?P<parent>.+?)\s*$")


def read_meaning(path: Path, schema: Schema) -> Meaning:
    """The meaning in a file. Raises ConfigError for one that is not as docs/meaning.md says."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {str(path)!r}: {error}.") from error
    try:
        return meaning_from(text, schema)
    except SqlwrightError as error:
        raise ConfigError(f"{str(path)!r}: {error}") from error


def meaning_from(text: str, schema: Schema) -> Meaning:
    """The meaning that `text` states. Raises ConfigError and NotFoundError, with the nearest name."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"The file has {len(text):,} characters; at most {MAX_BYTES:,} are read.")
    try:
        data = yaml.load(text, yaml.BaseLoader) or {}  # noqa: S506  every scalar stays text: Y, yes, 1
    except yaml.YAMLError as error:
        raise ConfigError(f"Not valid YAML: {error}") from error
    data = _mapping(data, "the file", _TOP)
    measures = {name.casefold(): _measure(name, value, schema) for name, value in _named(data, "measures", _MEASURE)}
    conditions = tuple(_condition(name, value, schema) for name, value in _named(data, "conditions", _CONDITION))
    found = Meaning(
        (*_table_synonyms(data, schema), *_column_synonyms(data, schema)),
        tuple(measures.values()),
        conditions,
        tuple(_join(text, schema) for text in sequence(data.get("joins"), "`joins`")),
        tuple(_shown(data, schema)),
        _fiscal_year(data.get("fiscal_year")),
    )
    _check_expressions(found, schema)
    return found


def _check_expressions(meaning: Meaning, schema: Schema) -> None:
    measures = {measure.name.casefold(): measure for measure in meaning.measures}
    for measure in meaning.measures:
        with _Within(f"measures.{measure.name}"):
            if not is_aggregate(resolve(measure.expression, measure.grain, schema, measures).tree):
                raise ConfigError(f"Expected an aggregate such as sum(amount), found {measure.expression!r}.")
    for condition in meaning.conditions:
        with _Within(f"conditions.{condition.name}"):
            if has_aggregate(resolve(condition.expression, condition.table, schema).tree):
                raise ConfigError("A condition is about one row and has no aggregate.")
    names: dict[str, str] = {}
    for definition in meaning.definitions():
        for words in (definition.name, *definition.synonyms):
            other = names.setdefault(words.casefold(), definition.name)
            if other != definition.name:
                raise ConfigError(f"{words!r} is a name of two definitions: {other} and {definition.name}.")


class _Within:
    """Adds the place in the file to an error."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ConfigError, NotFoundError)):
            raise ConfigError(f"`{self.place}`: {error}") from error


def _named(data: Mapping[str, Any], section: str, known: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in _mapping(data.get(section) or {}, f"`{section}`").items():
        if not str(name).strip():
            raise ConfigError(f"A name in `{section}` is empty.")
        yield str(name).strip(), _mapping(value, f"`{section}.{name}`", known)


def _measure(name: str, value: dict[str, Any], schema: Schema) -> Measure:
    with _Within(f"measures.{name}"):
        grain = schema.table(_text(value, "grain")).full_name
        return Measure(name, _text(value, "expression"), grain, _words(value), str(value.get("description") or ""))


def _condition(name: str, value: dict[str, Any], schema: Schema) -> NamedCondition:
    with _Within(f"conditions.{name}"):
        table = schema.table(_text(value, "table")).full_name
        text = _text(value, "expression")
        return NamedCondition(name, text, table, _words(value), str(value.get("description") or ""))


def _table_synonyms(data: Mapping[str, Any], schema: Schema) -> Iterator[Synonym]:
    for name, value in _mapping(data.get("tables") or {}, "`tables`").items():
        with _Within("tables"):
            table = schema.table(str(name)).full_name
        for words in _words(_mapping(value, f"`tables.{name}`", _TABLE)):
            yield Synonym(words, table)


def _column_synonyms(data: Mapping[str, Any], schema: Schema) -> Iterator[Synonym]:
    for name, value in _mapping(data.get("columns") or {}, "`columns`").items():
        with _Within("columns"):
            table, column = _column(str(name), schema)
        value = _mapping(value, f"`columns.{name}`", _COLUMN)
        for words in _words(value):
            yield Synonym(words, table, column)
        for stored, synonyms in _mapping(value.get("values") or {}, f"`columns.{name}.values`").items():
            for words in _texts(synonyms, f"`columns.{name}.values.{stored}`"):
                yield Synonym(words, table, column, str(stored))


def _shown(data: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in _mapping(data.get("tables") or {}, "`tables`").items():
        columns = _texts(_mapping(value, f"`tables.{name}`", _TABLE).get("show"), f"`tables.{name}.show`")
        if columns:
            table = schema.table(str(name))
            with _Within(f"tables.{name}.show"):
                yield table.full_name, tuple(table.column(column).name for column in columns)


def _join(text: Any, schema: Schema) -> InferredKey:
    match = _KEY.match(text) if isinstance(text, str) else None
    if match is None:
        raise ConfigError(f"`joins`: expected `table.column -> table.column`, found {text!r}.")
    with _Within("joins"):
        table, column = _column(match["child"], schema)
        parent, key = _column(match["parent"], schema)
    return InferredKey(table, ForeignKey((column,), parent, (key,)), EVIDENCE)


def _fiscal_year(value: Any) -> FiscalYear | None:
    if not value:
        return None
    value = _mapping(value, "`fiscal_year`", _FISCAL)
    month = _month(str(value.get("starts") or ""))
    named = str(value.get("named_after") or "end")
    if named not in ("start", "end"):
        raise ConfigError(f"`fiscal_year.named_after` is start or end, not {named!r}.")
    return FiscalYear(month, cast(Any, named))


def _month(text: str) -> int:
    name = text.strip().casefold()
    if name.isdigit() and 1 <= int(name) <= 12:
        return int(name)
    found = [i for i, month in enumerate(MONTHS, 1) if len(name) >= 3 and month.casefold().startswith(name)]
    if not found:
        raise ConfigError(f"`fiscal_year.starts` is a month such as april or 4, not {text!r}.")
    return found[0]


def _column(name: str, schema: Schema) -> tuple[str, str]:
    """Table and column in the schema's spelling. Raises ConfigError and NotFoundError."""
    table, dot, column = name.strip().rpartition(".")
    if not dot:
        raise ConfigError(f"Expected `table.column`, found {name!r}.")
    found = schema.table(table)
    return found.full_name, found.column(column).name


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"`{key}` is missing.")
    return " ".join(text.split())


def _words(value: Mapping[str, Any]) -> tuple[str, ...]:
    return _texts(value.get("synonyms"), "`synonyms`")


def _texts(value: Any, what: str) -> tuple[str, ...]:
    """A list of texts, or one text alone."""
    if isinstance(value, str):
        value = [value] if value.strip() else []
    found = tuple(" ".join(str(text).split()) for text in sequence(value, what))
    if not all(any(map(str.isalnum, text)) for text in found):
        raise ConfigError(f"A text in {what} has no letter.")
    return found


def _mapping(value: Any, what: str, known: tuple[str, ...] = ()) -> dict[str, Any]:
    return {} if value == "" else mapping(value, what, known)
