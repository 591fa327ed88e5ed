"""Several databases on the chat page, without a browser: who is asked, what is shown, and what others are told."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
import pytest

from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.serving import Connection, Service
from sqlwright.serving.page.html import past_html, question_html, receipt_html, result_html, schemas_html, welcome_html
from sqlwright.serving.page.sessions import Tab, Visitors
from sqlwright.serving.page.suggestions import COUNT, Starters, in_turn, plain

from .conftest import TWO_SCRIPT

pytest.importorskip("gradio", reason="needs the extra chat")

from sqlwright.serving.page.actions import Actions
from sqlwright.serving.page.auth import VISITOR
from sqlwright.serving.page.labels import AUTOMATIC

QUITO = "Which patients live in Quito?"
LIMA = "And those in Lima?"
OSLO = "List the customers in Oslo"


class NoDrawing:
    """Draws nothing, whatever is asked of it."""

    def __getattr__(self, _):
        return lambda *_, **__: {}


class Person:
    """A browser and its one window, at the controls of the page."""

    def __init__(self, service, visitors=None, key="a" * 32):
        self.visitors = visitors or Visitors("en")
        self.request = SimpleNamespace(cookies={VISITOR: key})
        self.tab = Tab()
        self.actions = Actions(service, self.visitors, Starters(), NoDrawing())
        self.visitor = self.visitors.of(key)
        self.actions.show(self.tab, self.request)

    @property
    def conversation(self):
        return self.visitor.conversations[self.tab.conversation]

    def do(self, action, *given):
        async def steps():
            return [step async for step in getattr(self.actions, action)(self.tab, *given, self.request)]

        anyio.run(steps)
        return self.conversation.exchanges[self.tab.front]

    def choose(self, name):
        self.actions.database(self.tab, name, self.request)

    def upload(self, path):
        self.actions.file(self.tab, str(path), self.request)


def opened(models, **databases):
    return Service([Connection(name, open_database(path), models[name]) for name, path in databases.items()])


@pytest.fixture
def model():
    return ScriptedGenerator(TWO_SCRIPT)


@pytest.fixture
def service(shop, clinic, model):
    found = opened({"shop": model, "clinic": model}, shop=shop, clinic=clinic)
    yield found
    found.close()


@pytest.fixture
def person(service):
    found = Person(service)
    yield found
    found.visitors.close()


def test_each_question_goes_to_the_database_that_it_is_about_and_the_answer_shows_which(person):
    assert person.conversation.database == ""
    clinic = person.do("ask", QUITO)
    assert (clinic.database, clinic.table.rows) == ("clinic", (("Eli",),))
    shop = person.do("ask", OSLO)
    assert (shop.database, shop.table.rows) == ("shop", (("Bo",),))
    receipt = receipt_html(clinic, "", "en")
    assert "In clinic, the nearest of 2 databases: the question names patient" in receipt
    assert "Compared the question with 2 databases" in receipt
    assert ">clinic</p>" in question_html(clinic, (), "en")
    assert ">clinic</p>" in past_html([(0, clinic, ())], "en")


def test_a_follow_up_stays_with_its_database_and_says_so(person, model):
    person.do("ask", QUITO)
    stayed = person.do("ask", LIMA)
    assert (stayed.database, stayed.table.rows, stayed.answer.candidates) == ("clinic", (("Dee",),), ())
    assert stayed.before == TWO_SCRIPT[QUITO]
    assert "<span>In clinic</span>" in receipt_html(stayed, "", "en")
    moved = person.do("ask", OSLO)
    assert (moved.database, moved.before) == ("shop", "")
    assert [len(prompt.history) for prompt in model.prompts] == [0, 1, 0]
    assert "patient" not in "".join(message.content for message in model.prompts[-1].messages)


def test_one_database_can_be_pinned_and_the_choice_given_back(person):
    person.choose("shop")
    pinned = person.do("ask", QUITO)  # the shop has no such table
    assert (person.conversation.database, pinned.database, pinned.table) == ("shop", "", None)
    person.choose(AUTOMATIC)
    assert person.do("ask", QUITO).database == "clinic"
    person.actions.new(person.tab, person.request)
    assert person.conversation.database == ""


def test_ones_own_sql_and_another_model_ask_the_database_of_the_question(shop, clinic, model):
    other = ScriptedGenerator({**TWO_SCRIPT, QUITO: "SELECT id FROM patient WHERE city = 'Quito'"}, name="other")
    service = opened({"shop": other, "clinic": model}, shop=shop, clinic=clinic)
    person = Person(service)
    person.do("ask", OSLO)
    person.do("ask", QUITO)
    again = person.do("again", "other").again
    assert (again.model, again.table.rows) == ("other", ((2,),))
    own = person.do("run", "SELECT fee FROM visit ORDER BY id")
    assert (own.database, own.table.rows) == ("clinic", ((80.0,), (95.5,)))
    assert "In clinic, the nearest of 2" in receipt_html(own, "", "en")
    refused = person.do("run", "SELECT name FROM customer")  # of the other database
    assert (refused.answer.status, refused.table) == ("refused", None)
    person.visitors.close()
    service.close()


def test_a_pair_is_stored_with_the_database_that_answered(person, service, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_KNOWLEDGE", str(tmp_path / "knowledge"))
    person.do("ask", OSLO)
    person.do("ask", QUITO)
    person.actions.right(person.tab, person.request)
    assert person.conversation.exchanges[-1].stored == "stored_right"
    assert person.do("ask", QUITO).answer.kind == "verified"
    assert service.connection("shop").knowledge.verified(QUITO, None, "sqlite") is None


def test_a_question_that_fits_no_database_is_a_sentence(person):
    none = person.do("ask", "xyzzy")  # as the first question
    assert "None of the 2 databases" in result_html(none, "en")
    assert none.database == ""
    russian = person.do("ask", "Сколько клиентов?")
    assert "does not read Russian" in result_html(russian, "en")


def test_without_a_chosen_model_each_database_is_asked_with_its_own(shop, clinic):
    models = {name: ScriptedGenerator(TWO_SCRIPT, name=f"tuned-{name}") for name in ("shop", "clinic")}
    service = opened(models, shop=shop, clinic=clinic)
    person = Person(service)
    assert person.conversation.model == ""
    assert person.do("ask", QUITO).answer.model == "tuned-clinic"
    assert person.do("ask", OSLO).answer.model == "tuned-shop"
    person.actions.model(person.tab, "tuned-shop", person.request)
    assert person.do("ask", QUITO).answer.model == "tuned-shop"
    person.visitors.close()
    service.close()


def test_a_file_of_ones_own_is_pinned_and_takes_part_in_the_choice_of_nobody_else(shop, clinic, tmp_path):
    pay = "What is the pay of Ada?"
    model = ScriptedGenerator({pay: "SELECT pay FROM salaries WHERE person = 'Ada'"})
    service, visitors = opened({"shop": model, "clinic": model}, shop=shop, clinic=clinic), Visitors("en")
    one, other = Person(service, visitors), Person(service, visitors, "b" * 32)
    (tmp_path / "salaries.csv").write_text("person,pay\nAda,100\nBob,90\n")
    one.upload(tmp_path / "salaries.csv")
    assert one.conversation.database == "salaries"
    one.choose(AUTOMATIC)
    assert one.do("ask", pay).database == "salaries"
    foreign = other.do("ask", pay)
    assert foreign.table is None
    assert {candidate.database for candidate in foreign.answer.candidates} == {"shop", "clinic"}
    visitors.close()
    service.close()


def test_with_one_database_nothing_is_chosen(shop, model):
    service = opened({"shop": model}, shop=shop)
    person = Person(service)
    exchange = person.do("ask", OSLO)
    assert (person.conversation.database, exchange.database, exchange.answer.candidates) == ("shop", "", ())
    assert "sw-database" not in question_html(exchange, (), "en")
    person.visitors.close()
    service.close()


def test_the_tables_of_all_databases_are_listed_by_name(service):
    schemas = {c.name: c.context.schema for c in service.connections.values()}
    shown = schemas_html(schemas, "", "en")
    assert shown.index(">shop</p>") < shown.index("customer") < shown.index(">clinic</p>") < shown.index("patient")
    found = schemas_html(schemas, "fee", "en")
    assert ">clinic</p>" in found
    assert "shop" not in found
    assert "No table or column matches" in schemas_html(schemas, "nowhere", "en")
    assert "sw-label" not in schemas_html({"shop": schemas["shop"]}, "", "en")
    assert "the database that it is about: shop, clinic." in welcome_html(list(schemas), "en")


def test_examples_are_of_each_database_in_turn_without_those_of_two(service):
    assert in_turn([("a", "both", "b"), ("both", "c")]) == ("a", "c", "b")
    assert in_turn([tuple("abcdefgh")]) == tuple("abcdefgh")[:COUNT]
    shop, clinic = service.connections.values()
    first, second, *_ = Starters().of((shop, clinic))
    assert first in plain(shop)
    assert second in plain(clinic)
