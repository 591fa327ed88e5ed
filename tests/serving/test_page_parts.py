"""What the chat page is made of, without a browser: files in and out, what is kept of a visitor, who may open it."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import gc
import hashlib
import re
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from sqlwright.cli.chat import open_page
from sqlwright.core import Answer, ResultTable, SqlwrightError
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, ScriptedGenerator
from sqlwright.receipt.chart import chart_for
from sqlwright.results.delimited import as_csv_for_excel
from sqlwright.serving import Connection, Service, page
from sqlwright.serving.access import WRONG_TOKENS, AccessOptions
from sqlwright.serving.page import run_question
from sqlwright.serving.page.app import load_gradio
from sqlwright.serving.page.auth import TOKEN, VISITOR, Door
from sqlwright.serving.page.html import question_html, table_html
from sqlwright.serving.page.labels import WORDS, word
from sqlwright.serving.page.plot import drawn
from sqlwright.serving.page.sessions import (
    KEPT_RESULTS,
    MAX_CONVERSATIONS,
    MAX_VISITORS,
    Exchange,
    Visitor,
    Visitors,
)
from sqlwright.serving.page.upload import MAX_FILES, add_file

from .conftest import scripted, write_ods


def answer(table=None, sql="SELECT 1"):
    return Answer("How many?", "answered", "shop", "sqlite", "scripted", sql, table)


@pytest.fixture
def visitor():
    found = Visitor("en")
    yield found
    found.close()


def test_a_cell_is_text_on_the_page_whatever_it_holds():
    table = ResultTable(("<b>a</b>", "b"), (("<script>alert(1)</script>", None), ("", 9007199254740993)))
    shown = table_html(table, "en")
    assert "<script" not in shown
    assert "<b>a" not in shown
    assert "no value" in shown
    assert "9007199254740993" in shown


def test_every_word_of_the_page_has_both_languages_and_the_same_places():
    for code, (english, chinese) in WORDS.items():
        assert english, code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese) or code == "steps", code
        facts = {part.partition("}")[0] for part in english.split("{")[1:]}
        assert facts == {part.partition("}")[0] for part in chinese.split("{")[1:]}, code
    assert word("from", "zh", tables="{orders}") == "来自 {orders}"


def test_every_word_is_used():
    sources = "".join(path.read_text() for path in Path(page.__file__).parent.glob("*.py") if path.stem != "labels")
    assert [code for code in WORDS if not re.search(f"[\"']{code}[\"']", sources)] == []


def test_an_uploaded_database_is_a_copy_that_nobody_else_sees(shop, visitor):
    connection = add_file(shop, visitor, scripted())
    shop.unlink()
    with connection.lease() as database:
        assert database.run("SELECT count(*) FROM item").table.rows == ((3,),)
        assert database.run("DELETE FROM item").status == "refused"
    assert list(visitor.files) == ["shop"]
    folder = visitor.folder
    visitor.close()
    assert not folder.exists()


def test_an_uploaded_file_does_not_take_the_name_of_a_served_database(shop, visitor):
    assert add_file(shop, visitor, scripted(), {"shop", "shop_file"}).name == "shop_file_file"
    assert add_file(shop, visitor, scripted(), {"clinic"}).name == "shop"


def test_the_page_shows_floats_without_noise_and_its_files_keep_every_digit():
    table = ResultTable(("total",), ((303.9599999999999,),))
    assert ">303.96<" in table_html(table, "en")
    assert b"303.9599999999999" in as_csv_for_excel(table)


def test_a_workbook_is_read_sheet_by_sheet_with_values_and_dates(tmp_path, visitor):
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra chat")
    book = openpyxl.Workbook()
    book.active.title = "sales 2026"
    book.active.append([None, None])
    book.active.append(["day", "amount", None])
    book.active.append([dt.datetime(2026, 1, 5), 10.5])
    book.active.append([dt.datetime(2026, 1, 6), None])
    book.create_sheet("empty")
    book.save(tmp_path / "book.xlsx")
    connection = add_file(tmp_path / "book.xlsx", visitor, scripted())
    with connection.lease() as database:
        found = database.run('SELECT * FROM "sales 2026" ORDER BY day').table
    assert found.columns == ("day", "amount")
    assert found.rows == ((dt.date(2026, 1, 5), 10.5), (dt.date(2026, 1, 6), None))


def test_an_opendocument_spreadsheet_is_read_sheet_by_sheet(tmp_path, visitor):
    write_ods(tmp_path / "visits 2026.ods", {"visits": [["day", "fee"], [dt.date(2026, 1, 5), 80.5]], "empty": []})
    connection = add_file(tmp_path / "visits 2026.ods", visitor, scripted())
    with connection.lease() as database:
        found = database.run("SELECT * FROM visits").table
    assert (connection.name, found.columns) == ("visits_2026", ("day", "fee"))
    assert found.rows == ((dt.date(2026, 1, 5), 80.5),)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.exe", b"MZ", "is not a database, table or workbook file"),
        ("a.csv", b"", "is empty"),
        ("a.xlsx", b"no zip", "not an Excel workbook"),
        ("a.ods", b"no zip", "not an OpenDocument spreadsheet"),
        ("a.sqlite", b"no database at all", "not a SQLite database"),
        ("a.sqlite", b"SQLite format 3\x00 cut", "cannot be read"),
        ("a.parquet", b"PAR1", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_asked_says_so_in_a_sentence_without_a_path(tmp_path, visitor, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SqlwrightError) as raised:
        add_file(tmp_path / name, visitor, scripted())
    assert said in str(raised.value)
    assert "/" not in str(raised.value).replace("CSV/", "")
    assert visitor.files == {}


def test_a_visitor_keeps_few_files_conversations_and_results(tmp_path, visitor):
    for number in range(MAX_FILES):
        (tmp_path / f"f{number}.csv").write_text("a,b\n1,2\n3,4\n")
        add_file(tmp_path / f"f{number}.csv", visitor, scripted())
    (tmp_path / "more.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SqlwrightError, match="files are already open"):
        add_file(tmp_path / "more.csv", visitor, scripted())
    add_file(tmp_path / "f0.csv", visitor, scripted())  # in place of the one before
    conversation = visitor.start("shop", "scripted")
    conversation.exchanges += [Exchange(f"{n}?", answer(ResultTable(("n",), ((n,),)))) for n in range(30)]
    visitor.forget_old_results()
    assert [e.table is not None for e in conversation.exchanges] == [False] * (30 - KEPT_RESULTS) + [
        True
    ] * KEPT_RESULTS
    assert conversation.exchanges[0].sql == "SELECT 1"
    for _ in range(MAX_CONVERSATIONS + 5):
        visitor.start("shop", "scripted").exchanges.append(Exchange("?"))
    assert len(visitor.conversations) == MAX_CONVERSATIONS


def test_a_conversation_without_a_question_is_not_kept_twice(visitor):
    visitor.start("shop", "scripted")
    visitor.start("shop", "scripted")
    assert len(visitor.conversations) == 1


def test_browsers_without_a_key_are_not_one_visitor():
    with pytest.raises(SqlwrightError, match="cookie"):
        Visitors("en").of("")
    assert Visitors("en").known("somebody") is None


def test_what_is_uploaded_is_for_this_user_alone(shop, tmp_path, visitor):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for file in (shop, tmp_path / "a.csv"):
        add_file(file, visitor, scripted())
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (visitor.folder, *visitor.folder.rglob("*"))}
    assert set(modes.values()) == {0o700, 0o600}
    assert all((mode == 0o700) == path.is_dir() for path, mode in modes.items())


def test_who_has_been_away_for_longest_makes_room(shop):
    visitors = Visitors("en")
    first = visitors.of("first")
    add_file(shop, first, scripted())
    for number in range(MAX_VISITORS):
        visitors.of(str(number))
    assert first.files == {}
    assert visitors.of("first") is not first
    visitors.close()


def opened(**access):
    async def shown(_):
        return HTMLResponse("the page")

    return TestClient(
        Door(Starlette(routes=[Route("/", shown)]), AccessOptions(**access)),
        base_url="http://127.0.0.1",
        follow_redirects=False,
    )


def test_each_browser_gets_a_key_of_its_own_and_a_policy_that_lets_nothing_out():
    one, other = opened().get("/"), opened().get("/")
    assert one.cookies[VISITOR] != other.cookies[VISITOR]
    assert "HttpOnly" in one.headers["set-cookie"]
    assert "SameSite=Strict" in one.headers["set-cookie"]
    policy = one.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_a_key_that_the_page_did_not_give_is_exchanged():
    for key in ("", "x", "a" * 31, "a" * 33, "../" + "a" * 29):
        client = opened()
        client.cookies.set(VISITOR, key)
        assert VISITOR in client.get("/").headers.get("set-cookie", "")
    client = opened()
    client.cookies.set(VISITOR, "a" * 32)
    assert "set-cookie" not in client.get("/").headers


def test_a_page_from_elsewhere_cannot_ask_through_the_browser():
    assert opened().get("/", headers={"host": "evil.example"}).status_code == 403
    assert opened().get("/", headers={"origin": "http://evil.example"}).status_code == 403


def test_with_a_token_only_its_link_opens_the_page():
    client = opened(host="0.0.0.0", token="long secret")
    assert client.get("/").status_code == 401
    assert client.get("/?token=wrong").status_code == 401
    let_in = client.get("/?token=long+secret")
    assert let_in.status_code == 303
    assert let_in.headers["location"] == "/"
    assert "long secret" not in let_in.headers["set-cookie"]
    client.cookies.set(TOKEN, let_in.cookies[TOKEN])
    assert client.get("/").text == "the page"
    client.cookies.clear()
    for guess in ("", "long secret", hashlib.sha256(b"long secret").hexdigest()):
        assert client.get("/", headers={"cookie": f"{TOKEN}={guess}"}).status_code == 401


def test_the_cookie_says_nothing_about_the_token():
    one, other = (opened(host="0.0.0.0", token="long secret").get("/?token=long+secret") for _ in range(2))
    assert one.cookies[TOKEN] != other.cookies[TOKEN]  # random, and another one for each server
    client = opened(host="0.0.0.0", token="long secret")
    client.cookies.set(TOKEN, one.cookies[TOKEN])
    assert client.get("/").status_code == 401


def test_who_guesses_the_token_of_the_page_has_to_wait():
    client = opened(host="0.0.0.0", token="long secret")
    cookie = client.get("/?token=long+secret").cookies[TOKEN]
    client.cookies.clear()
    assert [client.get(f"/?token={n}").status_code for n in range(WRONG_TOKENS)] == [401] * WRONG_TOKENS
    waiting = client.get("/?token=long+secret")
    assert waiting.status_code == 429
    assert int(waiting.headers["retry-after"]) >= 1
    client.cookies.set(TOKEN, cookie)
    assert client.get("/").text == "the page"  # who is in stays in


def test_a_websocket_is_closed_at_the_door():
    for client in (opened(), opened(host="0.0.0.0", token="long secret")):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
            pass


def test_strange_cookies_do_no_harm():
    client = opened()
    assert client.get("/", headers={"cookie": 'a[]=1; =; ;;; b="; sqlwright_visitor'}).status_code == 200


def test_a_broken_sqlite_file_with_a_header_is_told_from_an_empty_database(tmp_path, visitor):
    with sqlite3.connect(tmp_path / "none.sqlite") as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.execute("DROP TABLE a")
    connection.close()
    with pytest.raises(SqlwrightError, match="has no table"):
        add_file(tmp_path / "none.sqlite", visitor, scripted())


class RepeatsItself(Generator):
    """Writes the query before once more, where there is one."""

    name, context_tokens, remote_host = "repeats-itself", 8_000, ""

    def generate(self, prompts, sampling):
        return [(Completion(next((t.sql for t in p.history), "SELECT city FROM customer")),) for p in prompts]


def last_step(question, service, visitor, conversation, connection):
    async def steps():
        found = run_question.ask(question, service, visitor, conversation, (connection,), connection.generator)
        return [step async for step in found]

    return anyio.run(steps)[-1]


def test_a_new_question_is_not_shown_as_a_change_to_the_query_before(shop, visitor):
    connection = Connection("shop", open_database(shop), RepeatsItself())
    service = Service([connection])
    conversation = visitor.start("shop", "repeats-itself")
    past = "SELECT name FROM item ORDER BY price DESC LIMIT 1"
    conversation.exchanges.append(Exchange("What costs the most?", answer(ResultTable(("name",), (("ink",),)), past)))
    last = last_step("Customers per city", service, visitor, conversation, connection)
    service.close()
    assert last.exchange.sql == "SELECT city FROM customer"
    assert last.exchange.before == ""
    assert word("same_query", "en") not in question_html(last.exchange, (), "en")


@pytest.mark.parametrize(
    ("question", "page", "says"),
    [
        ("Who?", "en", "The script has no answer for 'Who?'."),
        ("Who?", "zh", "脚本中没有问题 'Who?' 的答案。"),
        ("谁？", "en", "脚本中没有问题 '谁？' 的答案。"),
    ],
)
def test_an_error_is_in_the_language_of_the_question_or_the_page(shop, question, page, says):
    visitor = Visitor(page)
    connection = Connection("shop", open_database(shop), ScriptedGenerator({}))
    service = Service([connection])
    conversation = visitor.start("shop", "scripted")
    last = last_step(question, service, visitor, conversation, connection)
    service.close()
    visitor.close()
    assert last.exchange.error == says


def test_the_axis_of_bars_holds_zero():
    table = ResultTable(("origin", "n"), (("EWR", 120_835), ("JFK", 111_279), ("LGA", None)))
    update = drawn(chart_for(table), table)["bar"]
    assert update["y_lim"] == [0.0, 120_835.0]


def test_bars_are_in_the_order_of_the_rows():
    table = ResultTable(("name", "orders"), (("Web", 3780), ("Berlin Spree", 1924), ("Alster", 1481)))
    update = drawn(chart_for(table), table)["bar"]
    assert update["sort"] == ["Web", "Berlin Spree", "Alster"]


def test_only_what_an_event_changes_is_made_anew():
    gr = load_gradio()
    from gradio.state_holder import SessionState

    from sqlwright.serving.page.blocks import Page

    with Page() as page:
        boxes = [gr.Textbox() for _ in range(3)]
        gr.Button().click(lambda: None, [], boxes)
    event = next(iter(page.fns.values()))
    state = SessionState(page)
    untouched = gr.skip()
    for changes in ({boxes[1]: "a"}, {boxes[0]: gr.update(value="b", visible=False), boxes[1]: "c"}, {}):
        plain = [copy.copy(changes.get(box, gr.skip())) for box in boxes]  # Gradio takes updates apart
        ours = asyncio.run(page.postprocess_data(event, changes, state))
        assert ours == asyncio.run(gr.Blocks.postprocess_data(page, event, plain, SessionState(page)))
        assert ours[2] == untouched
    assert state[boxes[0]._id] is not boxes[0]
    assert state[boxes[2]._id] is boxes[2]


LOADED = """
import inspect, sys, threading
from sqlwright.serving.page.app import load_gradio
waits = threading.Event()
if {thread}:
    threading.Thread(target=waits.wait, daemon=True).start()
getfile = inspect.getfile
class Watch:
    def find_spec(self, *_):
        seen.add(inspect.getfile is getfile)
seen = set()
sys.meta_path.insert(0, Watch())
load_gradio()
known, seen_then = 'mcp' in sys.modules, set(seen)
import mcp.server
print(seen_then, known, inspect.getfile is getfile, inspect.getfile(inspect.Signature))
"""


@pytest.mark.parametrize(("thread", "seen"), [(False, "{False} False True"), (True, "{True} True True")])
def test_gradio_is_loaded_the_quick_way_only_where_no_other_thread_can_see_it(thread, seen):
    pytest.importorskip("mcp")
    code = LOADED.format(thread=thread)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.startswith(f"{seen} /")


def test_garbage_is_collected_again_where_the_page_cannot_be_opened(tmp_path):
    assert gc.isenabled()
    with pytest.raises(SqlwrightError):
        open_page((str(tmp_path / "none.sqlite"),))
    assert gc.isenabled()
