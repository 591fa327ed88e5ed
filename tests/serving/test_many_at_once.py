"""Many people, several databases, stops and slow parts: nobody waits for, sees or ends another's question."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import openai
import pytest

from sqlwright.answering import AuditLog, Stop, StoppedError
from sqlwright.answering.audit import read_entries
from sqlwright.core import ConnectError, NotFoundError, QueryLimits
from sqlwright.data.demo import demo_database_path, demo_questions
from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator, load_generator
from sqlwright.generation.openai_compatible import OpenAICompatibleGenerator
from sqlwright.serving import BusyError, Connection, Service, ServiceOptions
from tests.models import chat_server

from .conftest import FOREVER, ask, running, scripted, serving

PATIENT = QueryLimits(timeout_s=60)


@pytest.fixture
def service(shop):
    opened = Service(
        [Connection("shop", open_database(shop), scripted())], ServiceOptions(PATIENT, at_once=2, waiting=1)
    )
    yield opened
    opened.close()


def in_background(work):
    """A thread at `work` and the list that gets what it returned or raised."""
    found = []

    def run():
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001  the test looks at it
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def test_a_stop_ends_its_own_question_and_no_other(service):
    shop = service.connection("shop")
    stop = Stop()
    slow, ended = in_background(lambda: service.ask("Take long.", shop, stop=stop))
    time.sleep(0.3)
    assert service.ask("How many items?", shop).table.rows == ((3,),)
    stop.set()
    slow.join(10)
    assert isinstance(ended[0], StoppedError)
    assert service.ask("How many items?", shop).table.rows == ((3,),)


def test_a_question_that_is_stopped_before_it_begins_asks_no_model(service):
    stop = Stop()
    stop.set()
    with pytest.raises(StoppedError):
        service.ask("How many items?", service.connection("shop"), stop=stop)
    assert service.connection("shop").generator.prompts == []


def test_more_than_may_wait_are_refused_at_once(service):
    shop = service.connection("shop")
    stops = [Stop() for _ in range(3)]
    threads = [in_background(lambda s=s: service.run(FOREVER, shop, stop=s))[0] for s in stops]
    time.sleep(0.3)
    with pytest.raises(BusyError, match="3 questions"):
        service.ask("How many items?", shop)
    for stop in stops:
        stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_closing_stops_what_is_under_way(service):
    slow, ended = in_background(lambda: service.run(FOREVER, service.connection("shop")))
    time.sleep(0.3)
    service.close()
    slow.join(10)
    assert isinstance(ended[0], StoppedError)
    with pytest.raises(BusyError, match="shutting down"):
        service.ask("How many items?", service.connection("shop"))


def test_a_client_that_goes_away_stops_its_query(shop, tmp_path):
    path = tmp_path / "log.db"
    for stream in (False, True):
        with (
            AuditLog(path) as log,
            serving({"shop": shop}, scripted(), ServiceOptions(PATIENT, at_once=1), log) as url,
        ):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
            messages = [{"role": "user", "content": "Take long."}]
            body = json.dumps({"model": "scripted:shop", "messages": messages, "stream": stream})
            connection.request("POST", "/v1/chat/completions", body)
            time.sleep(0.5)
            connection.close()
            # One at once: this answer needs the place that the query above held.
            assert ask(url, "How many items?", timeout=20).choices[0].message.metadata["status"] == "answered"
    assert [e.status for e in read_entries(path)] == ["stopped", "answered"] * 2


def test_a_query_at_its_limit_is_an_answer_that_says_so(shop):
    with serving({"shop": shop}, scripted(), ServiceOptions(QueryLimits(timeout_s=0.3))) as url:
        message = ask(url, "Take long.").choices[0].message
    assert message.metadata["status"] == "failed"
    assert "time limit" in message.content


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_endpoint_that_hangs_is_a_timeout_error_and_others_are_answered(shop, big, stream):
    with chat_server(lambda body: "SELECT 1", mode="slow", delay_s=8) as hanging:
        slow = OpenAICompatibleGenerator("slow", hanging.url, timeout_s=3, retries=0, context_tokens=4096)
        connections = [Connection("shop", open_database(shop), slow), Connection("big", open_database(big), scripted())]
        service = Service(connections, ServiceOptions(answer_timeout_s=0.7))
        with running(service) as url:
            with pytest.raises(openai.InternalServerError) as raised:
                ask(url, "How many?", "slow:shop", stream=stream)
            assert (raised.value.status_code, raised.value.code) == (504, "timeout")
            assert raised.value.message.endswith("No answer within 0.7 s.")
            assert ask(url, "How many items?", "scripted:big").choices[0].message.metadata["status"] == "answered"
        service.close()


def test_a_model_endpoint_that_is_gone_is_named(shop):
    generator = OpenAICompatibleGenerator("m", "http://127.0.0.1:9", retries=0, context_tokens=4096)
    with serving({"shop": shop}, generator) as url:
        with pytest.raises(openai.InternalServerError, match=r"No connection to http://127\.0\.0\.1:9"):
            ask(url, "How many?", "m:shop")
        with pytest.raises(openai.InternalServerError, match=r"No connection to http://127\.0\.0\.1:9"):
            list(ask(url, "How many?", "m", stream=True))


def test_an_error_in_the_middle_of_a_stream_is_an_error_event_without_done(shop):
    class Breaking(ScriptedGenerator):
        def stream(self, prompt, sampling):
            yield "SELECT "
            raise ConnectError("The model went away.")

    with serving({"shop": shop}, Breaking([])) as url, pytest.raises(openai.APIError, match="went away") as raised:
        list(ask(url, "How many?", "scripted", stream=True))
    assert raised.value.body["code"] == "unreachable"


def test_a_database_that_goes_away_is_said_and_the_others_go_on(shop, big):
    connections = [
        Connection("shop", open_database(shop), scripted()),
        Connection("big", open_database(big), scripted()),
    ]
    service = Service(connections)
    with running(service) as url:
        assert ask(url, "How many items?").choices[0].message.metadata["status"] == "answered"
        with connections[0].lease():  # as a question under way does: the next one opens another connection
            shop.unlink()
            with pytest.raises(openai.InternalServerError, match="database 'shop' no longer exists"):
                ask(url, "How many items?")
        assert ask(url, "How many items?", "scripted:big").choices[0].message.metadata["result"]["rows"] == [[1]]
    service.close()


def test_two_databases_never_see_each_others_rows(shop, big):
    script = {"Names?": "SELECT name FROM item", "Others?": "SELECT name FROM customer"}
    with serving({"shop": shop, "big": big}, ScriptedGenerator(script)) as url, ThreadPoolExecutor(8) as pool:
        names = ["scripted:shop", "scripted:big"] * 10
        answers = list(pool.map(lambda name: ask(url, "Names?", name).choices[0].message.metadata, names))
        foreign = ask(url, "Others?", "scripted:big").choices[0].message.metadata
    for name, answer in zip(names, answers, strict=True):
        rows = [["of the other database"]] if name.endswith("big") else [["pen"], ["ink"], ["book"]]
        assert answer["result"]["rows"] == rows
        assert answer["database"] == name.partition(":")[2]
    assert foreign["status"] != "answered"
    assert foreign["result"] is None


def test_a_question_of_200_kb_is_refused_in_a_sentence(url):
    with pytest.raises(openai.APIStatusError) as raised:
        ask(url, "Who lives in Oslo? " * 11_000)
    assert raised.value.status_code == 400
    assert "The question has 208,999 characters" in raised.value.message
    with pytest.raises(openai.APIStatusError, match="no answer for"):
        ask(url, "CREATE TABLE x (" * 12_500, "scripted")
    assert ask(url, "How many items?").choices[0].message.metadata["status"] == "answered"


@pytest.fixture(scope="module")
def demo_url():
    """The demo database with the built-in model, which takes a second to load."""
    with serving({"shop": demo_database_path()}, load_generator("built-in", threads=1)) as url:
        yield url


def test_twenty_people_at_once_with_the_built_in_model(demo_url):
    with ThreadPoolExecutor(20) as pool:
        questions = [example.question for example in demo_questions()] * 2
        answers = list(
            pool.map(lambda q: ask(demo_url, q, "built-in:shop", timeout=300).choices[0].message.metadata, questions)
        )
    assert {answer["status"] for answer in answers} == {"answered"}
    assert [answer["question"] for answer in answers] == questions


def test_a_name_that_is_not_there_comes_with_the_nearest(service):
    with pytest.raises(NotFoundError, match="Did you mean 'shop'"):
        service.connection("shops")
    assert service.connection("").name == "shop"


def test_a_schema_of_200_kb_that_never_ends_holds_nobody_up(demo_url):
    with pytest.raises(openai.BadRequestError, match="characters"):
        ask(demo_url, "CREATE TABLE x (" * 12_500 + "id INT", "built-in")
    with pytest.raises(openai.BadRequestError, match="needs the schema"):
        ask(demo_url, "How many items?", "built-in")
    good = "CREATE TABLE item (id INT, name TEXT); How many items are there?"
    assert ask(demo_url, good, "built-in").choices[0].message.content == "SELECT COUNT(*) FROM item"
