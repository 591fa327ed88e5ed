"""A missing optional package as an error that names the extra."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..core.extras import missing_extra

P = ParamSpec("P")
R = TypeVar("R")


def names_missing_extras(verb: Callable[P, R]) -> Callable[P, R]:
    """`verb`, which raises MissingExtraError instead of ModuleNotFoundError for an optional package."""

    @wraps(verb)
    def call(*arguments: P.args, **given: P.kwargs) -> R:
        try:
            return verb(*arguments, **given)
        except ModuleNotFoundError as error:
            if (missing := missing_extra(error)) is None:
                raise
            raise missing from error

    return call
