"""The constants a query may use: stored values the question mentions, numbers, quoted and capitalised spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core import Column, ValueMatch
from .day_times import hours, weekdays

MAX_CANDIDATES = 40
MAX_CODE_CHARS = 20
MAX_CODES = 8  # a column with more distinct values holds no codes

_NO_WORD = re.compile(r"[\d\s.,:;+()/-]*")  # a number, a date, a phone number
# ASCII, since Chinese characters stand beside a number without a space: 大于3的.
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)", re.ASCII)
_QUOTED = re.compile(r"\"([^\"]{1,80})\"|“([^”]{1,80})”|(?<!\w)['‘`]+([^'’`]{1,80})['’`]+(?!\w)")
_CAPITALISED = re.compile(r"(?<![A-Za-z0-9_])[A-Z][\w.&'-]*(?:\s+(?:of|the|and|de|&)?\s*[A-Z0-9][\w.&'-]*)*")
# A word that a cue introduces: "named h", "the letter w", "the word computer".
_CUED = re.compile(
    r"\b(?:named?|called|letters?|words?|substring|string|contain(?:s|ing)?|includ(?:es?|ing)|(?:start|begin|end)(?:s|ing)?"
    r" with|prefix|suffix|titled|is|be|of)\s+(?:the\s+(?:word|letter|string|substring)?\s*)?([A-Za-z][\w-]*)",
    re.IGNORECASE,
)
_TEXTS = r"(?:comments?|notes?|remarks?|descriptions?|reviews?|messages?|titles?|subjects?|reasons?|texts?)"
_SAYS_CHINESE = "(?:包含|含有|带有|提到|提及|谈到|说到|写到|写着|写了|出现|[里中]有|[里中]写)"
# One or two words that a text is searched for: "mentions chest pain", 备注里提到 gift 的, "croissant in the name".
_SEARCHED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:mention\w*|contain\w*|says?|saying|said|wrote|written|about)\s+(?:the\s+words?\s+|an?\s+|the\s+)?(\w[\w-]*)(?:\s+(\w[\w-]*))?",
        rf"\b{_TEXTS}\s+(?:with|of|like)\s+(?:the\s+words?\s+|an?\s+|the\s+)?(\w[\w-]*)(?:\s+(\w[\w-]*))?",
        _SAYS_CHINESE + r"[“‘「]?\s*([A-Za-z][\w-]*|[\u4e00-\u9fff]{1,6}?(?=[的字这、且但并或又，,；;。？?”]|$))",
        r"\b([A-Za-z][\w-]*)\s+(?:somewhere\s+|written\s+)?in\s+(?:the|its|their|his|her|it|them)\b",
        rf"\b([A-Za-z][\w-]*)\s+in\s+an?\s+(?:\w+\s+)?{_TEXTS}\b",
    )
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?")
# Words after a number, and the unit they mean.
_UNITS = {
    word: unit
    for unit, words in {
        "ms": "ms millisecond milliseconds 毫秒",
        "s": "s sec secs second seconds 秒 秒钟",
        "min": "min mins minute minutes minuten 分钟 分",
        "h": "h hr hrs hour hours stunden heures 小时 个小时 钟头",
        "day": "day days tage jours 天 日",
        "week": "week weeks 周 星期 个星期",
        "percent": "% percent 个百分点",
        "g": "g gram grams 克",
        "kg": "kg kilo kilos kilogram kilograms 公斤 千克",
        "m": "m metre metres meter meters 米",
        "km": "km kilometre kilometres kilometer kilometers 公里 千米",
        "money": "euro euros eur dollar dollars usd pound pounds gbp yuan rmb € $ £ ¥ 元 块 块钱 人民币 欧元 美元",
    }.items()
    for word in words.split()
}
_UNIT = re.compile(
    r"\s*(" + "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)) + r")(?![a-z])", re.IGNORECASE
)
_MULTIPLIED = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?)\s*(k|thousand|m|mn|million|bn|billion|千|万|百万|千万|亿)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)
_MULTIPLES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9,
    "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8,
}  # fmt: skip
# Up to 99; not the digits of a year (一七年).
_CHINESE_NUMBERS = re.compile(
    r"(?<![〇零一二两三四五六七八九十百千万])([一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
    r"(?=\s*(?:个|名|位|次|种|条|家|本|张|只|辆|部|首|大|项|款|天|年|人))"
)
_RANKED = re.compile(
    r"\btop-?(\d{1,3})(?!\d)|前([一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])(?![年月天周])",
    re.IGNORECASE,
)
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMBER_WORDS = {
    word: str(i)
    for i, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "thousand": "1000", "once": "1", "twice": "2"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A constant in its stored spelling.

    `start` and `end` are its place in the question, -1 where it is not spelled there. `columns` are those known to
    hold it, as (table, column). `unit` is that of a number: see `tokens.ValuePointer`.
    """

    text: str
    numeric: bool
    start: int
    end: int
    columns: tuple[tuple[str, str], ...] = ()
    unit: str = ""


def find_candidates(question: str, matches: Sequence[ValueMatch], limit: int = MAX_CANDIDATES) -> tuple[Candidate, ...]:
    """Without repetition, those with a stored spelling first."""
    merged: dict[tuple[str, int], Candidate] = {}
    for found in [*_stored(question, matches), *_spelled(question)]:
        key = (found.text, found.start)
        if key in merged:
            known = merged[key]
            columns = tuple(dict.fromkeys((*known.columns, *found.columns)))
            merged[key] = Candidate(
                found.text, known.numeric, known.start, known.end, columns, known.unit or found.unit
            )
        else:
            merged[key] = found
    return tuple(merged.values())[:limit]


def column_codes(column: Column) -> tuple[str, ...]:
    """Short values of a column that holds few, as 'F' for a question that says female; else empty."""
    values = column.samples
    short = 0 < len(values) <= MAX_CODES and all(0 < len(v) <= MAX_CODE_CHARS for v in values)
    return values if short and not all(_NO_WORD.fullmatch(v) for v in values) else ()


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _numbers(question: str) -> Iterator[Candidate]:
    for match in _NUMBER.finditer(question):
        yield Candidate(match[0].replace(",", ""), True, match.start(), match.end(), (), _unit_at(question, match))
    for match in _MULTIPLIED.finditer(question):
        number = float(match[1]) * _MULTIPLES[match[2].casefold()]
        text = str(int(number)) if number.is_integer() else repr(number)
        yield Candidate(text, True, match.start(), match.end(), (), _unit_at(question, match))
    for match in _CHINESE_NUMBERS.finditer(question):
        yield Candidate(str(_chinese_number(match[1])), True, match.start(), match.end(), (), _unit_at(question, match))
    for match in _RANKED.finditer(question):
        text, group = (match[1], 1) if match[1] else (str(_chinese_number(match[2])), 2)
        yield Candidate(text, True, match.start(group), match.end(group))


def _unit_at(question: str, number: re.Match[str]) -> str:
    """The unit written after a number, or the currency before it."""
    after = _UNIT.match(question, number.end())
    if after:
        return _UNITS[after[1].casefold()]
    before = question[: number.start()].rstrip()
    return "money" if before.endswith(("$", "€", "£", "¥")) else ""


def _chinese_number(text: str) -> int:
    tens, found, ones = text.partition("十")
    if not found:
        return int("".join(str(_CHINESE_DIGITS[c]) for c in text))
    return 10 * (_CHINESE_DIGITS[tens] if tens else 1) + (_CHINESE_DIGITS[ones] if ones else 0)


def _stored(question: str, matches: Sequence[ValueMatch]) -> Iterator[Candidate]:
    for match in matches:
        start = question.find(match.mention)
        end = start + len(match.mention) if start >= 0 else -1
        yield Candidate(match.value, is_number(match.value), start, end, ((match.table, match.column),))


def _spelled(question: str) -> Iterator[Candidate]:
    for match in _QUOTED.finditer(question):
        inner = next(g for g in match.groups() if g is not None)
        start = question.index(inner, match.start())
        yield Candidate(inner.strip(), is_number(inner.strip()), start, start + len(inner))
    dates = [*_DATE.finditer(question)]
    for match in dates:
        yield Candidate(match[0], False, match.start(), match.end())
    inside = [match.span() for match in dates]
    yield from (c for c in _numbers(question) if not any(a <= c.start and c.end <= b for a, b in inside))
    for match in re.finditer(r"[A-Za-z]+", question):
        if match[0].lower() in _NUMBER_WORDS:
            yield Candidate(_NUMBER_WORDS[match[0].lower()], True, match.start(), match.end())
    for match in _CAPITALISED.finditer(question):
        if match.start() > 0:  # the first word of a question has its capital for nothing
            text = match[0].rstrip(".'-&")
            yield Candidate(text, False, match.start(), match.start() + len(text))
    for match in _CUED.finditer(question):
        yield Candidate(match[1], False, match.start(1), match.end(1))
    yield from _searched(question)
    for text, start, end in (*weekdays(question), *hours(question)):
        yield Candidate(text, True, start, end)


def _searched(question: str) -> Iterator[Candidate]:
    """Words that a text may be searched for."""
    for pattern in _SEARCHED:
        for match in pattern.finditer(question):
            yield Candidate(match[1], False, match.start(1), match.end(1))
            if pattern.groups > 1 and match[2]:
                yield Candidate(question[match.start(1) : match.end(2)], False, match.start(1), match.end(2))
