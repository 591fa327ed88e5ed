"""A number on a screen has no arithmetic noise, and loses nothing that was meant."""

from __future__ import annotations

import pytest

from sqlwright.core.shown import shown_float


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (303.9599999999999, "303.96"),
        (303.95999999999913, "303.96"),
        (0.1 + 0.2, "0.3"),
        (-2.675, "-2.675"),
        (1 / 3, "0.333333333333333"),
        (1234567890.123, "1234567890.123"),
        (48.85837009, "48.85837009"),
        (1e300, "1e+300"),
        (100000.0, "100000.0"),
        (1e15, "1000000000000000.0"),
        (5e-324, "5e-324"),
        (0.0, "0.0"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_noise_goes_and_digits_stay(value, text):
    assert shown_float(value) == text
