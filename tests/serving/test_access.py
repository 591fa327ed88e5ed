"""Who may ask, how often and how much."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import openai
import pytest

from sqlwright.core import UsageError
from sqlwright.serving.access import WRONG_TOKENS, AccessOptions, RateLimit, Token
from sqlwright.serving.errors import ApiError

from .conftest import ask, scripted, serving


def get(url, path="/v1/models", **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read()), response.headers
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_an_address_that_others_reach_needs_a_token(host):
    with pytest.raises(UsageError, match="SQLWRIGHT_TOKEN"):
        AccessOptions(host)
    AccessOptions(host, token="long secret")


def test_loopback_needs_none():
    assert all(AccessOptions(host).token == "" for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3"))


def test_a_token_is_asked_of_everything_but_health(shop):
    with serving({"shop": shop}, scripted(), token="long secret") as url:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic long secret"}):
            for path in ("/v1/models", "/mcp", "/docs", "/openapi.json"):
                status, body, answered = get(url, path, **headers)
                assert (status, body["error"]["code"]) == (401, "invalid_api_key")
                assert answered["www-authenticate"] == "Bearer"
        assert get(url, "/health")[:2] == (200, {"status": "ok"})
        assert ask_with(url, "long secret").choices
        with pytest.raises(openai.AuthenticationError):
            ask_with(url, "wrong")


def ask_with(url, key):
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
    return client.chat.completions.create(
        model="scripted:shop", messages=[{"role": "user", "content": "How many items?"}]
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil"},
        {"Host": "evil.com://127.0.0.1"},
        {"Host": "evil.com@127.0.0.1"},
        {"Host": "127.0.0.1@evil.com"},
        {"Host": "[::1]evil.com"},
        {"Host": "[::1%evil.com]"},
        {"Host": "localhost/evil"},
        {"Host": "127.0.0.1:80:80"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "evil.com://127.0.0.1"},
        {"Origin": "http://evil.com://127.0.0.1"},
        {"Origin": "http://127.0.0.1.evil"},
        {"Origin": "http://evil@127.0.0.1"},
    ],
)
def test_a_page_from_elsewhere_is_refused_on_a_server_without_a_token(url, headers):
    status, body, _ = get(url, **headers)
    assert (status, body["error"]["code"]) == (403, "origin_not_allowed")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:1"},
        {"Host": "LOCALHOST"},
        {"Host": "LocalHost:8630"},
        {"Host": "127.1.2.3"},
        {"Host": "[::1]:80"},
        {"Host": "[::1]"},
        {"Origin": "http://127.0.0.1:7860"},
        {"Origin": "HTTP://LOCALHOST"},
        {"Origin": "http://[::1]:7860"},
    ],
)
def test_a_page_of_this_machine_may_ask(url, headers):
    assert get(url, **headers)[0] == 200


def test_too_many_requests_are_told_when_to_come_back(shop):
    with serving({"shop": shop}, scripted(), per_minute=12) as url:
        answers = [get(url) for _ in range(4)]
    assert [status for status, *_ in answers] == [200, 200, 429, 429]
    _, body, headers = answers[-1]
    assert body["error"]["type"] == "rate_limit_error"
    assert 1 <= int(headers["retry-after"]) <= 5


def test_the_rate_is_per_client_and_refills():
    now = [0.0]
    limit = RateLimit(60, lambda: now[0])
    for _ in range(10):
        limit.take("a")
    with pytest.raises(ApiError):
        limit.take("a")
    limit.take("b")
    now[0] = 1.0
    limit.take("a")


def test_who_guesses_tokens_has_to_wait_and_nobody_else(shop):
    with serving({"shop": shop}, scripted(), token="long secret") as url:
        wrong = [get(url, Authorization=f"Bearer guess {n}") for n in range(WRONG_TOKENS + 5)]
        assert [status for status, *_ in wrong[:WRONG_TOKENS]] == [401] * WRONG_TOKENS
        assert wrong[-1][0] == 429
        assert int(wrong[-1][2]["retry-after"]) >= 1
        assert (
            get(url, Authorization="Bearer long secret")[0] == 429
        )  # else a guess would still be told right from wrong
        assert get(url)[0] == 401  # none is no guess
        assert get(url, "/health")[0] == 200


def test_wrong_tokens_are_counted_by_address_and_forgiven_with_time():
    now = [0.0]
    token = Token("right", lambda: now[0])
    for n in range(WRONG_TOKENS):
        assert token.is_right("right", "a")
        assert not token.is_right(f"wrong {n}", "a")
    with pytest.raises(ApiError) as raised:
        token.is_right("right", "a")
    assert raised.value.status == 429
    assert token.is_right("right", "b")
    now[0] = 60 / WRONG_TOKENS
    assert token.is_right("right", "a")
    assert not Token("").is_right("", "a")


def test_wrong_tokens_count_as_requests_too(shop):
    with serving({"shop": shop}, scripted(), token="long secret", per_minute=12) as url:
        assert [get(url, Authorization="Bearer wrong")[0] for _ in range(4)] == [401, 401, 429, 429]


def test_a_request_that_is_too_large_is_refused_also_without_a_length(shop):
    with serving({"shop": shop}, scripted(), max_bytes=2048) as url:
        with pytest.raises(openai.APIStatusError) as raised:
            ask(url, "x" * 4096)
        assert (raised.value.status_code, raised.value.code) == (413, "request_too_large")
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        connection.request("POST", "/v1/chat/completions", iter([b"x" * 1500] * 2), encode_chunked=True)
        response = connection.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["error"]["code"] == "request_too_large"
        connection.close()
