"""Ask a database in plain language, tune the model that answers, prove that it got better.

    import sqlwright

    answer = sqlwright.ask("how many customers per country", "shop.sqlite")
    print(answer)

The public names are imported when they are first used, so `import sqlwright` costs nothing. It turns off the usage
reports of the packages below it (`telemetry.py`); import it before them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .telemetry import turn_off

if TYPE_CHECKING:
    from .answering import AskOptions
    from .api.asking import ask, check, remember, run
    from .api.proving import compare, evaluate, predict
    from .api.tuning import adapt, synthesize, train
    from .core import Answer, Checked, Example, Outcome, QueryLimits, Refused, ResultTable, Schema, SqlwrightError, Turn
    from .data import read_examples
    from .db import Database, open_database
    from .evaluation import Report
    from .evaluation.predict import PredictReport
    from .evaluation.predict_options import PredictOptions
    from .evaluation.ranking import Ranking
    from .generation import Generator, Sampling, load_generator
    from .retrieval import Knowledge, RetrievalOptions
    from .synthesis import SynthesisOptions
    from .training.adapt.adapt import Adaptation

__version__ = "0.1.0"

turn_off()

_HOME = {
    "Adaptation": "training.adapt.adapt",
    "Answer": "core",
    "AskOptions": "answering",
    "Checked": "core",
    "Database": "db",
    "Example": "core",
    "Generator": "generation",
    "Knowledge": "retrieval",
    "Outcome": "core",
    "PredictOptions": "evaluation.predict_options",
    "PredictReport": "evaluation.predict",
    "QueryLimits": "core",
    "Ranking": "evaluation.ranking",
    "Report": "evaluation",
    "Refused": "core",
    "ResultTable": "core",
    "RetrievalOptions": "retrieval",
    "Sampling": "generation",
    "Schema": "core",
    "SqlwrightError": "core",
    "SynthesisOptions": "synthesis",
    "Turn": "core",
    "adapt": "api.tuning",
    "ask": "api.asking",
    "check": "api.asking",
    "compare": "api.proving",
    "evaluate": "api.proving",
    "load_generator": "generation",
    "open_database": "db",
    "predict": "api.proving",
    "read_examples": "data",
    "remember": "api.asking",
    "run": "api.asking",
    "synthesize": "api.tuning",
    "train": "api.tuning",
}
__all__ = [
    "Adaptation",
    "Answer",
    "AskOptions",
    "Checked",
    "Database",
    "Example",
    "Generator",
    "Knowledge",
    "Outcome",
    "PredictOptions",
    "PredictReport",
    "QueryLimits",
    "Ranking",
    "Refused",
    "Report",
    "ResultTable",
    "RetrievalOptions",
    "Sampling",
    "Schema",
    "SqlwrightError",
    "SynthesisOptions",
    "Turn",
    "__version__",
    "adapt",
    "ask",
    "check",
    "compare",
    "evaluate",
    "load_generator",
    "open_database",
    "predict",
    "read_examples",
    "remember",
    "run",
    "synthesize",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sqlwright' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
