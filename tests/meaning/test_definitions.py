"""Definitions in the parser's form: what a query that points at them says."""

from __future__ import annotations

import datetime as dt

import pytest

from sqlwright.core import Profile
from sqlwright.core.meaning import Meaning
from sqlwright.meaning import match_meaning, meaning_from
from sqlwright.parser.definitions import about, checking_query, define, expanded, with_asserted
from sqlwright.parser.form import (
    Aggregated,
    Called,
    ColumnRef,
    Compare,
    Filtered,
    IsTrue,
    Literally,
    Negated,
    Ordering,
    Select,
    Share,
    TableRef,
    Written,
)
from sqlwright.parser.to_sql import render_form

TODAY = dt.date(2026, 3, 1)
ORDERS, CUSTOMER = TableRef("orders"), TableRef("customer")
REVENUE, BASKET = ColumnRef(ORDERS, "revenue"), ColumnRef(ORDERS, "average basket")
BULK, PRICEY = ColumnRef(ORDERS, "bulk"), ColumnRef(TableRef("item"), "pricey")
NAME = ColumnRef(CUSTOMER, "name")
TOTAL = "SUM((T1.quantity * T2.price)) FROM orders AS T1 JOIN item AS T2 ON T1.item_id = T2.id"
ROWS = Aggregated("count", ColumnRef(ORDERS, "*"))


@pytest.fixture
def defined(database, meaning):
    return define(database.schema(), Profile(), meaning)


@pytest.fixture
def sql(database, defined):
    """The SQL of a query after its definitions are in it; it has to run under the guard."""

    def written(query: Select) -> str:
        text = render_form(expanded(query, defined), database.schema())
        assert database.run(text).ok, text
        return text

    return written


def test_definitions_are_columns_of_their_table(defined):
    columns = {c.name: c for c in defined.schema.table("orders").columns}
    assert (columns["revenue"].type, columns["bulk"].type) == ("real", "boolean")
    assert columns["revenue"].comment == "sales 销售额"
    assert defined.profile.of("orders", "bulk").role == "flag"
    assert defined.schema.table("customer").comment == "member 会员"


def test_a_schema_without_a_meaning_is_the_same_object(database):
    schema = database.schema()
    assert define(schema, Profile(), Meaning()).schema is schema


def test_a_name_that_a_column_has_gets_another(database):
    schema = database.schema()
    meaning = meaning_from("measures: {quantity: {expression: sum(quantity), grain: orders}}", schema)
    assert "quantity defined" in {c.name for c in define(schema, Profile(), meaning).schema.table("orders").columns}


def test_a_sum_of_rows(sql):
    assert sql(Select((Aggregated("sum", REVENUE),))) == f"SELECT {TOTAL}"
    assert sql(Select((REVENUE,))) == f"SELECT {TOTAL}"
    assert sql(Select((Aggregated("avg", REVENUE),))) == f"SELECT {TOTAL.replace('SUM', 'AVG', 1)}"


def test_the_amount_of_each_row(sql):
    found = sql(Select((ColumnRef(ORDERS, "id"), REVENUE)))
    assert found.startswith("SELECT T1.id, (T1.quantity * T2.price) FROM orders")
    assert sql(Select((ROWS,), where=Compare(">", REVENUE, Literally("10", True)))).endswith(
        "WHERE (T1.quantity * T2.price) > 10"
    )


def test_rows_of_another_table_are_the_groups_of_a_measure(sql):
    found = sql(Select((NAME,), order=(Ordering(REVENUE, True),), limit=1))
    assert "GROUP BY T1.id ORDER BY SUM(" in found
    assert "GROUP BY T1.id" in sql(Select((NAME, BASKET)))


def test_groups_and_having(sql):
    found = sql(Select((NAME,), group=(NAME,), having=Compare(">", REVENUE, Literally("20", True))))
    assert "HAVING SUM((T2.quantity * T3.price)) > 20" in found


def test_a_measure_of_measures(sql, database):
    text = sql(Select((Aggregated("sum", BASKET),)))
    assert database.run(text).table.rows == ((23.375,),)


@pytest.mark.parametrize("function", ["min", "max", "median"])
def test_what_a_measure_cannot_be_is_no_candidate(defined, function):
    with pytest.raises(ValueError, match="needs an amount in each row"):
        expanded(Select((Aggregated(function, BASKET),)), defined)
    with pytest.raises(ValueError, match="not counted"):
        expanded(Select((Aggregated("count", REVENUE),)), defined)
    with pytest.raises(ValueError, match="has no amount in a row"):
        expanded(Select((ROWS,), where=Compare(">", BASKET, Literally("1", True))), defined)
    with pytest.raises(ValueError, match="not shown"):
        expanded(Select((BULK,)), defined)


def test_a_scale_around_a_measure_is_left_out(defined):
    total = expanded(Select((Aggregated("sum", REVENUE),)), defined)
    assert expanded(Select((Called("per_60", Aggregated("sum", REVENUE)),)), defined) == total
    assert expanded(Select((Called("times_100", Aggregated("sum", BASKET)),)), defined) != total


def test_conditions_in_every_place(sql):
    assert sql(Select((ROWS,), where=IsTrue(BULK))) == "SELECT COUNT(*) FROM orders WHERE quantity >= 5"
    assert "NOT (" in sql(Select((ROWS,), where=Negated(IsTrue(BULK))))
    assert sql(Select((Share(IsTrue(BULK)),))) == (
        "SELECT AVG(CASE WHEN quantity >= 5 THEN 1.0 ELSE 0 END) FROM orders"
    )
    assert "CASE WHEN T1.quantity >= 5 THEN (T1.quantity * T2.price) ELSE 0 END" in sql(
        Select((Filtered(IsTrue(BULK), Aggregated("sum", REVENUE)),))
    )


def test_what_the_form_cannot_say_stays_sql(sql, defined):
    query = expanded(Select((ColumnRef(TableRef("item"), "name"),), where=IsTrue(PRICEY)), defined)
    assert isinstance(query.where, Written)
    assert sql(Select((ColumnRef(TableRef("item"), "name"),), where=IsTrue(PRICEY))) == (
        "SELECT name FROM item WHERE (CASE WHEN price > 3 THEN 1 ELSE 0 END = 1)"
    )


def test_another_use_of_the_table_has_its_own_alias(defined):
    second = TableRef("orders", 2)
    query = expanded(Select((ROWS,), where=IsTrue(ColumnRef(second, "bulk"))), defined)
    assert query.where.left == ColumnRef(second, "quantity")


@pytest.mark.parametrize(("question", "negated"), [("bulk orders", False), ("orders that are not bulk", True)])
def test_only_a_negation_turns_a_condition_around(database, meaning, defined, question, negated):
    meant = match_meaning(question, meaning, TODAY)
    told = about(question, meant, defined, meaning, database.schema())
    found = expanded(Select((ROWS,), where=Negated(IsTrue(BULK))), told)
    assert isinstance(found.where, Negated) is negated


def test_a_condition_that_the_network_forgot_is_added(database, meaning, defined):
    meant = match_meaning("revenue of large orders", meaning, TODAY)
    told = about("revenue of large orders", meant, defined, meaning, database.schema())
    query = with_asserted(expanded(Select((REVENUE,)), told), (), told)
    assert render_form(query, database.schema()).endswith("WHERE T1.quantity >= 5")


def test_the_query_that_checks_a_definition(database, meaning):
    schema = database.schema()
    measure, condition = meaning.measures[0], meaning.conditions[0]
    assert render_form(checking_query(measure, schema, Profile(), meaning), schema) == f"SELECT {TOTAL}"
    assert render_form(checking_query(condition, schema, Profile(), meaning), schema) == (
        "SELECT COUNT(*) FROM orders WHERE quantity >= 5"
    )
