"""A profile from what a sample holds: one `ColumnProfile` per column, its role last."""

from __future__ import annotations

from dataclasses import replace

from ...core import Column, ColumnProfile, InferredKey, Role, Schema, Table
from ..sensitive import is_sensitive
from .dates import date_storage
from .flags import flag_of
from .labels import Labels, labels_in
from .markers import markers_in
from .roles import mean_chars, role_of
from .sample import Samples
from .seen import Seen, as_number, seen_in_samples
from .types import NUMBERS, kind_of
from .units import unit_of
from .words import CODE, PERSON_NAME, TEXT, name_words, says

KEPT_VALUES = 50
KEPT_CHARS = 60
MOST_DISTINCT = 0.95  # of the rows: two flats may share an address
_WITH_VALUES: frozenset[Role] = frozenset({"category", "code", "flag", "name"})
_WITH_UNIT: frozenset[Role] = frozenset({"money", "number"})
LOOKUP_ROWS = 50  # a lookup table has no more
LOOKUP_COLUMNS = 4
_NOT_LOOKUP: frozenset[Role] = frozenset({"email", "phone", "money", "reference", "other", "json"})

Columns = dict[tuple[str, str], ColumnProfile]
_NAME_CHARS = 40.0
_PERSON_PARTS = (("first",), ("last",), ("family",), ("given",), ("contact",))


def profile_columns(schema: Schema, samples: Samples) -> Columns:
    """The profile of every column, as far as its own name, type and values tell."""
    found: Columns = {}
    for table in schema:
        columns = [_profile(schema, table, c, _seen(samples, table, c)) for c in table.columns]
        for profile in _with_a_name(columns, table, samples):
            found[table.full_name, profile.column] = profile
    return found


def _seen(samples: Samples, table: Table, column: Column) -> Seen:
    return samples.get((table.full_name, column.name)) or seen_in_samples(column)


def _profile(schema: Schema, table: Table, column: Column, seen: Seen) -> ColumnProfile:
    if is_sensitive(column.name):
        return ColumnProfile(table.full_name, column.name, "other")
    words = name_words(column.name)
    storage = date_storage(words, column.type, seen, schema.dialect)
    flag = flag_of(words, column.type, seen)
    unit = unit_of(column, seen)
    reference = any(key.columns == (column.name,) for key in table.foreign_keys)
    role = role_of(table, column, seen, reference=reference, flag=flag is not None, date_storage=storage, unit=unit)
    low, high = _bounds(seen, role)
    return ColumnProfile(
        table.full_name,
        column.name,
        role,
        date_storage=storage if role == "date" else "",
        true_value=flag[0] if flag and role == "flag" else "",
        false_value=flag[1] if flag and role == "flag" else "",
        numeric=(seen.kind or kind_of(column.type)) in NUMBERS | {"boolean"},
        unit=unit if role in _WITH_UNIT else "",
        null_share=round(seen.nulls / seen.rows, 4) if seen.rows else 0.0,
        blank_share=round(seen.blanks / seen.rows, 4) if seen.rows else 0.0,
        distinct=seen.distinct,
        rows=seen.rows,
        values=kept_values(seen, role),
        labels=labels_in(column),
        lowest=low,
        highest=high,
        markers=markers_in(seen, storage if role == "date" else ""),
    )


def kept_values(seen: Seen, role: Role) -> tuple[str, ...]:
    """The commonest short values of columns that questions name values of; personal data is not kept."""
    if role not in _WITH_VALUES:
        return ()
    return tuple([v for v in seen.counts if len(v) <= KEPT_CHARS and v.isprintable()][:KEPT_VALUES])


def _bounds(seen: Seen, role: Role) -> tuple[str, str]:
    """The lowest and highest value of the sample, of dates and numbers."""
    values = [v for v in seen.counts if not v.startswith("0000-00-00")]
    if not values or role not in ("date", "money", "number"):
        return "", ""
    if role == "date" and not seen.is_number:
        return min(values), max(values)
    numbers = [(n, value) for value in values if (n := as_number(value)) is not None]
    if role == "date":  # 0 and -1 stand for "never"
        numbers = [n for n in numbers if n[0] > 0] or numbers
    return (min(numbers)[1], max(numbers)[1]) if numbers else ("", "")


def _with_a_name(columns: list[ColumnProfile], table: Table, samples: Samples) -> list[ColumnProfile]:
    """Where no column is called a name, the first short text that tells all rows apart is it, else an address."""
    names = [c for c in columns if c.role == "name"]
    titles = [c for c in names if name_words(c.column)[-1:] == ("title",)]
    if titles and any(_names_a_person(c) for c in names):  # a job title, which many persons may have
        columns = [replace(c, role="category") if c in titles else c for c in columns]
    if names:
        return columns
    for i, column in enumerate(columns):
        seen = samples.get((table.full_name, column.column))
        if column.role not in ("text", "code", "category") or seen is None or column.numeric or not seen.unique:
            continue
        letters = sum(any(ch.isalpha() for ch in v) and not any(ch.isdigit() for ch in v) for v in seen.counts)
        words = name_words(column.column)
        if letters >= 0.8 * seen.distinct and mean_chars(seen) <= _NAME_CHARS and not says(words, TEXT | CODE):
            columns[i] = replace(column, role="name", values=kept_values(seen, "name"))
            return columns
    for i, column in enumerate(columns):  # a house has no other name
        address = name_words(column.column)[-1:] == ("address",) and column.role in ("text", "code", "category")
        if address and column.rows > 1 and column.distinct >= MOST_DISTINCT * column.rows:
            columns[i] = replace(column, role="name")
            break
    return columns


def _names_a_person(column: ColumnProfile) -> bool:
    words = name_words(column.column)
    return says(words, PERSON_NAME) or (words[-1:] == ("name",) and words[:1] in _PERSON_PARTS)


def with_references(columns: Columns, keys: tuple[InferredKey, ...]) -> None:
    """Give the columns of inferred keys the role of a reference, in place."""
    for inferred in keys:
        if len(inferred.key.columns) == 1:
            at = (inferred.table, inferred.key.columns[0])
            columns[at] = replace(columns[at], role="reference", unit="", lowest="", highest="")


def with_lookup_labels(schema: Schema, samples: Samples, columns: Columns, keys: tuple[InferredKey, ...]) -> None:
    """Label references to small lookup tables with the names in them, in place."""
    pairs = [(table.full_name, key) for table in schema for key in table.foreign_keys]
    pairs += [(inferred.table, inferred.key) for inferred in keys]
    labels = {
        (t.full_name, column): _lookup_labels(t, column, samples, columns)
        for t in schema
        for column in {key.ref_columns[0] for _, key in pairs if key.ref_table == t.full_name and key.ref_columns}
    }
    for table, key in pairs:
        found, at = labels.get((key.ref_table, (*key.ref_columns, "")[0]), ()), (table, key.columns[0])
        if found and len(key.columns) == 1 and at in columns and not columns[at].labels:
            columns[at] = replace(columns[at], labels=found)


def _lookup_labels(table: Table, column: str, samples: Samples, columns: Columns) -> Labels:
    """Values of `column` and names of a small table of a key, a name and little else; () for any other table."""
    if table.is_view or table.primary_key not in ((), (column,)) or not 2 <= len(table.columns) <= LOOKUP_COLUMNS:
        return ()
    if any(columns[table.full_name, c.name].role in _NOT_LOOKUP for c in table.columns):
        return ()
    key = samples.get((table.full_name, column))
    name = next((c.name for c in table.columns if columns[table.full_name, c.name].role == "name"), None)
    names = samples.get((table.full_name, name)) if name else None
    if key is None or names is None or not (key.whole and key.unique and names.unique) or key.rows > LOOKUP_ROWS:
        return ()
    # Values that are all different are counted in the order of the rows.
    return tuple(zip(key.counts, names.counts, strict=True))
