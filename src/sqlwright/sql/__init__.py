"""Text and trees, no connection."""

from .ddl import parse_schema
from .describe import Constant, constants, filters_in_words, tables_of
from .extract import extract_sql
from .functions import allowed
from .guard import CODES, check
from .normalize import normalize
from .policy import Policy, default_policy

__all__ = [
    "CODES",
    "Constant",
    "Policy",
    "allowed",
    "check",
    "constants",
    "default_policy",
    "extract_sql",
    "filters_in_words",
    "normalize",
    "parse_schema",
    "tables_of",
]
