"""The demo database that the project makes itself, with questions and their SQL."""

from .cache import demo_database_path, demo_folder
from .generate import DEMO_DB_ID, GENERATOR_VERSION, content_hash, write_demo_database
from .pairs import demo_examples, demo_questions
from .predictions import MISTAKES, demo_predictions

__all__ = [
    "DEMO_DB_ID",
    "GENERATOR_VERSION",
    "MISTAKES",
    "content_hash",
    "demo_database_path",
    "demo_examples",
    "demo_folder",
    "demo_predictions",
    "demo_questions",
    "write_demo_database",
]
