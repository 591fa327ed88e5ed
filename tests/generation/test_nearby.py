"""Model servers of this machine, each a real HTTP server on the loopback address."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from sqlwright.answering import ask
from sqlwright.cli.main import cli
from sqlwright.core import UsageError
from sqlwright.db import open_database
from sqlwright.generation import load_generator, nearby
from sqlwright.generation.nearby import KINDS, NearbyGenerator, nearby_servers

from ..models import chat_server

OLLAMA = {"object": "list", "data": [{"id": "llama3.2:3b", "owned_by": "library"}, {"id": "nomic-embed-text:latest"}]}
LLAMACPP = {"data": [{"id": "/home/ann/secret/model.gguf", "meta": {"n_ctx_train": 4096, "n_params": 7_000_000_000}}]}
VLLM = {"data": [{"id": "Qwen/Qwen2.5-Coder-7B-Instruct", "max_model_len": 32768}]}


@contextmanager
def http(answers):
    """`answers` are by path: what is sent as JSON, else bytes as they are. Yields the port and the paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked.append(self.path)
            answer = answers.get(self.path)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            if self.path == "/v1/models" and "redirect" in answers:
                self.send_response(302)
                self.send_header("location", answers["redirect"])
                self.end_headers()
                return
            self.send_response(200 if answer is not None else 404)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(nearby, "PROBE_TIMEOUT_S", 30.0)  # on a loaded machine a server may take a while


@pytest.fixture
def ports(monkeypatch):
    """Sets where the kinds of servers listen; the others have a port without a server."""

    def use(**given):
        with socket.create_server(("127.0.0.1", 0)) as free:
            closed = free.getsockname()[1]
        for name, kind in list(KINDS.items()):
            monkeypatch.setitem(KINDS, name, replace(kind, port=given.get(name, closed)))

    return use


def test_the_servers_that_answer_are_found_with_their_models(ports):
    with http({"/v1/models": OLLAMA}) as (ollama, asked), http({"/v1/models": VLLM}) as (vllm, _):
        ports(ollama=ollama, vllm=vllm)
        first, second = nearby_servers()
    assert (first.kind, [m.spec for m in first.models]) == ("ollama", ["ollama:llama3.2:3b"])  # not the embedder
    assert second.models[0].spec == "vllm:Qwen/Qwen2.5-Coder-7B-Instruct"
    assert second.models[0].context_tokens == 32768
    assert asked == ["/v1/models"]  # once, and nothing else


def test_where_none_answers_none_is_found(ports):
    ports()
    assert nearby_servers() == ()


@pytest.mark.parametrize(
    "answer",
    [b"<html>a web page</html>", b"", b"[]", b'{"data": 3}', b"\xff\xfe", b"[" * 100_000, b'{"error": "no"}'],
)
def test_a_server_of_another_kind_is_left_out(ports, answer):
    with http({"/v1/models": answer}) as (port, _):
        ports(vllm=port)
        assert nearby_servers() == ()


def test_an_entry_that_is_no_model_is_left_out(ports):
    odd = {"data": [3, {}, {"id": 5}, {"id": ""}, {"id": "a\x1b[31m"}, {"id": "good", "max_model_len": True}]}
    with http({"/v1/models": odd}) as (port, _):
        ports(vllm=port)
        (server,) = nearby_servers()
    assert [(m.model, m.context_tokens) for m in server.models] == [("good", None)]


def test_a_redirect_is_not_followed(ports):
    with http({"/v1/models": VLLM}) as (aim, asked):
        with http({"redirect": f"http://127.0.0.1:{aim}/v1/models"}) as (port, _):
            ports(vllm=port)
            assert nearby_servers() == ()
        assert asked == []


def test_a_proxy_of_the_environment_is_not_asked(ports, monkeypatch):
    with http({}) as (proxy, asked), http({"/v1/models": VLLM}) as (port, _):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        ports(vllm=port)
        assert len(nearby_servers()) == 1
        assert asked == []


def test_models_ls_and_doctor_name_them(ports, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "own"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))

    def call(*arguments):
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)

    with http({"/v1/models": LLAMACPP}) as (port, _):
        ports(llamacpp=port)
        assert "llamacpp:/home/ann/secret/model.gguf  llamacpp  7.0 B" in call("models", "ls").stdout
        (row,) = json.loads(call("models", "ls", "--json").stdout)
        assert (row["name"], row["kind"], row["path"]) == (
            "llamacpp:/home/ann/secret/model.gguf",
            "llamacpp",
            f"http://127.0.0.1:{port}/v1",
        )
        assert f"server     llama.cpp at http://127.0.0.1:{port}/v1: llamacpp:/home" in call("doctor").stdout
        assert json.loads(call("doctor", "--json").stdout)["servers"][0]["kind"] == "llamacpp"
    ports()
    assert "no model server answers on this machine" in call("models", "ls").stderr
    assert "server     none answers on 127.0.0.1" in call("doctor").stdout


@pytest.mark.parametrize("name", ["ollama", "lmstudio", "vllm", "llamacpp"])
def test_a_question_is_answered_by_the_model_of_that_name(ports, shop, name):
    pytest.importorskip("openai")
    with chat_server(
        lambda body: "SELECT COUNT(*) FROM customer",
    ) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        ports(**{name: port})
        model = load_generator(f"{name}:tiny", context_tokens=4096)
        with open_database(shop) as database:
            answer = ask("How many customers?", database, model)
        assert answer.table.rows == ((3,),)
        assert (model.name, model.public_name, model.remote_host) == (f"{name}:tiny", f"{name}:tiny", "")
        assert server.requests[0]["model"] == "tiny"


def test_another_port_is_named_with_the_model(shop):
    pytest.importorskip("openai")
    with chat_server(lambda body: "SELECT 1") as server:
        model = load_generator(f"ollama:tiny@{server.url}", context_tokens=4096)
        assert model.name == f"ollama:tiny@{server.url}"
        assert model.base_url == server.url


def test_these_names_never_lead_off_this_machine():
    pytest.importorskip("openai")
    with pytest.raises(UsageError, match=r"a server on this machine, not https://gpu\.example/v1"):
        load_generator("ollama:tiny@https://gpu.example/v1")


def test_a_path_is_not_shown_to_clients():
    pytest.importorskip("openai")
    assert NearbyGenerator(KINDS["llamacpp"], "/home/ann/model.gguf").public_name == "llamacpp:model.gguf"


@pytest.mark.parametrize(
    ("shown", "tokens"),
    [
        ({"parameters": 'stop "x"\nnum_ctx                        16384'}, 16384),
        ({"parameters": 'stop "x"'}, 4096),
        ({}, 4096),
        (b"nonsense", 4096),
    ],
)
def test_ollama_is_sent_no_more_than_it_reads(ports, shown, tokens):
    pytest.importorskip("openai")
    with http({"/api/show": shown}) as (port, _):
        ports(ollama=port)
        assert load_generator("ollama:llama3.2:3b").context_tokens == tokens
