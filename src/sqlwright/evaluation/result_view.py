"""What a report shows of two results: some rows of each, with the cells that differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..core import ResultTable, to_json_value
from .values import Key, Rows, canonical

SHOWN_ROWS = 20
CELL_CHARACTERS = 200
SEARCHED_ROWS = 20_000  # larger results are shown without marks
PARTNERS = 200  # rows looked at to find the one that a differing row resembles

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ResultView:
    """`rows` are JSON values, long texts cut; `numbers` their 1-based places among the `row_count` rows fetched.

    `marks` are (row, column) places in `rows` with no equal on the other side. `truncated`: the engine had more rows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    numbers: tuple[int, ...]
    row_count: int
    truncated: bool = False
    marks: tuple[Cell, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ResultView:
        rows = tuple(tuple(row) for row in data["rows"])
        marks = tuple((int(r), int(c)) for r, c in data["marks"])
        columns, numbers = tuple(data["columns"]), tuple(data["numbers"])
        return cls(columns, rows, numbers, data["row_count"], data["truncated"], marks)


def view_results(
    gold: ResultTable | None, predicted: ResultTable | None, *, ordered: bool, same: bool
) -> tuple[ResultView | None, ResultView | None]:
    """Both results for display. Nothing is marked where they are the `same` by the rule that judged them.

    `ordered`: where the rows are the same and only their order differs, rows are compared place by place.
    """
    marks: tuple[set[Cell], set[Cell]] = (set(), set())
    if gold and predicted and not same and max(len(gold.rows), len(predicted.rows)) <= SEARCHED_ROWS:
        marks = _differences(gold, predicted, ordered)
    return _view(gold, marks[0]), _view(predicted, marks[1])


def _view(table: ResultTable | None, marks: set[Cell]) -> ResultView | None:
    if table is None:
        return None
    differing = sorted({row for row, _ in marks})[: SHOWN_ROWS // 2]
    shown = sorted({*differing, *range(min(len(table.rows), SHOWN_ROWS - len(differing)))})
    place = {row: i for i, row in enumerate(shown)}
    return ResultView(
        columns=table.columns,
        rows=tuple(tuple(_short(to_json_value(v)) for v in table.rows[r]) for r in shown),
        numbers=tuple(r + 1 for r in shown),
        row_count=len(table.rows),
        truncated=table.truncated is not None,
        marks=tuple(sorted((place[r], c) for r, c in marks if r in place)),
    )


def _short(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and len(value) > CELL_CHARACTERS:
        return value[:CELL_CHARACTERS] + "…"
    return value


def _differences(gold: ResultTable, predicted: ResultTable, ordered: bool) -> tuple[set[Cell], set[Cell]]:
    """Places (row, column) of the cells of either table that have no equal in the other."""
    left, right = canonical(gold, predicted)
    pairs = _pair_columns(left, right, len(gold.columns), len(predicted.columns))
    l_rows = [tuple(row[i] for i, _ in pairs) for row in left]
    r_rows = [tuple(row[j] for _, j in pairs) for row in right]
    if ordered and Counter(l_rows) == Counter(r_rows):
        unlike = [
            (r, k)
            for r, (a, b) in enumerate(zip(l_rows, r_rows, strict=True))
            for k in range(len(pairs))
            if a[k] != b[k]
        ]
        l_cells, r_cells = set(unlike), set(unlike)
    else:
        l_alone, r_alone = _without_equal(l_rows, r_rows), _without_equal(r_rows, l_rows)
        l_cells = _unlike_cells(l_rows, l_alone, [r_rows[i] for i in r_alone[:PARTNERS]])
        r_cells = _unlike_cells(r_rows, r_alone, [l_rows[i] for i in l_alone[:PARTNERS]])
    l_marks = {(r, pairs[k][0]) for r, k in l_cells}
    r_marks = {(r, pairs[k][1]) for r, k in r_cells}
    l_marks |= {(r, c) for c in set(range(len(gold.columns))) - {i for i, _ in pairs} for r in range(len(left))}
    r_marks |= {(r, c) for c in set(range(len(predicted.columns))) - {j for _, j in pairs} for r in range(len(right))}
    return l_marks, r_marks


def _pair_columns(left: Rows, right: Rows, l_width: int, r_width: int) -> list[tuple[int, int]]:
    """Columns that belong together: those with the most values in common first, then by place."""
    l_values = [Counter(row[i] for row in left) for i in range(l_width)]
    r_values = [Counter(row[j] for row in right) for j in range(r_width)]
    shared = {(i, j): sum((a & b).values()) for i, a in enumerate(l_values) for j, b in enumerate(r_values)}
    pairs: dict[int, int] = {}
    for i, j in sorted(shared, key=lambda p: (-shared[p], p[0] != p[1], p)):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())


def _without_equal(rows: Sequence[Hashable], others: Sequence[Hashable]) -> list[int]:
    """Indexes of the rows that `others` does not hold, or not so often."""
    left = Counter(others)
    alone = []
    for index, row in enumerate(rows):
        left[row] -= 1
        if left[row] < 0:
            alone.append(index)
    return alone


def _unlike_cells(rows: list[tuple[Key, ...]], alone: list[int], others: list[tuple[Key, ...]]) -> set[Cell]:
    """Of each lone row the cells unlike those of the most similar lone row opposite; all where none is similar."""
    cells: set[Cell] = set()
    for index in alone[:SHOWN_ROWS]:
        row = rows[index]
        likeness = [[a == b for a, b in zip(row, other, strict=True)] for other in others]
        best = max(likeness, key=sum, default=[False] * len(row))
        cells |= {(index, k) for k, equal in enumerate(best) if not equal}
    return cells
