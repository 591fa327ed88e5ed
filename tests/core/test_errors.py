"""A hint names a name only where it is near to what was written."""

from __future__ import annotations

import pytest

from sqlwright.core import closest

TABLES = "Album Artist Customer Employee Genre Invoice InvoiceLine MediaType Playlist PlaylistTrack Track".split()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("invoces", "Invoice"),
        ("tracks", "Track"),
        ("costumer", "Customer"),
        ("cust", "Customer"),
        ("invoice_line", "InvoiceLine"),
        ("album_title", "Album"),
        ("TRACK", "Track"),
    ],
)
def test_a_near_name_is_named(name, near):
    assert closest(name, TABLES) == f"Did you mean {near!r}?"


@pytest.mark.parametrize("name", ["nope", "singer", "users", "orders", "x", ""])
def test_a_name_that_is_like_none_gets_the_list(name):
    assert closest(name, TABLES).startswith("Known: Album, ")
    assert closest(name, TABLES, listing=False) == ""
