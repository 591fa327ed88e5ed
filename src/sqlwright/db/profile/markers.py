"""Values that mean a missing one: "--", "n/a", and 0 among numbers that are dates.

The word "null" is not in the list: Spider's `car_1` stores it, and its gold queries count it as a value.
"""

from __future__ import annotations

import re

from ...core import DateStorage
from .dates import NEVER
from .seen import Seen, as_number

_SIGNS = frozenset(("-", "--", "---", "—", "–", "?", "n/a", "#n/a", "nan"))
_WORD = "na"  # also Namibia and North America
_SHORT_CODE = re.compile(r"[A-Z]{2}")


def markers_in(seen: Seen, storage: DateStorage) -> tuple[str, ...]:
    """The values of a column that mean a missing one, as they are stored; () where the column has no other values.

    `storage` is that of its dates, "" where it has none.
    """
    if storage and seen.is_number:
        return tuple(value for value in seen.counts if value in NEVER)
    found = [value for value in seen.counts if value.strip().casefold() in _SIGNS]
    words = [value for value in seen.counts if value.strip().casefold() == _WORD]
    rest = [value for value in seen.counts if value not in found and value not in words]
    if words and not any(_SHORT_CODE.fullmatch(value) for value in rest):
        numbers = sum(as_number(value) is not None for value in rest)
        found += words if numbers >= len(rest) / 2 or len(rest) > 5 else []
    return tuple(found) if rest else ()
