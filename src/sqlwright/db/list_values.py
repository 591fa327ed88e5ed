"""Columns whose cells hold lists: 'Python;SQL;Go', 'Wifi|Parking|Pool', 'drama, comedy'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

SEPARATORS = (";", "|", ",")
MIN_LISTS = 3  # cells that hold a separator
MIN_SHARE = 0.25  # of the distinct cells
MIN_REPEATS = 2.0  # mean number of cells that an element is in: sentences do not repeat their parts
MAX_ELEMENT_CHARS = 40
MAX_ELEMENT_WORDS = 4  # between commas


def elements_of(values: Collection[str]) -> frozenset[str]:
    """The elements of the lists in `values`, the distinct cells of a column; empty if the cells hold no lists."""
    for separator in SEPARATORS:
        lists = [value for value in values if separator in value]
        if len(lists) < max(MIN_LISTS, MIN_SHARE * len(values)):
            continue
        parts = [[part.strip() for part in value.split(separator)] for value in values]
        counted = Counter(part for cell in parts for part in cell if part)
        if sum(counted.values()) < MIN_REPEATS * len(counted) or max(map(len, counted)) > MAX_ELEMENT_CHARS:
            continue
        if separator == "," and not _are_lists(parts):
            continue
        return frozenset(counted)
    return frozenset()


def _are_lists(cells: list[list[str]]) -> bool:
    """Whether the parts are short and the cells differ in their number of parts.

    This excludes "Lopez, Maria" and "12 High Street, Leeds".
    """
    short = all(len(part.split()) <= MAX_ELEMENT_WORDS for cell in cells for part in cell)
    return short and len({len(cell) for cell in cells}) > 2
