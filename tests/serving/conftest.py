"""A real server on a real socket: a Service on the small shop, asked through the official clients."""

from __future__ import annotations

import datetime as dt
import socket
import sqlite3
import threading
import time
import zipfile
from contextlib import contextmanager

import openai
import pytest
import uvicorn

from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.serving import Connection, Service
from sqlwright.serving.access import AccessOptions
from sqlwright.serving.app import build_app

FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
SCRIPT = {
    "Who lives in Oslo?": "SELECT name FROM customer WHERE city = 'Oslo'",
    "How many items?": "SELECT count(*) AS n FROM item",
    "And in Paris?": "```sql\nSELECT name FROM customer WHERE city = 'Paris'\n```",
    "Clean up.": ["DROP TABLE orders"],
    "Take long.": FOREVER,
}


def scripted():
    return ScriptedGenerator(SCRIPT)


@contextmanager
def running(service, **access):
    """The base URL of `service` on a free port, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    options = AccessOptions(**{"per_minute": 1_000_000, **access})
    config = uvicorn.Config(build_app(service, options), log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def serving(databases, generator, options=None, log=None, **access):
    """`running` on connections by name, all asked with one model."""
    connections = [Connection(name, open_database(path), generator) for name, path in databases.items()]
    service = Service(connections, options, log)
    try:
        with running(service, **access) as url:
            yield url
    finally:
        service.close()


def client(url, **settings):
    return openai.OpenAI(base_url=f"{url}/v1", **{"api_key": "none", "max_retries": 0, **settings})


def ask(url, question, model="scripted:shop", **settings):
    return client(url).chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], **settings
    )


def write_ods(path, sheets):
    """An OpenDocument spreadsheet of texts, numbers and dates."""

    def cell(value):
        if isinstance(value, dt.date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{name}="urn:{name}"' for name in ("office", "table", "text"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        packed.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>")


@pytest.fixture
def url(shop):
    with serving({"shop": shop}, scripted()) as found:
        yield found


CLINIC = """
CREATE TABLE patient (id INTEGER PRIMARY KEY, name TEXT, city TEXT, password TEXT);
CREATE TABLE visit (id INTEGER PRIMARY KEY, patient_id INTEGER REFERENCES patient (id), fee REAL);
INSERT INTO patient VALUES (1, 'Dee', 'Lima', 'hunter22'), (2, 'Eli', 'Quito', 'sesame33');
INSERT INTO visit VALUES (1, 1, 80.0), (2, 2, 95.5);
"""
TWO_SCRIPT = {
    **SCRIPT,
    "Which patients live in Quito?": "SELECT name FROM patient WHERE city = 'Quito'",
    "And those in Lima?": "SELECT name FROM patient WHERE city = 'Lima'",
    "List the customers in Oslo": "SELECT name FROM customer WHERE city = 'Oslo'",
}


@pytest.fixture
def clinic(tmp_path):
    path = tmp_path / "clinic.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(CLINIC)
    connection.close()
    return path


@pytest.fixture
def two(shop, clinic):
    """The base URL of a server of the shop and a clinic."""
    with serving({"shop": shop, "clinic": clinic}, ScriptedGenerator(TWO_SCRIPT)) as found:
        yield found


@pytest.fixture
def big(tmp_path):
    """A database whose every table has one row that names it, so that a mix-up shows."""
    path = tmp_path / "big.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO item VALUES (1, 'of the other database')")
    connection.close()
    return path
