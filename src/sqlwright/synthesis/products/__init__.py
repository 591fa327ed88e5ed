"""Invented databases in the shapes of real products, with words for every name and value in English and Chinese.

A product is a text file in `schemas/`. `realize` fills it with seeded rows and writes it in one of many styles.
"""

from .product import ColumnSpec, Product, TableSpec
from .read import load_product, parse_product, product_names
from .realize import Realized, realize
from .style import Style, draw_style

__all__ = [
    "ColumnSpec",
    "Product",
    "Realized",
    "Style",
    "TableSpec",
    "draw_style",
    "load_product",
    "parse_product",
    "product_names",
    "realize",
]
