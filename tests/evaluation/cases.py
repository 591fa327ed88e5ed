"""Gold, prediction and the verdict given in advance, over one small database: what fools result comparators."""

from __future__ import annotations

from typing import NamedTuple

# Ann and Bo tie on salary; Cy has no bonus; Dee's nickname is empty and Eve's is NULL; nobody is in Legal.
STAFF = """
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE person (
  id INTEGER PRIMARY KEY, name TEXT, nickname TEXT, team_id INTEGER REFERENCES team (id),
  salary INTEGER, bonus REAL, joined TEXT, first_day INTEGER, last_day INTEGER
);
CREATE TABLE task (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES person (id), hours REAL);
INSERT INTO team VALUES (1, 'Sales'), (2, 'Lab'), (3, 'Legal');
INSERT INTO person VALUES
  (1, 'Ann', 'A', 1, 50, 0.5, '2024-01-05', 1, 2),
  (2, 'Bo', 'B', 1, 50, 0.25, '2024-02-01', 2, 1),
  (3, 'Cy', 'C', 2, 70, NULL, '2024-02-01', 3, 4),
  (4, 'Dee', '', 2, 40, 0.25, '2025-03-09', 4, 3),
  (5, 'Eve', NULL, NULL, 60, 0.125, '2025-03-09', 5, 5);
INSERT INTO task VALUES (1, 1, 0.1), (2, 1, 0.2), (3, 2, 0.3), (4, 3, 4.0), (5, 3, 1.0);
"""


class Case(NamedTuple):
    title: str
    gold: str
    predicted: str


WRONG = [
    Case("needed DISTINCT missing", "SELECT DISTINCT team_id FROM person", "SELECT team_id FROM person"),
    Case("unwanted DISTINCT", "SELECT salary FROM person", "SELECT DISTINCT salary FROM person"),
    Case("asked-for order ignored", "SELECT name FROM person ORDER BY name DESC", "SELECT name FROM person"),
    Case("order by another key", "SELECT name FROM person ORDER BY salary", "SELECT name FROM person ORDER BY joined"),
    Case(
        "order of the ties right, of the keys wrong",
        "SELECT name FROM person ORDER BY salary, name",
        "SELECT name FROM person ORDER BY name, salary",
    ),
    Case("rows scrambled", "SELECT name, salary FROM person", "SELECT name, 110 - salary FROM person"),
    Case(
        "values moved between rows, columns as before",
        "SELECT id, first_day FROM person WHERE id < 5",
        "SELECT id, last_day FROM person WHERE id < 5",
    ),
    Case("DELETE", "SELECT name FROM person", "DELETE FROM person"),
    Case("DELETE where nothing is asked for", "SELECT name FROM person WHERE salary > 99", "DELETE FROM person"),
    Case("DROP TABLE", "SELECT count(*) FROM person", "DROP TABLE person"),
    Case("a write behind the answer", "SELECT count(*) FROM person", "SELECT count(*) FROM person; DELETE FROM person"),
    Case("NULL is not ''", "SELECT nickname FROM person WHERE id = 5", "SELECT nickname FROM person WHERE id = 4"),
    Case(
        "NULL is not 0", "SELECT bonus FROM person WHERE id < 4", "SELECT coalesce(bonus, 0) FROM person WHERE id < 4"
    ),
    Case(
        "join fan-out counts a person twice",
        "SELECT p.name FROM person p WHERE EXISTS (SELECT 1 FROM task t WHERE t.person_id = p.id)",
        "SELECT p.name FROM person p JOIN task t ON t.person_id = p.id",
    ),
    Case(
        "inner join loses who has no team",
        "SELECT p.name, t.name FROM person p LEFT JOIN team t ON t.id = p.team_id",
        "SELECT p.name, t.name FROM person p JOIN team t ON t.id = p.team_id",
    ),
    Case(
        "one row too many",
        "SELECT name FROM person ORDER BY salary LIMIT 2",
        "SELECT name FROM person ORDER BY salary LIMIT 3",
    ),
    Case("boundary", "SELECT name FROM person WHERE salary > 50", "SELECT name FROM person WHERE salary >= 50"),
    Case("count(column) drops NULL", "SELECT count(*) FROM person", "SELECT count(bonus) FROM person"),
    Case("integer division", "SELECT sum(salary) * 1.0 / 4 FROM person", "SELECT sum(salary) / 4 FROM person"),
    Case("a number as text", "SELECT salary FROM person", "SELECT CAST(salary AS TEXT) FROM person"),
    Case("a column missing", "SELECT name, salary FROM person", "SELECT name FROM person"),
    Case("another column", "SELECT first_day FROM person WHERE id = 1", "SELECT last_day FROM person WHERE id = 1"),
    Case("a long identifier off by one", "SELECT 9007199254740993", "SELECT 9007199254740992"),
    Case(
        "LIMIT 1 on the wrong end",
        "SELECT name FROM person ORDER BY salary DESC LIMIT 1",
        "SELECT name FROM person ORDER BY salary LIMIT 1",
    ),
    Case("no such column", "SELECT name FROM person", "SELECT surname FROM person"),
    Case("no statement", "SELECT name FROM person", ""),
]

RIGHT = [
    Case("columns swapped", "SELECT name, salary FROM person", "SELECT salary, name FROM person"),
    Case("column names do not count", "SELECT count(*) FROM person", "SELECT count(*) AS people FROM person"),
    Case(
        "duplicate column names",
        "SELECT p.name, t.name FROM person p JOIN team t ON t.id = p.team_id",
        "SELECT t.name, p.name FROM team t JOIN person p ON t.id = p.team_id",
    ),
    Case(
        "another order where none is asked for", "SELECT name FROM person", "SELECT name FROM person ORDER BY name DESC"
    ),
    Case(
        "tied rows in another order",
        "SELECT name FROM person ORDER BY salary",
        "SELECT name FROM person ORDER BY salary, name DESC",
    ),
    Case(
        "tied rows, key not selected, grouped",
        "SELECT team_id FROM person GROUP BY team_id ORDER BY count(*) DESC",
        "SELECT team_id FROM person GROUP BY team_id ORDER BY count(*) DESC, team_id DESC",
    ),
    Case(
        "order only inside a subquery",
        "SELECT name FROM (SELECT name FROM person ORDER BY salary)",
        "SELECT name FROM person ORDER BY id DESC",
    ),
    Case(
        "LIMIT 1 on a tie, the other winner",
        "SELECT name FROM person WHERE team_id = 1 ORDER BY salary DESC LIMIT 1",
        "SELECT name FROM person WHERE team_id = 1 ORDER BY salary DESC, name DESC LIMIT 1",
    ),
    Case(
        "LIMIT cuts a tie after sure rows",
        "SELECT name FROM person ORDER BY salary LIMIT 2",
        "SELECT name FROM person ORDER BY salary, name DESC LIMIT 2",
    ),
    Case(
        "LIMIT without ORDER BY: any rows",
        "SELECT name FROM person LIMIT 2",
        "SELECT name FROM person ORDER BY id DESC LIMIT 2",
    ),
    Case("last bit of a float", "SELECT 0.1 + 0.2", "SELECT 0.3"),
    Case(
        "a sum in another order",
        "SELECT sum(hours) FROM task WHERE id < 4",
        "SELECT sum(hours) FROM (SELECT hours FROM task WHERE id < 4 ORDER BY id DESC)",
    ),
    Case("1 and 1.0 inside a row", "SELECT name, salary FROM person", "SELECT name, salary * 1.0 FROM person"),
    Case(
        "a join as IN",
        "SELECT p.name FROM person p JOIN team t ON t.id = p.team_id WHERE t.name = 'Lab'",
        "SELECT name FROM person WHERE team_id IN (SELECT id FROM team WHERE name = 'Lab')",
    ),
    Case(
        "in a CTE", "SELECT avg(salary) FROM person", "WITH a AS (SELECT avg(salary) AS x FROM person) SELECT x FROM a"
    ),
    Case(
        "order by position",
        "SELECT name, salary FROM person ORDER BY salary, name",
        "SELECT name, salary FROM person ORDER BY 2, 1",
    ),
    Case(
        "greatest by subquery where nothing ties",
        "SELECT name FROM person ORDER BY salary DESC LIMIT 1",
        "SELECT name FROM person WHERE salary = (SELECT max(salary) FROM person)",
    ),
    Case(
        "NULL with NULL",
        "SELECT id, nickname FROM person WHERE nickname IS NULL",
        "SELECT id, NULL FROM person WHERE nickname IS NULL",
    ),
]

# Refused, and counted under the flag that is named: people disagree about these.
ARGUABLE = [
    ("extra_columns", Case("a column more", "SELECT name FROM person", "SELECT name, salary FROM person")),
    ("percent", Case("share against percent", "SELECT 2.0 / 5", "SELECT 100.0 * 2 / 5")),
    ("rounding", Case("rounded", "SELECT avg(bonus) FROM person", "SELECT round(avg(bonus), 2) FROM person")),
    ("letter_case", Case("letter case", "SELECT name FROM team", "SELECT upper(name) FROM team")),
    (
        "date_against_timestamp",
        Case("date against timestamp", "SELECT joined FROM person", "SELECT datetime(joined) FROM person"),
    ),
    (
        "all_ties",
        Case(
            "both winners of a tie for LIMIT 1",
            "SELECT name FROM person WHERE team_id = 1 ORDER BY salary DESC LIMIT 1",
            "SELECT name FROM person WHERE team_id = 1 AND salary = (SELECT max(salary) FROM person WHERE team_id = 1)",
        ),
    ),
    ("row_order", Case("every row, in another order", "SELECT id FROM team ORDER BY id DESC", "SELECT id FROM team")),
    ("duplicates", Case("every row, not as often", "SELECT joined FROM person", "SELECT DISTINCT joined FROM person")),
]

# Equal results that prove nothing: accepted, marked, and scored apart.
NO_POWER = [
    Case(
        "both empty, another predicate",
        "SELECT name FROM person WHERE salary > 99",
        "SELECT name FROM person WHERE id > 99",
    ),
    Case(
        "both count nothing",
        "SELECT count(*) FROM person WHERE salary > 99",
        "SELECT count(*) FROM team WHERE id > 9",
    ),
    Case(
        "aggregates of nothing",
        "SELECT max(salary) FROM person WHERE id > 99",
        "SELECT min(id) FROM team WHERE id > 9",
    ),
]

# One row that is right on the given database only: mutants of the database tell (see mutants.py).
LUCKY = [
    Case("the answer hard-coded", "SELECT count(*) FROM team", "SELECT 3"),
    Case("another table of the same size", "SELECT count(*) FROM person", "SELECT count(*) FROM task"),
    Case("the name hard-coded", "SELECT name FROM person ORDER BY salary DESC LIMIT 1", "SELECT 'Cy'"),
    Case(
        "max where the answer is an average",
        "SELECT avg(team_id) FROM person WHERE id < 3",
        "SELECT max(team_id) FROM person WHERE id < 3",
    ),
]
