"""The callback that a training run reports to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

OnLog = Callable[[Mapping[str, Any]], None]
"""Takes a sentence for people ({"say": ...}), counts of the data, or the numbers of a step."""
