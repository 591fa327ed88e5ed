"""Random dates and times in the encodings that databases use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from random import Random

Moment = datetime


def day(random: Random, first: date, last: date) -> date:
    """A day from `first` to `last`, both included."""
    return first + timedelta(days=random.randrange((last - first).days + 1))


def moment(random: Random, first: date, last: date, hours: tuple[int, int] = (8, 20)) -> Moment:
    """A UTC time on a random day, to the second, from hour `hours[0]` to before `hours[1]`."""
    at = day(random, first, last)
    clock = time(random.randrange(*hours), random.randrange(60), random.randrange(60))
    return datetime.combine(at, clock, timezone.utc)


def seconds(at: Moment) -> int:
    """Seconds since 1970."""
    return int(at.timestamp())


def milliseconds(at: Moment) -> int:
    """Milliseconds since 1970."""
    return seconds(at) * 1000


def text(at: Moment) -> str:
    """`2024-05-01 08:30:00`."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def later(at: Moment, minutes: float) -> Moment:
    """`minutes` after `at`, to the second."""
    return at + timedelta(seconds=round(60 * minutes))
