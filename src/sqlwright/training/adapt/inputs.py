"""What `adapt` is given: the model to tune, verified pairs and public questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...core import Example, UsageError
from ...data import DatabaseFolder, read_examples
from ...db import open_database
from ...generation.registry import BUILT_IN
from ...retrieval import verified_pairs
from .data import Public, public_from, public_from_demo
from .language_model import LanguageModelTuner
from .parser import ParserTuner

if TYPE_CHECKING:
    from ...data.databases import Databases
    from .tuner import Tuner


def tuner_for(base: str, overrides: Sequence[str] = (), steps: int | None = None, seed: int = 0) -> Tuner:
    """For the built-in model or the language model `base`. Raises UsageError for overrides of the built-in model."""
    if base != BUILT_IN:
        return LanguageModelTuner.of(base, [*overrides, *([f"max_steps={steps}"] if steps else [])], seed)
    if overrides:
        raise UsageError(f"{overrides[0]!r} is a setting of a language model.", "Name one with --model.")
    return ParserTuner(seed=seed) if steps is None else ParserTuner(seed=seed, max_steps=steps)


def remembered(target: str) -> tuple[Example, ...]:
    """The verified pairs of the database at `target`."""
    with open_database(target) as database:
        return verified_pairs(database)


def public_questions(
    target: str, path: str | Path | None, databases: str | Path | Databases | None = None, seed: int = 0
) -> Public | None:
    """The questions of the file at `path`, whose databases are in its folder unless given; else the demo's.

    Raises UsageError for databases without a file, SqlwrightError if no question has its database.
    """
    if path is None:
        if databases is not None:
            raise UsageError("--databases is for the databases of --public.", "Pass --public FILE.")
        return public_from_demo(target, seed)
    folder = databases or Path(path).parent
    found = DatabaseFolder(folder) if isinstance(folder, (str, Path)) else folder
    return public_from(Path(path).name, list(read_examples(path)), found, seed=seed)
