"""Is it right, by execution.

`evaluate.evaluate`, `predict.predict` and `ranking.rank` are the verbs; they stand in modules of their own name, so
only the nouns are exported here.
"""

from .item import ItemReport
from .report import Report, read_report, write_report

__all__ = ["ItemReport", "Report", "read_report", "write_report"]
