"""What the stored values say about columns, and the foreign keys that are not declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .read import profile_of_schema, read_profile

__all__ = ["profile_of_schema", "read_profile"]


def __getattr__(name: str) -> Any:
    """Imported when first used: a kept profile needs neither."""
    if name not in __all__:
        raise AttributeError(f"module 'sqlwright.db.profile' has no attribute {name!r}")
    from . import read

    return getattr(read, name)
