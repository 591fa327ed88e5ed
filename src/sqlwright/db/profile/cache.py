"""Profiles kept in the cache folder, so that a database is read once and not at every question."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core import ColumnProfile, ForeignKey, InferredKey, Profile, Schema, SqlwrightError
from ...core.atomic import atomic_text

if TYPE_CHECKING:
    from ..database import Database

VERSION = 2  # another one where a profile means something else than before
MAX_AGE_S = 86_400.0  # of a server's profile: nothing else tells that its rows have changed
MAX_FILES = 10_000  # of a folder of tables whose sizes and times are part of the state


def cache_path(database: Database) -> Path | None:
    """The file of a database's profile; None where SQLWRIGHT_PROFILES is "off".

    SQLWRIGHT_PROFILES may name another folder than `profiles` in the user's cache folder.
    """
    from ..folder import folder_name

    chosen = os.environ.get("SQLWRIGHT_PROFILES", "")
    if chosen.casefold() == "off":
        return None
    if chosen:
        return Path(chosen).expanduser() / f"{folder_name(database)}.json"
    import platformdirs

    return (
        Path(platformdirs.user_cache_dir("sqlwright", appauthor=False)) / "profiles" / f"{folder_name(database)}.json"
    )


def state_of(database: Database, schema: Schema) -> dict[str, Any]:
    """What a kept profile must agree with: the catalog with its comments, and for files sizes and times.

    A server's state has no rows in it, so its profiles end after MAX_AGE_S.
    """
    comments = [[t.full_name, t.comment, *(c.comment for c in t.columns)] for t in schema]
    return {
        "version": VERSION,
        "schema": schema.fingerprint(),
        "comments": comments if any(any(row[1:]) for row in comments) else [],
        "files": _files(Path(database.engine.location)),
    }


def _files(path: Path) -> list[list[Any]]:
    """Name, size and time of the file, of its write-ahead log, or of the files of a folder; [] on a server."""
    if path.is_dir():
        parts = sorted(path.iterdir())[:MAX_FILES]
    else:
        parts = [path, *(path.with_name(path.name + end) for end in ("-wal", ".wal"))]
    found = []
    for part in parts:
        with suppress(OSError):
            stat = part.stat()
            found.append([part.name, stat.st_size, stat.st_mtime_ns])
    return found


def load(path: Path, state: Mapping[str, Any]) -> Profile | None:
    """The kept profile of that state; None where there is none, it is of another state, or it cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["state"] != state or (not state["files"] and time.time() - data["time"] > MAX_AGE_S):
            return None
        return from_dict(data["profile"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(path: Path, state: Mapping[str, Any], profile: Profile) -> None:
    """Write atomically, readable by the user alone. Where the folder cannot be written nothing is kept."""
    data = {"state": state, "time": time.time(), "profile": to_dict(profile)}
    with suppress(OSError, SqlwrightError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_text(path, private=True, fsync=False) as file:
            json.dump(data, file, ensure_ascii=False)


def to_dict(profile: Profile) -> dict[str, Any]:
    """JSON-ready; a column's fields that say nothing are left out."""
    empty = ColumnProfile("", "", "other")
    columns = [
        {k: v for k, v in asdict(column).items() if k in ("table", "column", "role") or v != getattr(empty, k)}
        for column in profile.columns.values()
    ]
    keys = [{"table": k.table, **asdict(k.key), "evidence": k.evidence} for k in profile.inferred_keys]
    return {"columns": columns, "inferred_keys": keys, "last_date": profile.last_date}


def from_dict(data: Mapping[str, Any]) -> Profile:
    """The inverse of `to_dict`. Raises KeyError and TypeError for anything else."""
    known = {f.name for f in fields(ColumnProfile)}
    columns = {}
    for item in data["columns"]:
        if not set(item) <= known:
            raise KeyError("unknown field")
        lists = {name: tuple(item.get(name, ())) for name in ("values", "markers")}
        lists["labels"] = tuple((a, b) for a, b in item.get("labels", ()))
        column = ColumnProfile(**{**item, **lists})
        columns[column.table, column.column] = column
    keys = tuple(
        InferredKey(k["table"], ForeignKey(tuple(k["columns"]), k["ref_table"], tuple(k["ref_columns"])), k["evidence"])
        for k in data["inferred_keys"]
    )
    return Profile(columns, keys, data["last_date"])
