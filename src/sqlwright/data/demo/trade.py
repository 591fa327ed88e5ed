"""Who buys: customers, their orders, order lines, returns and reviews."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from .catalogue import Product
from .comments import comment
from .people import BY_NAME, COUNTRIES
from .seeded import Dice, zipf
from .shops import STORES, TODAY, WEB, Employee

CUSTOMERS = 4_000
ORDERS = 15_000
FIRST_ORDER = dt.date(2022, 1, 1)


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str
    group: str
    email: str | None
    city: str
    country: str
    birth_date: dt.date | None
    joined_on: dt.date
    referred_by: int | None


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    customer_id: int
    store_id: int
    employee_id: int | None
    status: str
    payment: str | None
    shipping_fee: float
    ordered_on: dt.date
    shipped_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Line:
    """`price` is in cents, after the discount."""

    order: Order
    line_no: int
    product: Product
    quantity: int
    price: int
    discount: int


def customers(dice: Dice) -> list[Customer]:
    homes = list(accumulate(country.weight for country in COUNTRIES))
    joined = sorted(dice.date(dt.date(2019, 1, 1), dt.date(2026, 5, 31)) for _ in range(CUSTOMERS))
    made = []
    for id_, day in enumerate(joined, 1):
        country = COUNTRIES[dice.weighted(homes)]
        city = country.cities[dice.weighted(zipf(len(country.cities), 1))]
        born = dt.date(1945, 1, 1) + dt.timedelta(days=dice.between(0, 11_000) + dice.between(0, 11_500))
        made.append(
            Customer(
                id_,
                country.person(dice),
                dice.pick("PPPPPPPCCB"),
                None if dice.chance(17) else f"member{id_:04}@{dice.pick(('mail', 'post', 'inbox'))}.example",
                city,
                country.name,
                None if dice.chance(24) else born,
                day,
                dice.between(1, id_ - 1) if id_ > 50 and dice.chance(15) else None,
            )
        )
    return made


def orders(dice: Dice, buyers: list[Customer], staff: list[Employee]) -> list[Order]:
    span = (TODAY - FIRST_ORDER).days + 1
    # The larger of two rolls: business grows from year to year.
    days = sorted(FIRST_ORDER + dt.timedelta(days=int(span * max(dice.roll(), dice.roll()))) for _ in range(ORDERS))
    joined = [buyer.joined_on for buyer in buyers]
    rank, ranked = zipf(len(buyers), 60), dice.shuffled(range(len(buyers)))
    stores = list(accumulate(24 / (i + 3) if i else 12 for i in range(len(STORES))))
    made = []
    for id_, day in enumerate(days, 1):
        members = bisect_right(joined, day)
        buyer = ranked[dice.weighted(rank)]
        while buyer >= members:  # not a customer yet on that day
            buyer = ranked[dice.weighted(rank)]
        store = STORES[dice.weighted(stores)]
        while not store.open_on(day):
            store = STORES[dice.weighted(stores)]
        sellers = [e.id for e in staff if e.store_id == store.id and e.role == "seller" and e.works_on(day)]
        made.append(_order(dice, id_, buyers[buyer].id, store.id, dice.pick(sellers), day))
    return made


def _order(dice: Dice, id_: int, customer_id: int, store_id: int, seller_id: int, day: dt.date) -> Order:
    web = store_id == WEB
    age = (TODAY - day).days
    shipped = day + dt.timedelta(days=dice.pick((1, 1, 1, 2, 2, 3, 5, 9)) if web else 0)
    if dice.chance(4):
        status = "C"
    elif shipped > TODAY:
        status = "P"
    else:
        status = "S" if age < dice.between(3, 12) else "D"
    payment = dice.pick(("card",) * 6 + ("transfer",) * 2 + ("voucher", "transfer" if web else "cash"))
    paid = status in "SD" or dice.chance(55)
    fee = dice.pick((0.0, 0.0, 4.9, 4.9, 6.9, 12.5)) if web else 0.0
    sent = shipped if status in "SD" else None
    return Order(
        id_, customer_id, store_id, None if web else seller_id, status, payment if paid else None, fee, day, sent
    )


def lines(dice: Dice, made: list[Order], products: list[Product]) -> list[Line]:
    rank = zipf(len(products), 12)
    ranked = sorted(products, key=lambda product: (product.price * (0.2 + dice.roll()), product.id))  # cheap ones sell
    rows = []
    for order in made:
        basket: dict[int, Product] = {}
        wanted = dice.pick((1, 1, 1, 2, 2, 2, 3, 3, 4, 5))
        while len(basket) < wanted:
            product = ranked[dice.weighted(rank)]
            if product.sold_on(order.ordered_on):
                basket[product.id] = product
        for line_no, product in enumerate(basket.values(), 1):
            discount = dice.pick((0, 0, 0, 0, 0, 0, 5, 10, 15, 30))
            price = product.price * (100 - discount) // 100
            quantity = dice.pick((1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 10)) if product.price < 15_000 else 1
            rows.append(Line(order, line_no, product, quantity, price, discount))
    return rows


def returns(dice: Dice, sold: list[Line]) -> list[tuple[int, int, int, str, float | None, dt.date]]:
    """(order_id, line_no, quantity, reason, refund in euros, returned_on)."""
    rows = []
    for line in sold:
        if line.order.status != "D" or not dice.chance(6) or line.order.shipped_on is None:
            continue
        day = line.order.shipped_on + dt.timedelta(days=dice.between(2, 28))
        if day > TODAY:
            continue
        quantity = dice.between(1, line.quantity)
        open_case = (TODAY - day).days < 14 and dice.chance(70)
        refund = None if open_case else quantity * line.price / 100
        rows.append((line.order.id, line.line_no, quantity, dice.pick("SSSSDDNMM"), refund, day))
    return rows


def reviews(
    dice: Dice, sold: list[Line], buyers: list[Customer]
) -> list[tuple[int, int, int, int, str | None, str | None, dt.date]]:
    """(id, product_id, customer_id, stars, comment, language, written_on), by date."""
    seen: set[tuple[int, int]] = set()
    found = []
    for line in sold:
        key = (line.product.id, line.order.customer_id)
        day = line.order.ordered_on + dt.timedelta(days=dice.between(5, 60))
        if line.order.status != "D" or not dice.chance(14) or key in seen or day > TODAY:
            continue
        seen.add(key)
        # A product's own quality: the id decides, so that some products are plainly better.
        stars = max(
            1, min(5, dice.pick((1, 2, 3, 4, 4, 5, 5, 5)) + (line.product.id * 7 % 5 - 2 if dice.chance(40) else 0))
        )
        language = BY_NAME[buyers[key[1] - 1].country].language
        text = comment(dice, stars, language) if dice.chance(60) else None
        found.append((day, *key, stars, text, language if text else None))
    found.sort(key=lambda row: row[:3])
    return [(i, p, c, stars, text, code, day) for i, (day, p, c, stars, text, code) in enumerate(found, 1)]
