"""A question to several databases through the Service: the log, databases that change or go away, many at once."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sqlwright.answering import AuditLog, Stop, StoppedError
from sqlwright.answering.audit import read_entries
from sqlwright.core import Turn, UsageError
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.serving import Connection, Service
from sqlwright.serving.nearest import ask_nearest

from .conftest import TWO_SCRIPT

QUITO = "Which patients live in Quito?"
OSLO = "List the customers in Oslo"


@pytest.fixture
def log(tmp_path):
    found = AuditLog(tmp_path / "log.db")
    yield found
    found.close()


@pytest.fixture
def service(shop, clinic, log):
    more = {"How many beds are there?": "SELECT count(*) FROM bed", "xyzzy": "SELECT max(fee) FROM visit"}
    more |= {"For each patient in Quito, how many visits?": "SELECT 1"}
    model = ScriptedGenerator({**TWO_SCRIPT, **more})
    connections = [Connection(path.stem, open_database(path), model) for path in (shop, clinic)]
    found = Service(connections, log=log)
    yield found
    found.close()


def ask(service, question, **about):
    return ask_nearest(question, service, tuple(service.connections.values()), **about)


def test_each_question_is_in_the_log_with_the_database_that_was_asked(service, log):
    ask(service, QUITO, source="mcp")
    ask(service, OSLO)
    ask(service, "xyzzy")
    log.close()
    noted = [(e.source, e.question, e.database, e.status) for e in read_entries(log.path)]
    assert noted == [
        ("mcp", QUITO, "clinic", "answered"),
        ("api", OSLO, "shop", "answered"),
        ("api", "xyzzy", "", "refused"),
    ]


def test_the_total_time_includes_the_comparison(service, monkeypatch):
    route = service.route

    def slow(*arguments):
        time.sleep(0.5)
        return route(*arguments)

    monkeypatch.setattr(service, "route", slow)
    assert ask(service, QUITO).timings.total_s >= 0.5


def test_a_word_that_may_refer_back_does_not_hold_a_question_about_another_database(service):
    question = "For each patient in Quito, how many visits?"
    answer = ask(service, question, current="shop", history=(Turn(OSLO, "SELECT 1"),))
    assert answer.database == "clinic"
    assert answer.candidates


def test_a_conversation_with_a_database_that_is_not_there_any_more_is_not_told_to_another(service):
    answer = ask(service, QUITO, current="gone", history=(Turn("Who?", "SELECT 1"),))
    assert answer.database == "clinic"
    assert service.connection("shop").generator.prompts[-1].history == ()


def test_a_question_that_fits_no_database_stays_with_that_of_its_conversation(service):
    answer = ask(service, "xyzzy", current="clinic", history=(Turn(QUITO, TWO_SCRIPT[QUITO]),))
    assert (answer.database, answer.table.rows, answer.candidates) == ("clinic", ((95.5,),), ())


def test_a_table_that_was_added_is_known_to_the_choice(service, clinic):
    with sqlite3.connect(clinic) as connection:
        connection.execute("CREATE TABLE bed (id INTEGER PRIMARY KEY)")
    connection.close()
    answer = ask(service, "How many beds are there?")
    assert (answer.database, answer.table.rows) == ("clinic", ((0,),))


def test_a_database_that_is_gone_does_not_keep_others_from_being_asked(service, clinic):
    clinic.unlink()
    assert ask(service, OSLO).table.rows == (("Bo",),)


def test_a_question_that_is_too_long_or_stopped_is_compared_with_nothing(service):
    with pytest.raises(UsageError, match="8,000"):
        ask(service, "patients " * 2000)
    stop = Stop()
    stop.set()
    with pytest.raises(StoppedError):
        ask(service, QUITO, stop=stop)
    assert service.connection("shop").generator.prompts == []


def test_many_people_at_once_each_get_their_own_database(service):
    questions = [QUITO, OSLO, "每个病人的就诊费用", "xyzzy"] * 6

    def database(question):
        try:
            return ask(service, question).database
        except Exception as error:  # noqa: BLE001  the script has no answer for the third
            return type(error).__name__

    with ThreadPoolExecutor(8) as people:
        found = list(people.map(database, questions))
    assert found == ["clinic", "shop", "SomeFailedError", ""] * 6
