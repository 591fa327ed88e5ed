"""A schema and a profile as a meaning states them: its joins come first, and its columns name the rows."""

from __future__ import annotations

from dataclasses import replace

from ..core import ColumnProfile, Profile, Schema, Table
from ..core.meaning import Meaning


def with_meaning(schema: Schema, profile: Profile, meaning: Meaning) -> tuple[Schema, Profile]:
    """`schema` with the stated joins before other foreign keys, and `profile` with the columns to show as names."""
    if not meaning.joins and not meaning.shown:
        return schema, profile
    tables = tuple(_joined(table, meaning) for table in schema)
    columns = dict(profile.columns)
    for table, shown in meaning.shown:
        for column in schema.table(table).columns:
            known = columns.get((table, column.name)) or ColumnProfile(table, column.name, role="other")
            if column.name in shown:
                columns[table, column.name] = replace(known, role="name")
            elif known.role == "name":
                columns[table, column.name] = replace(known, role="text")
    return replace(schema, tables=tables), replace(profile, columns=columns)


def _joined(table: Table, meaning: Meaning) -> Table:
    stated = tuple(join.key for join in meaning.joins if join.table == table.full_name)
    if not stated:
        return table
    others = tuple(key for key in table.foreign_keys if key not in stated)
    return replace(table, foreign_keys=(*stated, *others))
