"""Constants for a query, from what a column stores."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date

from ..parser.form import Literally
from .profile import ColumnProfile

LIMITS = (2, 3, 3, 3, 5, 5, 10)
COUNTS = {">": (1, 1, 2, 2, 3, 4, 5), ">=": (2, 2, 2, 3, 3, 4, 5), "=": (1, 1, 2, 2, 3), "<": (2, 3, 3, 4, 5)}
COUNTS |= {"<=": COUNTS["<"], "!=": COUNTS["="]}
INNER = (0.1, 0.9)  # thresholds are taken from between these quantiles: beyond them a condition keeps all or nothing


def limit_value(rng: random.Random) -> Literally:
    return Literally(str(rng.choice(LIMITS)), True)


def count_value(operator: str, rng: random.Random) -> Literally:
    return Literally(str(rng.choice(COUNTS.get(operator, COUNTS[">"]))), True)


def stored_value(profile: ColumnProfile, operator: str, taken: Collection[str], rng: random.Random) -> Literally | None:
    """A constant that `operator` can sensibly compare the column with; None where the column has none."""
    if operator in ("contains", "starts", "ends", "like"):
        return _part(profile, operator, rng)
    if operator in ("<", "<=", ">", ">=", "between"):
        return _threshold(profile, rng)
    free = [v for v in profile.values if v not in taken]
    if not free:
        return None
    # The commonest values come first, and are asked for more often.
    index = min(int(rng.expovariate(1) * max(len(free) / 4, 1.5)), len(free) - 1)
    return Literally(free[index], profile.numeric)


def aggregate_value(profile: ColumnProfile, rng: random.Random) -> Literally | None:
    """A threshold for an average, a sum or an extreme of a group."""
    return _threshold(profile, rng)


def _threshold(profile: ColumnProfile, rng: random.Random) -> Literally | None:
    at = rng.uniform(*INNER)
    if profile.numbers:
        number = profile.numbers[int(at * len(profile.numbers))]
        return Literally(_round(number, profile, rng), True)
    if profile.role != "date":
        return None
    values = sorted(profile.values)
    value = values[int(at * len(values))] if values else ""
    return Literally(_shorter(value, rng)) if value else None


def _round(number: float, profile: ColumnProfile, rng: random.Random) -> str:
    """People ask for more than 500, not for more than 487; years they name as they are."""
    whole = all(n.is_integer() for n in profile.numbers[:50])
    if whole and (abs(number) < 20 or 1000 <= number <= 2100 or rng.random() < 0.3):
        return str(int(number))
    digits = 1 if rng.random() < 0.5 else 2
    rounded = float(f"{number:.{digits - 1}e}")
    if not profile.numbers[0] < rounded < profile.numbers[-1]:
        rounded = number
    return str(int(rounded)) if rounded.is_integer() else f"{rounded:.10f}".rstrip("0")


def _shorter(value: str, rng: random.Random) -> str:
    """A date without its time, and now and then the first day of its year."""
    day = value[:10]
    try:
        date.fromisoformat(day)
    except ValueError:
        return value
    return f"{day[:4]}-01-01" if rng.random() < 0.25 else day


def _part(profile: ColumnProfile, operator: str, rng: random.Random) -> Literally | None:
    texts = [v for v in profile.values if len(v) > 2 and not v.replace(".", "").isdigit()]
    if profile.role != "text" or not texts:
        return None
    text = rng.choice(texts)
    words = [w.strip(".,;:!?()'\"") for w in text.split()]
    words = [w for w in words if len(w) > 2 and w.isalnum()]
    if operator in ("starts", "ends"):
        first = operator == "starts"
        if rng.random() < 0.5 and text[0 if first else -1].isalpha():
            return Literally(text[0] if first else text[-1])
        edge = text.split()[0 if first else -1]
        return Literally(edge) if edge.isalnum() else None
    if words and (len(words) > 1 or rng.random() < 0.3):
        return Literally(rng.choice(words))
    start = rng.randrange(len(text) - 1)
    part = text[start : start + rng.choice((1, 2, 3))]
    return Literally(part) if part.isalpha() else None
