"""A line of the shell is SQL or a question."""

from __future__ import annotations

import pytest

from sqlwright.cli.terminal.typed import is_statement
from sqlwright.core import Column, Schema, Table

SHOP = Schema("shop", "sqlite", (Table("customer", (Column("name", "TEXT"),)), Table("orders", ())))

STATEMENTS = [
    "SELECT name FROM customer",
    "select * from orders",
    "select name from Customer where name = 'Ann'",
    "SELECT 1 + 1",
    "select count(*) from custmer",  # the guard names the nearest table
    "SELECT name FROM customer WHERE",  # the engine says what is wrong with it
    "with n as (select 1) select * from n",
    "select nothing at all;",
    "delete from customer",
    "DROP TABLE customer",
    "update customer set name = 'x'",
    "VACUUM",
    "pragma table_info(customer)",
]
QUESTIONS = [
    "Select the customers in Paris",
    "select all customers",
    "select customers from Paris",
    "Select customers from Paris, France who bought in 2024",
    "With which product do we earn most?",
    "From which city do most customers come?",
    "show tables",
    "Update me on the orders of this week",
    "create a list of customers",
    "explain the orders of Ann",
    "how many orders",
    "只看 2024 年的订单",
    "drop it",
]


@pytest.mark.parametrize("line", STATEMENTS)
def test_a_statement_is_run(line):
    assert is_statement(line, SHOP, "sqlite")


@pytest.mark.parametrize("line", QUESTIONS)
def test_a_question_is_asked(line):
    assert not is_statement(line, SHOP, "sqlite")
