"""Passwords of servers: where they come from, and that no message shows them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from sqlwright.core import ConnectError, UsageError
from sqlwright.core.redact import without_passwords
from sqlwright.db import open_database, password
from sqlwright.db.password import password_of, read_password_file, without_password

URL = make_url("postgresql://ann@127.0.0.1/shop")
SECRET = "p@ss/w:rd"


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    for name in ("SQLWRIGHT_PASSWORD", "SQLWRIGHT_PASSWORD_FILE", "PGPASSWORD", "MYSQL_PWD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(password, "_given", [])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def test_the_places_are_asked_in_order(monkeypatch, file):
    assert password_of(URL) is None
    monkeypatch.setenv("SQLWRIGHT_PASSWORD_FILE", str(file))
    assert password_of(URL) == SECRET
    monkeypatch.setenv("SQLWRIGHT_PASSWORD", "from the environment")
    assert password_of(URL) == "from the environment"
    password.use_password("typed")
    assert password_of(URL) == "typed"
    assert password_of(URL.set(password="in the URL")) == "in the URL"


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_a_file_that_others_may_read_is_refused(file):
    file.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        read_password_file(file)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(UsageError, match="Cannot read the password file"):
        read_password_file(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:secret@host/db", "postgresql://ann:***@host/db"),
        ("postgres:/ann:secret@host/db", "postgres:/ann:***@host/db"),
        ("mysql+pymysql://ann:p@ss/word@host/db", "mysql+pymysql://ann:***@host/db"),
        ("https://ann:secret@host/path@x", "https://ann:***@host/path@x"),
        ("https://host:8080/path@x", "https://host:8080/path@x"),
        ("mysql://host/db?user=ann&password=secret", "mysql://host/db?user=ann&password=***"),
        ("postgresql://ann@host/db", "postgresql://ann@host/db"),
    ],
)
def test_a_url_is_shown_without_its_password(text, shown):
    assert without_passwords(text) == shown


def test_a_driver_s_message_is_shown_without_the_password_however_it_is_spelled():
    assert without_password("bad p@ss/w:rd, p%40ss%2Fw%3Ard", SECRET) == "bad ***, ***"


def sqlwright(*arguments, **environment):
    command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=120
    )


@pytest.mark.parametrize("url", ["postgres:/ann:hunter2@h/db", "oracle://ann:hunter2@h/db", "mysql://ann:hunter2@h"])
def test_the_command_shows_no_password_and_warns_of_one_in_the_url(url):
    done = sqlwright("run", "SELECT 1", "-d", url)
    assert done.returncode == 2
    assert "hunter2" not in done.stderr
    assert "list of processes" in done.stderr
    assert "hunter2" not in sqlwright("run", "SELECT 1", url, "-d", "x").stderr


def test_the_command_asks_for_the_password(monkeypatch):
    from sqlwright.cli.run import command

    done = CliRunner().invoke(
        command, ["SELECT 1", "-d", "mysql://ann@127.0.0.1:1/db", "--ask-password"], input="typed\n"
    )
    assert "Password of the database" in done.stderr
    assert isinstance(done.exception, ConnectError)
    assert password._given == ["typed"]


def test_the_command_reads_the_password_from_a_file(file):
    from sqlwright.cli.run import command

    CliRunner().invoke(command, ["SELECT 1", "-d", "mysql://ann@127.0.0.1:1/db", "--password-file", str(file)])
    assert password._given == [SECRET]


@pytest.mark.mysql
@pytest.mark.parametrize("variable", ["SQLWRIGHT_PASSWORD", "MYSQL_PWD"])
def test_mysql_takes_the_password_from_the_environment(mysql_url, monkeypatch, variable):
    pymysql = pytest.importorskip("pymysql")
    url = make_url(mysql_url)
    user = url.database.replace("sqlwright_", "pw_")
    login = {"host": url.host, "user": url.username, "password": url.password or ""}
    with (
        pymysql.connect(**login, port=url.port or 3306, **dict(url.query)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_user()")
        host = cursor.fetchone()[0].rsplit("@", 1)[1]
        cursor.execute(f"CREATE USER '{user}'@'{host}' IDENTIFIED BY '{SECRET}'")
        cursor.execute(f"GRANT SELECT ON `{url.database}`.* TO '{user}'@'{host}'")
        try:
            target = url.set(username=user, password=None).render_as_string(False)
            with pytest.raises(ConnectError, match="--ask-password"):
                open_database(target)
            monkeypatch.setenv(variable, SECRET)
            with open_database(target) as database, database.again() as second:
                assert second.run("SELECT 1").ok
        finally:
            cursor.execute(f"DROP USER '{user}'@'{host}'")


@pytest.mark.postgres
def test_postgres_is_given_the_password_or_looks_for_it_itself(postgres_url, monkeypatch, tmp_path):
    """The test server trusts everybody, so what is compared is what libpq would send."""
    pytest.importorskip("psycopg")
    plain = make_url(postgres_url).set(password=None)
    target = plain.render_as_string(False)
    passfile = tmp_path / "pgpass"
    passfile.write_text("*:*:*:*:from-pgpass\n")
    passfile.chmod(0o600)

    def sent(url=target):
        with open_database(url) as database, database.engine.connect() as connection:
            return connection.info.password

    assert sent() == ""
    assert sent(f"{target}{'&' if plain.query else '?'}passfile={Path(passfile)}") == "from-pgpass"
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    assert sent() == "from-pgpass"
    monkeypatch.setenv("PGPASSWORD", "from-pgpassword")
    assert sent() == "from-pgpassword"
    monkeypatch.setenv("SQLWRIGHT_PASSWORD", "ours")
    assert sent() == "ours"
