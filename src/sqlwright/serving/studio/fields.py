"""What a form of the studio sends, read with its types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import UsageError

MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object. Every method raises UsageError with the field's name for a value of another kind."""

    values: Mapping[str, Any]

    def text(self, name: str, default: str | None = None) -> str:
        """Without a default the field is required."""
        value = self.values.get(name)
        if value in (None, "") and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{name} is missing.", "Fill it in.")
        return value.strip()

    def names(self, name: str, least: int = 0, most: int = MOST_NAMES) -> list[str]:
        value = self.values.get(name) or []
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, Sequence) or not all(isinstance(t, str) for t in texts):
            raise UsageError(f"{name} has to be a list of texts.")
        found = [t.strip() for t in texts if t.strip()]
        if not least <= len(found) <= most:
            raise UsageError(f"{name}: expected {least} to {most}, found {len(found)}.")
        return found

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.values.get(name)
        if value in (None, ""):
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise UsageError(f"{name} has to be a whole number from {least:,} to {most:,}; found {value!r}.")
        return value

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise UsageError(f"{name} has to be true or false; found {value!r}.")
        return value

    def one_of(self, name: str, known: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in known:
            raise UsageError(f"{name} is {value!r}.", f"Known: {', '.join(known)}.")
        return value
