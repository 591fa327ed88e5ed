"""The two spellings of a flag: 1 and 0, Y and N, yes and no, 是 and 否, and others."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.fold import fold
from .seen import Seen
from .words import COUNTED, FLAG, MEASURE, RELATIVE, ends, says

# True first. Letters alone and numbers need more evidence than words do.
PAIRS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("ja", "nein"),
    ("j", "n"),
    ("oui", "non"),
    ("o", "n"),
    ("si", "no"),
    ("s", "n"),
    ("是", "否"),
    ("有", "无"),
    ("启用", "禁用"),
    ("启用", "停用"),
    ("active", "inactive"),
    ("aktiv", "inaktiv"),
    ("actif", "inactif"),
    ("enabled", "disabled"),
    ("on", "off"),
    ("1", "0"),
    ("-1", "0"),
)
_NUMBERS = (("1", "0"), ("-1", "0"))
_MOST_SPELLINGS = 6  # Y, y, yes, N, n, no
ENOUGH_ROWS = 4  # fewer zeros and ones may be counts


def flag_of(words: tuple[str, ...], declared: str, seen: Seen) -> tuple[str, str] | None:
    """The stored spellings of yes and no, or None for a column that is not a flag.

    A spelling that no row holds is written in the way of the other.
    """
    if seen.distinct > _MOST_SPELLINGS:
        return None
    boolean = seen.kind == "boolean" or "bool" in declared.casefold() or declared.casefold() == "tinyint(1)"
    values = [v for v in seen.counts if v.strip()]
    folded = {fold(v) for v in values}
    if not folded:
        if not boolean:
            return None
        return ("true", "false") if seen.kind == "boolean" and declared.casefold() != "tinyint(1)" else ("1", "0")
    pair = next((p for p in PAIRS if folded <= set(p)), None)
    if pair is None:
        return None
    counted = says(words, COUNTED) or says(words, MEASURE) or ends(words, RELATIVE)
    if pair in _NUMBERS:
        named = says(words, FLAG) and not counted
        sure = boolean or named or (len(folded) == 2 and seen.filled >= ENOUGH_ROWS and not counted)
    else:
        letters = len(pair[0]) == 1 and pair[0].isascii()
        sure = boolean or len(folded) == 2 or says(words, FLAG) or (letters and not counted and seen.filled > 20)
    return _spellings(pair, values) if sure else None


def _spellings(pair: tuple[str, str], values: Iterable[str]) -> tuple[str, str]:
    stored = {fold(v): v for v in reversed(list(values))}  # the commonest spelling wins
    some = next(iter(stored.values()))
    alike = str.upper if some.isupper() else str.capitalize if some[:1].isupper() else str
    true, false = (stored.get(word, alike(word)) for word in pair)
    return true, false
