"""A result drawn with characters: bars for labels and short series, dots for long series and pairs of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len, set_cell_size

from ...core import ResultTable, Value
from ...receipt.chart import Chart
from ..numbers import shown_column
from ..table import printable

HEIGHT = 12  # lines of a plot of dots
MAX_LABEL = 24  # cells
MOST_BARS = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"
# Bits of the dots of one Braille character, by column and row; U+2800 has none.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


def draw(chart: Chart, table: ResultTable, width: int, *, ascii_only: bool = False) -> list[str]:
    """The lines of the chart, at most `width` cells wide. A missing value has no bar and no dot."""
    lines: list[str] = []
    for name, index in zip(chart.y, chart.y_indexes, strict=True):
        lines += [""] if lines else []
        if chart.kind != "scatter" and len(table.rows) <= MOST_BARS:
            lines += _bars(chart, table, name, index, width, ascii_only)
        else:
            lines += _dots(chart, table, name, index, width, ascii_only)
    return lines


def _bars(chart: Chart, table: ResultTable, name: str, index: int, width: int, ascii_only: bool) -> Iterator[str]:
    """One line a row: label, bar, value. Bars begin at zero; those of negative values go to the left of it."""
    labels = [printable(str(row[chart.x_index])) for row in table.rows]
    values = [_number(row[index]) for row in table.rows]
    texts = _shown(table, index)
    label_width = min(MAX_LABEL, max(map(cell_len, [*labels, printable(chart.x)])))
    room = max(8, width - label_width - max(map(len, texts)) - 3)
    known = [v for v in values if v is not None]
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    span = (high - low) or 1.0
    left = round(room * -low / span)
    yield f"{set_cell_size(printable(chart.x), label_width)} {printable(name)}"
    for label, value, text in zip(labels, values, texts, strict=True):
        bar = "" if value is None else _bar(value, room / span, left, ascii_only)
        yield f"{set_cell_size(label, label_width)} {bar} {text}".rstrip()


def _bar(value: float, scale: float, left: int, ascii_only: bool) -> str:
    """`left` cells are kept for negative values; a value above zero always has a mark."""
    cells = abs(value) * scale
    if value < 0:
        length = min(left, max(1, round(cells)))
        return " " * (left - length) + ("#" if ascii_only else _FULL) * length
    if ascii_only:
        return " " * left + "#" * max(round(cells), 1 if value else 0)
    whole, part = divmod(max(round(cells * 8), 1 if value else 0), 8)
    return " " * left + _FULL * whole + (_EIGHTHS[part] if part else "")


def _dots(chart: Chart, table: ResultTable, name: str, index: int, width: int, ascii_only: bool) -> Iterator[str]:
    """A plot of HEIGHT lines with the lowest and highest values at its edges; a line's points are connected."""
    pairs = [(_place(chart, i, row), _number(row[index])) for i, row in enumerate(table.rows)]
    points = [(x, y) for x, y in pairs if x is not None and y is not None]
    if not points:
        yield f"{printable(name)}: no values"
        return
    texts = [text for text in _shown(table, index) if text]
    numbers = [y for _, y in points]
    highest, lowest = texts[numbers.index(max(numbers))], texts[numbers.index(min(numbers))]
    margin = max(len(highest), len(lowest))
    columns = max(10, width - margin - 2)
    canvas = _Canvas(columns, HEIGHT, ascii_only)
    placed = [canvas.place(p, points) for p in points]
    for before, after in pairwise(placed):
        if chart.kind == "line":
            canvas.line(before, after)
    for point in placed:
        canvas.dot(*point)
    yield printable(name)
    for number, line in enumerate(canvas.lines()):
        edge = highest if number == 0 else lowest if number == HEIGHT - 1 else ""
        yield f"{edge:>{margin}} {'|' if ascii_only else '│'}{line}".rstrip()
    first, last = _ends(chart, table)
    yield f"{' ' * margin}  {first}{last:>{max(1, columns - cell_len(first))}}"


def _ends(chart: Chart, table: ResultTable) -> tuple[str, str]:
    """What is written under the plot: the first and last of a line, the least and largest of a scatter."""
    values = [row[chart.x_index] for row in table.rows if row[chart.x_index] is not None]
    if chart.kind == "scatter":
        values.sort(key=lambda v: _number(v) or 0.0)
    return printable(str(values[0])), f"{printable(str(values[-1]))} {printable(chart.x)}"


def _place(chart: Chart, position: int, row: Sequence[Value]) -> float | None:
    """A line has its rows at equal distances: its axis may be text such as 2026-Q1."""
    return _number(row[chart.x_index]) if chart.kind == "scatter" else float(position)


def _number(value: Value) -> float | None:
    if value is None or isinstance(value, str):
        return None
    number = float(value)  # type: ignore[arg-type]  # a chart has numbers on this axis
    return number if math.isfinite(number) else None


def _shown(table: ResultTable, index: int) -> list[str]:
    kind = table.column_types()[index]
    values = [row[index] for row in table.rows]
    return shown_column(table.columns[index], kind, values) or [str(v) for v in values]


class _Canvas:
    """Dots on a grid: two columns and four rows of them in a character, or one character each in ASCII."""

    def __init__(self, columns: int, lines: int, ascii_only: bool) -> None:
        self._columns, self._count, self._ascii = columns, lines, ascii_only
        self._across, self._down = (1, 1) if ascii_only else (2, 4)
        self._bits = [[0] * columns for _ in range(lines)]

    def place(self, point: tuple[float, float], points: Sequence[tuple[float, float]]) -> tuple[int, int]:
        """The dot of a point on a grid that holds all `points`."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        across, down = self._columns * self._across - 1, self._count * self._down - 1
        x = (point[0] - min(xs)) / ((max(xs) - min(xs)) or 1.0)
        y = (point[1] - min(ys)) / ((max(ys) - min(ys)) or 1.0)
        return round(x * across), round((1 - y) * down)

    def dot(self, x: int, y: int) -> None:
        line, column = y // self._down, x // self._across
        self._bits[line][column] |= 1 if self._ascii else _DOTS[x % 2][y % 4]

    def line(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        for i in range(1, steps):
            x, y = (round(a + (b - a) * i / steps) for a, b in zip(start, end, strict=True))
            self.dot(x, y)

    def lines(self) -> Iterator[str]:
        for row in self._bits:
            yield "".join(("*" if bits else " ") if self._ascii else chr(_BLANK + bits) for bits in row)
