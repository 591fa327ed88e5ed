"""Which items of a meaning a question names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence

from ..core import Hints, NameMatch, Schema, ValueMatch
from ..core.fold import fold, singular
from ..core.meaning import MONTHS, FiscalYear, Meaning, MeaningItem, Meant, Synonym, definition_places

_WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_YEAR = r"(?P<y>(?:19|20)\d{2}|\d{2})"
_FISCAL = r"(?:fiscal[ -]?year|fiscal|FY)"
_PERIODS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:Q(?P<q>[1-4])|(?P<o>first|second|third|fourth) quarter)(?: of| in)?[ -]?{_FISCAL}[ -]?'?{_YEAR}(?!\d)",
        rf"\b{_FISCAL}[ -]?'?{_YEAR}[ -]?Q(?P<q>[1-4])\b",
        rf"\b{_FISCAL} Q(?P<q>[1-4])(?: of| in)? {_YEAR}(?!\d)",
        rf"\b{_FISCAL}[ -]?'?{_YEAR}(?!\d)",
        r"\b(?P<r>this|current|last|previous|past|next) (?:fiscal year|FY)\b",
        rf"{_YEAR}\s*财年?(?:年度|年)?\s*第?(?P<q>[一二三四1-4])\s*季度",
        rf"{_YEAR}\s*财(?:政)?年(?:度)?",
        r"(?P<r>本|上|下)(?:个)?财(?:政)?年(?:度)?",
    )
)
_GROUPS = tuple(
    (re.compile(pattern, re.IGNORECASE), period)
    for pattern, period in (
        (r"\b(?:fiscal|financial) quarters?\b|\bFY quarters?\b", "quarter"),
        (r"\b(?:fiscal|financial)[ -]?years?\b|\bFYs?\b", "year"),
        (r"财季|财年季度", "季度"),
        (r"财(?:政)?年(?:度)?", "年"),
    )
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
_RELATIVE = {"this": 0, "current": 0, "本": 0, "last": -1, "previous": -1, "past": -1, "上": -1, "next": 1, "下": 1}


def match_meaning(question: str, meaning: Meaning, today: dt.date) -> tuple[Meant, ...]:
    """The items that `question` names, in its order; of mentions that overlap the longest, of equal ones a definition.

    Upper case, accents and the plural do not count. `today` is what "last fiscal year" counts from.
    """
    words = [(singular(fold(m[0])), m.start(), m.end()) for m in _WORD.finditer(question)]
    found = [
        Meant(item, question[start:end], start, end)
        for item, spelled in _spelled(meaning)
        for start, end in _spans(spelled, question, words)
    ]
    if meaning.fiscal_year:
        found += _fiscal_periods(question, meaning.fiscal_year, today)
    found.sort(key=lambda m: (m.start - m.end, isinstance(m.item, Synonym), m.start))
    kept: list[Meant] = []
    for meant in found:
        beside = [k for k in kept if meant.start < k.end and k.start < meant.end]
        # One word may name several columns or values; anything else loses to the longer mention.
        if all((k.start, k.end) == (meant.start, meant.end) and isinstance(k.item, Synonym) for k in beside):
            kept.append(meant)
    return tuple(sorted(kept, key=lambda m: (m.start, m.end)))


def with_meant(question: str, hints: Hints, meant: Sequence[Meant], meaning: Meaning, schema: Schema) -> Hints:
    """`hints` with the names and values that the words mean, before those that were found by spelling."""
    places = {definition: place for place, definition in definition_places(meaning, schema).items()}
    names, values = [], []
    for found in meant:
        item = found.item
        if isinstance(item, Synonym) and item.value is not None:
            values.append(ValueMatch(item.table, item.column, item.value, found.mention))
        elif isinstance(item, Synonym):
            names.append(NameMatch(item.table, item.column, found.mention, 1.0))
        elif not isinstance(item, FiscalYear) and item in places:
            names.append(NameMatch(*places[item], found.mention, 1.0))
    rest = _outside(question, meant)
    stated = {(v.table, v.column, v.value) for v in values}
    spelled = (v for v in hints.values if (v.table, v.column, v.value) not in stated and v.mention in rest)
    named = {(n.table, n.column) for n in names}
    folded = fold(rest)
    words = set(_WORD.findall(folded))
    return Hints(
        (*names, *(n for n in hints.names if (n.table, n.column) not in named and _is_said(n.mention, folded, words))),
        (*values, *spelled),
    )


def _outside(question: str, meant: Sequence[Meant]) -> str:
    """`question` without the words that name a definition: "no-show" in "no-show rate" is not a condition as well."""
    for found in sorted(meant, key=lambda m: -m.start):
        if not isinstance(found.item, (Synonym, FiscalYear)):
            question = f"{question[: found.start]} | {question[found.end :]}"
    return question


def _is_said(mention: str, text: str, words: Collection[str]) -> bool:
    """Whether a word of a mention, or without spaces the whole, is in a text."""
    return not mention or mention in text or any(word in words for word in mention.split())


def with_calendar_periods(question: str, meant: Sequence[Meant]) -> str:
    """`question` with fiscal years and quarters as months of the calendar."""
    for found in sorted(meant, key=lambda m: -m.start):
        if found.period:
            question = question[: found.start] + found.period + question[found.end :]
    return question


def _spelled(meaning: Meaning) -> Iterator[tuple[MeaningItem, str]]:
    for definition in meaning.definitions():
        for words in (definition.name, *definition.synonyms):
            yield definition, words
    for synonym in meaning.synonyms:
        yield synonym, synonym.words


def _spans(spelled: str, question: str, words: Sequence[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Where `spelled` is in the question: as whole words, or in Chinese as a part of the text."""
    if _CJK.search(spelled):
        for match in re.finditer(re.escape(spelled), question, re.IGNORECASE):
            yield match.span()
        return
    wanted = [singular(fold(word)) for word in _WORD.findall(spelled.replace("_", " "))]
    for i in range(len(words) - len(wanted) + 1):
        if wanted and [word for word, _, _ in words[i : i + len(wanted)]] == wanted:
            yield words[i][1], words[i + len(wanted) - 1][2]


def _fiscal_periods(question: str, year: FiscalYear, today: dt.date) -> Iterator[Meant]:
    for pattern in _PERIODS:
        for match in pattern.finditer(question):
            groups = match.groupdict()
            number = _fiscal_number(groups, year, today)
            quarter = groups.get("q") or groups.get("o") or ""
            period = _months(year, number, int(_ORDINALS.get(quarter.casefold(), quarter or 0)))
            yield Meant(year, match[0], match.start(), match.end(), period)
    for pattern, period in _GROUPS:
        for match in pattern.finditer(question):
            yield Meant(year, match[0], match.start(), match.end(), period)


def _fiscal_number(groups: dict[str, str | None], year: FiscalYear, today: dt.date) -> int:
    """The number of the fiscal year that a match names."""
    if said := groups.get("y"):
        return int(said) + (2000 if len(said) == 2 else 0)
    begun = today.year if today.month >= year.month else today.year - 1
    current = begun + (1 if year.named_after == "end" and year.month > 1 else 0)
    return current + _RELATIVE[(groups.get("r") or "this").casefold()]


def _months(year: FiscalYear, number: int, quarter: int) -> str:
    """The first and the last month of a fiscal year or quarter (0: the whole year) in words."""
    begin = number - 1 if year.named_after == "end" and year.month > 1 else number
    first = begin * 12 + year.month - 1 + (3 * (quarter - 1) if quarter else 0)
    last = first + (2 if quarter else 11)
    return f"{MONTHS[first % 12]} {first // 12} to {MONTHS[last % 12]} {last // 12}"
