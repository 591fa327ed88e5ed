"""How a column's values are compared in English: older, most expensive, earliest."""

from __future__ import annotations

from dataclasses import dataclass

PERSONS = frozenset(
    "person student customer employee teacher user member author actor actress director player singer artist staff "
    "driver doctor physician nurse patient professor instructor faculty manager client visitor guest journalist "
    "candidate host musician pilot captain scientist editor writer engineer technician worker participant resident "
    "owner friend swimmer gymnast wrestler coach entrepreneur investor buyer seller agent reviewer advisor child woman "
    "man people head tenant passenger officer conductor perpetrator bodybuilder climber cyclist contestant dog "
    "inhabitant contact assistant lecturer researcher mechanic speaker trainer judge voter citizen politician".split()
)


@dataclass(frozen=True, slots=True)
class Measure:
    """Words for one kind of column: superlatives, and what stands before a threshold.

    `alone` where the superlative says the column too: "the oldest student", not "the student with the oldest age".
    """

    most: tuple[str, ...]
    least: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    alone: bool = False


_AMOUNT = Measure(
    ("highest", "largest", "greatest", "maximum"),
    ("lowest", "smallest", "minimum"),
    ("more than", "greater than", "above", "over", "higher than", "larger than"),
    ("less than", "below", "under", "lower than", "smaller than"),
)
_TIME = Measure(
    ("latest", "most recent", "last"),
    ("earliest", "first", "oldest"),
    ("after", "later than"),
    ("before", "earlier than"),
)
_SIZE = Measure(("largest", "biggest", "highest"), ("smallest", "lowest"), _AMOUNT.above, _AMOUNT.below)
_LENGTH = Measure(
    ("longest", "greatest"),
    ("shortest", "smallest"),
    ("longer than", "more than", "over", "above"),
    ("shorter than", "less than", "under", "below"),
)
_MOST = Measure(("most", "highest"), ("fewest", "least", "lowest"), _AMOUNT.above, ("fewer than", *_AMOUNT.below))
_AGE = Measure(("oldest",), ("youngest",), ("older than", "over"), ("younger than", "under"), alone=True)
_PRICE = Measure(("most expensive",), ("cheapest", "least expensive"), _AMOUNT.above, _AMOUNT.below, alone=True)
_WEIGHT = Measure(("heaviest",), ("lightest",), ("heavier than",), ("lighter than",), alone=True)
_HEIGHT = Measure(("tallest",), ("shortest",), ("taller than",), ("shorter than",), alone=True)

_KINDS = {
    "area size capacity population budget enrollment revenue sales profit assets": _SIZE,
    "length distance duration runtime": _LENGTH,
    "points votes wins losses goals seats medals students employees orders quantity": _MOST,
}
_BY_WORD = {word: measure for words, measure in _KINDS.items() for word in words.split()}
_ALONE = {"age": _AGE, "price": _PRICE, "cost": _PRICE, "weight": _WEIGHT, "height": _HEIGHT}


def measure_of(noun: str, *, point_in_time: bool) -> Measure:
    """For a column called `noun`, as in "the highest noun", "whose noun is above 5"."""
    if point_in_time:
        return _TIME
    return _BY_WORD.get(noun.rsplit(maxsplit=1)[-1] if noun else "", _AMOUNT)


def plain_measure(noun: str, *, person: bool) -> Measure | None:
    """The words that need no noun ("older than 30", "the cheapest item"); None where there are none."""
    found = _ALONE.get(noun)
    if found in (_AGE, _HEIGHT) and not person:
        return None
    return None if found is _PRICE and person else found


def is_person(noun: str) -> bool:
    return bool(noun) and noun.rsplit(maxsplit=1)[-1] in PERSONS


# What things are "in", rather than "of": see `entities`.
GROUPS = frozenset(
    "club course class team department school project group event concert category city country state county region "
    "district league section program college university company office building competition race".split()
)
