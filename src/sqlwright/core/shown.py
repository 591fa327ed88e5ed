"""A floating-point number as a person wants to read it; files and JSON keep every digit."""

from __future__ import annotations

NOISE_DIGITS = 12  # beyond these, sums of money show the error of the arithmetic: 303.9599999999999
ROUND_DIGITS = 9  # a number with so few digits, once rounded, was meant to have no more


def shown_float(value: float) -> str:
    """`value` without arithmetic noise: 303.9599999999999 is 303.96, and 0.1 + 0.2 is 0.3; 1 / 3 keeps 15 digits."""
    rounded = f"{value:.{NOISE_DIGITS}g}"
    digits = rounded.partition("e")[0].replace(".", "").strip("-0")
    return str(float(rounded if len(digits) <= ROUND_DIGITS else f"{value:.15g}"))
