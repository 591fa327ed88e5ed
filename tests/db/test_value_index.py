from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.db import open_database
from sqlwright.db.list_values import elements_of
from sqlwright.db.value_index import Stored, ValueIndex

CITIES = ["New York", "New York City", "York", "São Paulo", "St. Louis", "Reykjavik", "O'Fallon", "Los Angeles", "Asia"]


def index(*values: str, table: str = "city", column: str = "name", dialect="sqlite") -> ValueIndex:
    return ValueIndex.of([(table, column)], [Stored(0, v) for v in values], dialect)


def found(question: str, *values: str, **kwargs: str) -> list[tuple[str, str]]:
    return [(m.value, m.kind) for m in index(*values, **kwargs).search(question)]


def read(path, **options) -> ValueIndex:
    with open_database(str(path)) as database:
        return ValueIndex.build(database, **options)


@pytest.fixture
def make(tmp_path):
    """A SQLite file from statements."""

    def made(*statements: str):
        path = tmp_path / "made.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return made


@pytest.mark.parametrize(
    ("question", "value", "kind"),
    [
        ("Who lives in New York?", "New York", "exact"),
        ("who lives in new york?", "New York", "folded"),
        ("who lives in ＮＥＷ　ＹＯＲＫ?", "New York", "folded"),
        ("people in Sao Paulo", "São Paulo", "folded"),
        ("people in St Louis", "St. Louis", "folded"),
        ("people in Reykjavík", "Reykjavik", "folded"),
        ("people in Reykjavick", "Reykjavik", "near"),
        ("people in Los Angelse", "Los Angeles", "near"),
        ("Which Asian countries?", "Asia", "near"),
        ('people in "los angeles"', "Los Angeles", "folded"),
        ("people in O'Fallon", "O'Fallon", "exact"),
    ],
)
def test_a_value_comes_back_in_its_stored_spelling(question, value, kind):
    assert found(question, *CITIES) == [(value, kind)]


def test_the_longest_match_wins():
    assert found("offices in New York City?", *CITIES) == [("New York City", "exact")]
    assert found("offices in New York and York?", *CITIES) == [("New York", "exact"), ("York", "exact")]


def test_plural_and_singular_meet():
    assert found("How many dogs?", "dog") == [("dog", "plural")]
    assert found("one hot tub", "Hot Tubs") == [("Hot Tubs", "plural")]


@pytest.mark.parametrize(
    ("question", "value", "kind"),
    [
        ("人口最多的是北京市吗", "北京市", "exact"),
        ("北京的人口是多少", "北京市", "near"),
        ("在北京大学学习的人", "北京大学", "exact"),
        ("买了iPhone手机的人", "IPHONE手机", "folded"),
    ],
)
def test_chinese_values_are_found_without_spaces(question, value, kind):
    assert found(question, "北京市", "上海市", "北京大学", "IPHONE手机")[0] == (value, kind)


@pytest.mark.parametrize("word", ["the", "name", "How", "many", "is"])
def test_everyday_words_are_no_values_unless_quoted(word):
    assert found(f"{word} the name is, how many of the {word}", word.lower()) == []
    assert found(f'which is called "{word}"?', word.lower()) == [
        (word.lower(), "exact" if word.islower() else "folded")
    ]


@pytest.mark.parametrize("quoted", ["'!'", '"?"', "' '", '"…"'])
def test_punctuation_in_quotes_is_no_value(quoted):
    assert found(f"which are called {quoted}?", "Lisbon") == []


def test_one_letter_counts_as_a_capital_only():
    assert found("students with grade B", "B", "C") == [("B", "exact")]
    assert found("a c or b", "B", "C") == []


def test_a_number_is_a_value_only_where_its_column_is_named():
    assert found("status 3 orders", "3", table="orders", column="status") == [("3", "exact")]
    assert found("the first 3 of them", "3", table="orders", column="status") == []


def test_words_of_the_schema_are_not_taken_for_misspelled_values():
    assert found("How many countries?", "County", column="country") == []


def test_a_value_in_many_columns_is_given_for_few_and_for_named_columns_first():
    columns = [(f"t{i}", "place") for i in range(30)] + [("office", "town")]
    many = ValueIndex.of(columns, [Stored(i, "Oslo") for i in range(31)])
    matches = many.search("Which town of the office is Oslo?")
    assert matches[0].table == "office"
    assert len(matches) <= 4


def test_the_number_of_matches_is_capped():
    assert len(index(*(f"Town{i}x" for i in range(50))).search(" ".join(f"Town{i}x" for i in range(50)), limit=5)) == 5


def test_a_hostile_question_is_answered_quickly_and_safely():
    for question in ("", "'" * 5000, "a " * 100_000, "北" * 50_000, "'; DROP TABLE city; --"):
        assert isinstance(index(*CITIES, "北京市").search(question), tuple)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("new york", ("New York",)),
        ("York City", ("New York City",)),
        ("LA", ("Los Angeles",)),
        ("Reykjavick", ("Reykjavik",)),
    ],
)
def test_nearest_gives_the_stored_spelling(asked, stored):
    assert index(*CITIES).nearest("city", "name", asked)[: len(stored)] == stored


def test_nearest_gives_a_stored_value_itself_and_nothing_for_what_it_cannot_know():
    assert index(*CITIES).nearest("CITY", "Name", "York") == ("York",)
    assert index(*CITIES).nearest("city", "name", "zzzzzz") == ()
    assert index(*CITIES).nearest("city", "other", "York") == ()
    cut = ValueIndex.of([("city", "name")], [Stored(0, "New York")], incomplete=[0])
    assert cut.nearest("city", "name", "new york") == ()
    assert index(*CITIES).nearest("city", "name", "New York " * 20) == (), "longer values are not in the index"


def test_mysql_compares_without_case_so_another_case_is_the_value():
    assert index(*CITIES, dialect="mysql").nearest("city", "name", "new york") == ("new york",)


def test_a_database_is_read_column_by_column(shop):
    values = read(shop)
    assert [(m.table, m.column, m.value) for m in values.search("customers in paris who bought a pen")] == [
        ("customer", "city", "Paris"),
        ("item", "name", "pen"),
    ]
    assert values.values("item", "name") == ("pen", "ink", "book")


def test_excluded_columns_are_never_read(shop):
    values = read(shop, exclude=["Customer.Name"])
    assert values.values("customer", "name") == ()
    assert values.search("Ann") == ()


def test_documents_keys_and_what_a_limit_cuts_are_left_out(make):
    path = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT, label TEXT, kind INTEGER)",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
        "INSERT INTO t SELECT i, printf('%0200d', i), 'label ' || i, i % 3 FROM n",
    )
    values = read(path, max_values_per_column=100)
    assert values.values("t", "id") == values.values("t", "body") == ()
    assert len(values.values("t", "label")) == 100
    assert values.nearest("t", "label", "label 499x") == (), "the column is cut: nothing can be said"
    assert values.values("t", "kind") == ("1", "2", "0")


def test_odd_names_and_blobs_are_read_safely(make):
    path = make(
        'CREATE TABLE "a ""b; --" ("x y" TEXT, "select" TEXT)',
        """INSERT INTO "a ""b; --" VALUES ('Oslo', x'00ff'), (NULL, 'It''s')""",
    )
    values = read(path)
    assert values.values('a "b; --', "x y") == ("Oslo",)
    assert values.values('a "b; --', "select") == ("It's",)


def test_no_time_reads_nothing_and_says_so(shop):
    values = read(shop, timeout_s=0.0)
    assert len(values) == 0
    assert len(values.incomplete) == len(values.columns)


def test_duckdb_is_read_too(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        connection.execute("CREATE TABLE city (name VARCHAR, country VARCHAR)")
        connection.execute("INSERT INTO city VALUES ('Oslo', 'Norway')")
    matches = read(tmp_path / "d.duckdb").search("Is oslo in Norway?")
    assert {(m.column, m.value) for m in matches} == {("name", "Oslo"), ("country", "Norway")}


@pytest.mark.postgres
def test_postgres_is_read_too(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
        connection.execute('CREATE TABLE "Person" ("Home City" varchar(40), code char(3), mood mood, age integer)')
        connection.execute("""INSERT INTO "Person" VALUES ('Oslo', 'NO', 'glad', 3)""")
    values = read(postgres_url)
    assert values.values("Person", "Home City") == ("Oslo",)
    assert [(m.column, m.value) for m in values.search("people in oslo")] == [("Home City", "Oslo")]


@pytest.mark.mysql
def test_mysql_is_read_too(mysql_url):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(mysql_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE city (name VARCHAR(40), `group` TEXT)"))
        connection.execute(sqlalchemy.text("INSERT INTO city VALUES ('Malmö', 'Süd'), ('Oslo', NULL)"))
    engine.dispose()
    values = read(mysql_url)
    assert {(m.column, m.value) for m in values.search("Is malmo in the sud group?")} == {
        ("name", "Malmö"),
        ("group", "Süd"),
    }
    assert values.nearest("city", "name", "malmo") == ("malmo",)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Gelderlnad", {"Gelderland"}),  # a swap of neighbors is one edit
        ("Gelderlxyd", {"Gelderland"}),  # two edits from nine letters on
        ("Gelxyzland", set()),
        ("Oslwo", {"Oslow"}),
        ("Osxyw", set()),  # two edits of five letters
        ("Trandheim", {"Trondheim"}),  # the nearest, not Trandhaim's other neighbor
        ("Lyon2", set()),  # a number is never a misspelling
    ],
)
def test_a_misspelled_value_is_found_within_one_edit_or_two(asked, found):
    names = ("Gelderland", "Trondheim", "Trondhein", "Oslow", "Lyon3")
    index = ValueIndex.of([("city", "name")], [Stored(0, name) for name in names])
    assert {match.value for match in index.search(f"Who lives in {asked}?")} == found


@pytest.mark.shared
def test_questions_about_a_public_database_find_their_constants(spider_databases):
    values = read(spider_databases / "world_1" / "world_1.sqlite")
    matches = values.search("What is the total population of the Caribbean and of Gelderland district?")
    assert {"Caribbean", "Gelderland"} <= {m.value for m in matches}


def test_places_with_a_chinese_name_are_found_in_english_and_as_codes(tmp_path):
    path = tmp_path / "places.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE customer (city TEXT, country TEXT, code TEXT);"
            "INSERT INTO customer VALUES ('Paris', 'Canada', 'CA'), ('München', 'Germany', 'DE');"
        )
    connection.close()
    with open_database(path) as database:
        index = ValueIndex.build(database)
    found = {(m.column, m.value, m.mention) for m in index.search("加拿大和慕尼黑的客户")}
    assert {("country", "Canada", "加拿大"), ("code", "CA", "加拿大"), ("city", "München", "慕尼黑")} <= found
    assert not index.search("日本的客户")


LISTS = ["Wifi;Parking;Pool", "Wifi;Pool", "Parking", "Wifi;Balcony;Parking", "Balcony;Wifi"]


def test_elements_of_lists_are_values():
    found = {m.value: m for m in index(*LISTS, column="amenities").search("flats with a pool and parking")}
    assert {"Pool", "Parking"} <= found.keys()
    assert found["Pool"].element
    assert found["Parking"].element  # although one cell holds it alone


@pytest.mark.parametrize(
    "values",
    [
        ["Lopez, Maria", "Lopez, Juan", "Diaz, Maria", "Diaz, Juan"],
        ["12 High Street, Leeds", "4 Mill Lane, Leeds", "7 High Street, York"],
        ["Late; the driver called", "Broken; sent back", "Fine; thanks a lot"],
        ["Dublin", "Cork", "Galway"],
    ],
)
def test_names_addresses_and_sentences_are_no_lists(values):
    assert not elements_of(values)


def test_the_values_of_a_column_are_its_whole_cells():
    assert index(*LISTS).values("city", "name") == tuple(LISTS)


@pytest.mark.parametrize(
    ("question", "days", "found"),
    [
        ("museums that are closed on Monday", ["lundi", "mardi", "dimanche"], ["lundi"]),
        ("who delivers on wednesdays", ["Mon", "Tue", "Wed"], ["Wed"]),
        ("周一闭馆的博物馆", ["lundi", "mardi"], ["lundi"]),
        ("fermés le lundi", ["Monday", "Tuesday"], ["Monday"]),
        ("closed on Monday", ["Monday", "Tuesday"], ["Monday"]),
        ("festivals in march", ["Jan", "Feb", "Mar"], ["Mar"]),
        ("closed on Sunday", ["so", "many", "words"], []),  # a word, not a day
    ],
)
def test_days_and_months_are_found_under_their_other_names(question, days, found):
    assert [m.value for m in index(*days, column="closed").search(question)] == found
