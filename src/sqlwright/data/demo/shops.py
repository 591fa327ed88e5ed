"""Where it is sold and by whom: stores, employees, stock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count

from .catalogue import Product
from .people import BY_NAME
from .seeded import Dice

TODAY = dt.date(2026, 6, 30)  # the last day the database knows


@dataclass(frozen=True, slots=True)
class Store:
    id: int
    name: str
    kind: str
    city: str | None
    country: str | None
    floor_area: int | None
    opened_on: dt.date
    closed_on: dt.date | None = None

    def open_on(self, day: dt.date) -> bool:
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)


@dataclass(frozen=True, slots=True)
class Employee:
    id: int
    name: str
    role: str
    store_id: int | None
    manager_id: int | None
    salary: int
    hired_on: dt.date
    left_on: dt.date | None = None

    def works_on(self, day: dt.date) -> bool:
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)


WEB = 1
# The web shop first, then by how much they sell.
STORES = (
    Store(WEB, "Web", "W", None, None, None, dt.date(2016, 4, 4)),
    Store(2, "Berlin Spree", "S", "Berlin", "Germany", 940, dt.date(2014, 9, 13)),
    Store(3, "上海外滩", "S", "上海", "China", 820, dt.date(2018, 5, 19)),
    Store(4, "Lyon Presqu'île", "S", "Lyon", "France", 610, dt.date(2016, 10, 1)),
    Store(5, "Sevilla Triana", "S", "Sevilla", "Spain", 430, dt.date(2017, 3, 25)),
    Store(6, "Kraków Kazimierz", "S", "Kraków", "Poland", 380, dt.date(2018, 8, 4)),
    Store(7, "München Isar", "O", "München", "Germany", 1250, dt.date(2019, 11, 9)),
    Store(8, "成都锦里", "S", "成都", "China", 560, dt.date(2021, 4, 17)),
    Store(9, "Keswick Lakes", "S", "Keswick", "United Kingdom", 290, dt.date(2015, 6, 6)),
    Store(10, "Oslo Grünerløkka", "S", "Oslo", "Norway", 340, dt.date(2019, 2, 16)),
    Store(11, "東京上野", "S", "東京", "Japan", 270, dt.date(2022, 9, 23)),
    Store(12, "São Paulo Jardins", "S", "São Paulo", "Brazil", 410, dt.date(2020, 3, 7), dt.date(2024, 12, 31)),
    Store(13, "София Витоша", "O", "София", "Bulgaria", 720, dt.date(2021, 10, 2)),
    Store(14, "Αθήνα Πλάκα", "S", "Αθήνα", "Greece", 230, dt.date(2019, 5, 11), dt.date(2023, 7, 31)),
    Store(15, "القاهرة الزمالك", "S", "القاهرة", "Egypt", 310, dt.date(2023, 3, 18)),
)
_REGION_OF = {"China": 1, "Japan": 1, "Egypt": 2, "Brazil": 2, "Greece": 2, "Bulgaria": 2}  # else 0


def employees(dice: Dice) -> list[Employee]:
    ids, taken = count(1), set[str]()
    start = dt.date(2014, 2, 3)
    director = Employee(next(ids), "Ronja Albers", "director", None, None, 148_000, start)
    names = ("Étienne Garnier", "林思远", "Δάφνη Ξένος")
    regional = [
        Employee(next(ids), name, "regional manager", None, director.id, 96_000 - 3_500 * i, dt.date(2015 + i, 5, 11))
        for i, name in enumerate(names)
    ]
    staff = [director, *regional]
    for store in STORES:
        staff += _crew(dice, ids, taken, store, regional[_REGION_OF.get(store.country or "", 0)].id)
    return staff


def _crew(dice: Dice, ids: count[int], taken: set[str], store: Store, regional_id: int) -> list[Employee]:
    """A store manager and a seller from the first day to the last, and others who come and go.

    No two employees share a name; `taken` holds those given so far.
    """
    people = BY_NAME[store.country or "Germany"]

    def hire(role: str, manager_id: int, pay: tuple[int, int], hired_on: dt.date, left_on: dt.date | None) -> Employee:
        salary = dice.between(pay[0] // 50, pay[1] // 50) * 50
        while (name := people.person(dice)) in taken:
            pass
        taken.add(name)
        return Employee(next(ids), name, role, store.id, manager_id, salary, hired_on, left_on)

    head = hire("store manager", regional_id, (41_000, 72_000), store.opened_on, store.closed_on)
    crew = [head, hire("seller", head.id, (29_000, 49_000), store.opened_on, store.closed_on)]
    last = store.closed_on or TODAY
    for _ in range(dice.between(4, 7)):
        role = dice.pick(("seller", "seller", "seller", "workshop", "trainee"))
        pay = {"seller": (27_000, 49_000), "workshop": (30_000, 51_000), "trainee": (14_000, 19_000)}[role]
        hired = dice.date(store.opened_on, last - dt.timedelta(days=150))
        left = dice.date(hired + dt.timedelta(days=120), last) if dice.chance(30) else store.closed_on
        crew.append(hire(role, head.id, pay, hired, left))
    return crew


def stock(dice: Dice, products: list[Product]) -> list[tuple[int, int, int, dt.date]]:
    """(store_id, product_id, quantity, counted_on) for stores that are open and products still sold."""
    rows = []
    for store in STORES:
        counted = dice.date(dt.date(2026, 6, 1), TODAY)
        for product in products:
            carried = store.id == WEB or dice.chance(75)
            if not store.closed_on and not product.discontinued_on and carried:
                most = 240 if store.id == WEB else 40
                quantity = 0 if dice.chance(7) else int(most * dice.roll() * dice.roll()) + 1
                rows.append((store.id, product.id, quantity, counted))
    return rows
