"""What a person is told of an answer: the Answer, its notes, other readings, changes between queries, and charts.

A package of its own, since the page and the servers word changes and draw charts without asking anything.
"""

from .changes import Change, changes
from .chart import Chart, chart_for
from .write import write_receipt

__all__ = ["Change", "Chart", "changes", "chart_for", "write_receipt"]
