"""Where a report comes from: programs, files by hash, limits, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..core import Example, QueryLimits


@dataclass(frozen=True, slots=True)
class Provenance:
    """Hashes are SHA-256 in hex. `items_sha256` is that of the questions and gold queries, whatever file held them.

    `databases` holds the hash of every database file, the same before and after the run.
    """

    command: str = ""
    model: str = ""
    predictions: str = ""
    predictions_sha256: str = ""
    data: str = ""
    data_sha256: str = ""
    items_sha256: str = ""
    databases: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    workers: int = 0
    started: str = ""
    elapsed_s: float = 0.0
    sqlwright: str = ""
    sqlite: str = ""
    python: str = ""
    machine: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Provenance:
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in data.items() if k in known})


def this_machine() -> dict[str, str]:
    """The fields that tell of programs and machine."""
    try:
        own = version("sqlwright")
    except PackageNotFoundError:
        own = "not installed"
    return {
        "sqlwright": own,
        "sqlite": sqlite3.sqlite_version,
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def sha256_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sha256_items(examples: Sequence[Example]) -> str:
    """The same for the same questions and gold queries in the same order."""
    digest = hashlib.sha256()
    for e in examples:
        for text in (e.id, e.db_id, e.question, e.gold_sql):
            digest.update(text.encode(errors="surrogatepass") + b"\0")
    return digest.hexdigest()


def limits_dict(limits: QueryLimits) -> dict[str, Any]:
    return asdict(limits)
