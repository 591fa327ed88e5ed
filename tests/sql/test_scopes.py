"""Half-written queries whose columns can still all be in FROM, and those that cannot."""

from __future__ import annotations

import gzip
import json

import pytest

from sqlwright.core import Column, Schema, Table
from sqlwright.sql.scopes import Scopes

SHOP = Schema(
    "shop",
    "sqlite",
    (
        Table("customer", (Column("id"), Column("name"), Column("city"), Column("country"))),
        Table("Order Items", (Column("Unit Price"), Column("customer_id"), Column("qty"))),
        Table("staff", (Column("id"), Column("boss_id"), Column("pay"))),
    ),
)
SCOPES = Scopes(SHOP)

WHOLE = """
SELECT name FROM customer WHERE city = 'Oslo' ORDER BY count(*) DESC LIMIT 3
SELECT T1.name, T2.qty FROM customer AS T1 JOIN "Order Items" AS T2 ON T1.id = T2.customer_id WHERE T2."Unit Price" > 3
SELECT T2.name FROM staff AS T1 JOIN customer AS T2 ON T1.id = T2.id
SELECT c.name n, count(*) FROM customer c GROUP BY n HAVING count(*) > 1
SELECT name, pay FROM customer, staff
SELECT name FROM customer WHERE id IN (SELECT customer_id FROM "Order Items" WHERE qty > 1) UNION SELECT pay FROM staff
SELECT name FROM customer AS c WHERE EXISTS (SELECT 1 FROM "Order Items" AS o WHERE o.customer_id = c.id AND city = 'a')
SELECT (SELECT max(pay) FROM staff WHERE staff.id = customer.id) FROM customer
SELECT x.qty FROM (SELECT qty FROM "Order Items") AS x
WITH rich AS (SELECT id AS who FROM staff WHERE pay > 3) SELECT name FROM customer JOIN rich ON who = id
SELECT a.id FROM staff AS a JOIN staff AS b ON a.boss_id = b.id
SELECT CAST(pay AS INTEGER), customer.* FROM staff JOIN customer USING (id)
SELECT city FROM customer WHERE name = "qty"
SELECT count(DISTINCT city) AS places FROM customer ORDER BY places
""".strip().splitlines()

# Up to the bar the text can still become a query; with what is behind it, it cannot.
REFUSED = """
SELECT name FROM customer WHERE |pay
SELECT name FROM staff| WHERE
SELECT T1.name, T1|.qty
SELECT T1.pay FROM |customer
SELECT T2.name FROM staff AS T1 JOIN |staff
SELECT c.name FROM customer AS c JOIN staff AS s ON s.|qty
SELECT name FROM customer WHERE id IN (SELECT customer_id FROM staff|)
SELECT customer.|qty
SELECT x.name FROM customer AS x WHERE |y.
SELECT name, qty FROM customer| ORDER BY
SELECT name FROM customer| GROUPBY
SELECT |citylist
SELECT name| FROMcustomer
SELECT |name.
SELECT name, qty FROM customer G|R
SELECT name FROM customer S|ELECT
SELECT name FROM customer c |d
SELECT pay FROM customer c |W
SELECT name FROM customer ORDER BY floor(|SELECT
SELECT name FROM customer GROUP BY ci|ties
SELECT name FROM customer AS c WHERE EXISTS (SELECT 1 FROM staff AS s WHERE s.id = c.|pay
""".strip().splitlines()


@pytest.mark.parametrize("sql", WHOLE)
def test_a_query_whose_columns_are_in_from_is_viable_from_its_first_letter_to_its_last(sql):
    assert [sql[:n] for n in range(len(sql) + 1) if not SCOPES.viable(sql[:n])] == []
    assert SCOPES.viable(sql, complete=True)


@pytest.mark.parametrize("sql", REFUSED)
def test_a_column_that_no_source_has_is_refused_as_it_is_written(sql):
    before, after = sql.split("|")
    assert SCOPES.viable(before)
    assert not (SCOPES.viable(before + after) and SCOPES.viable(before + after + " "))


def test_a_whole_query_lacks_a_table_that_a_half_one_may_still_join():
    text = "SELECT name, qty FROM customer"
    assert SCOPES.viable(text)
    assert SCOPES.viable(text + ' JOIN "Order')
    assert not SCOPES.viable(text, complete=True)


@pytest.mark.shared
def test_every_gold_query_of_spider_dev_is_viable(shared):
    schemas = {s["db_id"]: s for s in json.loads(gzip.decompress((shared / "data/spider/tables.json.gz").read_bytes()))}
    rows = json.loads(gzip.decompress((shared / "data/spider/dev.json.gz").read_bytes()))[::10]
    for row in rows:
        entry = schemas[row["db_id"]]
        names = entry["table_names_original"]
        columns = [[Column(c) for t, c in entry["column_names_original"] if t == i] for i in range(len(names))]
        schema = Schema("s", "sqlite", tuple(Table(n, tuple(c)) for n, c in zip(names, columns, strict=True)))
        scopes, sql = Scopes(schema), row["query"].strip().rstrip(";")
        assert scopes.viable(sql, complete=True), sql
        assert all(scopes.viable(sql[:n]) for n in range(0, len(sql), 3)), sql
