"""Which predicted column plays which gold column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from .values import Rows

MAX_CELLS = 10_000_000  # looked at while searching, about two seconds; real pairs need each cell about once


@dataclass(frozen=True, slots=True)
class Ordering:
    """Which sequences of gold rows are a legal answer.

    groups: for every gold row, in order, the number of its group of ties (non-decreasing); the rows of one group may
    come in any order. offset and limit cut the sequence; a group that is cut may give any of its rows.
    """

    groups: tuple[int, ...]
    offset: int = 0
    limit: int | None = None

    def with_all_ties(self) -> Ordering:
        """The limit moved to the end of the group it cuts."""
        if self.limit is None or not 0 < self.offset + self.limit <= len(self.groups):
            return self
        last = self.groups[self.offset + self.limit - 1]
        return replace(self, limit=sum(group <= last for group in self.groups) - self.offset)


def is_legal(gold: Sequence[Hashable], predicted: Sequence[Hashable], ordering: Ordering | None) -> bool:
    """Whether the predicted rows are the gold rows: as a multiset, or as `ordering` allows."""
    if ordering is None:
        return len(gold) == len(predicted) and Counter(gold) == Counter(predicted)
    start = min(ordering.offset, len(gold))
    stop = len(gold) if ordering.limit is None else min(len(gold), start + ordering.limit)
    if len(predicted) != stop - start:
        return False
    return all(
        _agree(gold[low:high], predicted[max(low, start) - start : max(0, min(high, stop) - start)])
        for low, high in _spans(ordering.groups)
    )


def _agree(group: Sequence[Hashable], inside: Sequence[Hashable]) -> bool:
    """Whether the rows given of a group of ties are rows of it, none more often than it is there."""
    if list(group) == list(inside):
        return True
    return not Counter(inside) - Counter(group)


def _spans(groups: Sequence[int]) -> Iterator[tuple[int, int]]:
    low = 0
    for i in range(1, len(groups) + 1):
        if i == len(groups) or groups[i] != groups[low]:
            yield low, i
            low = i


class TooManySteps(Exception):  # noqa: N818
    """The columns look so alike that no map was found, and none excluded, in MAX_CELLS."""


def match_columns(gold: Rows, predicted: Rows, width: int, ordering: Ordering | None = None) -> tuple[int, ...] | None:
    """`map` with predicted column `map[i]` in the place of gold column `i`, or None where there is none.

    Predicted rows may be wider than `width` gold columns. The map is one-to-one. Raises TooManySteps.
    """
    if not predicted and is_legal(gold, predicted, ordering):
        return tuple(range(width))
    candidates = _candidates(gold, predicted, width, ordering)
    if not all(candidates):
        return None
    order = sorted(range(width), key=lambda i: len(candidates[i]))
    steps = iter(range(max(2 * width, MAX_CELLS // (len(gold) + len(predicted)))))

    def extend(depth: int, g_ids: list[int], p_ids: list[int], used: dict[int, int]) -> dict[int, int] | None:
        if depth == width:
            return used
        tried: set[tuple[Hashable, ...]] = set()
        column = order[depth]
        for j in candidates[column]:
            values = tuple(row[j] for row in predicted)
            if j in used.values() or values in tried:
                continue
            tried.add(values)  # an equal column would lead to the same rows
            if next(steps, None) is None:
                raise TooManySteps
            ids: dict[Hashable, int] = {}
            g_next = [ids.setdefault((i, row[column]), len(ids)) for i, row in zip(g_ids, gold, strict=True)]
            p_next = [ids.setdefault((i, v), len(ids)) for i, v in zip(p_ids, values, strict=True)]
            if is_legal(g_next, p_next, ordering):
                found = extend(depth + 1, g_next, p_next, {**used, column: j})
                if found is not None:
                    return found
        return None

    found = extend(0, [0] * len(gold), [0] * len(predicted), {})
    return None if found is None else tuple(found[i] for i in range(width))


def _candidates(gold: Rows, predicted: Rows, width: int, ordering: Ordering | None) -> list[list[int]]:
    """For every gold column the predicted columns with legal values, its own position first."""
    available = [Counter(row[j] for row in predicted) for j in range(len(predicted[0]) if predicted else 0)]
    result = []
    for i in range(width):
        wanted = Counter(row[i] for row in gold)
        whole = ordering is None or (ordering.limit is None and not ordering.offset)
        fitting = [j for j, have in enumerate(available) if (have == wanted if whole else not have - wanted)]
        result.append(sorted(fitting, key=lambda j: j != i))
    return result
