"""Spider's own reading of SQL, for scores that stay comparable with its papers."""

from .match import exact_set
from .parse import Query, SpiderSyntaxError, parse

__all__ = ["Query", "SpiderSyntaxError", "exact_set", "parse"]
