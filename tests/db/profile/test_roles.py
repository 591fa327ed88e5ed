"""Roles, units, flags and dates of columns, each in a real SQLite table of a key, the column, and some rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sqlwright.core import Column, ColumnProfile, Schema, Table
from sqlwright.db import open_database
from sqlwright.db.profile import profile_of_schema, read_profile
from sqlwright.db.profile.labels import labels_in
from sqlwright.db.profile.seen import Seen
from sqlwright.db.profile.units import unit_of

NAMES = ["Ann Lee", "Bo Zhang", "Cy Young", "Di Costa", "Ed Wood", "Flo May"]


@pytest.fixture
def profiled(tmp_path):
    def build(name, declared, values, table="thing"):
        path = tmp_path / "one.sqlite"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, "{name}" {declared})')
            connection.executemany(f'INSERT INTO "{table}" ("{name}") VALUES (?)', [(v,) for v in values])
        with open_database(path) as database:
            found = read_profile(database.engine, database.schema()).of(table, name)
        assert found is not None
        return found

    return build


ROLES = [
    # names
    ("name", "TEXT", NAMES, "name"),
    ("lastName", "TEXT", ["Lee", "Lee", "Young"] * 20, "name"),
    ("full_name", "TEXT", NAMES, "name"),
    ("libellé", "TEXT", ["un", "deux", "trois"], "name"),
    ("Nachname", "TEXT", ["Meier", "Huber", "Roth"], "name"),
    ("商品名称", "TEXT", ["苹果", "香蕉", "梨"], "name"),
    # a table without a named name: the text that tells rows apart
    ("bezeichner", "TEXT", ["Rot", "Blau", "Weiß"], "name"),
    # categories and codes
    ("status", "TEXT", ["open", "closed", "open"], "category"),
    ("订单状态", "TEXT", ["已付款", "待付款", "已付款"], "category"),
    ("tarif", "TEXT", ["plein", "réduit", "plein"], "category"),
    ("statusCode", "INTEGER", [200, 404, 200, 500], "category"),
    ("visit_type", "INTEGER", [1, 2, 1, 1], "category"),
    ("weather", "TEXT", ["sun", "rain"] * 9, "category"),
    ("sku", "TEXT", ["A-100", "A-101", "B-7"], "code"),
    ("postal_code", "TEXT", ["08001", "10115"], "code"),
    ("zip", "INTEGER", [8001, 10115], "code"),
    ("order_number", "INTEGER", [1001, 1002, 1003], "code"),
    ("request_id", "TEXT", ["x1", "x2", "x2"], "code"),
    ("session_id", "TEXT", ["x1", "x2", "x2"], "other"),  # its values are never read
    # numbers and money
    ("unit_price", "REAL", [1.5, 2.0], "money"),
    ("unitprice", "NUMERIC", [1.5, 2.0], "money"),
    ("prix_payé", "REAL", [54.64, 85.12], "money"),
    ("Gehalt", "INTEGER", [4000, 5200], "money"),
    ("订单金额", "REAL", [10.5, 20], "money"),
    ("total", "REAL", [10.5, 20], "money"),
    ("total_points", "INTEGER", [10, 20], "number"),
    ("payment_count", "INTEGER", [1, 5, 7], "number"),
    ("number_of_seats", "INTEGER", [10, 200], "number"),
    ("nb_entrées", "INTEGER", [6, 1, 3], "number"),
    ("discount", "REAL", [0.0, 0.25, 0.1], "number"),
    ("years_code", "TEXT", ["6", "29", "8"], "number"),
    ("rental_rate", "REAL", [0.99, 2.99, 4.99], "money"),
    # the rest
    ("email", "TEXT", ["a@b.org", "c@d.com"], "email"),
    ("contact", "TEXT", ["a@b.org", "c@d.com"], "email"),
    ("Fax", "TEXT", ["+1 (403) 262-3443", "030 1234567"], "phone"),
    ("homepage", "TEXT", ["https://a.org", "http://b.org/x"], "url"),
    ("description", "TEXT", ["Short.", "Also short."], "text"),
    ("remarks2", "TEXT", ["word " * 30, "other " * 25], "text"),
    ("metadata", "TEXT", ['{"a": 1}', "{}", '{"b": [1]}'], "json"),
    ("picture", "BLOB", [b"\x00\x01"], "other"),
]


@pytest.mark.parametrize(("name", "declared", "values", "role"), ROLES, ids=[f"{r[0]}-{r[3]}" for r in ROLES])
def test_role(profiled, name, declared, values, role):
    assert profiled(name, declared, values).role == role


FLAGS = [
    ("isActive", "TEXT", ["Y", "N", "Y"], "Y", "N"),
    ("subscribed", "TEXT", ["yes", "no"], "yes", "no"),
    ("paid", "TEXT", ["T", "F"], "T", "F"),
    ("gültig", "TEXT", ["J", "N"], "J", "N"),
    ("actif", "TEXT", ["oui", "non"], "oui", "non"),
    ("是否会员", "TEXT", ["是", "否"], "是", "否"),
    ("status", "TEXT", ["Active", "Inactive", "Active"], "Active", "Inactive"),
    ("is_deleted", "INTEGER", [0, 1], "1", "0"),
    ("is_deleted", "INTEGER", [0, 0, 0], "1", "0"),
    ("hidden", "INTEGER", [0, 0], "1", "0"),
    ("ok", "BOOLEAN", [1, 0], "1", "0"),
    ("ok", "BOOLEAN", [], "1", "0"),
    ("vip", "TEXT", ["N", "N"], "Y", "N"),
]


@pytest.mark.parametrize(("name", "declared", "values", "true", "false"), FLAGS)
def test_flag_has_the_stored_spellings(profiled, name, declared, values, true, false):
    found = profiled(name, declared, values)
    if declared == "BOOLEAN" and not values:
        assert found.role == "flag"
    else:
        assert (found.role, found.true_value, found.false_value) == ("flag", true, false)


@pytest.mark.parametrize(
    ("name", "values"),
    [("num_children", [0, 1, 1, 0, 1]), ("quantity", [1, 0, 1, 1]), ("goals", [0, 1]), ("parent", [0, 1, 1, 1, 0])],
)
def test_a_count_of_zeros_and_ones_is_not_a_flag(profiled, name, values):
    assert profiled(name, "INTEGER", values).role != "flag"


DATES = [
    ("ordered_on", "DATE", ["2023-04-01", "2023-05-01"], "iso_date"),
    ("created_at", "TEXT", ["2023-04-01 12:30:00", "2023-04-02T01:02:03Z"], "iso_timestamp"),
    ("createdAt", "INTEGER", [1641050629, 1709762959], "epoch_s"),
    ("when", "INTEGER", [1641050629123, 1709762959456], "epoch_ms"),
    ("last_visit_date", "INTEGER", [1672956638000000, 0, 1715718755000000], "epoch_us"),
    ("release_year", "INTEGER", [1999, 2006], "year"),
    ("année_ouverture", "INTEGER", [1793, 1986], "year"),
    ("Year", "TEXT", ["2009", "2010"], "year"),
    ("booking_date", "INTEGER", [20230401, 20231224], "yyyymmdd"),
    ("rev_timestamp", "TEXT", ["20230401123000", "20231224000000"], "yyyymmddhhmmss"),
    ("page_touched", "INTEGER", [20230401123000 + 1_000_000 * i for i in range(25)], "yyyymmddhhmmss"),
    ("clock", "INTEGER", [0, *range(1641050629, 1709762959, 999_999)], "epoch_s"),  # by the values alone
    ("ordinatoIl", "INTEGER", range(1641050629123, 1709762959456, 999_999_999), "epoch_ms"),
    ("下单时间", "TEXT", ["2023-04-01 12:30:00"], "iso_timestamp"),
]


@pytest.mark.parametrize(("name", "declared", "values", "storage"), DATES)
def test_date_has_its_storage(profiled, name, declared, values, storage):
    found = profiled(name, declared, values)
    assert (found.role, found.date_storage) == ("date", storage)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("url_size", [1641050629, 1709762959]),
        ("clock", [1641050629, 1709762959]),  # too few to tell without a name
        ("region", range(941050629, 1709762959, 999_999)),  # before 2000
        ("npi_x", range(1641050629, 1999999999, 999_999)),  # after next year
        ("amount", range(1641050629, 1709762959, 999_999)),
        ("mobile", range(1641050629, 1709762959, 999_999)),
        ("visits", range(1641050629, 1709762959, 999_999)),
        ("order_no", [20230401123000 + 1_000_000 * i for i in range(25)]),
        ("version", [20230401123000 + 1_000_000 * i for i in range(25)]),
        ("touched", [20230401123000, 20231224000000]),  # too few
        ("phone", [1641050629, 1709762959]),
        ("bytes_sent", [1641050629, 1709762959]),
        ("years_of_service", [3, 12]),
        ("candidates", [1999, 2005]),
    ],
)
def test_a_large_number_is_not_a_date(profiled, name, values):
    assert profiled(name, "INTEGER", values).role != "date"


def test_zero_epochs_and_bounds(profiled):
    found = profiled("last_visit_date", "INTEGER", [0, 1672956638000000, 1715718755000000])
    assert (found.lowest, found.highest) == ("1672956638000000", "1715718755000000")


UNITS = [
    ("durationMs", "ms"), ("milliseconds", "ms"), ("response_time_s", "s"), ("length_min", "min"), ("hours", "h"),
    ("weight_g", "g"), ("Weight (kg)", "kg"), ("distance_km", "km"), ("height_m", "m"), ("bytes", "bytes"),
    ("amountCents", "cents"), ("price_cents", "cents"), ("tax_percent", "percent"), ("sizeInMillions", "millions"),
    ("area_km_2", "km2"), ("时长分钟", "min"), ("Dauer_Minuten", "min"), ("salary_min", ""), ("price_m", ""),
    ("day", ""), ("name", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit"), UNITS)
def test_unit_from_the_name(name, unit):
    assert unit_of(Column(name, "INTEGER"), Seen()) == unit


@pytest.mark.parametrize(
    ("comment", "unit"),
    [("Length of the call in seconds", "s"), ("单位：分", "cents"), ("weight (kg)", "kg"), ("Dauer in Minuten", "min")],
)
def test_unit_from_the_comment(comment, unit):
    assert unit_of(Column("value", "INTEGER", comment=comment), Seen()) == unit


def test_unit_from_the_range(profiled):
    assert profiled("discount", "REAL", [0.0, 0.25, 0.1]).unit == "share"
    assert profiled("discount", "REAL", [0.0, 25.0, 10.0]).unit == "percent"
    assert profiled("rental_rate", "REAL", [0.99, 4.99]).unit == ""


@pytest.mark.parametrize(
    ("comment", "labels"),
    [
        ("1=open, 2=closed", (("1", "open"), ("2", "closed"))),
        ("status: 0 - new; 1 - in progress; 2 - done", (("0", "new"), ("1", "in progress"), ("2", "done"))),
        ("状态 0:待付款 1:已付款 2:已取消", (("0", "待付款"), ("1", "已付款"), ("2", "已取消"))),
        ("0未支付，1已支付", (("0", "未支付"), ("1", "已支付"))),
        ("A: active, I: inactive", (("A", "active"), ("I", "inactive"))),
        ("M = Mann / F = Frau", (("M", "Mann"), ("F", "Frau"))),
        ("The price in euros", ()),
        ("since 2019: in use", ()),
    ],
)
def test_labels_from_the_comment(comment, labels):
    assert labels_in(Column("c", comment=comment)) == labels


def test_labels_from_a_lookup_table(tmp_path):
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE genre (id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE film (id INTEGER PRIMARY KEY, title TEXT, genre_id INTEGER REFERENCES genre (id));
            INSERT INTO genre VALUES (1, 'Drama'), (2, 'Comedy');
            INSERT INTO film VALUES (1, 'A', 2), (2, 'B', 1), (3, 'C', 1);
            """
        )
    with open_database(path) as database:
        found = read_profile(database.engine, database.schema()).of("film", "genre_id")
    assert found is not None
    assert (found.role, found.labels) == ("reference", (("1", "Drama"), ("2", "Comedy")))


@pytest.mark.parametrize("name", ["password", "user_pass", "passwordHash", "api_key", "refresh_token", "密码"])
def test_values_of_sensitive_columns_are_not_read(profiled, name):
    found = profiled(name, "TEXT", ["s3cret-1", "s3cret-2"])
    assert found == ColumnProfile("thing", name, "other")


def test_values_of_personal_data_are_not_kept(profiled):
    assert profiled("email", "TEXT", ["a@b.org", "c@d.com"]).values == ()
    assert profiled("phone", "TEXT", ["030 1234567", "040 1234567"]).values == ()


def test_the_title_of_a_person_is_a_category(tmp_path):
    path = tmp_path / "staff.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE employee (id INTEGER PRIMARY KEY, last_name TEXT, title TEXT);"
            "INSERT INTO employee VALUES (1, 'Lee', 'Sales Agent'), (2, 'Roth', 'Manager');"
        )
    with open_database(path) as database:
        profile = read_profile(database.engine, database.schema())
    assert [profile.of("employee", c).role for c in ("last_name", "title")] == ["name", "category"]


def test_a_name_that_holds_codes_is_a_key_beside_another_name(tmp_path):
    path = tmp_path / "frappe.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE customer (name TEXT PRIMARY KEY, customer_name TEXT)")
        connection.execute("CREATE TABLE machine (name TEXT PRIMARY KEY, rack TEXT)")
        connection.executemany("INSERT INTO customer VALUES (?, ?)", [(f"CUST-{i:04}", n) for i, n in enumerate(NAMES)])
        connection.executemany("INSERT INTO machine VALUES (?, 'A')", [(f"web{i:02}",) for i in range(5)])
    with open_database(path) as database:
        found = read_profile(database.engine, database.schema())
    roles = {at: column.role for at, column in found.columns.items()}
    assert roles["customer", "name"] == "key"
    assert roles["customer", "customer_name"] == "name"
    assert roles["machine", "name"] == "name"


def test_a_house_is_called_by_its_address(profiled):
    assert profiled("Address", "TEXT", [f"{i} Mill Lane" for i in range(9)]).role == "name"
    assert profiled("Address", "TEXT", ["1 Mill Lane"] * 9).role != "name"


def test_shares_of_missing_and_blank(profiled):
    found = profiled("city", "TEXT", ["Oslo", None, "", "Oslo"])
    assert (found.null_share, found.blank_share, found.distinct, found.rows) == (0.25, 0.25, 1, 4)


def test_a_schema_alone_gives_roles_by_name_and_samples():
    columns = (
        Column("id", "INTEGER"), Column("isActive", "TEXT", samples=("Y", "N")), Column("amountCents", "INTEGER"),
        Column("createdAt", "INTEGER", samples=("1641050629123",)), Column("email", "TEXT"),
        Column("状态", "INTEGER", comment="1=正常 2=停用"), Column("password", "TEXT", samples=("x",)),
    )  # fmt: skip
    profile = profile_of_schema(Schema("one", "sqlite", (Table("user", columns, ("id",)),)))
    roles = {name: column.role for (_, name), column in profile.columns.items()}
    assert roles == {
        "id": "key",
        "isActive": "flag",
        "amountCents": "money",
        "createdAt": "date",
        "email": "email",
        "状态": "category",
        "password": "other",
    }
    assert profile.columns["user", "createdAt"].date_storage == "epoch_ms"


def test_the_last_date_is_the_latest_event(tmp_path):
    path = tmp_path / "dates.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE orders (id INTEGER, ordered_at INTEGER, due_date TEXT, updated_at TEXT, valid_to TEXT);
            INSERT INTO orders VALUES (1, 1690000000, '2024-01-01', '2025-02-02 10:00:00', '9999-12-31');
            """
        )
    with open_database(path) as database:
        assert read_profile(database.engine, database.schema()).last_date == "2023-07-22"
