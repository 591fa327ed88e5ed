"""Questions with SQL for any live database, in the style that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core import Example, SqlwrightError
from ..db import Database
from .analyst.pairs import analyst_pairs
from .benchmark_pairs import benchmark_pairs
from .pair import Pair, SynthesisOptions


def synthesize(database: Database, n: int, seed: int = 0, options: SynthesisOptions | None = None) -> Iterator[Example]:
    """See `synthesize_pairs`."""
    return (pair.example for pair in synthesize_pairs(database, n, seed, options))


def synthesize_pairs(
    database: Database,
    n: int,
    seed: int = 0,
    options: SynthesisOptions | None = None,
    rejections: Counter[str] | None = None,
) -> Iterator[Pair]:
    """Up to `n` pairs in the style of `options`; each query was run, and each clause of it matters.

    The same database and seed give the same pairs, but for queries near the time limit, which may come or not. Ends
    early where the database gives no more; why queries were left out is counted in `rejections`. In the style "both"
    the analyst questions come first. Raises SqlwrightError where it gives none at all.
    """
    options = options or SynthesisOptions()
    rejections = Counter() if rejections is None else rejections
    found = 0
    if options.style != "benchmark":
        wanted = n if options.style == "analyst" else n // 2
        for pair in analyst_pairs(database, wanted, seed, options, rejections):
            found += 1
            yield pair
    if options.style == "analyst":
        if not found and n:
            raise SqlwrightError(
                f"No analyst question can be made for {database.name!r}.",
                "Use --style benchmark, or fill the database.",
            )
        return
    try:
        yield from benchmark_pairs(database, n - found, seed, options, rejections)
    except SqlwrightError:
        if not found:
            raise
