"""The role of a column: what its name, its type and its stored values say together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import islice

from ...core import Column, DateStorage, Role, Table
from ...core.fold import singular
from ..sensitive import is_sensitive
from .labels import labels_in
from .seen import Seen
from .types import NUMBERS, kind_of
from .words import (
    CATEGORY,
    CODE,
    COUNTED,
    EMAIL,
    ID,
    JSON,
    KEY,
    KINDS,
    MEASURE,
    MONEY,
    MONEY_TOTAL,
    NAME,
    PERSON_NAME,
    PHONE,
    TEXT,
    URL,
    comment_words,
    counts_things,
    ends,
    name_words,
    says,
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w{2,}\Z")
_URL = re.compile(r"(?:https?|ftp|file|about|place|chrome|wss?):|www\.", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d\s().x/-]{6,20}\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:[.,]\d+)?\Z|-?\d+\.\d+\Z")
_CODE = re.compile(r"(?=.*\d)[\w./-]{2,24}\Z")
_LOOSE_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_PRICED = frozenset("rental hourly daily nightly monthly weekly room".split())
_SPANS = frozenset("year years hours days months weeks minutes".split())
_VALUES = 200  # distinct values looked at
_MOST = 0.9  # of them must agree
LONG_TEXT = 60  # mean characters
FEW_VALUES = 30
GROUP_ROWS = 3.0  # mean rows per value from which text is a category, whatever its name
NUMBER_VALUES = 20  # a status or a type in numbers has no more


def role_of(
    table: Table, column: Column, seen: Seen, *, reference: bool, flag: bool, date_storage: DateStorage, unit: str
) -> Role:
    """`reference` says that the column alone is a foreign key; the others are what flags, dates and units found."""
    kind = seen.kind or kind_of(column.type)
    if is_sensitive(column.name) or kind in ("binary", "list"):
        return "other"
    if kind == "json":
        return "json"
    words = name_words(column.name)
    if reference:
        return "reference"
    if date_storage:
        return "date"
    if (key := _key_role(table, column, seen, words)) is not None:
        return key
    if flag:
        return "flag"
    if kind == "time":
        return "other"
    untyped = not kind and not seen.distinct and (unit or says(words, MONEY))  # an empty column of a SQLite view
    if kind in NUMBERS or untyped:
        return _number_role(column, seen, words, unit)
    return _text_role(table, column, seen, words, unit)


def _key_role(table: Table, column: Column, seen: Seen, words: tuple[str, ...]) -> Role | None:
    named_key = ends(words, KEY) or words[:1] in (("id",), ("fk",))
    if table.primary_key == (column.name,):
        return "name" if ends(words, NAME) and not named_key and not _names_by_code(table, column, seen) else "key"
    if column.name in table.primary_key and kind_of(column.type) in NUMBERS:
        return "key"
    if named_key:
        return "key" if not table.primary_key and (seen.unique or not seen.filled) else "code"
    return None


def _names_by_code(table: Table, column: Column, seen: Seen) -> bool:
    """Whether `name` holds codes (CUST-0001) and another column of the table holds names, as in Frappe's tables."""
    others = any(c.name != column.name and ends(name_words(c.name), NAME) for c in table.columns)
    return others and _most(seen, lambda v: bool(_CODE.match(v)))


def _number_role(column: Column, seen: Seen, words: tuple[str, ...], unit: str) -> Role:
    about = comment_words(column)
    few = seen.distinct <= NUMBER_VALUES
    if labels_in(column) and few:
        return "category"
    if few and ends(words[:-1] if words[-1:] == ("code",) else words, KINDS):
        return "category" if seen.repeats != 1.0 or not seen.distinct else "code"
    if _is_money(words, unit) or _is_money(about, unit):
        return "money"
    if unit:
        return "number"
    if says(words, PHONE) and not says(words, MEASURE - CODE):
        return "code"
    if (ends(words, CODE) or says(about, CODE)) and not counts_things(words) and not says(words, _SPANS):
        return "code"
    return "number"


def _is_money(words: tuple[str, ...], unit: str) -> bool:
    if not words or unit not in ("", "cents", "thousands", "millions", "billions"):
        return False
    if unit == "cents":
        return True
    if (words[-1] != "rate" and ends(words, COUNTED | MEASURE - MONEY - MONEY_TOTAL)) or counts_things(words):
        return False
    if words[-1] == "rate":
        return says(words, _PRICED)
    return says(words, MONEY) or (ends(words, MONEY_TOTAL) and not says(words, COUNTED))


def _text_role(table: Table, column: Column, seen: Seen, words: tuple[str, ...], unit: str) -> Role:
    about = comment_words(column)
    if (special := _special(seen, words, about)) is not None:
        return special
    if labels_in(column) and seen.distinct <= FEW_VALUES:
        return "category"
    if seen.distinct and _most(seen, lambda v: bool(_NUMBER.match(v))):
        if ends(words, CATEGORY) and seen.distinct <= NUMBER_VALUES:
            return "category"
        if (ends(words, ID | CODE) and not says(words, _SPANS)) or says(words, PHONE):
            return "code"
        return "money" if _is_money(words, unit) else "number"
    if (ends(words, NAME) or ends(about, NAME)) and not ends(words, MEASURE):
        return "category" if _borrowed_name(table, seen, words) else "name"
    if _named_as(table, words) and (not seen.filled or seen.repeats < 1.5):
        return "name"
    if mean_chars(seen) > LONG_TEXT:
        return "text"
    if (ends(words, CATEGORY) or ends(about, CATEGORY)) and not says(words, TEXT):
        return "category"
    if ends(words, CODE) or ends(about, CODE):
        return "category" if seen.distinct <= 10 and seen.repeats > 10 else "code"
    if says(words, TEXT) or says(about, TEXT):
        return "text"
    return _text_by_values(seen)


def _text_by_values(seen: Seen) -> Role:
    grouped = seen.repeats >= GROUP_ROWS and (seen.distinct <= FEW_VALUES or seen.repeats >= 10)
    if grouped or (seen.distinct <= 8 and seen.repeats >= 2):
        return "category"
    if seen.distinct > 1 and _most(seen, lambda v: bool(_CODE.match(v) and not _LOOSE_DATE.match(v))):
        return "code"
    return "text"


def _special(seen: Seen, words: tuple[str, ...], about: tuple[str, ...]) -> Role | None:
    """E-mail, web addresses, phone numbers and JSON, by values; by names only where there are no values."""
    if not seen.distinct:
        for role, vocabulary in (("email", EMAIL), ("phone", PHONE), ("url", URL), ("json", JSON)):
            if ends(words, vocabulary) or (role != "json" and ends(about, vocabulary)):
                return role  # type: ignore[return-value]
        return None
    if _most(seen, lambda v: bool(_EMAIL.match(v))):
        return "email"
    if _most(seen, lambda v: bool(_URL.match(v))):
        return "url"
    if (says(words, PHONE) or says(about, PHONE)) and _most(seen, lambda v: bool(_PHONE.match(v))):
        return "phone"
    return "json" if _most(seen, _is_json) else None


def _is_json(text: str) -> bool:
    """Whether the start of a value, which the sample may have cut, opens an object or an array of JSON."""
    if not re.match(r"\s*(?:\{\s*[\"}]|\[\s*[\"{\[\d\]tfn-])", text):
        return False
    if text.rstrip()[-1:] not in "}]":
        return len(text) >= 100
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _most(seen: Seen, fits: Callable[[str], bool]) -> bool:
    values = list(islice(seen.counts, _VALUES))
    return bool(values) and sum(map(fits, values)) >= _MOST * len(values)


def _borrowed_name(table: Table, seen: Seen, words: tuple[str, ...]) -> bool:
    """A name that many rows share and that is not a person's: `country_name` in a table of customers."""
    if seen.repeats < 2 or seen.filled < 20 or says(words, PERSON_NAME):
        return False
    if words[-1:] == ("name",) and words[:1] in (("first",), ("last",), ("middle",), ("family",), ("given",)):
        return False
    own = {singular(word) for word in name_words(table.name)}
    return not own & {singular(word) for word in words}


def _named_as(table: Table, words: tuple[str, ...]) -> bool:
    return [singular(w) for w in words] == [singular(w) for w in name_words(table.name)]


def mean_chars(seen: Seen) -> float:
    values = list(islice(seen.counts, _VALUES))
    return sum(map(len, values)) / len(values) if values else 0.0
