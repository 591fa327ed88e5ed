"""What a person may name as a model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..generation import Generator, load_generator
from ..generation.registry import BUILT_IN, default_model

if TYPE_CHECKING:
    from ..db import Database


def generator_for(model: str | Generator | None, database: Database | None = None) -> Generator:
    """The given model, or the named one, loaded.

    None is the model of the settings, else the one that was tuned for `database`, else the built-in one. The built-in
    model is loaded once in a process; another model that is named is loaded at every call.
    """
    if isinstance(model, Generator):
        return model
    name = model or _by_default(database)
    return _built_in() if name == BUILT_IN else load_generator(name)


def _by_default(database: Database | None) -> str:
    from ..settings import setting

    named = setting("model")
    if named is not None:
        return str(named)
    return BUILT_IN if database is None else default_model(database)


@cache
def _built_in() -> Generator:
    return load_generator(BUILT_IN)
