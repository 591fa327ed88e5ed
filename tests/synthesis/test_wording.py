"""A question says what its query asks: its values, aggregates, orders, limits and joins."""

from __future__ import annotations

import re

import pytest

from sqlwright.synthesis import synthesize
from sqlwright.synthesis.reword import says
from sqlwright.synthesis.wording.english import article, listing, number_word, plural, sentence
from sqlwright.synthesis.wording.vocabulary import coded, spoken_comment, spoken_words


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT name FROM customer WHERE city = 'Paris'", r"customers? .*Paris"),
        ("SELECT AVG(price) FROM item", r"(average|mean) price"),
        ("SELECT SUM(quantity) FROM orders", r"total quantity"),
        ("SELECT MIN(price), MAX(price) FROM item", r"(minimum|lowest|cheapest).*(maximum|highest)"),
        ("SELECT COUNT(*) FROM customer", r"how many customers|number of customers|count the customers"),
        ("SELECT COUNT(DISTINCT city) FROM customer", r"(different|distinct|unique).* cities"),
        (
            "SELECT name FROM item ORDER BY price DESC LIMIT 1",
            r"most expensive|(highest|largest|greatest|maximum) price",
        ),
        (
            "SELECT name FROM item ORDER BY price LIMIT 2",
            r"(2|two).*(cheapest|least expensive|lowest|smallest|minimum|by price)|(cheapest|least expensive)",
        ),
        ("SELECT name FROM item ORDER BY price DESC", r"descend|highest to lowest"),
        ("SELECT name FROM item WHERE price BETWEEN 2 AND 9", r"(2|two) (and|to) (9|nine)"),
        ("SELECT name FROM item WHERE price > 3", r"(more|greater|higher|larger|expensive) than|above|over"),
        ("SELECT name FROM item WHERE price <= 4", r"at most|no more than|or less|less than or equal"),
        ("SELECT name FROM item WHERE name LIKE '%oo%'", r"oo"),
        ("SELECT name FROM customer WHERE city IS NULL", r"city"),
        ("SELECT name FROM customer WHERE city = 'Paris' OR city = 'Oslo'", r"Paris['\"]? or ['\"]?Oslo"),
        ("SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)", r"(no|any|without) orders"),
        ("SELECT ordered_on, COUNT(*) FROM orders GROUP BY ordered_on", r"\b(each|per)\b"),
        (
            (
                "SELECT c.name FROM customer c JOIN orders o ON o.customer_id = c.id "
                "GROUP BY c.id ORDER BY COUNT(*) DESC LIMIT 1"
            ),
            r"(most|(largest|highest) number of) orders",
        ),
        (
            "SELECT c.name FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING COUNT(*) >= 2",
            r"(at least|no less than) (2|two)|(2|two) or more",
        ),
        ("SELECT quantity FROM orders o JOIN customer c ON o.customer_id = c.id WHERE c.name = 'Ann'", r"Ann"),
        (
            "SELECT c.name FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.quantity > 4",
            r"orders?.*(4|four)",
        ),
        ("SELECT name FROM item WHERE price > (SELECT AVG(price) FROM item)", r"average"),
        (
            "SELECT name FROM item WHERE price = (SELECT MAX(price) FROM item)",
            r"(highest|largest|greatest|maximum) price",
        ),
        (
            "SELECT name FROM customer EXCEPT SELECT name FROM customer WHERE city = 'Oslo'",
            r"except|excluding|other than",
        ),
        ("SELECT city FROM customer WHERE id = 1 INTERSECT SELECT city FROM customer WHERE id = 2", r"both|shared"),
        ("SELECT ordered_on FROM orders WHERE ordered_on > '2026-01-31'", r"after 2026-01-31|2026-01-31"),
    ],
)
def test_each_clause_is_said(words, sql, said):
    for question in words(sql):
        assert re.search(said, question, re.IGNORECASE), question


def test_the_values_of_a_query_are_in_its_question(shop_database):
    for example in synthesize(shop_database, 80, 3):
        sql = re.sub(r"LIMIT 1\b", "", example.gold_sql)
        for text, number in re.findall(r"'((?:[^']|'')*)'|(?<![\w.])(\d[\d.]*)(?!\w)", sql):
            assert says(example.question, number or text.strip("%").replace("''", "'")), example


def test_conditions_of_all_tables_are_said_of_what_is_counted(words):
    sql = (
        "SELECT c.city, COUNT(*) FROM orders o JOIN customer c ON o.customer_id = c.id JOIN item i ON o.item_id = i.id "
        "WHERE c.name != 'Ann' AND i.price > 7 GROUP BY c.city"
    )
    for question in words(sql):
        assert "Ann" in question
        assert says(question, "7")


def test_one_query_is_asked_in_many_ways(words):
    assert len(set(words("SELECT name FROM customer WHERE city = 'Paris'", 40))) > 20


def test_names_are_spoken_as_words():
    assert spoken_words("HomeCity_ID") == ["home", "city", "id"]
    assert spoken_words("dept_no") == ["department", "number"]
    assert spoken_words("countrylanguage", frozenset({"country", "language"})) == ["country", "language"]


def test_a_comment_is_a_name_only_where_it_says_the_name_in_plainer_words():
    assert spoken_comment("First name", ["fname"]) == ""  # no word in common, and not cryptic
    assert spoken_comment("home address", ["address"]) == "home address"
    assert spoken_comment("the customer's age", ["c2"]) == "customer's age"
    assert spoken_comment("euros", ["shipping", "fee"]) == ""
    assert spoken_comment("in English", ["country"]) == ""


def test_a_comment_explains_codes():
    assert coded("S = shop, O = outlet, W = web shop") == {"S": "shop", "O": "outlet", "W": "web shop"}
    assert coded("NULL = still open") == {"NULL": "still open"}
    assert coded("euros a year") == {}


def test_a_code_is_asked_for_by_its_meaning(make):
    from sqlwright.core import Column, Schema, Table
    from sqlwright.synthesis.wording import build_vocabulary

    table = Table("store", (Column("kind", "TEXT", comment="S = shop, O = outlet"),))
    assert build_vocabulary(Schema("x", "sqlite", (table,))).meanings == {
        ("store", "kind"): {"S": "shop", "O": "outlet"}
    }


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("city", "cities"),
        ("box", "boxes"),
        ("date of birth", "dates of birth"),
        ("person", "people"),
        ("salesman", "salesmen"),
        ("date left", "dates left"),
        ("series", "series"),
        ("key", "keys"),
        ("names", "names"),
    ],
)
def test_plural(one, many):
    assert plural(one) == many


def test_small_words():
    assert article("order") == "an order"
    assert article("unit") == "a unit"
    assert listing(["a", "b", "c"], "or") == "a, b or c"
    assert number_word(3) == "three"
    assert number_word(40) == "40"
    assert sentence("which one? give its id", ".") == "Which one? Give its id."
    assert sentence("the title is Help!", ".") == "The title is Help!."
