"""The HTTP backend against a real server on localhost, through the real client."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from sqlwright.core import ConnectError, GenerationError, UsageError
from sqlwright.generation import Sampling, SomeFailedError
from sqlwright.generation.openai_compatible import (
    DEFAULT_CONTEXT_TOKENS,
    OpenAICompatibleGenerator,
    normal_base_url,
)
from tests.models import chat_server

KEY = "sk-secret"


@pytest.fixture
def server():
    with chat_server(lambda body: f"SELECT {len(body['messages'])} -- {body['messages'][-1]['content']}") as running:
        yield running


def connect(server, **settings):
    return OpenAICompatibleGenerator("tiny", server.url, api_key=KEY, **{"retries": 0, **settings})


def test_every_prompt_gets_its_own_answer(server, prompts):
    answers = connect(server).generate(prompts, Sampling())
    assert [a[0].text.partition("Question: ")[2] for a in answers] == [p.question for p in prompts]
    assert answers[0][0].tokens == 7


def test_requests_run_side_by_side_up_to_the_bound(prompts):
    def reply(body):
        time.sleep(0.05)
        return "SELECT 1"

    with chat_server(reply) as server:
        connect(server, concurrency=3).generate(prompts * 3, Sampling())
        assert 2 <= server.most_at_once <= 3
        assert len(server.requests) == 3 * len(prompts)


def test_sampling_settings_reach_the_server(server, prompts):
    sampling = Sampling(temperature=0.5, top_k=7, top_p=0.9, max_new_tokens=11, seed=3, stop=(";",))
    connect(server).generate(prompts[:1], sampling)
    request = server.requests[0]
    expected = {"temperature": 0.5, "top_k": 7, "top_p": 0.9, "max_tokens": 11, "seed": 3, "stop": [";"]}
    assert {k: request[k] for k in expected} == expected
    assert request["model"] == "tiny"


def test_openai_itself_has_no_top_k(prompts):
    generator = OpenAICompatibleGenerator("gpt-x", "https://api.openai.com", api_key=KEY)
    with pytest.raises(UsageError, match="top_k"):
        generator.generate(prompts[:1], Sampling(top_k=5))


@pytest.mark.parametrize("ignores_n", [False, True])
def test_n_candidates_come_also_from_a_server_that_ignores_n(prompts, ignores_n):
    with chat_server(lambda body: f"SELECT {body.get('seed')}", ignores_n=ignores_n) as server:
        answer = connect(server).generate(prompts[:1], Sampling(n=3, temperature=1.0, seed=5))[0]
        assert len(answer) == 3
        assert len(server.requests) == (3 if ignores_n else 1)
        if ignores_n:
            assert [c.text for c in answer] == ["SELECT 5", "SELECT 6", "SELECT 7"]


def test_a_stream_brings_the_same_text_in_pieces(server, prompts):
    pieces = list(connect(server).stream(prompts[0], Sampling()))
    assert len(pieces) > 1
    assert "".join(pieces).endswith(prompts[0].question)


def test_a_server_that_stumbles_once_is_asked_again(server, prompts):
    server.mode = "500-once"
    answers = connect(server, retries=2).generate(prompts[:2], Sampling())
    assert all(a[0].text.startswith("SELECT") for a in answers)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("500", "answered 500 after 1 tries: <h1>Internal Server Error</h1>"),
        ("html", "answered with a page instead of JSON"),
        ("not-json", "answered with something that is not JSON"),
        ("null", "answered without text (finish_reason 'length')"),
        ("no-choices", "answered without any choices"),
        ("400", "answered 400: maximum context length is 2048 tokens"),
    ],
)
def test_a_bad_answer_is_one_sentence_and_fails_its_prompt(server, prompts, mode, sentence):
    server.mode = mode
    with pytest.raises(SomeFailedError) as raised:
        connect(server).generate(prompts[:1], Sampling())
    assert sentence in raised.value.message
    assert server.url in raised.value.message
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("mode", ["500", "html", "not-json"])
def test_a_bad_answer_to_a_stream_is_one_sentence_too(server, prompts, mode):
    server.mode = mode
    with pytest.raises(GenerationError, match=r"127\.0\.0\.1"):
        list(connect(server).stream(prompts[0], Sampling()))


@pytest.mark.parametrize("mode", ["401", "404"])
def test_a_refused_key_or_unknown_model_ends_the_whole_call_without_showing_the_key(server, prompts, mode):
    server.mode = mode
    with pytest.raises(GenerationError) as raised:
        connect(server, concurrency=1).generate(prompts, Sampling())
    assert not isinstance(raised.value, SomeFailedError)
    assert len(server.requests) == 1
    assert KEY not in str(raised.value)
    assert KEY not in repr(connect(server))


def test_no_server_names_the_address(prompts):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConnectError, match=url):
        OpenAICompatibleGenerator("m", url, retries=0).generate(prompts[:1], Sampling())


def test_a_slow_answer_ends_at_the_time_limit(server, prompts):
    server.mode = "slow"
    with pytest.raises(SomeFailedError, match=r"no answer within 0\.3 s"):
        connect(server, timeout_s=0.3).generate(prompts[:1], Sampling())


def test_the_context_length_is_the_servers(server, prompts):
    assert connect(server).context_tokens == 2048
    other = OpenAICompatibleGenerator("another", server.url, api_key=KEY)
    assert other.context_tokens == DEFAULT_CONTEXT_TOKENS


def test_the_server_learns_nothing_of_the_machine_or_other_accounts(server, prompts, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-other")
    connect(server).generate(prompts[:1], Sampling())
    sent = server.headers[0]
    assert not {"openai-organization", "x-stainless-os", "x-stainless-arch", "x-stainless-runtime-version"} & set(sent)


def test_a_local_server_is_reached_past_the_proxy(server, prompts, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert connect(server).generate(prompts[:1], Sampling())[0][0].text


def test_ctrl_c_does_not_wait_for_a_slow_answer(prompts):
    code = (
        "import sys, threading, _thread, time\n"
        "from sqlwright.core import Schema\n"
        "from sqlwright.generation import Sampling, load_generator\n"
        "from sqlwright.prompts import build_prompt\n"
        "threading.Timer(1.0, _thread.interrupt_main).start()\n"
        "load_generator(sys.argv[1]).generate([build_prompt('q', Schema('x', 'sqlite', ()))], Sampling())\n"
    )
    with chat_server(lambda body: "SELECT 1", mode="slow", delay_s=60) as server:
        command = [sys.executable, "-c", code, f"openai:tiny@{server.url}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert "KeyboardInterrupt" in done.stderr


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://host:8000", "http://host:8000/v1"),
        ("http://host:8000/", "http://host:8000/v1"),
        ("http://host:8000/v1/", "http://host:8000/v1"),
        ("host:11434", "http://host:11434/v1"),
        ("https://host/api/v3", "https://host/api/v3"),
        ("http://host/v1/chat/completions", "http://host/v1"),
    ],
)
def test_a_base_url_may_leave_out_what_is_usual(given, used):
    assert normal_base_url(given) == used
