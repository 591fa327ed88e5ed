"""Read-only connections."""

from .database import Database
from .engine import Engine
from .open import open_database

__all__ = ["Database", "Engine", "open_database"]
