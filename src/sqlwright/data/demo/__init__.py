"""The demo database that the project makes itself, with questions and their SQL."""

from .cache import demo_database_path
from .generate import DEMO_DB_ID, GENERATOR_VERSION, content_hash, write_demo_database
from .pairs import demo_examples

__all__ = [
    "DEMO_DB_ID",
    "GENERATOR_VERSION",
    "content_hash",
    "demo_database_path",
    "demo_examples",
    "write_demo_database",
]
