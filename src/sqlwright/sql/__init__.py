"""Text and trees, no connection."""

from .functions import allowed
from .guard import CODES, Checked, Policy, check, default_policy

__all__ = ["CODES", "Checked", "Policy", "allowed", "check", "default_policy"]
