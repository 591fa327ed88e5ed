"""The nouns every other layer speaks in. Standard library only."""

from .answer import Answer, Attempt, Note, Reading, Timings
from .checked import Checked, Refused
from .dialect import DIALECTS, NAMING, Dialect, Naming, dialect_named, quote_identifier
from .errors import (
    ConfigError,
    ConnectError,
    DataError,
    GenerationError,
    MissingExtraError,
    NotFoundError,
    SqlwrightError,
    UsageError,
    closest,
    quoted,
)
from .example import Dialogue, Example, Prediction, Turn
from .hint import Hints, NameMatch, ValueMatch
from .language import Language, language_of
from .message import Message
from .profile import ColumnProfile, DateStorage, InferredKey, Profile, Role, today_of, with_inferred_keys
from .result import Outcome, QueryLimits, ResultTable, Value, Violation, to_json_value
from .retrieved import Retrieved, RetrievedSource
from .schema import Column, ForeignKey, Schema, Table, qualified_name
from .verdict import Cause, Verdict

__all__ = [
    "DIALECTS",
    "NAMING",
    "Answer",
    "Attempt",
    "Cause",
    "Checked",
    "Column",
    "ColumnProfile",
    "ConfigError",
    "ConnectError",
    "DataError",
    "DateStorage",
    "Dialect",
    "Dialogue",
    "Example",
    "ForeignKey",
    "GenerationError",
    "Hints",
    "InferredKey",
    "Language",
    "Message",
    "MissingExtraError",
    "NameMatch",
    "Naming",
    "NotFoundError",
    "Note",
    "Outcome",
    "Prediction",
    "Profile",
    "QueryLimits",
    "Reading",
    "Refused",
    "ResultTable",
    "Retrieved",
    "RetrievedSource",
    "Role",
    "Schema",
    "SqlwrightError",
    "Table",
    "Timings",
    "Turn",
    "UsageError",
    "Value",
    "ValueMatch",
    "Verdict",
    "Violation",
    "closest",
    "dialect_named",
    "language_of",
    "qualified_name",
    "quote_identifier",
    "quoted",
    "to_json_value",
    "today_of",
    "with_inferred_keys",
]
