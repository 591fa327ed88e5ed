"""A chart of a result with Gradio's own plots, from the small description that `answering` makes of its shape."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import gradio as gr
import pandas as pd

from ...core import ResultTable, Value

if TYPE_CHECKING:
    from ...receipt.chart import Chart

PLOTS = {"bar": gr.BarPlot, "line": gr.LinePlot, "scatter": gr.ScatterPlot}
HEIGHT = 300
LABELS = 6  # more of them, or longer ones, stand aslant
COLORS = ("#0f766e", "#b45309", "#4338ca", "#be185d", "#4d7c0f", "#0369a1")


def plots() -> dict[str, Any]:
    """One hidden component a kind; inside a Blocks."""
    return {
        kind: plot(visible=False, show_label=False, height=HEIGHT, buttons=[], container=False)
        for kind, plot in PLOTS.items()
    }


def drawn(chart: Chart | None, table: ResultTable | None) -> dict[str, Any]:
    """The update of each kind's component: at most one of them is shown."""
    hidden = {kind: gr.update(visible=False, value=None) for kind in PLOTS}
    if chart is None or table is None:
        return hidden
    several = len(chart.y) > 1
    shown = gr.update(
        value=_frame(chart, table),
        x="x",
        y="y",
        color="name" if several else None,
        color_map=dict(zip(chart.y, COLORS, strict=False)) if several else None,
        x_title=chart.x,
        y_title="" if several else chart.y[0],
        y_lim=_from_zero(chart, table) if chart.kind == "bar" else None,
        x_label_angle=-40 if _crowded(chart, table) else 0,
        sort=_labels(chart, table) if chart.kind == "bar" else None,
        visible=True,
    )
    return {**hidden, chart.kind: shown}


def _frame(chart: Chart, table: ResultTable) -> pd.DataFrame:
    """Long form: a row a point, with the column that it comes from."""
    columns = list(zip(chart.y, chart.y_indexes, strict=True))
    points = [(_plain(row[chart.x_index]), _plain(row[i]), name) for name, i in columns for row in table.rows]
    return pd.DataFrame(points, columns=["x", "y", "name"])


def _from_zero(chart: Chart, table: ResultTable) -> list[float]:
    """A bar says by its length how large a value is, so its axis holds 0."""
    values = [float(row[i]) for row in table.rows for i in chart.y_indexes if row[i] is not None]  # type: ignore[arg-type]
    return [min(0.0, *values), max(0.0, *values)]


def _plain(value: Value) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _labels(chart: Chart, table: ResultTable) -> list[str]:
    """The labels of the axis in the order of the rows: left to itself, Gradio sorts them by the alphabet."""
    return [str(row[chart.x_index]) for row in table.rows]


def _crowded(chart: Chart, table: ResultTable) -> bool:
    labels = _labels(chart, table)
    return chart.kind == "bar" and (len(labels) > LABELS or sum(map(len, labels)) > 40)
