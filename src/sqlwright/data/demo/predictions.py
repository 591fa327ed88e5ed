"""Predictions for a demonstration of the evaluator: gold SQL with some mistakes put in by hand, not a model's."""

from __future__ import annotations

from ...core import Prediction
from .pairs import demo_examples

MODEL = "demonstration: gold SQL with deliberate mistakes"

# The id of a pair kept for evaluation, and what stands in place of its gold SQL.
_MISTAKES = {
    # the value as typed, not as stored
    "en-011": "SELECT COUNT(*) FROM customer WHERE city = 'Sao Paulo'",
    "zh-009": "SELECT COUNT(*) FROM customer WHERE city = '杭州市'",
    "en-039": "SELECT AVG(stars) FROM review WHERE language = 'French'",
    # names that are not there
    "en-017": "SELECT name FROM suppliers WHERE rating IS NULL",
    "en-069": "SELECT boss.name, COUNT(*) FROM employee AS report JOIN employee AS boss ON boss.id = report.boss_id "
    "WHERE report.left_on IS NULL GROUP BY boss.id, boss.name HAVING COUNT(*) > 5",
    # the order, the limit, the direction, the set operation
    "en-021": "SELECT DISTINCT shipping_fee FROM orders ORDER BY shipping_fee DESC",
    "en-061": "SELECT product.name, COUNT(*) FROM review JOIN product ON product.id = review.product_id "
    "GROUP BY product.name ORDER BY COUNT(*) DESC LIMIT 2",
    "en-045": "SELECT report.name, boss.name FROM employee AS report JOIN employee AS boss "
    "ON boss.id = report.manager_id WHERE report.salary < boss.salary",
    "en-047": "SELECT country FROM customer INTERSECT SELECT country FROM supplier",
    # people counted once per order line, a division of integers, a condition left out
    "en-055": "SELECT COUNT(orders.customer_id) FROM orders JOIN order_line ON order_line.order_id = orders.id "
    "JOIN product ON product.id = order_line.product_id JOIN category ON category.id = product.category_id "
    "WHERE category.name = 'Touring Skis'",
    "zh-029": "SELECT ROUND(SUM(status = 'C') / COUNT(*) * 100, 1) FROM orders",
    "zh-041": "SELECT report.name, report.role FROM employee AS report JOIN employee AS boss "
    "ON boss.id = report.manager_id WHERE boss.name = '王雨桐'",
    # what the guard must not run
    "en-081": "DELETE FROM return_line WHERE returned_on < '2026-01-01'",
}
# Other words, the same answer: judged by what it returns, each of these is right.
_REWORDINGS = {
    "en-043": "SELECT product.name FROM product LEFT JOIN review ON review.product_id = product.id "
    "WHERE review.id IS NULL",
    "en-051": "SELECT ROUND(AVG(status = 'C') * 100, 1) FROM orders",
    "zh-011": "SELECT country FROM customer GROUP BY country",
}
MISTAKES = frozenset(_MISTAKES)


def demo_predictions() -> tuple[Prediction, ...]:
    """One for each pair kept for evaluation; those of `MISTAKES` are wrong, the others right."""
    written = {**_MISTAKES, **_REWORDINGS}
    return tuple(
        Prediction(e.id, e.db_id, e.question, written.get(e.id, e.gold_sql), model=MODEL)
        for e in demo_examples(split="dev")
    )
