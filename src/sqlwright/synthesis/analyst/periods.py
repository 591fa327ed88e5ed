"""Random stretches of time in the words of a question, about the years that the data covers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ...parser.form import SpanOperator
from .asker import Asker

_MONTHS = "January February March April May June July August September October November December".split()
_ORDINALS = ("first", "second", "third", "fourth")
_CHINESE_ORDINALS = "一二三四"


@dataclass(frozen=True, slots=True)
class Period:
    """`text` in the notation of `parser.period`; `said` with its preposition: "in March 2023", 2023年3月."""

    operator: SpanOperator
    text: str
    said: str

    @property
    def finer_than_year(self) -> bool:
        return not (self.text[:4].isdigit() and (len(self.text) == 4 or ("/" in self.text and len(self.text) == 9)))


def random_period(asker: Asker) -> Period:
    rng = asker.rng
    today = dt.date.fromisoformat(asker.concepts.today[:10]) if asker.concepts.today else dt.date(2024, 6, 30)
    year = max(2000, today.year - min(int(rng.expovariate(0.6)), 5))
    text, english, chinese = _stretch(asker, year)
    operator: SpanOperator = "within"
    if rng.random() < 0.22 and not english.startswith(
        ("this", "last", "next", "today", "yesterday", "between", "from")
    ):
        operator = rng.choice(("before", "after", "since", "until", "since", "before"))
        words = {"before": "before", "after": "after", "since": "since", "until": "until"}[operator]
        after = {"before": "之前", "after": "之后", "since": "以来", "until": "之前"}[operator]
        if operator == "until":
            return Period(
                "until",
                text,
                f"到{chinese}为止" if asker.chinese else asker.any([f"until the end of {english}", f"up to {english}"]),
            )
        if operator == "since" and asker.chinese:
            return Period("since", text, asker.any([f"自{chinese}以来", f"从{chinese}起", f"{chinese}以来"]))
        return Period(operator, text, f"{chinese}{after}" if asker.chinese else f"{words} {english}")
    if asker.chinese:
        return Period("within", text, chinese)
    if english.startswith(("this", "last", "next", "today", "yesterday", "between", "from")):
        said = (
            english
            if not english.startswith(("last ", "next ")) or not english[5:6].isdigit()
            else f"{rng.choice(('in the ', 'over the ', 'during the ', '', 'within the '))}{english}"
        )
        return Period("within", text, said)
    preposition = (
        "on"
        if len(text) == 10 and text[4] == "-" and text[7] == "-"
        else rng.choice(("in", "in", "in", "during", "for"))
    )
    return Period("within", text, f"{preposition} {english}")


def _stretch(asker: Asker, year: int) -> tuple[str, str, str]:
    """The notation, English and Chinese of a random period, without a preposition."""
    rng, month, quarter, day = asker.rng, asker.rng.randint(1, 12), asker.rng.randint(1, 4), asker.rng.randint(1, 28)
    name = _MONTHS[month - 1]
    if rng.random() < 0.3:
        name = name[:3] if rng.random() < 0.4 else name.lower()
    kind = rng.choices(range(10), (30, 18, 12, 7, 7, 6, 8, 7, 3, 2))[0]
    if kind == 0:
        return str(year), str(year), f"{year}年"
    if kind == 1:
        return (
            f"{year}-{month:02d}",
            rng.choice((f"{name} {year}", f"{name} {year}", f"{year}-{month:02d}")),
            f"{year}年{month}月",
        )
    if kind == 2:
        q = f"{year}-Q{quarter}"
        words = "last quarter of" if quarter == 4 and rng.random() < 0.4 else f"{_ORDINALS[quarter - 1]} quarter of"
        return (
            q,
            rng.choice((f"Q{quarter} {year}", f"the {words} {year}", f"q{quarter} {year}")),
            rng.choice((f"{year}年第{_CHINESE_ORDINALS[quarter - 1]}季度", f"{year}年Q{quarter}")),
        )
    if kind == 3:
        first = rng.choice((f"{name} {day}, {year}", f"{day} {name} {year}", f"{year}-{month:02d}-{day:02d}"))
        return f"{year}-{month:02d}-{day:02d}", first, f"{year}年{month}月{day}日"
    if kind == 4:
        unit = rng.choice(("month", "quarter", "year", "week"))
        chinese = {"month": "上个月", "quarter": "上季度", "year": "去年", "week": "上周"}[unit]
        return f"last {unit}", f"last {unit}", chinese
    if kind == 5:
        unit = rng.choice(("month", "quarter", "year", "week"))
        chinese = {"month": "这个月", "quarter": "本季度", "year": "今年", "week": "本周"}[unit]
        return f"this {unit}", f"this {unit}", chinese
    if kind == 6:
        count, unit = rng.choice(
            (
                (7, "day"),
                (30, "day"),
                (90, "day"),
                (14, "day"),
                (2, "week"),
                (3, "month"),
                (6, "month"),
                (12, "month"),
                (2, "year"),
            )
        )
        chinese = {"day": "天", "week": "周", "month": "个月", "year": "年"}[unit]
        return (
            f"last {count} {unit}",
            f"last {count} {unit}s",
            rng.choice((f"最近{count}{chinese}", f"过去{count}{chinese}", f"近{count}{chinese}")),
        )
    if kind == 7:
        return f"--{month:02d}", _MONTHS[month - 1], f"{month}月份" if rng.random() < 0.6 else f"{month}月"
    if kind == 8:
        half = rng.choice((1, 2))
        return f"{year}-H{half}", f"the {_ORDINALS[half - 1]} half of {year}", f"{year}年{'上下'[half - 1]}半年"
    begin = year - rng.randint(1, 2)
    return (
        f"{begin}/{year}",
        rng.choice((f"between {begin} and {year}", f"from {begin} to {year}")),
        f"{begin}年到{year}年",
    )
