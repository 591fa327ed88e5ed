"""What is sold and who delivers it: suppliers, categories, products."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from .seeded import Dice

SERIES = ("Heron", "Granit", "Fjell", "Lynx", "Cairn", "Tundra", "Puffin", "Juniper", "Basalt", "Otter", "Älv", "Larch")

# top level -> second level -> (kinds of product, lowest and highest price in euros, weight in grams)
CATEGORIES: dict[str, dict[str, tuple[tuple[str, ...], tuple[int, int], tuple[int, int]]]] = {
    "Camping": {
        "Tents": (("Solo Tent", "Duo Tent", "Family Tent"), (119, 899), (950, 9800)),
        "Sleeping Bags": (("Summer Bag", "Down Bag", "Winter Bag"), (49, 549), (420, 2100)),
        "Stoves": (("Gas Stove", "Wood Stove", "Cook Set"), (19, 189), (85, 1400)),
        "Lamps": (("Headlamp", "Lantern"), (9, 119), (38, 640)),
    },
    "Hiking": {
        "Backpacks": (("25 L Backpack", "45 L Backpack", "65 L Backpack"), (59, 329), (540, 2600)),
        "Boots": (("Trail Shoes", "Hiking Boots", "Mountain Boots"), (79, 389), (520, 1950)),
        "Poles": (("Trekking Poles", "Folding Poles"), (24, 179), (290, 620)),
        "Bottles": (("Steel Bottle", "Thermos", "Water Filter"), (8, 89), (75, 780)),
    },
    "Climbing": {
        "Ropes": (("Single Rope", "Half Rope"), (89, 289), (2400, 4700)),
        "Harnesses": (("Sport Harness", "Alpine Harness"), (45, 149), (230, 610)),
        "Helmets": (("Light Helmet", "Hard Helmet"), (39, 129), (160, 440)),
    },
    "Clothing": {
        "Jackets": (("Rain Jacket", "Down Jacket", "Wind Shell"), (69, 599), (140, 980)),
        "Trousers": (("Trekking Trousers", "Rain Trousers", "Shorts"), (29, 229), (150, 690)),
        "Base Layers": (("Merino Shirt", "Merino Leggings", "Wool Socks"), (12, 119), (55, 310)),
    },
    "Winter": {
        "Snowshoes": (("Trail Snowshoes", "Alpine Snowshoes"), (89, 339), (1500, 2400)),
        "Touring Skis": (("Light Skis", "Powder Skis"), (389, 949), (2100, 3900)),
    },
}
PRODUCTS_PER_CATEGORY = 16

SUPPLIERS = (
    ("Nordlicht Ausrüstung GmbH", "Germany"),
    ("Alpenzelt KG", "Germany"),
    ("Ateliers du Vercors", "France"),
    ("Cordes & Nœuds SARL", "France"),
    ("江南户外用品有限公司", "China"),
    ("高原装备厂", "China"),
    ("青山纺织", "China"),
    ("深圳星灯科技", "China"),
    ("Tatra Szycie", "Poland"),
    ("Żagiel i Syn", "Poland"),
    ("Fjordull AS", "Norway"),
    ("Cumbria Stitch Ltd", "United Kingdom"),
    ("O'Malley & Daughters", "United Kingdom"),
    ("Botas Ibáñez S.L.", "Spain"),
    ("山影工房", "Japan"),
    ("雪国スキー製作所", "Japan"),
    ("Рила Текстил", "Bulgaria"),
    ("Mata Verde Ltda", "Brazil"),
    ("한빛캠핑", "South Korea"),
    ("हिमशिखर ऊन", "India"),
    ("Sợi Xanh", "Vietnam"),
    ("Maple Ridge Packs", "Canada"),
)


@dataclass(frozen=True, slots=True)
class Product:
    """`price` is in cents, so that discounts are exact."""

    id: int
    name: str
    category_id: int
    price: int
    weight: int | None
    launched_on: dt.date
    discontinued_on: dt.date | None

    def sold_on(self, day: dt.date) -> bool:
        return self.launched_on <= day and (self.discontinued_on is None or day < self.discontinued_on)


def categories() -> list[tuple[int, str, int | None]]:
    rows: list[tuple[int, str, int | None]] = [(i, name, None) for i, name in enumerate(CATEGORIES, 1)]
    for parent_id, leaves in enumerate(CATEGORIES.values(), 1):
        rows += [(len(rows) + i, name, parent_id) for i, name in enumerate(leaves, 1)]
    return rows


def products(dice: Dice) -> list[Product]:
    made: list[Product] = []
    specs = [spec for leaves in CATEGORIES.values() for spec in leaves.values()]
    for category_id, (kinds, prices, weights) in enumerate(specs, len(CATEGORIES) + 1):
        names = dice.shuffled([f"{series} {kind}" for series in SERIES for kind in kinds])
        for name in names[:PRODUCTS_PER_CATEGORY]:
            made.append(_product(dice, len(made) + 1, name, category_id, prices, weights))
    return made


def _product(
    dice: Dice, id_: int, name: str, category_id: int, prices: tuple[int, int], weights: tuple[int, int]
) -> Product:
    # The smaller of two rolls: most products are cheap and light, a few are neither.
    level = min(dice.roll(), dice.roll())
    euros = prices[0] + int((prices[1] - prices[0]) * level)
    cents = dice.pick((0, 50, 90, 95, 99))
    weight = weights[0] + int((weights[1] - weights[0]) * min(dice.roll(), dice.roll()))
    launched = dice.date(dt.date(2018, 3, 1), dt.date(2026, 3, 31))
    gone = dice.date(launched, dt.date(2026, 6, 30)) if launched.year < 2025 and dice.chance(18) else None
    if gone and (gone - launched).days < 200:
        gone = None
    return Product(id_, name, category_id, euros * 100 + cents, None if dice.chance(8) else weight, launched, gone)


def suppliers(dice: Dice) -> list[tuple[int, str, str, int | None, int]]:
    """(id, name, country, rating, eco_certified)."""
    return [
        (i, name, country, None if dice.chance(20) else dice.pick((2, 3, 3, 4, 4, 5)), int(dice.chance(45)))
        for i, (name, country) in enumerate(SUPPLIERS, 1)
    ]


def deliveries(dice: Dice, made: list[Product]) -> list[tuple[int, int, float, int]]:
    """(product_id, supplier_id, cost in euros, lead time in days): one to four suppliers a product."""
    rows = []
    for product in made:
        firms = dice.shuffled(range(1, len(SUPPLIERS)))[: dice.pick((1, 1, 2, 2, 3, 4))]  # the last firm is new
        for supplier_id in sorted(firms):
            cost = product.price * dice.between(38, 66) // 100
            rows.append((product.id, supplier_id, cost / 100, dice.pick((3, 5, 7, 10, 14, 21, 28, 45, 60))))
    return rows
