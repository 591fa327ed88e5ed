"""What the words of a question and the profile of a real database settle about a finished query."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.data import Context, PromptOptions
from sqlwright.db import open_database
from sqlwright.parser.asked import as_asked
from sqlwright.parser.from_sql import parse_form
from sqlwright.parser.to_sql import Reading, render_form

SCRIPT = """
CREATE TABLE genre (genre_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE track (track_id INTEGER PRIMARY KEY, name TEXT, local_name TEXT,
  genre_id INTEGER REFERENCES genre (genre_id), duration_ms INTEGER, price_cents INTEGER);
CREATE TABLE singer (singer_id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, born_on DATE, age TEXT, label TEXT,
  manager_id INTEGER REFERENCES singer (singer_id));
CREATE TABLE visit (visit_id INTEGER PRIMARY KEY, singer_id INTEGER REFERENCES singer (singer_id),
  came_at TEXT, left_at TEXT);
"""
LABELS = ("Nord", None, "Süd", "Nord", None, "Ost", "Nord", "Süd")


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    path = tmp_path_factory.mktemp("asked") / "music.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
        genres = ("Rock", "Jazz", "Folk", "Soul")
        connection.executemany("INSERT INTO genre VALUES (?, ?)", list(enumerate(genres, 1)))
        tracks = [(i, f"Song {i}", f"Lied {i}", i % 4 + 1, 60_000 * (i % 7 + 2) + 500, 99) for i in range(1, 60)]
        connection.executemany("INSERT INTO track VALUES (?, ?, ?, ?, ?, ?)", tracks)
        people = [
            (i, f"Last{chr(96 + i)}", f"First{chr(96 + i)}", f"19{60 + i}-03-0{i}" if i != 3 else None,
             "--" if i == 2 else str(60 - i), label, 1)
            for i, label in enumerate(LABELS, 1)
        ]  # fmt: skip
        connection.executemany("INSERT INTO singer VALUES (?, ?, ?, ?, ?, ?, ?)", people)
        visits = [(i, i % 8 + 1, f"2024-01-{i:02} 08:00:00", f"2024-01-{i:02} 09:30:00") for i in range(1, 25)]
        connection.executemany("INSERT INTO visit VALUES (?, ?, ?, ?)", visits)
        connection.commit()
    with open_database(path) as database:
        yield database, Context.of(database, PromptOptions(samples=9))


def settled(music, question: str, sql: str) -> str:
    _, context = music
    query = parse_form(sql, context.schema, profile=context.profile)
    return render_form(
        as_asked(query, question, context.schema, context.profile), context.schema, reading=Reading.of(context.profile)
    )


def rows(music, question: str, sql: str) -> list[tuple[object, ...]]:
    database, _ = music
    outcome = database.run(settled(music, question, sql))
    assert outcome.table is not None, outcome
    return list(outcome.table.rows)


AVERAGE = "SELECT AVG(duration_ms) FROM track"


@pytest.mark.parametrize(
    ("question", "sql", "minutes"),
    [
        ("average length in minutes", AVERAGE, 1.0),
        ("average length in minutes", "SELECT AVG(duration_ms) / 60.0 FROM track", 1.0),
        ("average length in minutes", "SELECT AVG(duration_ms) / 1000.0 / 60.0 FROM track", 1.0),
        ("average length", "SELECT AVG(duration_ms) / 60.0 FROM track", 1.0),
        ("mean length (sec)", AVERAGE, 60.0),
        ("平均时长（分钟）", AVERAGE, 1.0),
        ("平均时长是多少秒", AVERAGE, 60.0),
        ("average length", AVERAGE, 60_000.0),
        ("average length of the minutes", AVERAGE, 60_000.0),
    ],
)
def test_an_amount_is_shown_in_the_unit_that_the_question_names(music, question, sql, minutes):
    [(stored,)] = rows(music, "", AVERAGE)
    [(shown,)] = rows(music, question, sql)
    assert shown == pytest.approx(stored / 60_000 * minutes)


def test_money_and_times_between_dates_are_converted_too(music):
    [(euros,)] = rows(music, "total price in euros", "SELECT SUM(price_cents) FROM track")
    assert euros == pytest.approx(59 * 0.99)
    between = "SELECT AVG(julianday(left_at) - julianday(came_at)) FROM visit"
    assert rows(music, "how many minutes does a visit last", between) == [(pytest.approx(90.0),)]
    assert rows(music, "平均多少小时", between) == [(pytest.approx(1.5),)]


def test_a_count_has_no_unit(music):
    assert rows(music, "how many minutes", "SELECT COUNT(duration_ms) FROM track") == [(59,)]


@pytest.mark.parametrize(
    ("question", "order", "found"),
    [
        ("who is the oldest singer", "born_on DESC", "Lasta"),
        ("who is the youngest singer", "born_on", "Lasth"),
        ("年纪最大的歌手", "born_on DESC", "Lasta"),
        ("oldest singer", "age", "Lasta"),  # an age, not a date: and "--" is none
        ("youngest singer", "age DESC", "Lasth"),
        ("singer with the last date", "born_on DESC", "Lasth"),
        ("from the oldest to the youngest", "born_on DESC", "Lasth"),  # both words: as the query has it
    ],
)
def test_the_oldest_has_the_first_date_and_the_highest_age(music, question, order, found):
    assert rows(music, question, f"SELECT last_name FROM singer ORDER BY {order} LIMIT 1")[0][-1] == found


def test_a_missing_value_is_never_the_smallest(music):
    found = rows(music, "which singer was born first", "SELECT last_name FROM singer ORDER BY born_on LIMIT 3")
    assert [name for _, name in found] == ["Lasta", "Lastb", "Lastd"]


def test_groups_that_are_listed_have_a_value(music):
    sql = "SELECT label FROM singer GROUP BY label HAVING COUNT(*) >= 2"
    assert sorted(rows(music, "labels with two singers or more", sql)) == [("Nord",), ("Süd",)]
    counted = "SELECT label, COUNT(*) FROM singer GROUP BY label"
    assert (None, 2) in rows(music, "singers per label", counted)


def test_signs_of_a_missing_value_are_no_amounts(music):
    assert rows(music, "", "SELECT AVG(age) FROM singer") == [(pytest.approx((59 + 57 + 56 + 55 + 54 + 53 + 52) / 7),)]
    assert rows(music, "", "SELECT COUNT(*) FROM singer WHERE age IS NULL") == [(1,)]


def test_a_name_stands_for_a_key_that_nobody_asked_for(music):
    sql = "SELECT genre_id, COUNT(*) FROM track GROUP BY genre_id"
    assert {name for name, _ in rows(music, "tracks per genre", sql)} == {"Rock", "Jazz", "Folk", "Soul"}
    assert {key for key, _ in rows(music, "tracks per genre id", sql)} == {1, 2, 3, 4}


def test_a_reference_to_the_same_table_is_shown_by_name(music):
    sql = "SELECT manager_id FROM singer WHERE last_name = 'Lastd'"
    assert rows(music, "who is the manager of lastd", sql) == [("Firsta", "Lasta")]
    assert rows(music, "manager id of lastd", sql) == [(1,)]
    pairs = rows(music, "singers and their managers", "SELECT last_name, manager_id FROM singer WHERE singer_id > 7")
    assert pairs == [("Firsth", "Lasth", "Firsta", "Lasta")]


def test_an_address_tells_rows_apart_that_a_name_does_not(tmp_path):
    path = tmp_path / "pages.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT, url TEXT)")
        pages = [(i, None if i % 5 == 0 else f"Page {chr(64 + i)}", f"https://example.org/{i}") for i in range(1, 20)]
        connection.executemany("INSERT INTO page VALUES (?, ?, ?)", pages)
        connection.commit()
    with open_database(path) as database:
        pages_of = database, Context.of(database, PromptOptions(samples=9))
        sql = "SELECT title FROM page WHERE title IS NULL"
        assert rows(pages_of, "pages without a title", sql) == [(f"https://example.org/{i}",) for i in (5, 10, 15)]


def test_a_person_has_a_first_and_a_last_name(music):
    sql = "SELECT last_name FROM singer ORDER BY singer_id LIMIT 1"
    assert rows(music, "the first singer", sql) == [("Firsta", "Lasta")]
    assert rows(music, "last name of the first singer", sql) == [("Lasta",)]


def test_the_plain_name_comes_before_a_special_one(music):
    sql = "SELECT local_name FROM track ORDER BY duration_ms DESC LIMIT 1"
    assert rows(music, "longest track", sql)[0][0].startswith("Song")
    assert rows(music, "local name of the longest track", sql)[0][0].startswith("Lied")


def test_a_group_is_shown_by_what_it_is_grouped_by(music):
    sql = "SELECT last_name, COUNT(*) FROM singer GROUP BY label"
    assert ("Nord", 3) in rows(music, "singers per label", sql)
    by_key = "SELECT last_name, COUNT(*) FROM singer GROUP BY singer_id"
    assert len(rows(music, "visits per singer", by_key)) == 8


@pytest.mark.parametrize(
    ("question", "columns"),
    [("first name of each singer", 1), ("last names of all singers", 1), ("first and last names of the singers", 2)],
)
def test_one_of_two_names_where_only_that_is_asked_for(music, question, columns):
    found = rows(music, question, "SELECT last_name, first_name FROM singer")
    assert {len(row) for row in found} == {columns}
    if columns == 1:
        assert found[0][0].startswith(question.split()[0].capitalize())
