"""Invented people, firms, places and sentences, Chinese and of many other countries, for the rows of a product."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...core.language import Language
from ..concepts import Words


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its country, or in a Chinese product its province. `code` is short for the country or province."""

    region: Words
    code: str
    city: Words


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    full: str
    female: bool


def places(rng: random.Random, language: Language, count: int) -> list[Place]:
    known, weights = _world(language)
    return rng.choices(known, weights, k=count)


def people(rng: random.Random, language: Language, count: int) -> list[Person]:
    lists = {name: _listed(f"{language}_{name}") for name in ("female", "male", "family")}
    made = []
    for _ in range(count):
        female = rng.random() < 0.5
        first, last = rng.choice(lists["female" if female else "male"]), rng.choice(lists["family"])
        full = last + first if language == "zh" else f"{first} {last}"
        made.append(Person(first, last, full, female))
    return made


def firms(rng: random.Random, language: Language, count: int) -> list[str]:
    """Different names while there are any, then numbered ones."""
    roots, kinds = _listed(f"{language}_firm"), _listed(f"{language}_firm_kind")
    if language == "zh":
        cities = tuple(place.city.chinese[0] for place in _world("zh")[0])
        return distinct(rng, (cities, roots, kinds), count, "")
    return distinct(rng, (roots, kinds), count, " ")


def distinct(rng: random.Random, parts: tuple[tuple[str, ...], ...], count: int, joint: str) -> list[str]:
    """`count` combinations of one of each part, in random order; numbered from the second round on."""
    total = 1
    for part in parts:
        total *= len(part)
    order: list[int] = []
    made = []
    for place in range(count):
        if place % total == 0:
            order = rng.sample(range(total), min(total, count - place))
        number, words = order[place % total], []
        for part in parts:
            number, index = divmod(number, len(part))
            words.append(part[index])
        suffix = f" {place // total + 1}" if place >= total else ""
        made.append(joint.join(words) + suffix)
    return made


def address(rng: random.Random, language: Language) -> str:
    street = rng.choice(_listed(f"{language}_street"))
    return f"{street}{rng.randint(1, 300)}号" if language == "zh" else f"{rng.randint(1, 240)} {street}"


def sentence(rng: random.Random, language: Language) -> str:
    return rng.choice(_listed(f"{language}_sentence"))


@cache
def regions(language: Language) -> dict[str, Words]:
    """The words for the countries, or in a Chinese product the provinces, by their codes."""
    return {place.code: place.region for place in _world(language)[0]}


@cache
def city_words() -> dict[str, Words]:
    """The words for every city, by its English and by its Chinese name."""
    every = (*_world("en")[0], *_world("zh")[0])
    return {name: place.city for place in every for name in (*place.city.english, *place.city.chinese)}


@cache
def _listed(name: str) -> tuple[str, ...]:
    lines = files(__package__).joinpath("pools.txt").read_text(encoding="utf-8").splitlines()
    entries = (line.partition(": ")[2].split(", ") for line in lines if line.startswith(f"{name}: "))
    return tuple(entry for line in entries for entry in line)


@cache
def _world(language: Language) -> tuple[tuple[Place, ...], tuple[float, ...]]:
    """The places and their weights: the first city of a country is its commonest."""
    found: list[Place] = []
    weights: list[float] = []
    for line in files(__package__).joinpath("places.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(f"{language}|"):
            continue
        _, english, chinese, code, cities, weight = line.split("|")
        region = Words(tuple(english.split(";")), tuple(chinese.split(";")))
        for rank, city in enumerate(cities.split(","), 1):
            name, _, local = city.partition("/")
            found.append(Place(region, code, Words((name,), (local,))))
            weights.append(int(weight) / rank)
    return tuple(found), tuple(weights)
