"""The other results that a question may have meant: what was run anyway and did not become the answer."""

from __future__ import annotations

from collections.abc import Iterable

from ..core import Dialect, Language, Reading
from ..core.words import say
from ..parser.choose import Ran
from .changes import changes, in_one_sentence

MIN_SHARE = 0.1
MAX_READINGS = 2


def readings_of(sql: str, others: Iterable[Ran], dialect: Dialect, language: Language = "en") -> tuple[Reading, ...]:
    """The most agreed of `others`, the results beside that of `sql`.

    Left out: a share under MIN_SHARE, and a result that says nothing (no row, only NULLs, a lone 0), as queries with a
    wrong condition give.
    """
    worth = [r for r in others if r.agreement >= MIN_SHARE and r.outcome.table is not None and not r.degenerate]
    worth.sort(key=lambda r: -r.agreement)
    return tuple(
        Reading(r.outcome.sql, r.outcome.table, r.agreement, _says(sql, r.outcome.sql, dialect, language))
        for r in worth[:MAX_READINGS]
        if r.outcome.table is not None
    )


def _says(answer: str, other: str, dialect: Dialect, language: Language) -> str:
    found = changes(answer, other, dialect, language)
    return in_one_sentence(found, language) if found else say("query_changed", language)
