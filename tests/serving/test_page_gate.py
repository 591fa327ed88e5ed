"""Requests to the chat page as another account on the machine would send them: only the page's own get through."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import os
import re
import socket
import sqlite3
import stat
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.responses import JSONResponse
from starlette.routing import Mount

from sqlwright.db import open_database
from sqlwright.serving import Connection, Service
from sqlwright.serving.access import AccessOptions
from sqlwright.serving.page import gate
from sqlwright.serving.page.auth import VISITOR
from sqlwright.serving.page.gate import Gate
from sqlwright.serving.page.sessions import Visitors
from sqlwright.serving.page.uploads import WAITING, Uploads
from sqlwright.serving.server import server_config

from .conftest import scripted

pytest.importorskip("gradio", reason="needs the extra chat")

SECRET = "nobody-else-may-read-this"
CSV = b"name,city\nAda,Paris\nBob,Oslo\n"
JOIN = "/gradio_api/queue/join"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def uploads():
    with closing(Uploads()) as found:
        yield found


@pytest.fixture(scope="module")
def app(place, uploads):
    from sqlwright.serving.page.app import build_app

    with closing(sqlite3.connect(place / "shop.sqlite")) as connection:
        connection.execute("CREATE TABLE item (name TEXT)")
    service = Service([Connection("shop", open_database(place / "shop.sqlite"), scripted())])
    visitors = Visitors("en")
    yield build_app(service, AccessOptions(), visitors, uploads)
    visitors.close()
    service.close()


@pytest.fixture(scope="module")
def url(app):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(server_config(app, 2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def elsewhere():
    """A server that must not be asked: `accept` raises BlockingIOError as long as it was not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture(scope="module")
def hostile_paths(place, elsewhere):
    secret, link = place / "secret.csv", place / "link.csv"
    secret.write_text(f"name\n{SECRET}\n")
    link.symlink_to(secret)
    address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/a.csv"
    relative = os.path.relpath(secret)
    return [str(secret), str(link), relative, "/proc/self/environ", "/etc/hostname", address, f"file://{secret}"]


@contextmanager
def browser(url):
    """A client that has opened the page."""
    with httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("/").status_code == 200
        assert client.cookies.get(VISITOR)
        yield client


@pytest.fixture
def ada(url):
    with browser(url) as client:
        yield client


@pytest.fixture
def bob(url):
    with browser(url) as client:
        yield client


def marked(path, **more):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}


def upload(client, name="people.csv", content=CSV):
    answered = client.post("/gradio_api/upload", files={"files": (name, content)})
    assert answered.status_code == 200, answered.text
    return answered.json()[0]


def functions(client):
    return client.get("/config").json()["dependencies"]


def uploading(client):
    """The number of the function that the upload control calls."""
    config = client.get("/config").json()
    boxes = {c["id"] for c in config["components"] if c["type"] == "uploadbutton"}
    return next(d["id"] for d in config["dependencies"] if boxes & set(d["inputs"]))


def call(client, function, data, session="window-1", route=JOIN, **more):
    return client.post(route, json={"fn_index": function, "data": data, "session_hash": session, **more})


def told(client, session="window-1"):
    """What the server sends to a window, until a call has ended."""
    text = ""
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
        for line in events.iter_lines():
            text += line + "\n"
            if "process_completed" in line:
                break
    return text


def test_no_function_of_the_page_opens_a_file_that_a_call_names(ada, hostile_paths, uploads, elsewhere):
    for function in functions(ada):
        before = [None] * (len(function["inputs"]) - 1)
        for path in hostile_paths:
            for value in (marked(path), [marked(path, url=path)], {"value": marked(path)}, {"path": path}):
                assert call(ada, function["id"], [*before, value]).status_code == 400
                direct = call(ada, function["id"], [value, *before], route="/gradio_api/run/predict")
                assert direct.status_code == 400
    assert [p for p in uploads.folder.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()] == []
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


@pytest.mark.parametrize("field", ["event_data", "request", "trigger_id", "anything"])
def test_no_other_field_of_a_call_holds_a_file(ada, hostile_paths, field):
    for held in (marked(hostile_paths[0]), [marked(hostile_paths[0])], {"file": marked(hostile_paths[0])}):
        assert call(ada, 6, [None, "How many?"], **{field: held}).status_code == 400


def test_a_text_that_is_a_path_is_no_upload(ada, hostile_paths):
    for path in hostile_paths:
        assert call(ada, uploading(ada), [None, path]).status_code == 400


def needed(method, path):
    """Whether the page itself sends such a request."""
    if method == "POST":
        return path in {*gate.CALLS, gate.UPLOAD}
    return path in gate.PAGES or path.startswith((*gate.FOLDERS, gate.EVENTS, gate.HEARTBEAT))


def test_no_other_route_of_gradio_is_there(ada, app, hostile_paths):
    """Every route that Gradio registers, with every method."""
    mounted = next(route for route in app._app._app.router.routes if isinstance(route, Mount))
    seen = set()
    for registered, methods in mounted.app.openapi()["paths"].items():
        path = re.sub(r"\{[^}]*\}", "x", registered)
        for method in map(str.upper, methods):
            if not needed(method, path):
                body = {"data": [marked(hostile_paths[0])], "fn_index": 0} if method == "POST" else None
                assert ada.request(method, path, json=body).status_code == 404, (method, path)
                seen.add(path)
    assert {"/gradio_api/file=x", "/gradio_api/proxy=x", "/gradio_api/run/x", "/gradio_api/component_server"} <= seen


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file={secret}",
        "/file={secret}",
        "/gradio_api/file/{secret}",
        "/gradio_api/proxy=http://127.0.0.1:{port}/",
        "/gradio_api/file=http://127.0.0.1:{port}/",
        "/openapi.json",
        "/gradio_api/openapi.json",
        "/gradio_api/info",
        "/docs",
        "/gradio_api/call/ask",
        "/monitoring/summary",
        "/assets/..%2f..%2f..%2f..%2f{secret}",
        "/assets/%2e%2e/%2e%2e/%2e%2e/app.py",
        "/static/..%5c..%5capp.py",
        "/static/%2fetc%2fhostname",
        "//etc/hostname",
    ],
)
def test_nothing_is_read_or_fetched_by_its_address(ada, elsewhere, hostile_paths, path):
    address = path.format(secret=hostile_paths[0], port=elsewhere.getsockname()[1])
    answered = ada.get(f"{str(ada.base_url).rstrip('/')}{address}")
    assert answered.status_code in (400, 403, 404), path
    assert SECRET not in answered.text
    assert str(Path(hostile_paths[0]).parent) not in answered.text
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


def test_an_upload_is_opened_by_who_uploaded_it_once_and_by_nobody_else(ada, bob, uploads):
    named, function = upload(ada), uploading(ada)
    assert call(bob, function, [None, marked(named)]).status_code == 400
    for other in functions(ada):
        if other["id"] != function:
            assert call(ada, other["id"], [None, marked(named)]).status_code == 400
    assert call(ada, function, [None, marked(named, url="http://127.0.0.1/x")]).status_code == 200
    events = told(ada)
    assert "Now asking people" in events
    assert str(uploads.folder) not in events
    assert call(ada, function, [None, marked(named)]).status_code == 400


def test_where_an_upload_is_stored_is_of_no_use(ada, uploads):
    named = upload(ada)
    stored = uploads.folder / named
    assert stored.read_bytes() == CSV
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(uploads.folder.stat().st_mode) == 0o700
    for path in (stored, f"./{named}", f"{named}/../{Path(named).name}", Path(named).name):
        assert call(ada, uploading(ada), [None, marked(path)]).status_code == 400


def test_the_name_of_an_upload_leads_nowhere(ada, uploads):
    for name in ("../../evil.csv", "/etc/evil.csv", "a/../../b.csv", "..", "a\x00b.csv", ".x.csv", "x" * 300 + ".csv"):
        stored = uploads.folder / upload(ada, name)
        assert stored.parent.parent == uploads.folder
        assert len(stored.name) <= 120
    assert not list(uploads.folder.parent.glob("evil.csv"))


def test_one_file_comes_with_an_upload_and_no_more(ada):
    two = [("files", ("a.csv", CSV)), ("files", ("b.csv", CSV))]
    assert ada.post("/gradio_api/upload", files=two).status_code == 400
    assert ada.post("/gradio_api/upload", data={"files": "a"}).status_code == 400
    assert ada.post("/gradio_api/upload", content=b"").status_code == 400
    with closing(http.client.HTTPConnection(ada.base_url.host, ada.base_url.port, timeout=60)) as connection:
        key = f"{VISITOR}={ada.cookies[VISITOR]}"
        connection.request("POST", gate.UPLOAD, headers={"content-length": str(200 << 20), "cookie": key})
        assert connection.getresponse().status == 413


def test_browsers_without_a_cookie_ask_nothing_and_share_nothing(url):
    for cookies in ({}, {VISITOR: ""}, {VISITOR: "x"}):
        with httpx.Client(base_url=url, cookies=cookies) as client:
            assert call(client, 0, [None]).status_code == 403
            assert call(client, 0, [None], route="/gradio_api/run/predict").status_code == 403
            assert client.post("/gradio_api/upload", files={"files": ("a.csv", CSV)}).status_code == 403
            assert client.get("/gradio_api/queue/data", params={"session_hash": "w"}).status_code == 403
            assert client.get("/gradio_api/heartbeat/w").status_code == 403
            assert client.get("/download/x/0.csv").status_code == 404
            assert "set-cookie" in client.get("/").headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"fn_index": 0}',
        b'{"fn_index": true, "data": [], "session_hash": "w"}',
        b'{"fn_index": 0, "data": [null]}',
        b'{"fn_index": 0, "data": [NaN], "session_hash": "w"}',
        rb'{"fn_index": 6, "data": [null, "\ud800"], "session_hash": "w"}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_the_page_would_not_send_is_refused_in_a_sentence(ada, body):
    answered = ada.post(JOIN, content=body, headers={"content-type": "application/json"})
    assert answered.status_code == 400
    assert answered.json()["detail"].endswith(".")


def test_stop_is_called_directly_and_nothing_else_is(ada):
    for function in functions(ada):
        if function["backend_fn"]:
            answered = call(ada, function["id"], [None] * len(function["inputs"]), route="/gradio_api/run/predict")
            assert answered.status_code == (404 if function["queue"] is not False else 200)


def test_a_call_that_is_too_large_is_refused(ada):
    assert call(ada, 6, [None, "x" * (2 << 20)]).status_code == 413


def behind(uploads, key, method, path, query=b"", body=b""):
    """The path, query and body that a gate lets through to Gradio for the visitor `key`; `uploads` is the gate's."""
    seen = []

    async def gradio(scope, receive, send):
        seen.append((scope["path"], scope["query_string"].decode(), (await receive())["body"]))
        await JSONResponse({})(scope, receive, send)

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_):
        pass

    the_gate = Gate(gradio, uploads, frozenset())
    the_gate._secret = b"the same for all calls of a test"
    headers = [(b"cookie", f"{VISITOR}={key}".encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
    asyncio.run(the_gate(scope, receive, send))
    return seen[0]


def test_a_window_of_one_visitor_is_not_that_of_another_with_the_same_name(uploads):
    body = json.dumps({"fn_index": 0, "data": [], "session_hash": "w"}).encode()
    named = {}
    for key in ("a" * 32, "b" * 32):
        session = json.loads(behind(uploads, key, "POST", JOIN, body=body)[2])["session_hash"]
        assert behind(uploads, key, "GET", gate.EVENTS, b"session_hash=w")[1] == f"session_hash={session}"
        assert behind(uploads, key, "GET", f"{gate.HEARTBEAT}w")[0] == f"{gate.HEARTBEAT}{session}"
        named[key] = session
    assert len(set(named.values())) == 2


def test_uploads_that_nobody_opens_make_room_and_all_go_at_the_end():
    found = Uploads()
    named = [found.add("key", "a.csv", io.BytesIO(CSV)) for _ in range(WAITING + 3)]
    assert [(found.folder / name).exists() for name in named] == [False] * 3 + [True] * WAITING
    assert found.take("key", named[0]) is None
    assert found.take("other", named[-1]) is None
    assert found.take("key", named[-1]) == found.folder / named[-1]
    found.close()
    assert not found.folder.exists()
