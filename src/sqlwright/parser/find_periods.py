"""Recognize the periods that a question names, in English and Chinese; month names also in German and French."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = (
    "january jan januar janvier",
    "february feb februar février fevrier",
    "march mar märz maerz mars",
    "april apr avril",
    "may mai",
    "june jun juni juin",
    "july jul juli juillet",
    "august aug août aout",
    "september sep sept septembre",
    "october oct oktober octobre",
    "november nov novembre",
    "december dec dezember décembre decembre",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_ALONE = frozenset({"may", "mar", "mars", "mai", "sep", "jan", "dec"})  # also other words: they need a year or a cue
_ORDINALS = {
    **dict.fromkeys(("first", "1st", "1", "一"), 1),
    **dict.fromkeys(("second", "2nd", "2", "二"), 2),
    **dict.fromkeys(("third", "3rd", "3", "三"), 3),
    **dict.fromkeys(("fourth", "4th", "last", "final", "4", "四"), 4),
}
_COUNTS = {
    word: i
    for i, words in enumerate(
        "one|a 一 一个,two 两 二,three 三,four 四,five 五,six 六,seven 七,eight 八,nine 九,ten 十".split(","), 1
    )
    for word in words.replace("|", " ").split()
} | {"twelve": 12, "thirty": 30, "ninety": 90, "sixty": 60, "fourteen": 14, "半": 6}
_CHINESE_UNIT = {"天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "季度": "quarter", "年": "year"}

_MONTHS_IN_CHINESE = {n: i for i, n in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二".split(), 1)}
_CM = "|".join(sorted(_MONTHS_IN_CHINESE, key=len, reverse=True))
_M = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_Y = r"(?:19|20)\d{2}"
_YY = r"(?<!\d)(?:19|20)?[0-3]\d(?=\s*年)"  # 26年 is 2026
_U = "day|week|month|quarter|year"
_TO = r"\s*(?:to|till|until|through|and|-|–|~|到|至)\s*(?:the\s+)?"
_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class FoundPeriod:
    """`text` in the notation of `period`; `start` and `end` are its place in the question."""

    text: str
    start: int
    end: int


def find_periods(question: str) -> tuple[FoundPeriod, ...]:
    """Without repetition, longer ones first where they overlap; a part of a longer one stays a candidate."""
    found = dict.fromkeys(p for pattern, read in _PATTERNS for p in _matches(pattern, read, question))
    periods = sorted(found, key=lambda p: (p.start, -p.end))
    ranges = [*_day_ranges(question), *_ranges(question, periods)]
    return tuple(dict.fromkeys([*_in_the_only_year(ranges, periods), *ranges, *periods]))


def _matches(pattern: re.Pattern[str], read: object, question: str) -> Iterator[FoundPeriod]:
    for match in pattern.finditer(question):
        text = read(match)  # type: ignore[operator]
        if text:
            yield FoundPeriod(text, match.start(), match.end())


def _day_ranges(question: str) -> Iterator[FoundPeriod]:
    """Days or months of which one end says the rest: "8 to 14 September 2025", "Sep 8-14, 2025", 2026年4月20日至30日."""
    for pattern in _DAY_RANGES:
        for match in pattern.finditer(question):
            month = match.groupdict().get("m", "")
            first, last = int(match["a"]), int(match["b"])
            prefix = _full_year(match["y"]) + (f"-{_month_number(month):02d}-" if month else "-")
            if 1 <= first < last <= (31 if month else 12):
                yield FoundPeriod(f"{prefix}{first:02d}/{prefix}{last:02d}", match.start(), match.end())


def _in_the_only_year(ranges: list[FoundPeriod], periods: list[FoundPeriod]) -> Iterator[FoundPeriod]:
    """Ranges of months without a year, in the one year that the question names: "summer 2025 (June to August)"."""
    years = {p.text for p in periods if p.text.isdigit()}
    if len(years) == 1:
        year = years.pop()
        for one in ranges:
            if one.text.startswith("--"):
                yield FoundPeriod(one.text.replace("--", f"{year}-"), one.start, one.end)


def _ranges(question: str, periods: list[FoundPeriod]) -> Iterator[FoundPeriod]:
    """From one period to a later one: "between 2021 and 2023", "March to May 2023", "2021年到2023年".

    Two months in a row are one stretch, too: "July and August 2025".
    """
    for one in periods:
        for other in periods:
            between = question[one.end : other.start].strip().casefold()
            if other.start >= one.end and between in (
                "and",
                "to",
                "till",
                "until",
                "through",
                "-",
                "–",
                "~",
                "到",
                "至",
                "和",
                "、",
                "to the end",
                "to end",
            ):
                before = question[: one.start].casefold().rstrip()
                both = between in ("and", "和", "、") and not before.endswith(("between", "从", "在"))
                if (between != "and" and not both) or before.endswith("between") or _follows(one.text, other.text):
                    first, last = _with_year(one.text, other.text), _with_year(other.text, one.text)
                    yield FoundPeriod(f"{first}/{last}", one.start, other.end)


def _follows(text: str, other: str) -> bool:
    """Whether `other` is the month after the month `text`, of the same year."""
    months = [p for p in (text, other) if _MONTH_PERIOD.match(p)]
    return len(months) == 2 and int(other[-2:]) == int(text[-2:]) + 1 and len({text[:-3], other[:-3]} - {"-"}) < 2


def _month_number(text: str) -> int:
    return int(text) if text.isdigit() else _MONTH_OF[text.casefold()]


def _full_year(text: str) -> str:
    """2026 for 26."""
    return text if len(text) == 4 else f"20{text}"


def _with_year(text: str, other: str) -> str:
    """March takes the year of May 2023."""
    return other[:4] + text[1:] if text.startswith("--") and other[:4].isdigit() else text


def _month(match: re.Match[str]) -> str:
    return f"{match['y']}-{_MONTH_OF[match['m'].casefold()]:02d}"


def _bare_month(match: re.Match[str]) -> str:
    name = match["m"]
    if name.casefold() in _ALONE and not match["cue"]:
        return ""
    return f"--{_MONTH_OF[name.casefold()]:02d}"


def _date(match: re.Match[str]) -> str:
    month, day = _MONTH_OF[match["m"].casefold()], int(match["d"])
    return f"{match['y'] or '-'}-{month:02d}-{day:02d}" if 1 <= day <= 31 else ""


def _day_of_any_year(match: re.Match[str]) -> str:
    """Not "5 may have"."""
    return "" if match["m"] in _ALONE else _date(match)


def _numbers(match: re.Match[str]) -> str:
    """03.05.2023 has the day first; 03/05/2023 the month, where that can be."""
    a, b = int(match["a"]), int(match["b"])
    day, month = (a, b) if match["s"] == "." or a > 12 else (b, a)
    return f"{match['y']}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _quarter(match: re.Match[str]) -> str:
    return f"{_full_year(match['y'])}-Q{_ORDINALS[match['q'].casefold()]}"


def _half(match: re.Match[str]) -> str:
    word = match["h"].casefold()
    return f"{_full_year(match['y'])}-H{1 if word in ('first', '1st', '1', '上') else 2}"


def _rolling(match: re.Match[str]) -> str:
    word = match["n"].casefold()
    count = int(word) if word.isdigit() else _COUNTS.get(word)
    direction = "next" if match["w"].casefold() in ("next", "coming", "未来", "接下来") else "last"
    return f"{direction} {count} {_unit(match['u'])}" if count else ""


def _unit(word: str) -> str:
    return _CHINESE_UNIT.get(word.removeprefix("个"), word.casefold().rstrip("s"))


def _calendar(match: re.Match[str]) -> str:
    word = match["w"].casefold()
    direction = (
        "this" if word in ("this", "current", "本", "这", "当") else "next" if word in ("next", "下") else "last"
    )
    return f"{direction} {_unit(match['u'])}"


_MONTH_PERIOD = re.compile(r"(?:\d{4}|-)-\d{2}\Z")
_WORDS_OF_TIME = {
    "today": "today", "yesterday": "yesterday", "tomorrow": "tomorrow", "今天": "today", "昨天": "yesterday",
    "明天": "tomorrow", "今年": "this year", "去年": "last year", "明年": "next year", "year to date": "this year",
    "ytd": "this year", "前年": "",
}  # fmt: skip

_PATTERNS = tuple(
    (re.compile(pattern, _I), read)
    for pattern, read in (
        # English
        (rf"(?<![\w-])({_Y})-(\d{{2}})-(\d{{2}})(?!\w)", lambda m: f"{m[1]}-{m[2]}-{m[3]}"),
        (r"(?<![\w.])(?P<a>\d{1,2})(?P<s>[./])(?P<b>\d{1,2})(?P=s)(?P<y>(?:19|20)\d{2})(?!\w)", _numbers),
        (rf"\b(?P<m>{_M})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>{_Y})\b", _date),
        (rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m>{_M})\.?,?\s+(?P<y>{_Y})\b", _date),
        (rf"\b(?P<m>{_M})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,?\s+{_Y})(?P<y>)", _date),
        (rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)\s+(?:of\s+)?(?P<m>{_M})\b(?!,?\s+{_Y})(?P<y>)", _date),
        (rf"(?<![\w:.,-])(?P<d>\d{{1,2}})\s+(?P<m>{_M})\b(?!\.?,?\s+{_Y})(?P<y>)", _day_of_any_year),
        (rf"\b(?P<m>{_M})\.?,?\s+(?:of\s+|in\s+)?(?P<y>{_Y})\b", _month),
        (rf"(?<![A-Za-z0-9_-])({_Y})-(0[1-9]|1[0-2])(?![A-Za-z0-9_-])", lambda m: f"{m[1]}-{m[2]}"),
        (rf"(?<![\w/])(0?[1-9]|1[0-2])/({_Y})(?!\w)", lambda m: f"{m[2]}-{int(m[1]):02d}"),
        (rf"\b(?P<cue>(?:in|during|since|before|after|until|for|of|im|en)\s+)?(?P<m>{_M})\b(?!\.?,?\s+(?:of\s+|in\s+)?(?:{_Y}|\d))", _bare_month),
        (rf"\bq(?P<q>[1-4])[\s/-]*(?:of\s+)?(?P<y>{_Y})\b", _quarter),
        (rf"\b(?P<y>{_Y})[\s/-]*q(?P<q>[1-4])\b", _quarter),
        (rf"\b(?P<q>first|second|third|fourth|last|final|1st|2nd|3rd|4th)\s+quarter\s+(?:of\s+|in\s+)?(?P<y>{_Y})\b", _quarter),
        (rf"\b(?P<h>first|second|1st|2nd|last)\s+half\s+(?:of\s+|in\s+)?(?P<y>{_Y})\b", _half),
        (rf"\bh(?P<h>[12])\s+(?P<y>{_Y})\b", _half),
        (rf"\bweek\s+(\d{{1,2}})\s+(?:of\s+|in\s+)?({_Y})\b", lambda m: f"{m[2]}-W{int(m[1]):02d}"),
        (r"\b((?:19|20)\d0)s\b", lambda m: f"{m[1]}s"),
        (r"\b(?:the\s+)?'?([2-9]0)s\b", lambda m: f"19{m[1]}s"),
        (rf"(?<![\w.,-])({_Y})(?![\w-]|[.,]\d)", lambda m: m[1]),
        (rf"\b(?P<w>last|past|previous|next|coming)\s+(?P<n>\d{{1,4}}|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty|sixty|ninety)\s+(?P<u>(?:{_U})s?)\b", _rolling),
        (r"\b(?P<w>this|current|last|previous|past|next)\s+(?P<u>week|month|quarter|year)\b(?!\s+of\b)", _calendar),
        (r"\b(today|yesterday|tomorrow|year to date|ytd)\b", lambda m: _WORDS_OF_TIME[m[1].casefold()]),
        # Chinese
        (rf"({_YY})\s*年\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]", lambda m: f"{_full_year(m[1])}-{int(m[2]):02d}-{int(m[3]):02d}"),
        (rf"({_YY})\s*年\s*(\d{{1,2}})\s*月", lambda m: f"{_full_year(m[1])}-{int(m[2]):02d}"),
        (rf"({_YY})\s*年\s*({_CM})月", lambda m: f"{_full_year(m[1])}-{_MONTHS_IN_CHINESE[m[2]]:02d}"),
        (rf"(?<![年十个第])({_CM})月(?!份?[内里后前])", lambda m: f"--{_MONTHS_IN_CHINESE[m[1]]:02d}"),
        (rf"(?P<y>{_Y}|{_YY})\s*年?\s*第?(?P<q>[一二三四1-4])\s*季度?", _quarter),
        (rf"(?P<y>{_Y}|{_YY})\s*年\s*q(?P<q>[1-4])", _quarter),
        (r"(?<![\dA-Za-z])(?P<y>\d{2})\s*q(?P<q>[1-4])(?![A-Za-z0-9])", _quarter),
        (rf"(?P<y>{_Y}|{_YY})\s*年?\s*(?P<h>[上下])半年", _half),
        # Not "20年以上": a number of years.
        (rf"(?<![近前后满过超去来未入龄作])({_YY})\s*年(?!以|内|来|前|后|多|之|级|期|[的份]?时间|\s*\d)", lambda m: _full_year(m[1])),
        (r"(?<!\d)((?:19|20)\d0)\s*年代", lambda m: f"{m[1]}s"),
        (rf"(?<!\d)({_Y})\s*年", lambda m: m[1]),
        (rf"(?<![\w.,-])({_Y})(?=[各每全\u4e8c-\u9fff])(?!年)", lambda m: m[1]),
        (r"(?<![\d年])(1[0-2]|[1-9])\s*月份?(?!\s*\d)", lambda m: f"--{int(m[1]):02d}"),
        (r"(?<![\d年])(1[0-2]|[1-9])\s*月\s*(\d{1,2})\s*[日号]", lambda m: f"--{int(m[1]):02d}-{int(m[2]):02d}"),
        (r"(?P<w>最近|过去|近|未来|接下来)的?\s*(?P<n>\d{1,4}|[一二两三四五六七八九十半])\s*(?P<u>个?(?:天|日|周|星期|月|季度|年))", _rolling),
        (r"(?P<w>上|本|这|当|下)(?P<u>个?(?:周|星期|月|季度))", _calendar),
        (r"(今天|昨天|明天|今年|去年|明年)", lambda m: _WORDS_OF_TIME[m[1]]),
    )
)  # fmt: skip

_DAY_RANGES = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"(?<![\d-])(?P<a>\d{{1,2}})(?:st|nd|rd|th)?{_TO}(?P<b>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>{_M})\.?,?\s+(?P<y>{_Y})\b",
        rf"\b(?P<m>{_M})\.?\s+(?P<a>\d{{1,2}})(?:st|nd|rd|th)?{_TO}(?P<b>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>{_Y})\b",
        rf"(?P<y>{_YY})\s*年\s*(?P<m>\d{{1,2}})\s*月\s*(?P<a>\d{{1,2}})\s*[日号]?{_TO}(?P<b>\d{{1,2}})\s*[日号]",
        rf"(?P<y>{_YY})\s*年\s*(?P<a>\d{{1,2}})\s*月?份?{_TO}(?P<b>\d{{1,2}})\s*月",
    )
)  # fmt: skip
