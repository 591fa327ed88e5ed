"""What Tab offers."""

from __future__ import annotations

import pytest

from sqlwright.cli.terminal.complete import Offers, Values


@pytest.fixture
def offered(session):
    offers = Offers(session)
    return lambda text: [(text[: len(text) - o.replaces] + o.text) for o in offers.before(text)]


def test_commands_and_what_they_take(offered):
    assert offered("\\s") == ["\\sql", "\\schema", "\\save"]
    assert offered("\\schema o") == ["\\schema orders"]
    assert offered("\\use ") == ["\\use shop"]


def test_names_of_tables_and_columns_in_a_question(offered):
    assert "how many orders" in offered("how many ord")
    assert "orders by customer_id" in offered("orders by cust")
    assert offered("sum of orders.qu") == ["sum of orders.quantity"]


def test_stored_values_in_their_stored_spelling(offered):
    assert "who lives in Oslo" in offered("who lives in os")
    assert "who lives in Paris" in offered("who lives in PAR")


def test_a_value_is_found_by_more_than_one_word():
    values = Values([("store", "name", "New York"), ("store", "name", "Newark"), ("city", "name", "New York")])
    assert [value for value, _ in values.beginning_with("new ")] == ["New York"]
    assert list(values.beginning_with("NEWA")) == [("Newark", "store.name")]
    assert len(list(values.beginning_with("new", most=1))) == 1


def test_sql_gets_keywords_names_and_quoted_values(offered):
    assert "SELECT name FROM" in offered("SELECT name FR")
    assert offered("SELECT * FROM item WHERE item.pr") == ["SELECT * FROM item WHERE item.price"]
    assert offered("SELECT * FROM customer WHERE city = 'Os") == ["SELECT * FROM customer WHERE city = 'Oslo'"]


def test_a_quote_in_a_value_is_doubled(session, shop):
    import sqlite3

    with sqlite3.connect(shop) as connection:
        connection.execute("INSERT INTO customer VALUES (9, 'Ed', 'L''Aquila')")
        connection.execute("CREATE TABLE more (x INTEGER)")  # the values are read again with the tables
    connection.close()
    session.connection.update()
    found = Offers(session).before("SELECT * FROM customer WHERE city = 'L")
    assert [offer.text for offer in found] == ["L''Aquila'"]


def test_nothing_typed_offers_nothing(offered):
    assert offered("") == []
    assert offered("how many ") == []
