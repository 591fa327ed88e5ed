"""Days of the week and times of the day in a question, as the numbers that `weekday` and `hour` give."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = tuple[str, int, int]  # the number, and where its words begin and end in the question

_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_CHINESE = "日一二三四五六"
_WEEKDAY = re.compile(
    rf"\b({'|'.join(_NAMES)})s?\b|(?:星期|周|礼拜)([{_CHINESE}天])"
    r"|\bweekends?\b|\bweekdays\b|\b(?:working|business) days?\b|周末|双休日|工作日",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::[0-5]\d)?\s*([ap]\.?m\.?|o'clock)(?!\w)|(?<![\d:.])(\d{1,2}):00(?!\d)"
    r"|(凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|夜里)?(\d{1,2})点",
    re.IGNORECASE,
)
_LATE = ("下午", "傍晚", "晚上", "夜里")


def weekdays(question: str) -> Iterator[Found]:
    """Sunday is 0. The weekend and the working days are told apart by Sunday and Saturday."""
    for match in _WEEKDAY.finditer(question):
        if match[1]:
            days = str(_NAMES.index(match[1].casefold()))
        elif match[2]:
            days = str(_CHINESE.index(match[2].replace("天", "日")))
        else:
            days = "06"
        for day in days:
            yield day, match.start(), match.end()


def hours(question: str) -> Iterator[Found]:
    """Full hours, 0 to 24: 6 pm is 18."""
    for match in _HOUR.finditer(question):
        hour = int(match[1] or match[3] or match[5])
        half = (match[2] or match[4] or "").casefold()
        if (half.startswith("p") or half in _LATE) and hour < 12:
            hour += 12
        elif half.startswith("a") and hour == 12:
            hour = 0
        if hour <= 24:
            yield str(hour), match.start(), match.end()
