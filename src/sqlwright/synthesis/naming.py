"""What the words of a column's name say about its values."""

from __future__ import annotations

from functools import lru_cache

from ..core.fold import identifier_words

NAMES = frozenset("name title fname lname firstname lastname label headline username nickname".split())
CODES = frozenset(
    "code zip zipcode postcode postal phone fax number no num isbn ssn id mobile tel ip lat lon latitude longitude lng "
    "password index".split()
)
CALENDAR = frozenset("year month day week hour quarter".split())


@lru_cache(maxsize=8192)
def is_name(column: str) -> bool:
    """Whether a person calls a row by it."""
    words = identifier_words(column)
    return bool(words) and (words[-1] in NAMES or words[-1].endswith("name"))


@lru_cache(maxsize=8192)
def is_code(column: str) -> bool:
    """A number that is not an amount: adding it up or averaging it says nothing."""
    words = identifier_words(column)
    # "number of seats" is an amount.
    return bool(words) and words[-1] in CODES and "of" not in words[1:]


@lru_cache(maxsize=8192)
def is_calendar(column: str) -> bool:
    """A number that is a point in time: compared and ordered, but not added up."""
    words = identifier_words(column)
    return bool(words) and words[-1] in CALENDAR


@lru_cache(maxsize=8192)
def is_flag(column: str) -> bool:
    """A yes-or-no column: `is_active`, `active_yn`."""
    words = identifier_words(column)
    return len(words) > 1 and (words[0] in ("is", "has") or words[-1] in ("yn", "flag"))
