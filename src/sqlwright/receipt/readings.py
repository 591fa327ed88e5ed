"""The other results that a question may have meant: what was run anyway and did not become the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..core import Dialect, Language, Reading, ResultTable
from ..core.words import say
from ..parser.choose import ResultGroup
from ..sql.describe import Query, query_of
from .changes import changes, in_one_sentence

MIN_SHARE = 0.1
MAX_READINGS = 2


def readings_of(
    query: Query,
    table: ResultTable,
    others: Iterable[ResultGroup],
    dialect: Dialect,
    language: Language = "en",
    *,
    confidence: float | None = None,
    agreement: float = 1.0,
) -> tuple[Reading, ...]:
    """The most agreed of `others`, the results beside `table`, that of `query`.

    Left out: a share under MIN_SHARE; a result that says nothing (no row, only NULLs, a lone 0), as queries with a
    wrong condition give; one that only has its columns in another order. `confidence` and `agreement` are the
    answer's: with them each reading gets a confidence on the same scale.
    """
    seen = {_cells(table)}
    found: list[Reading] = []
    for other in sorted(others, key=lambda r: -r.agreement):
        result = other.outcome.table
        if result is None or other.degenerate or other.agreement < MIN_SHARE or len(found) == MAX_READINGS:
            continue
        if (cells := _cells(result)) not in seen:
            seen.add(cells)
            says = _says(query, query_of(other.outcome, dialect), dialect, language)
            sure = None if confidence is None else confidence_beside(confidence, agreement, other.agreement)
            found.append(Reading(other.outcome.sql, result, other.agreement, says, sure))
    return tuple(found)


def confidence_beside(confidence: float, agreement: float, share: float) -> float:
    """The probability that a result with `share` of the candidates' probability is right.

    The answer, with a share of `agreement`, is right with `confidence`. Shares are scaled as the answer's was, so a
    reading never exceeds the answer, and all of them together never exceed 1. A share of samples stays as it is.
    """
    scaled = confidence * share / agreement
    left = (1 - confidence) * share / (1 - agreement) if agreement < 1 else 0.0
    return min(confidence, scaled, left)


def _cells(table: ResultTable) -> frozenset[tuple[tuple[str, ...], int]]:
    """The rows as a multiset, whatever the order of rows and columns."""
    return frozenset(Counter(tuple(sorted(map(repr, row))) for row in table.rows).items())


def _says(answer: Query, other: Query, dialect: Dialect, language: Language) -> str:
    found = changes(answer, other, dialect, language)
    return in_one_sentence(found, language) if found else say("query_changed", language)
