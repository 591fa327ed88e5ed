"""Technical columns that real databases have and that nobody asks for."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...core.profile import Role
from ..concepts import Words
from .storage import Type


@dataclass(frozen=True, slots=True)
class Decoy:
    """`name` is words; `draw` makes the value of row number `i`, given the last moment of the data."""

    name: str
    type: Type
    role: Role
    words: Words
    draw: Callable[[random.Random, int, dt.datetime], Any]


DECOYS: tuple[Decoy, ...] = (
    Decoy(
        "legacy id",
        "integer",
        "code",
        Words(("legacy id", "old id"), ("旧系统编号",)),
        lambda rng, i, _: 90_000 + 3 * i if rng.random() < 0.7 else None,
    ),
    Decoy(
        "created by",
        "text",
        "category",
        Words(("creator", "created by"), ("创建人",)),
        lambda rng, *_: rng.choice(("admin", "import", "system", "jdoe", "migration")),
    ),
    Decoy(
        "notes",
        "text",
        "text",
        Words(("notes", "remarks"), ("备注",)),
        lambda rng, *_: rng.choice((None, None, None, "checked", "see mail", "duplicate?")),
    ),
    Decoy(
        "row version",
        "integer",
        "number",
        Words(("row version",), ("版本号",)),
        lambda rng, *_: rng.choice((1, 1, 1, 2, 2, 3, 5)),
    ),
    Decoy(
        "external ref",
        "text",
        "code",
        Words(("external reference",), ("外部编号",)),
        lambda rng, *_: f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}",
    ),
    Decoy(
        "sort order",
        "integer",
        "number",
        Words(("sort order",), ("排序号",)),
        lambda rng, i, _: i * 10,
    ),
)
