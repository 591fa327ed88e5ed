"""Build, prove and serve a text-to-SQL model you own.

    from sqlwright import ask, load_generator, open_database

    with open_database("shop.sqlite") as database:
        answer = ask("Who spent the most?", database, load_generator("openai:NAME@http://localhost:8000/v1"))
    print(answer.sql, answer.table.rows)

The public names load when they are first used, so `import sqlwright` costs nothing. It turns off the usage reports
of the packages below it (`telemetry.py`); import it before them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .telemetry import turn_off

if TYPE_CHECKING:
    from .answering import AskOptions, ask
    from .core import Answer, Example, Outcome, QueryLimits, ResultTable, Schema, SqlwrightError
    from .data import read_examples
    from .db import Database, open_database
    from .generation import Generator, Sampling, load_generator

__version__ = "0.1.0"

turn_off()

_HOME = {
    "Answer": "core",
    "AskOptions": "answering",
    "Database": "db",
    "Example": "core",
    "Generator": "generation",
    "Outcome": "core",
    "QueryLimits": "core",
    "ResultTable": "core",
    "Sampling": "generation",
    "Schema": "core",
    "SqlwrightError": "core",
    "ask": "answering",
    "load_generator": "generation",
    "open_database": "db",
    "read_examples": "data",
}
__all__ = [
    "Answer",
    "AskOptions",
    "Database",
    "Example",
    "Generator",
    "Outcome",
    "QueryLimits",
    "ResultTable",
    "Sampling",
    "Schema",
    "SqlwrightError",
    "__version__",
    "ask",
    "load_generator",
    "open_database",
    "read_examples",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sqlwright' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
