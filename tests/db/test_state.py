"""`Database.update` notices other tables and other files, and nothing else."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing

import duckdb
import pytest

from sqlwright.core import ConnectError
from sqlwright.db import open_database


def execute(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def made(path, *statements):
    """A SQLite file of `statements`."""
    path.unlink(missing_ok=True)
    execute(path, *statements)
    return path


def of_number(path, number):
    """Files of two numbers have the same tables, size and header."""
    return made(path, "CREATE TABLE item (n INTEGER)", f"INSERT INTO item VALUES ({number})")


def rows(database, sql="SELECT n FROM item"):
    outcome = database.run(sql)
    return outcome.table.rows if outcome.table else outcome.message()


@pytest.fixture
def path(tmp_path):
    return of_number(tmp_path / "shop.sqlite", 1)


@pytest.fixture
def database(path):
    with open_database(path) as opened:
        opened.schema()
        assert rows(opened) == ((1,),)
        yield opened


def test_rows_that_were_written_are_read_without_an_update(database, path):
    execute(path, "INSERT INTO item VALUES (2)")
    assert database.update() is False
    assert rows(database) == ((1,), (2,))


def test_rows_of_a_file_in_wal_mode_too(path):
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        with open_database(path) as database:
            database.schema()
            with writer:
                writer.execute("INSERT INTO item VALUES (2)")
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert database.update() is False
            assert rows(database) == ((1,), (2,))


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE item RENAME TO thing",
        "ALTER TABLE item RENAME COLUMN n TO m",
        "ALTER TABLE item ADD COLUMN m TEXT",
        "CREATE TABLE other (m TEXT)",
        "CREATE VIEW other AS SELECT n FROM item",
        "DROP TABLE item",
    ],
)
def test_another_table_or_column_is_noticed(database, path, change):
    execute(path, change)
    assert database.update() is True
    with open_database(path) as fresh:
        assert database.schema() == fresh.schema()
        assert database.policy() == fresh.policy()
    assert database.update() is False


def test_a_file_that_was_moved_into_its_place(database, path, tmp_path):
    of_number(tmp_path / "new.sqlite", 2).replace(path)
    assert database.update() is True
    assert rows(database) == ((2,),)


def test_a_copy_over_the_file_with_an_equal_header(database, path, tmp_path):
    new = of_number(tmp_path / "new.sqlite", 2)
    assert new.read_bytes()[:100] == path.read_bytes()[:100]
    shutil.copyfile(new, path)
    os.utime(path, ns=(1, 1))  # whatever the clock's resolution
    assert database.update() is True
    assert rows(database) == ((2,),)


def test_a_link_that_points_at_another_file(path, tmp_path):
    link = tmp_path / "current.sqlite"
    link.symlink_to(path)
    with open_database(link) as database:
        database.schema()
        link.unlink()
        link.symlink_to(of_number(tmp_path / "new.sqlite", 2))
        assert database.update() is True
        assert rows(database) == ((2,),)


def test_a_file_that_is_gone_and_comes_back(database, path, tmp_path):
    path.unlink()
    with pytest.raises(ConnectError, match=r"The database 'shop' no longer exists\."):
        database.update()
    of_number(tmp_path / "new.sqlite", 2).replace(path)
    assert database.update() is True
    assert rows(database) == ((2,),)


def test_what_is_no_database_any_more_is_named_without_its_place(database, path):
    path.write_text("no database")
    with pytest.raises(ConnectError) as raised:
        database.update()
    assert str(path.parent) not in str(raised.value)


def test_a_second_connection_knows_what_the_first_one_read(database, path):
    with database.again() as second:
        assert second.state == database.state
        execute(path, "CREATE TABLE other (m TEXT)")
        assert second.update() is True
        assert second.state != database.state
        assert database.update() is True
        assert second.state == database.state


def test_a_duckdb_file_that_was_replaced(tmp_path):
    path = tmp_path / "shop.duckdb"
    for name, number in ((path, 1), (tmp_path / "new.duckdb", 2)):
        with duckdb.connect(str(name)) as connection:
            connection.execute(f"CREATE TABLE item AS SELECT {number} AS n")
    with open_database(path) as database:
        database.schema()
        assert database.update() is False
        (tmp_path / "new.duckdb").replace(path)
        assert database.update() is True
        assert rows(database) == ((2,),)


def test_a_folder_of_csv_files(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "item.csv").write_text("n\n1\n")
    with open_database(folder) as database:
        assert [t.name for t in database.schema()] == ["item"]
        assert database.update() is False
        (folder / "item.csv").write_text("n\n2\n3\n")
        (folder / "other.csv").write_text("m\nx\n")
        assert database.update() is True
        assert [t.name for t in database.schema()] == ["item", "other"]
        assert rows(database, "SELECT n FROM item ORDER BY n") == ((2,), (3,))


def test_tables_of_postgresql(postgres_url):
    import psycopg

    with (
        psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin,
        open_database(postgres_url) as database,
    ):
        admin.execute("CREATE TABLE item (n integer)")
        admin.execute("CREATE TABLE old_item (n integer)")
        database.schema()
        admin.execute("INSERT INTO item VALUES (1)")
        assert database.update() is False
        for change in ("ALTER TABLE item ADD COLUMN m text", "ALTER TABLE item DROP COLUMN m"):
            admin.execute(change)
            assert database.update() is True
            database.schema()
        # Two tables of one form that exchange their names.
        admin.execute("ALTER TABLE item RENAME TO swap")
        admin.execute("ALTER TABLE old_item RENAME TO item")
        admin.execute("ALTER TABLE swap RENAME TO old_item")
        assert database.update() is True
        database.schema()
        assert database.update() is False


def test_tables_of_mysql(mysql_url):
    import pymysql
    from sqlalchemy import make_url

    url = make_url(mysql_url)
    admin = pymysql.connect(
        host=url.host or "localhost",
        port=url.port or 3306,
        user=url.username,
        password=str(url.password or ""),
        database=url.database,
        unix_socket=url.query.get("unix_socket"),
        autocommit=True,
    )
    with closing(admin), admin.cursor() as cursor, open_database(mysql_url) as database:
        cursor.execute("CREATE TABLE item (n integer)")
        database.schema()
        cursor.execute("INSERT INTO item VALUES (1)")
        assert database.update() is False
        for change in ("ALTER TABLE item ADD COLUMN m text", "RENAME TABLE item TO thing"):
            cursor.execute(change)
            assert database.update() is True
            database.schema()
        assert [t.name for t in database.schema()] == ["thing"]
