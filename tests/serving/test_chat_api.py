"""Any OpenAI client can ask: the official client and LangChain's, over a real socket."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request

import openai
import pytest

from sqlwright.db import open_database
from sqlwright.generation import ScriptedGenerator
from sqlwright.generation.registry import register
from sqlwright.parser.graph_cache import BUILT_IN
from sqlwright.serving import Connection, Service

from .conftest import TWO_SCRIPT, ask, client, running, scripted, serving


def post(url, body, path="/v1/chat/completions", **headers):
    """Status and JSON of a raw request, for what the client would refuse to send."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def question(text):
    return [{"role": "user", "content": text}]


def test_models_are_the_bare_one_and_the_one_with_its_database(url):
    models = client(url).models.list().data
    assert [m.id for m in models] == ["scripted", "scripted:shop"]
    assert client(url).models.retrieve("scripted:shop").owned_by == "sqlwright"


def test_a_question_is_answered_in_text_with_the_receipt_beside_it(url):
    answer = ask(url, "Who lives in Oslo?")
    message = answer.choices[0].message
    assert "| Bo |" in message.content
    assert "SELECT name FROM customer" in message.content
    assert message.metadata["status"] == "answered"
    assert message.metadata["result"]["rows"] == [["Bo"]]
    assert message.metadata["filters"] == ["city is 'Oslo'"]
    assert (answer.object, answer.choices[0].finish_reason) == ("chat.completion", "stop")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_the_bare_model_takes_messages_and_gives_its_text(url):
    message = ask(url, "Who lives in Oslo?", model="scripted").choices[0].message
    assert message.content == "SELECT name FROM customer WHERE city = 'Oslo'"
    assert not hasattr(message, "metadata")


@pytest.mark.parametrize("model", ["scripted:shop", "scripted"])
def test_a_stream_brings_the_same_text_in_chunks(url, model):
    whole = ask(url, "Who lives in Oslo?", model).choices[0].message
    chunks = list(ask(url, "Who lives in Oslo?", model, stream=True, stream_options={"include_usage": True}))
    assert {c.object for c in chunks} == {"chat.completion.chunk"}
    assert len({c.id for c in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    *_, last, usage = chunks
    assert last.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage.total_tokens > 0
    texts = [c.choices[0].delta.content or "" for c in chunks[:-1]]
    assert "".join(texts) == whole.content
    if model == "scripted:shop":
        receipt = last.choices[0].delta.metadata
        assert receipt["sql"] == whole.metadata["sql"]


def test_a_stream_ends_with_done(url):
    body = {"model": "scripted:shop", "messages": question("How many items?"), "stream": True}
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = response.read().decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all("usage" not in json.loads(e.removeprefix("data: ")) for e in events[:-2])


def test_a_follow_up_carries_the_turns_before_it(shop):
    from .conftest import scripted, serving

    model = scripted()
    with serving({"shop": shop}, model) as url:
        first = ask(url, "Who lives in Oslo?").choices[0].message.content
        messages = [
            *question("Who lives in Oslo?"),
            {"role": "assistant", "content": first},
            *question("And in Paris?"),
        ]
        answer = client(url).chat.completions.create(model="scripted:shop", messages=messages)
    assert answer.choices[0].message.metadata["result"]["rows"] == [["Ann"]]
    turn = model.prompts[-1].history[0]
    assert (turn.question, turn.sql) == ("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'")


def asked(url, *questions, model="scripted:*"):
    """The last answer of a conversation, whose earlier answers are sent back as text."""
    messages = []
    for text in questions:
        messages += question(text)
        message = client(url).chat.completions.create(model=model, messages=messages).choices[0].message
        messages.append({"role": "assistant", "content": message.content})
    return message


def test_with_several_databases_there_is_a_name_for_whichever_fits(two):
    names = [model.id for model in client(two).models.list()]
    assert names == ["scripted", "scripted:shop", "scripted:clinic", "scripted:*"]
    assert client(two).models.retrieve("scripted:*").id == "scripted:*"
    with urllib.request.urlopen(f"{two}/openapi.json", timeout=60) as response:
        fields = json.load(response)["components"]["schemas"]["ChatRequest"]["properties"]
    assert fields["model"]["enum"] == names


def test_a_question_that_names_no_database_goes_to_the_one_that_it_is_about_and_the_answer_says_why(two):
    message = asked(two, "Which patients live in Quito?")
    assert message.metadata["database"] == "clinic"
    assert message.metadata["result"]["rows"] == [["Eli"]]
    candidates = message.metadata["candidates"]
    assert [c["database"] for c in candidates] == ["clinic", "shop"]
    assert sum(c["share"] for c in candidates) == pytest.approx(1, abs=1e-3)
    assert "\n\nDatabase: clinic, the nearest of 2 databases: the question names patient" in message.content
    assert asked(two, "List the customers in Oslo").metadata["database"] == "shop"


def test_a_follow_up_stays_with_the_database_of_its_conversation_unless_another_is_clearly_meant(two):
    stayed = asked(two, "Which patients live in Quito?", "And those in Lima?")
    assert (stayed.metadata["database"], stayed.metadata["result"]["rows"]) == ("clinic", [["Dee"]])
    assert stayed.metadata["candidates"] == []
    assert "\n\nDatabase: clinic\n\n```sql" in stayed.content
    moved = asked(two, "Which patients live in Quito?", "And those in Lima?", "List the customers in Oslo")
    assert (moved.metadata["database"], moved.metadata["result"]["rows"]) == ("shop", [["Bo"]])


def test_only_the_database_of_the_conversation_is_told_of_it(shop, clinic):
    model = ScriptedGenerator(TWO_SCRIPT)
    with serving({"shop": shop, "clinic": clinic}, model) as url:
        asked(url, "Which patients live in Quito?", "And those in Lima?", "List the customers in Oslo")
    first, second, third = model.prompts
    assert [len(prompt.history) for prompt in (first, second, third)] == [0, 1, 0]
    shown = "".join(message.content for message in third.messages)
    assert "patient" not in shown
    assert "Lima" not in shown


def test_a_stream_of_whichever_database_fits_has_the_same_receipt(two):
    *_, last = ask(two, "Which patients live in Quito?", "scripted:*", stream=True)
    assert last.choices[0].delta.metadata["database"] == "clinic"


def test_a_question_that_fits_no_database_is_an_answer_that_names_them(two):
    message = asked(two, "xyzzy")
    assert (message.metadata["status"], message.metadata["database"]) == ("refused", "")
    assert "shop, clinic" in message.content


def test_clients_can_ask_whichever_fits_also_where_each_database_has_its_own_model(shop, clinic):
    connections = [
        Connection(name, open_database(path), ScriptedGenerator(TWO_SCRIPT, name=f"tuned-{name}"), is_default=True)
        for name, path in (("shop", shop), ("clinic", clinic))
    ]
    service = Service(connections)
    try:
        with running(service) as url:
            assert [m.id for m in client(url).models.list()][-1] == "built-in:*"
            message = asked(url, "Which patients live in Quito?", model="built-in:*")
    finally:
        service.close()
    assert (message.metadata["database"], message.metadata["model"]) == ("clinic", "tuned-clinic")


def test_a_refused_question_is_an_answer_that_says_why(url, shop):
    before = shop.read_bytes()
    message = ask(url, "Clean up.").choices[0].message
    assert message.metadata["status"] == "refused"
    assert "DROP is not a query" in message.content
    assert shop.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"n": 2}, "n"),
        ({"n": 2, "stream": True, "model": "scripted"}, "n"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"model": 7}, "model"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(url, change, param):
    status, body = post(url, {"model": "scripted:shop", "messages": question("How many items?"), **change})
    assert status == 400
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["param"] == param


def test_what_changes_nothing_is_ignored(url):
    extra = {"user": "me", "metadata": {"a": "b"}, "tools": [], "seed": 3, "response_format": {"type": "text"}}
    status, _ = post(url, {"model": "scripted:shop", "messages": question("How many items?"), **extra})
    assert status == 200


def test_clients_keep_their_name_once_a_tuned_model_answers_the_database(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))
    shutil.copytree(BUILT_IN, tmp_path / "models" / "shop-1a2b3c")
    with open_database(shop) as database:
        register(database, "shop-1a2b3c")
    service = Service.open({"shop": str(shop)})
    try:
        with running(service) as url:
            names = [model.id for model in client(url).models.list()]
            assert names == ["shop-1a2b3c", "shop-1a2b3c:shop", "built-in", "built-in:shop"]
            answer = ask(url, "How many customers are there?", "built-in:shop")
    finally:
        service.close()
    assert answer.choices[0].message.metadata["model"] == "shop-1a2b3c"
    assert answer.choices[0].message.metadata["result"]["rows"] == [[3]]


def test_a_model_that_was_named_has_its_own_name_only(shop):
    with serving({"shop": shop}, scripted()) as url:
        assert "built-in:shop" not in [model.id for model in client(url).models.list()]


def test_an_unknown_model_is_not_found_with_the_nearest_name(url):
    with pytest.raises(openai.NotFoundError) as raised:
        ask(url, "How many items?", model="scripted:shops")
    assert raised.value.code == "model_not_found"
    assert "Did you mean 'scripted:shop'?" in raised.value.message


@pytest.mark.parametrize("body", [b"{oops", b"[]", b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_request_is_a_bad_request(url, body):
    status, found = post(url, body)
    assert (status, found["error"]["code"]) == (400, "invalid_json")


def test_a_model_without_text_is_a_server_error_that_says_why(url):
    with pytest.raises(openai.InternalServerError) as raised:
        ask(url, "Something else?")
    assert (raised.value.status_code, raised.value.code) == (502, "model_error")
    assert "no answer for 'Something else?'" in raised.value.message


def test_a_path_that_is_not_there_has_the_same_error_object(url):
    assert post(url, {}, "/v1/embeddings") == (
        404,
        {"error": {"message": "Not Found", "type": "invalid_request_error", "param": None, "code": "not_found"}},
    )


def test_the_description_is_whole_and_fetches_nothing(url):
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=60) as response:
        document = json.load(response)
    assert document["openapi"].startswith("3.1")
    assert "/v1/chat/completions" in document["paths"]
    with urllib.request.urlopen(f"{url}/docs", timeout=60) as response:
        page = response.read().decode()
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/v1/chat/completions" in page
    assert "//" not in page.replace("<!doctype html>", "")


def test_the_description_has_the_names_the_ranges_and_what_is_not_supported(url):
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=60) as response:
        document = json.load(response)
    schemas = document["components"]["schemas"]
    fields = schemas["ChatRequest"]["properties"]
    assert fields["model"]["enum"] == ["scripted", "scripted:shop"]
    assert fields["top_p"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    assert fields["logprobs"]["enum"] == [None, False]
    assert fields["logprobs"]["description"].startswith("Not supported: ")
    assert fields["top_logprobs"]["enum"] == [None, 0]
    for path in document["paths"].values():
        for about in path.values():
            assert "422" not in about["responses"]  # FastAPI's own shape of an error, which nobody gets here
    error = document["paths"]["/v1/chat/completions"]["post"]["responses"]["400"]["content"]["application/json"]
    assert error["schema"]["$ref"].rpartition("/")[2] == "ErrorBody"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": "hot"}, "'temperature' has to be a number."),
        ({"temperature": -1}, "'temperature' has to be at least 0."),
        ({"seed": 1.5}, "'seed' has to be a whole number."),
        ({"seed": True}, "'seed' has to be a whole number."),
        ({"n": 17}, "'n' has to be at most 16."),
        ({"stop": 5}, "'stop' has to be text, or a list of at most 4."),
        ({"messages": [{"role": "user"}]}, "'messages[0].content' has to be given."),
        ({"messages": [{"role": "me", "content": ""}]}, "'messages[0].role' has to be one of 'system', 'developer',"),
        ({"messages": ["hello"]}, "'messages[0]' has to be an object."),
        ({"audio": {}}, "'audio' is not supported: only text is written."),
    ],
)
def test_a_refused_field_says_what_was_expected(url, change, message):
    _, body = post(url, {"model": "scripted:shop", "messages": question("How many items?"), **change})
    assert body["error"]["message"].startswith(message)


def test_head_is_answered_wherever_get_is(url):
    for path in ("/health", "/v1/models", "/v1/models/scripted", "/docs", "/openapi.json"):
        with urllib.request.urlopen(urllib.request.Request(url + path, method="HEAD"), timeout=60) as response:
            assert (response.status, response.read()) == (200, b"")


def test_langchain_asks_and_streams(url, monkeypatch):
    chat = pytest.importorskip("langchain_openai", reason="langchain-openai is not installed")
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    model = chat.ChatOpenAI(model="scripted:shop", base_url=f"{url}/v1", api_key="none", max_retries=0)
    assert "| Bo |" in model.invoke("Who lives in Oslo?").content
    assert "| Bo |" in "".join(piece.content for piece in model.stream("Who lives in Oslo?"))


LONE = r"\ud800"


@pytest.mark.parametrize("stream", ["true", "false"])
@pytest.mark.parametrize("model", ["scripted:shop", "scripted"])
def test_half_of_a_surrogate_pair_in_a_question_is_a_bad_request(url, model, stream):
    text = f"How many items? {LONE}"
    body = f'{{"model": "{model}", "stream": {stream}, "messages": [{{"role": "user", "content": "{text}"}}]}}'
    status, answered = post(url, body.encode())
    assert (status, answered["error"]["code"]) == (400, "invalid_json")
    assert "surrogate" in answered["error"]["message"]


@pytest.mark.parametrize("stream", [True, False])
def test_half_of_a_surrogate_pair_from_a_model_spoils_no_answer(shop, stream):
    with serving({"shop": shop}, ScriptedGenerator({"Say it.": "SELECT 1 \ud83d"})) as url:
        messages = [{"role": "user", "content": "Say it."}]
        answered = client(url).chat.completions.create(model="scripted", messages=messages, stream=stream)
        if stream:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in answered)
        else:
            text = answered.choices[0].message.content
    assert text == "SELECT 1 ?"


@pytest.mark.parametrize("body", [b'{"model": "scripted", "temperature": NaN, "messages": []}', b'{"model": Infinity}'])
def test_numbers_that_json_does_not_have_are_refused(url, body):
    status, answered = post(url, body)
    assert (status, answered["error"]["code"]) == (400, "invalid_json")


def test_a_name_of_60_000_characters_does_not_come_back_whole(url):
    for model in ("x" * 60_000, f"scripted:{'x' * 60_000}"):
        body = json.dumps({"model": model, "messages": question("How many items?")}).encode()
        status, answered = post(url, body)
        assert status == 404
        assert len(answered["error"]["message"]) < 400
