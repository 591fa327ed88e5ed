"""Text and trees, no connection."""

from .ddl import parse_schema
from .extract import extract_sql
from .functions import allowed
from .guard import CODES, Checked, check
from .policy import Policy, default_policy

__all__ = ["CODES", "Checked", "Policy", "allowed", "check", "default_policy", "extract_sql", "parse_schema"]
