"""The chat page in Debian's Chromium; the server is the command as a process that may reach this machine only."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sqlwright.data.demo import write_demo_database
from sqlwright.serving.page.labels import word

from ..models import save_llama
from .conftest import FOREVER, write_ods
from .test_command import COMMAND, OFFLINE, Started

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip)")
pytest.importorskip("gradio", reason="needs the extra chat")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]

WAIT_MS = 60_000
BY_COUNTRY = "How many customers are there in each country?"
CHINESE = "每个国家有多少客户？"
ASKS = "#ask textarea"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="module")
def pictures(folder):
    kept = Path(os.environ.get("SQLWRIGHT_SCREENSHOTS") or folder / "screenshots")
    kept.mkdir(parents=True, exist_ok=True)
    return kept


@pytest.fixture(scope="module")
def silent():
    """A model's endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@pytest.fixture(scope="module")
def demo(folder):
    write_demo_database(folder / "outdoor_shop.sqlite")
    return folder / "outdoor_shop.sqlite"


@pytest.fixture(scope="module")
def fragile(folder):
    """A database that its owner takes away while it is asked."""
    path = folder / "fragile.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO item (name) VALUES (?)", [(f"item {n}",) for n in range(5000)])
    connection.close()
    return path


@pytest.fixture(scope="module")
def server(folder, demo, fragile, silent):
    """Two databases, and three models: the built-in one, one that knows a Chinese question, one that never answers."""
    script = folder / "script.jsonl"
    script.write_text(
        json.dumps({"question": CHINESE, "text": "SELECT country, COUNT(*) AS 客户数 FROM customer GROUP BY country"})
        + "\n"
        + json.dumps({"question": "Clean up.", "text": "DROP TABLE customer"})
    )
    arguments = [
        "-d",
        demo,
        "-d",
        fragile,
        "-m",
        "built-in",
        "-m",
        f"scripted:{script}",
        "-m",
        f"openai:silent@{silent}",
    ]
    limits = ["--timeout", "60", "--answer-timeout", "20", "--no-browser"]
    environment = {"SQLWRIGHT_KNOWLEDGE": str(folder / "knowledge")}
    with Started(*arguments, *limits, program=[sys.executable, "-c", OFFLINE], verb="chat", **environment) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


class Window:
    """The page as one person sees it, in a browser profile of its own."""

    def __init__(self, browser, url, width=1280, height=900, **settings):
        self.context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", self._failed)
        self.page.goto(url)
        self.page.wait_for_selector(f"{ASKS}[placeholder*='…']")

    def _failed(self, error):
        """Gradio's own ResizeObserver (assets/Index-*.js) measures an element after its column was hidden."""
        if "reading 'offsetWidth'" not in str(error):
            self.errors.append(str(error))

    def ask(self, question):
        self._forget()
        self.page.fill(ASKS, question)
        self.page.keyboard.press("Enter")
        self.answered(question)

    def _forget(self):
        """So that the same question, answered again, is told from what stands there already."""
        self.page.evaluate("document.querySelectorAll('.sw-question').forEach(e => { e.innerText = ''; })")

    def answered(self, question):
        self.page.wait_for_function(
            "q => document.querySelector('#question .sw-question')?.innerText.startsWith(q)"
            " && !document.querySelector('#question .sw-working') && !document.querySelector('#stop')?.offsetParent",
            arg=" ".join(question.split())[:60],
        )

    def edit(self, sql):
        """As a person does: click into the editor, select all, type."""
        self.page.click("#sql .cm-content")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(sql)

    def run(self, sql):
        question = self.text("#question .sw-question")
        self.edit(sql)
        self._forget()
        self.page.click("#run")
        self.answered(question)

    def choose(self, what, name):
        self.page.click(f"#{what} input")
        self.page.click(f"#{what} [role=option]:has-text('{name}')")
        self.page.wait_for_timeout(500)

    def text(self, selector):
        return self.page.inner_text(selector)

    def sql(self):
        return " ".join(self.text("#sql .cm-content").split())

    def rows(self):
        return [
            [cell.inner_text() for cell in row.query_selector_all("td")]
            for row in self.page.query_selector_all("#result tbody tr")
        ]

    def sentence(self):
        self.page.wait_for_selector("#result .sw-sentence")
        return self.text("#result .sw-sentence")

    def close(self):
        self.context.close()


@pytest.fixture
def window(browser, server):
    opened = Window(browser, server.url)
    yield opened
    assert opened.errors == []
    opened.close()


def test_a_question_shows_its_query_rows_chart_and_receipt(window, pictures):
    window.ask(BY_COUNTRY)
    assert "GROUP BY country" in window.sql()
    assert ["Germany", "628"] in window.rows()
    receipt = window.text("#receipt")
    assert "From customer" in receipt
    assert "% sure" in receipt
    assert "What left this machine: nothing" in receipt
    window.page.wait_for_selector("#chart canvas, #chart svg.marks")
    assert not window.page.is_visible("#receipt .sw-steps li")  # the steps are there, and folded
    window.page.click("#receipt .sw-steps summary")
    assert "built-in wrote the query" in window.text("#receipt .sw-steps")
    window.page.wait_for_timeout(500)
    window.page.screenshot(path=pictures / "desktop.png")


def test_a_chinese_question_is_answered_in_chinese_on_a_chinese_page(window, pictures):
    window.page.click("#language label:has-text('中文')")
    window.page.wait_for_selector("#new:has-text('新对话')")
    window.choose("model", "scripted")
    window.ask(CHINESE)
    assert ["Germany", "628"] in window.rows()
    assert "scripted:" not in window.text("#receipt")  # no path of this machine
    assert "来自 customer" in window.text("#receipt")
    assert "离开本机的数据：无" in window.text("#receipt")
    window.page.click("#theme")
    window.page.wait_for_selector("body.dark")
    window.answered(CHINESE)  # the page comes again, and what was asked with it
    window.page.wait_for_selector("#chart canvas, #chart svg.marks")
    window.page.wait_for_timeout(500)
    window.page.screenshot(path=pictures / "chinese-dark.png")


def test_the_built_in_model_names_a_language_that_it_does_not_read(window):
    window.ask("Сколько клиентов?")
    assert "Russian" in window.sentence() or "俄文" in window.sentence()


def test_a_greeting_gets_a_sentence(window):
    window.ask("Hello!")
    assert "for example: How many" in window.sentence()


def test_a_follow_up_shows_which_clause_changed(window):
    window.ask("Show the names of customers in Germany")
    window.ask("Only those who joined after 2024-01-01")
    assert "joined_on" in window.sql()
    changed = window.text("#question .sw-changes")
    assert "WHERE" in changed.upper()
    assert "2024-01-0" in changed  # after the 1st is on or after the 2nd
    assert "Show the names of customers in Germany" in window.text("#past")


def test_each_question_goes_to_the_database_that_it_is_about_unless_one_is_selected(window, pictures):
    assert window.page.input_value("#database input") == word("automatic", "en")
    assert "of 2 databases" in window.page.get_attribute(ASKS, "placeholder")
    assert {"outdoor_shop", "fragile"} <= set(window.page.locator("#schema .sw-label").all_inner_texts())
    window.ask("Show the names of customers in Germany")
    assert window.text("#question .sw-database") == "outdoor_shop"
    assert "In outdoor_shop, the nearest of 2 databases: the question names customer" in window.text("#receipt")
    window.page.screenshot(path=pictures / "several.png")
    window.ask("Only those who joined after 2024-01-01")
    assert window.text("#question .sw-database") == "outdoor_shop"
    assert "joined_on" in window.sql()
    window.ask("How many items are there?")
    assert window.text("#question .sw-database") == "fragile"
    assert window.rows() == [["5000"]]
    window.run("SELECT name FROM item WHERE id = 7")
    assert window.rows() == [["item 6"]]
    window.page.click("#past [data-number='0']")
    window.answered("Show the names of customers in Germany")
    assert window.text("#question .sw-database") == "outdoor_shop"
    window.choose("database", "fragile")
    window.page.wait_for_selector("#welcome h1")
    window.ask("How many items are there?")
    assert window.rows() == [["5000"]]
    assert not window.page.is_visible("#question .sw-database")
    window.choose("database", word("automatic", "en"))
    window.page.wait_for_selector("#welcome h1")
    window.ask("How many employees are there?")
    assert window.text("#question .sw-database") == "outdoor_shop"


def test_an_earlier_question_comes_back_to_the_front(window):
    window.ask(BY_COUNTRY)
    window.ask("How many employees are there?")
    window.page.click("#past [data-number='0']")
    window.answered(BY_COUNTRY)
    assert "GROUP BY country" in window.sql()
    assert "How many employees are there?" in window.text("#past")


def test_the_query_can_be_edited_and_run_through_the_same_guard(window):
    window.ask(BY_COUNTRY)
    window.run("SELECT name FROM store WHERE city = 'Berlin'")
    assert window.rows()
    assert "SQL by you" in window.text("#receipt")
    window.run("DELETE FROM customer")
    assert "not" in window.sentence()
    assert window.rows() == []
    window.run("SELECT nothing FROM customer")
    assert "nothing" in window.sentence()
    window.ask("How many employees are there?")  # the page goes on working
    assert window.rows()


def test_a_model_that_writes_a_hostile_statement_is_refused_in_one_sentence(window, demo, pictures):
    window.choose("database", "outdoor_shop")
    window.choose("model", "scripted")
    window.ask("Clean up.")
    refusal = window.sentence()
    assert "DROP" in refusal or "query" in refusal
    assert "\n" not in refusal
    window.page.screenshot(path=pictures / "refused.png")
    with sqlite3.connect(f"file:{demo}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM customer").fetchone()[0] > 0
    connection.close()


def test_thumbs_up_stores_the_pair_after_it_ran_again_and_knowledge_lists_it(window, folder, demo):
    question = "How many suppliers are there for each country?"
    window.ask(question)
    window.page.click("#right")
    window.page.wait_for_selector("#told .sw-told")
    assert "Stored" in window.text("#told")
    assert question in knowledge(folder, demo)


def test_thumbs_down_stores_only_a_corrected_query_that_ran(window, folder, demo):
    question = "Which stores are open?"
    window.ask(question)
    window.page.click("#wrong")
    window.page.wait_for_selector("#told .sw-told")
    assert question not in knowledge(folder, demo)
    window.run("SELECT name FROM store WHERE closed_on IS NULL")
    window.page.click("#correct")
    window.page.wait_for_selector("#told .sw-told:has-text('Stored')")
    assert "SELECT name FROM store WHERE closed_on IS NULL" in knowledge(folder, demo)


def knowledge(folder, database):
    environment = {**os.environ, "SQLWRIGHT_KNOWLEDGE": str(folder / "knowledge")}
    command = [*COMMAND, "knowledge", "ls", "-d", str(database)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_another_reading_of_the_question_is_a_button_away(window):
    window.ask("number of orders per city")
    before = window.sql()
    reading = window.page.locator(".sw-reading").first
    assert re.search(r"\d+%", reading.inner_text())
    reading.click()
    window.page.wait_for_function("q => document.querySelector('#sql .cm-content').innerText !== q", arg=before)
    window.page.wait_for_timeout(500)
    assert window.sql() != before
    assert "as first answered" in window.text("#readings")


def test_the_same_question_is_asked_of_another_model_side_by_side(window, pictures):
    window.ask(CHINESE)
    rows = window.rows()
    window.choose("again-model", "scripted")
    window.page.click("#ask-again")
    window.page.wait_for_selector("#second .sw-table")
    assert "scripted" in window.text("#second h3")
    assert "客户数" in window.text("#second .sw-sql")
    assert "built-in" in window.text("#receipt")  # the first answer is still there
    assert window.rows() == rows
    assert window.text("#second .sw-label:nth-of-type(1)")
    window.page.screenshot(path=pictures / "side-by-side.png")
    window.ask("How many employees are there?")
    assert not window.page.is_visible("#second")


def test_stop_ends_a_long_query_and_escape_does_the_same(window):
    window.ask("How many employees are there?")
    for end in (lambda: window.page.click("#stop"), lambda: window.page.keyboard.press("Escape")):
        window.edit(FOREVER)
        window.page.keyboard.press("Control+Enter")
        window.page.wait_for_selector("#stop", state="visible")
        end()
        window.page.wait_for_selector("#result .sw-sentence", timeout=10_000)
        assert "Stopped" in window.sentence()
    window.ask("How many employees are there?")
    assert window.rows()


@pytest.mark.parametrize("wide", [390])
def test_it_fits_a_phone(browser, server, pictures, wide):
    window = Window(browser, server.url, wide, 844, color_scheme="dark", has_touch=True, is_mobile=True)
    window.page.wait_for_selector("#side:not(.open)", state="attached")
    window.page.wait_for_timeout(600)
    window.ask(BY_COUNTRY)
    window.page.wait_for_timeout(800)
    window.page.screenshot(path=pictures / "phone.png")
    assert window.page.evaluate("document.documentElement.scrollWidth") <= wide
    box = window.page.locator(ASKS).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= wide
    window.close()


def test_everything_can_be_reached_by_keyboard_and_has_a_name(window):
    window.page.keyboard.type("How many employees are there?")  # the question box has the focus from the start
    window.page.keyboard.press("Enter")
    window.answered("How many employees are there?")
    window.edit("SELECT COUNT(*) FROM store")
    reached = set()
    window.page.keyboard.press("Escape")
    window.page.focus("#new")
    for _ in range(60):
        window.page.keyboard.press("Tab")
        name = "document.activeElement.closest('[id]:not([id^=component]):not(input):not(button[id^=range])')?.id ?? ''"
        reached.add(window.page.evaluate(name))
    assert {"database", "model", "file", "search", "run", "right", "ask"} <= reached
    unnamed = """[...document.querySelectorAll('button, input, textarea, select')].filter(e => e.offsetParent
      && !(e.innerText || e.getAttribute('aria-label') || e.title || e.closest('label')?.textContent.trim()))
      .map(e => e.outerHTML.slice(0, 120))"""
    assert window.page.evaluate(unnamed) == []


def test_the_browser_asks_nobody_but_this_machine(window):
    window.ask(BY_COUNTRY)
    window.page.wait_for_selector("#chart canvas, #chart svg.marks")
    elsewhere = [url for url in window.requests if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:)", url)]
    assert len(window.requests) > 20
    assert elsewhere == []


def test_two_people_see_nothing_of_each_other(browser, server, tmp_path):
    one, other = Window(browser, server.url), Window(browser, server.url)
    upload(one, tmp_path / "salaries.csv", "person,pay\nAda,100\nBob,90\nCid,80\n")
    one.ask("How many salaries are there?")
    number = one.page.get_attribute("#receipt .sw-file", "href")
    other.ask(BY_COUNTRY)
    assert "salaries" not in other.text("body")
    other.page.click("#database input")
    assert other.page.locator("#database [role=option]", has_text="salaries").count() == 0
    assert other.page.request.get(f"{server.url}/{number}").status == 404
    assert one.page.request.get(f"{server.url}/{number}").ok
    one.close()
    other.close()


def test_conversations_are_kept_switched_and_deleted(window):
    window.ask(BY_COUNTRY)
    window.page.click("#new")
    window.page.wait_for_selector("#welcome h1")
    window.ask("How many employees are there?")
    window.page.reload()
    window.answered("How many employees are there?")
    window.page.click(f"#chats label:has-text('{BY_COUNTRY[:20]}')")
    window.answered(BY_COUNTRY)
    window.page.click("#delete")
    window.answered("How many employees are there?")
    assert window.page.locator("#chats label:visible").count() == 0


def test_an_example_is_answered_with_a_click(window):
    window.page.wait_for_selector(".sw-example:has-text('for each')")
    question = window.text(".sw-example:has-text('for each')")
    window.page.click(".sw-example:has-text('for each')")
    window.answered(question)
    assert window.rows()


def test_the_schema_can_be_searched(window):
    window.page.fill("#search input, #search textarea", "birth")
    window.page.wait_for_function("document.querySelectorAll('#schema details').length === 1")
    assert "birth_date" in window.text("#schema")


def upload(window, path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = window.text("#file-told .sw-told")
    with window.page.expect_file_chooser() as chooser:
        window.page.click("#file")
    chooser.value.set_files(path)
    window.page.wait_for_function("t => document.querySelector('#file-told .sw-told').innerText !== t", arg=before)
    return window.text("#file-told .sw-told")


def test_an_uploaded_csv_is_asked_and_its_result_downloaded(window, tmp_path):
    assert "people" in upload(window, tmp_path / "people.csv", "name,city\nAda,Paris\n=1+1,Oslo\nCid,Oslo\n")
    window.ask("What are the names of all people?")
    assert ["=1+1"] in window.rows()
    assert "apostrophe" in window.text("#receipt")
    with window.page.expect_download() as download:
        window.page.click("#receipt .sw-file")
    assert "'=1+1" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_an_uploaded_workbook_is_asked(window, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "visits"
    for row in [("city", "guests"), ("Oslo", 3), ("Paris", 4), ("Rome", 5)]:
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert "visits" in upload(window, tmp_path / "book.xlsx", (tmp_path / "book.xlsx").read_bytes())
    window.ask("How many visits are there?")
    assert window.rows() == [["3"]]


def test_an_uploaded_opendocument_spreadsheet_is_asked_and_takes_part_in_the_choice(window, tmp_path):
    write_ods(tmp_path / "stays.ods", {"stays": [["city", "guests"], ["Oslo", 3], ["Paris", 4]]})
    assert "stays" in upload(window, tmp_path / "stays.ods", (tmp_path / "stays.ods").read_bytes())
    window.ask("How many guests are in Oslo?")
    assert window.rows() == [["3"]]
    window.choose("database", word("automatic", "en"))
    window.page.wait_for_selector("#welcome h1")
    window.ask("How many guests are in Oslo?")
    assert window.text("#question .sw-database") == "stays"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.csv", b'a,b\n1,2\n"3,4\n5,6,7,8\n\x00\xff'),
        ("broken.parquet", b"PAR1 and no more"),
        ("broken.xlsx", b"PK\x03\x04 and no more"),
        ("broken.ods", b"PK\x03\x04 and no more"),
        ("broken.sqlite", b"SQLite format 3\x00 and no more"),
        ("empty.csv", b""),
    ],
)
def test_a_broken_file_ends_in_a_sentence_and_the_page_goes_on(window, tmp_path, name, content):
    told = upload(window, tmp_path / name, content)
    assert "cannot be read" in told or "is empty" in told or "Now asking" in told
    assert str(tmp_path) not in told
    assert "sqlwright-files" not in told
    if "Now asking" in told:
        assert name == "broken.csv"  # what is left of it can be asked
        return
    window.ask("How many employees are there?")
    assert window.rows()


def test_a_question_of_200_kb_ends_in_a_sentence(window):
    window.page.fill(ASKS, "How many employees are there? " * 7000)
    window.page.keyboard.press("Enter")
    assert "the limit is 8,000" in window.sentence()
    window.ask("How many employees are there?")
    assert window.rows()


def test_a_model_that_hangs_can_be_stopped(window):
    window.choose("model", "silent")
    assert "nothing" in window.text("#leaves")  # it hangs on this machine
    window.page.fill(ASKS, "How many stores?")
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector("#stop", state="visible")
    window.page.wait_for_timeout(500)
    window.page.click("#stop")
    assert "Stopped" in window.sentence()
    window.choose("model", "built-in")
    window.ask("How many employees are there?")
    assert window.rows()


def test_a_model_that_hangs_is_given_up_in_the_end(window):
    window.choose("model", "silent")
    window.ask("How many stores?")
    assert len(window.sentence()) > 10
    assert "\n" not in window.sentence()


def test_a_database_that_goes_away_ends_in_a_sentence(window, fragile):
    window.choose("database", "fragile")
    window.ask("How many items are there?")
    assert window.rows() == [["5000"]]
    fragile.write_bytes(b"nothing of it is left" * 100)
    window.ask("What are the names of the items?")
    assert len(window.sentence()) > 10
    window.choose("database", "outdoor_shop")
    window.ask("How many employees are there?")
    assert window.rows()


def test_told_to_end_it_deletes_what_was_uploaded(browser, demo, tmp_path):
    environment = {"TMPDIR": str(tmp_path)}
    (tmp_path / "page").mkdir()
    shutil.copy(demo, tmp_path / "page" / "shop.sqlite")
    with Started("-d", tmp_path / "page" / "shop.sqlite", "--no-browser", verb="chat", **environment) as started:
        window = Window(browser, started.url)
        upload(window, tmp_path / "page" / "people.csv", "name\nAda\nBob\n")
        assert list(tmp_path.glob("sqlwright-files-*"))
        assert not list(tmp_path.glob("gradio/**/people.csv"))
        window.close()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(30) == 0
    assert not list(tmp_path.glob("sqlwright-files-*"))


def test_a_local_model_is_asked_on_the_page(browser, demo, tmp_path):
    """Gradio and torch are loaded in one process; the tiny model writes nonsense, and the page says so."""
    pytest.importorskip("torch", reason="needs the extra train")
    folder = save_llama(tmp_path / "local-model", context=8192)
    settings = ["--no-browser", "--no-log", "--answer-timeout", "20"]
    with Started("-d", demo, "-m", folder, *settings, verb="chat") as started:
        window = Window(browser, started.url)
        window.context.set_default_timeout(5 * WAIT_MS)  # torch computes on what other tests leave of the processor
        assert window.page.input_value("#model input") == "local-model"
        window.ask("How many employees are there?")
        assert window.sentence() != word("went_wrong", "en")
        assert window.errors == []
        window.close()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(60) == 0
