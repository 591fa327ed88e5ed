"""What the user says about columns and keys: `profile.yaml` in the database's knowledge folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from ...core import (
    ColumnProfile,
    ConfigError,
    DateStorage,
    ForeignKey,
    InferredKey,
    NotFoundError,
    Profile,
    Role,
    Schema,
)
from ...core.yaml_shape import mapping, sequence

FILE = "profile.yaml"
EVIDENCE = f"stated in {FILE}"
_COLUMN_FIELDS = ("role", "date_storage", "true_value", "false_value", "unit", "labels", "markers")
_KEY = re.compile(r"\s*(?P<child>.+?)\s*->\s*(?P<parent>.+?)\s*$")

KeyEdit = tuple[str, str, str, str]  # table, column, parent table, parent column


@dataclass(frozen=True, slots=True)
class Edits:
    """Keys to add and to remove, and fields of columns to replace, all in the spelling of the schema."""

    added: tuple[KeyEdit, ...] = ()
    removed: tuple[KeyEdit, ...] = ()
    columns: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)


def read_edits(path: Path, schema: Schema) -> Edits:
    """The edits in a file, none where there is no file.

    Raises ConfigError for a file that is not as docs/schema.md says, or names what the schema does not have.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Edits()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {str(path)!r}: {error}.") from error
    import yaml  # slow import, for users who state something

    try:
        data = yaml.load(text, yaml.BaseLoader) or {}  # noqa: S506  every scalar stays text: Y, yes, 1
        return _edits(data, schema)
    except yaml.YAMLError as error:
        raise ConfigError(f"{str(path)!r} is not valid YAML: {error}") from error
    except (ConfigError, NotFoundError) as error:
        raise ConfigError(f"{str(path)!r}: {error}") from error


def with_edits(profile: Profile, edits: Edits, schema: Schema) -> Profile:
    """`profile` as the user corrected it. A column that a stated key makes a reference becomes one."""
    stated = [InferredKey(t, ForeignKey((c,), p, (k,)), EVIDENCE) for t, c, p, k in edits.added]
    gone = {(t, c) for t, c, _, _ in edits.added}  # a stated key replaces an inferred one
    kept = [
        k for k in profile.inferred_keys if _edge(k) not in edits.removed and (k.table, k.key.columns[0]) not in gone
    ]
    columns = dict(profile.columns)
    for at in gone & columns.keys():
        columns[at] = replace(columns[at], role="reference")
    for at, changes in edits.columns.items():
        column = columns.get(at) or ColumnProfile(*at, role="other")
        columns[at] = replace(column, **changes)
    return replace(profile, columns=columns, inferred_keys=(*kept, *stated))


def _edge(inferred: InferredKey) -> KeyEdit:
    key = inferred.key
    return (inferred.table, key.columns[0], key.ref_table, key.ref_columns[0])


def _edits(data: Any, schema: Schema) -> Edits:
    data = mapping(data, "the file", ("keys", "columns"))
    keys = mapping(data.get("keys") or {}, "`keys`", ("add", "remove"))
    columns = mapping(data.get("columns") or {}, "`columns`")
    return Edits(
        tuple(_key(k, schema) for k in sequence(keys.get("add"), "keys.add")),
        tuple(_key(k, schema) for k in sequence(keys.get("remove"), "keys.remove")),
        {_column(str(name), schema): _changes(str(name), value) for name, value in columns.items()},
    )


def _key(text: Any, schema: Schema) -> KeyEdit:
    match = _KEY.match(text) if isinstance(text, str) else None
    if match is None:
        raise ConfigError(f"Expected `table.column -> table.column`, found {text!r}.")
    return (*_column(match["child"], schema), *_column(match["parent"], schema))


def _column(name: str, schema: Schema) -> tuple[str, str]:
    """Table and column in the schema's spelling. Raises ConfigError and NotFoundError."""
    table, dot, column = name.strip().rpartition(".")
    if not dot:
        raise ConfigError(f"Expected `table.column`, found {name!r}.")
    found = schema.table(table)
    return found.full_name, found.column(column).name


def _changes(name: str, value: Any) -> dict[str, Any]:
    changes = mapping(value, f"`columns.{name}`", _COLUMN_FIELDS)
    if "labels" in changes:
        pairs = mapping(changes["labels"], f"`columns.{name}.labels`")
        changes["labels"] = tuple(pairs.items())
    if "markers" in changes:
        changes["markers"] = tuple(map(str, sequence(changes["markers"], f"`columns.{name}.markers`")))
    for key, allowed in (("role", get_args(Role)), ("date_storage", get_args(DateStorage))):
        if key in changes and changes[key] not in allowed:
            raise ConfigError(f"Unknown {key} {changes[key]!r} of {name}. Known: {', '.join(filter(None, allowed))}.")
    return changes
