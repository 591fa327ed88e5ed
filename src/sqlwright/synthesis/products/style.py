"""How the makers of a database name and store things: one style per database, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from ...core.language import Language

Names = Literal["snake", "camel", "pascal", "upper", "chinese", "pinyin", "initials"]
Dates = Literal["space", "t", "tz", "epoch_s", "epoch_ms", "epoch_us"]
Status = Literal["lower", "underscored", "upper", "title", "codes", "numbers"]

FLAGS: tuple[tuple[str, str], ...] = (  # (true, false)
    ("1", "0"),
    ("Y", "N"),
    ("yes", "no"),
    ("T", "F"),
    ("true", "false"),
    ("J", "N"),
)


@dataclass(frozen=True, slots=True)
class Style:
    """`abbreviation` is the chance that a word is abbreviated, `dropped` and `decoys` are chances per column or table.

    `own_prefix` puts the table before each column (cust_name). `status_words` stores a flag as a word of its own
    ('active', 'inactive'). `comment_share` is the chance that a column has a comment. `unit_names` puts the stored
    unit into the name (amount_cents, duration_ms). `epoch_days` stores dates without a time as `dates` says if that is
    an epoch, at midnight UTC.
    """

    language: Language
    names: Names
    plural: bool
    table_prefix: str
    own_prefix: bool
    abbreviation: float
    key: Literal["id", "table_id"]
    reference: Literal["suffix", "prefix", "bare"]
    primary_keys: bool
    foreign_keys: bool
    comment_share: float
    dates: Dates
    date_types: bool
    flags: tuple[str, str]
    status_words: bool
    cents: bool
    small_units: float
    unit_names: bool
    shares: bool
    status: Status
    lookup: bool
    country_codes: bool
    blank: bool
    dropped: float
    decoys: float
    epoch_days: bool


def draw_style(rng: random.Random, language: Language) -> Style:
    """`language` is the product's: names and comments in Chinese are rare in an English one."""
    names = _names(rng, language)
    local = names in ("chinese", "pinyin", "initials")
    commented = names in ("pinyin", "initials") or (language == "zh" and not local)
    return Style(
        language=language,
        names=names,
        plural=not local and rng.random() < 0.5,
        table_prefix=rng.choice(("tbl_", "t_", "app_", "core_")) if names != "chinese" and rng.random() < 0.15 else "",
        own_prefix=not local and rng.random() < 0.12,
        abbreviation=0.0 if local else rng.choice((0, 0, 0, 0.3, 0.8)),
        key=rng.choice(("id", "id", "table_id")),
        reference=rng.choice(("suffix", "suffix", "suffix", "suffix", "prefix", "bare")),
        primary_keys=rng.random() < 0.85,
        foreign_keys=rng.random() < 0.6,
        comment_share=1.0 if commented else rng.choice((0, 0, 0, 0.4, 1.0)),
        dates=rng.choice(("space", "space", "space", "t", "tz", "epoch_s", "epoch_ms", "epoch_us")),
        date_types=rng.random() < 0.6,
        flags=("是", "否") if language == "zh" and rng.random() < 0.4 else rng.choice((FLAGS[0], *FLAGS)),
        status_words=rng.random() < 0.15,
        cents=rng.random() < 0.25,
        small_units=rng.choice((0.0, 0.0, 0.5, 1.0)),
        unit_names=rng.random() < 0.6,
        shares=rng.random() < 0.5,
        status=rng.choice(("lower", "lower", "underscored", "upper", "title", "codes", "numbers")),
        lookup=rng.random() < 0.5,
        country_codes=rng.random() < 0.4,
        blank=rng.random() < 0.25,
        dropped=rng.choice((0.0, 0.0, 0.06)),
        decoys=rng.choice((0.0, 0.15, 0.4)),
        epoch_days=rng.random() < 0.4,
    )


def _names(rng: random.Random, language: Language) -> Names:
    if language == "zh":
        return rng.choice(("chinese", "chinese", "snake", "snake", "camel", "pinyin", "initials"))
    return rng.choice(("snake",) * 8 + ("camel",) * 4 + ("pascal",) * 3 + ("upper",) * 2)
