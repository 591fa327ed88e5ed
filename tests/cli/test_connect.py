"""Named connections, the default database and settings, as a person types them."""

from __future__ import annotations

import json
import sqlite3
import sys

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import SqlwrightError
from sqlwright.settings import read_settings

from ..settings.test_passwords import Locked, install


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    path = tmp_path / "config.yaml"
    monkeypatch.setenv("SQLWRIGHT_CONFIG", str(path))
    monkeypatch.chdir(tmp_path)
    return path


def sqlwright(*arguments, **given):
    """The result of a command that works, or that says why it does not."""
    done = CliRunner().invoke(cli, list(map(str, arguments)), **given)
    if done.exception and not isinstance(done.exception, SystemExit | SqlwrightError):
        raise done.exception
    return done


def said(done):
    return str(done.exception)


COUNT = "SELECT count(*) AS n FROM item"


def test_a_name_is_taken_wherever_a_file_is(shop, tmp_path, monkeypatch):
    done = sqlwright("connect", "shop", "shop.sqlite")
    assert done.output == "shop: SQLite, 3 tables and views. Ask it: sqlwright ask QUESTION -d shop\n"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert sqlwright("run", COUNT, "-d", "shop").stdout == "n\n3\n"
    assert "CREATE TABLE item" in sqlwright("schema", "-d", "shop").stdout
    assert sqlwright("check", COUNT, "-d", "shop").exit_code == 0
    assert sqlwright("connect").stdout.splitlines()[1].split() == ["shop", str(shop)]
    assert json.loads(sqlwright("connect", "--json").stdout) == [
        {"name": "shop", "database": str(shop), "in_keyring": False}
    ]


def test_a_name_comes_before_a_file_and_a_path_names_the_file(shop, tmp_path):
    sqlwright("connect", "other", "shop.sqlite")
    with sqlite3.connect("other") as connection:
        connection.execute("CREATE TABLE only_here (id)")
    connection.close()
    assert "only_here" not in sqlwright("schema", "-d", "other").stdout
    assert "only_here" in sqlwright("schema", "-d", "./other").stdout


def test_a_name_that_is_nearly_known_names_the_known_one(shop):
    sqlwright("connect", "shop", shop)
    assert "Did you mean 'shop'?" in said(sqlwright("run", COUNT, "-d", "shpo"))
    assert "Did you mean 'shop'?" in said(sqlwright("connect", "shpo"))
    assert sqlwright("connect", "shop").output == "shop: SQLite, 3 tables and views\n"


def test_what_cannot_be_opened_is_not_saved(tmp_path, file):
    assert sqlwright("connect", "shop", "none.sqlite").exception
    assert sqlwright("connect", "2nd", "none.sqlite", "--no-check").exception
    assert not file.exists()
    assert not sqlwright("connect", "shop", "none.sqlite", "--no-check").exception


def test_a_removed_name_is_forgotten_also_as_the_default(shop):
    sqlwright("connect", "shop", shop, "--default")
    assert sqlwright("run", COUNT).stdout == "n\n3\n"
    sqlwright("connect", "shop", "--remove")
    assert read_settings().connections == {}
    assert "Which database?" in said(sqlwright("run", COUNT))


def test_the_default_is_the_option_then_the_environment_then_the_setting(shop, tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        with sqlite3.connect(f"{name}.sqlite") as connection:
            connection.execute(f"CREATE TABLE {name} (id)")
        connection.close()
    assert "sqlwright config database DB" in said(sqlwright("schema"))
    sqlwright("config", "database", "a.sqlite")
    assert "CREATE TABLE a" in sqlwright("schema").stdout
    assert read_settings().values["database"] == str(tmp_path / "a.sqlite")
    monkeypatch.setenv("SQLWRIGHT_DATABASE", "b.sqlite")
    assert "CREATE TABLE b" in sqlwright("schema").stdout
    assert "CREATE TABLE c" in sqlwright("schema", "-d", "c.sqlite").stdout
    assert sqlwright("check", "SELECT * FROM b").exit_code == 0


def test_a_file_of_statements_is_checked_without_the_default_database(shop, tmp_path):
    sqlwright("connect", "shop", shop, "--default")
    (tmp_path / "rows.jsonl").write_text('{"engine": "duckdb", "sql": "SELECT list_sum([1]) FROM anything"}\n')
    assert json.loads(sqlwright("check", "--file", "rows.jsonl").stdout)["allowed"]


def test_settings_are_shown_with_where_they_come_from(shop, monkeypatch):
    sqlwright("connect", "shop", shop)
    sqlwright("config", "database", "shop")
    sqlwright("config", "max_rows", "2")
    monkeypatch.setenv("SQLWRIGHT_LANGUAGE", "zh")
    assert [line.split() for line in sqlwright("config").stdout.splitlines()] == [
        ["setting", "value", "from"],
        ["database", "shop", "config", "file"],
        ["model", "-", "default"],
        ["language", "zh", "SQLWRIGHT_LANGUAGE"],
        ["timeout", "10", "default"],
        ["max_rows", "2", "config", "file"],
        ["hub_mirror", "-", "default"],
    ]
    assert json.loads(sqlwright("config", "--json").stdout)["max_rows"] == {"value": 2, "from": "config file"}
    assert sqlwright("run", "SELECT * FROM orders").stdout.count("\n") == 3
    assert sqlwright("run", "SELECT * FROM orders", "--max-rows", "3").stdout.count("\n") == 4
    sqlwright("config", "max_rows", "--unset")
    assert sqlwright("config", "max_rows").stdout == "1000\n"
    assert sqlwright("config", "--path").stdout.strip().endswith("config.yaml")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["databse", "x"], "Did you mean 'database'?"),
        (["timeout", "never"], "expected a number of seconds"),
        (["database", "nowhere"], "No connection or file is named 'nowhere'"),
        (["database", "mysql://ann:s3cret@h/x"], "sqlwright connect NAME URL --ask-password"),
        (["--unset"], "Give the name of one setting"),
    ],
)
def test_a_wrong_setting_is_an_error_and_changes_nothing(arguments, expected, file):
    assert expected in said(sqlwright("config", *arguments))
    assert not file.exists()


URL = "postgresql://reader@127.0.0.1:1/shop"


def test_a_password_in_the_url_goes_to_the_keyring_and_not_to_the_file(monkeypatch, file):
    kept = install(monkeypatch, Locked())
    done = sqlwright("connect", "shop", URL.replace("reader@", "reader:s3%2Fcret@"), "--no-check")
    assert done.exit_code == 0
    assert "other users of this machine can see the password" in done.stderr
    assert kept == {("sqlwright", URL): "s3/cret"}
    assert "s3" not in file.read_text()
    assert URL in file.read_text()
    sqlwright("connect", "shop", "--remove")
    assert kept == {}


def test_an_asked_password_is_kept_and_used_for_its_server_alone(monkeypatch):
    from sqlalchemy import make_url

    from sqlwright.api.targets import target_of
    from sqlwright.db.password import password_of

    kept = install(monkeypatch, Locked())
    assert sqlwright("connect", "shop", URL, "--no-check", "--ask-password", input="s3cret\n").exit_code == 0
    assert kept == {("sqlwright", URL): "s3cret"}
    from sqlwright.db import password

    for given in ("shop", URL):
        password._kept.clear()
        assert target_of(given) == URL
        assert password_of(make_url(URL)) == "s3cret"
    assert target_of("shop", labelled=True) == f"shop={URL}"
    assert target_of("sales=shop", labelled=True) == f"sales={URL}"
    assert password_of(make_url(URL)) == "s3cret"
    assert password_of(make_url(URL.replace("127.0.0.1", "evil.example"))) is None
    monkeypatch.setenv("SQLWRIGHT_PASSWORD", "another")
    assert password_of(make_url(URL)) == "another"


def test_without_a_keyring_the_connection_is_kept_and_the_password_is_not(monkeypatch, file):
    monkeypatch.setitem(sys.modules, "keyring", None)
    done = sqlwright("connect", "shop", URL.replace("reader@", "reader:s3cret@"), "--no-check")
    assert "pip install keyring" in done.stderr
    assert ".pgpass" in done.stderr
    assert read_settings().connections["shop"].target == URL
    assert "s3cret" not in file.read_text()
    file.unlink()
    asked = sqlwright("connect", "shop", URL, "--no-check", "--ask-password", input="s3cret\n")
    assert "pip install keyring" in said(asked)
    assert not file.exists()


@pytest.mark.parametrize("url", ["postgresql://ann:p@s@host/shop", "mysql://host/shop?password=s3cret"])
def test_a_password_that_cannot_be_told_from_the_url_is_not_saved(url, file, monkeypatch):
    install(monkeypatch, Locked())
    assert "--ask-password" in said(sqlwright("connect", "shop", url, "--no-check"))
    assert not file.exists()


@pytest.mark.postgres
def test_a_named_server_is_opened(postgres_url):
    assert "PostgreSQL" in sqlwright("connect", "pg", postgres_url.replace("postgresql+psycopg", "postgresql")).output
    assert sqlwright("run", "SELECT 1 AS n", "-d", "pg").stdout == "n\n1\n"
