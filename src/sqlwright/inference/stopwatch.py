"""The seconds that each step of a question takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from ..core import Timings

Lap = Literal["schema_s", "prompt_s", "generate_s", "query_s"]


class Stopwatch:
    """Adds up the seconds between laps by name."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._start = self._last = clock()
        self._laps: dict[Lap, float] = {}

    def lap(self, name: Lap) -> None:
        now = self._clock()
        self._laps[name] = self._laps.get(name, 0.0) + now - self._last
        self._last = now

    def timings(self) -> Timings:
        return Timings(**self._laps, total_s=self._clock() - self._start)
