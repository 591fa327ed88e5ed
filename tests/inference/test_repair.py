"""The repair turn names what is near, and an error message cannot smuggle instructions or data into the prompt."""

from __future__ import annotations

import pytest

from sqlwright.core import Attempt, Column, Outcome, Schema, Table
from sqlwright.inference.repair import MAX_ERROR_CHARS, nearest_name, repair_prompt
from sqlwright.prompts import build_prompt

SCHEMA = Schema(
    "shop",
    "sqlite",
    (
        Table("customer", (Column("id", "INTEGER"), Column("city", "TEXT"))),
        Table("orders", (Column("id", "INTEGER"), Column("customer_id", "INTEGER"))),
    ),
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("no such column: T1.customerid", "Did you mean 'customer_id'?"),
        ('column "ctiy" does not exist', "Did you mean 'city'?"),
        ("Unknown column 'o.city' in 'field list'", "belongs to: customer"),
        ('Binder Error: Referenced column "ctiy" not found in FROM clause!', "Did you mean 'city'?"),
        ("no such table: order", "Did you mean 'orders'?"),
        ('relation "costumer" does not exist', "Did you mean 'customer'?"),
        ("syntax error at or near SELECT", ""),
    ],
)
def test_the_nearest_name_is_offered_in_every_engines_wording(error, expected):
    found = nearest_name(error, SCHEMA)
    assert expected in found
    assert bool(found) == bool(expected)


def test_a_long_quoted_text_in_an_error_is_masked():
    secret = "x" * 200
    failed = Attempt("SELECT 1", Outcome("error", "SELECT 1", error=f"invalid input syntax: '{secret}'"))
    repaired = repair_prompt(build_prompt("How many?", SCHEMA), failed)
    assert secret not in repaired.messages[-1].content
    assert len(repaired.messages[-1].content) < MAX_ERROR_CHARS + 200


def test_the_first_prompt_stays_the_prefix():
    prompt = build_prompt("How many?", SCHEMA)
    repaired = repair_prompt(prompt, Attempt("SELEC 1", Outcome("error", "SELEC 1", error="syntax error")))
    assert repaired.messages[: len(prompt.messages)] == prompt.messages
    assert [m.role for m in repaired.messages[-2:]] == ["assistant", "user"]
