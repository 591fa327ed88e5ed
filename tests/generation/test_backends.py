"""What a backend says of itself, and the registry of all."""

from __future__ import annotations

import inspect

import pytest

from sqlwright.answering import ask
from sqlwright.core import NotFoundError, UsageError
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, Sampling, ScriptedGenerator, load_generator
from sqlwright.generation.backends import BACKENDS, backend_of, known_forms
from sqlwright.generation.built_in import BuiltInGenerator
from sqlwright.generation.generator import Needs
from sqlwright.generation.openai_compatible import OpenAICompatibleGenerator
from sqlwright.retrieval import Knowledge
from sqlwright.retrieval.lexical import LexicalStore
from sqlwright.serving.connection import Connection
from sqlwright.serving.page.html import leaves_html
from sqlwright.serving.service import Service, ServiceOptions


class Smallest(Generator):
    """All that a backend has to define."""

    name = "smallest"
    remote_host = "gpu.example"
    context_tokens = 8_000

    def generate(self, prompts, sampling):
        return [(Completion("SELECT count(*) FROM customer"),) for _ in prompts]


class Silent(Generator):
    """A backend that does not say where it runs."""

    name = "vendor:model@https://vendor.example/v1"
    context_tokens = 8_000

    def generate(self, prompts, sampling):
        return []


def test_three_members_and_a_name_make_a_backend(shop, prompts):
    model = Smallest()
    assert (model.needs, model.concurrency, model.public_name) == (Needs(), 1, "smallest")
    assert list(model.stream(prompts[0], Sampling())) == ["SELECT count(*) FROM customer"]
    assert model.count_tokens("SELECT 1") > 0
    with open_database(shop) as database:
        assert ask("How many customers?", database, model).table.rows == ((3,),)


def test_a_backend_that_does_not_say_where_it_runs_cannot_be_made():
    with pytest.raises(TypeError, match="remote_host"):
        Silent()


def test_nor_can_an_object_that_is_no_generator_be_served(shop):
    class Alike:
        name, context_tokens, concurrency, public_name, needs = "alike", 8_000, 1, "alike", Needs()

        def generate(self, prompts, sampling):
            return []

    with open_database(shop) as database:
        service = Service([Connection("shop", database, Alike())])
        with pytest.raises(AttributeError, match="remote_host"):
            service.remote_hosts  # noqa: B018


@pytest.mark.parametrize(
    ("model", "hosts"),
    [
        (Smallest(), ("gpu.example",)),
        (ScriptedGenerator({}), ()),
        (OpenAICompatibleGenerator("m", "https://user:secret@models.example:8443/v1"), ("models.example",)),
        (OpenAICompatibleGenerator("m", "http://localhost:8000/v1"), ()),
        (OpenAICompatibleGenerator("m", "http://127.example.com/v1"), ("127.example.com",)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_leaves_is_what_the_backend_says(shop, model, hosts):
    with open_database(shop) as database:
        assert Service([Connection("shop", database, model)], ServiceOptions()).remote_hosts == hosts
    assert ("nothing" in leaves_html(model.remote_host, "en")) is not bool(hosts)


def test_an_embedder_elsewhere_is_part_of_what_leaves(shop):
    class Elsewhere(LexicalStore):
        remote_host = "vectors.example"

    with open_database(shop) as database:
        connection = Connection("shop", database, Smallest())
        connection.knowledge = Knowledge(LexicalStore(), LexicalStore(), Elsewhere())
        assert connection.remote_hosts(Smallest()) == ("gpu.example", "vectors.example")
        assert Service([connection]).remote_hosts == ("gpu.example", "vectors.example")


def test_the_backends_that_compute_here_say_so():
    pytest.importorskip("transformers", reason="the train extra is not installed")
    from sqlwright.generation.hf import HfGenerator

    assert (HfGenerator.remote_host, BuiltInGenerator.remote_host, ScriptedGenerator.remote_host) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("built-in", "built-in"),
        ("./models/ours", "ours"),
        ("/home/ann/models/ours", "ours"),
        ("owner/name", "owner/name"),
        ("scripted:/home/ann/answers.jsonl", "scripted"),
        ("vendor:key@https://ann:secret@vendor.example/v1", "vendor"),
    ],
)
def test_a_public_name_has_no_path_address_or_password(name, shown):
    model = Smallest()
    model.name = name
    assert model.public_name == shown


def test_an_endpoint_is_known_by_the_name_of_its_model():
    model = load_generator("openai:qwen2.5-coder:7b@http://u:hunter2@host/v1")
    assert (model.public_name, model.remote_host) == ("qwen2.5-coder:7b", "host")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("built-in", "built-in"),
        ("openai:m@http://host", "openai"),
        ("scripted:answers.jsonl", "scripted"),
        ("owner/name", "local"),
    ],
)
def test_every_form_has_one_backend(spec, name):
    assert backend_of(spec).name == name
    assert sum(backend.owns(spec) for backend in BACKENDS.values()) == 1


def test_every_option_of_a_backend_is_one_of_load_generator():
    options = set(inspect.signature(load_generator).parameters) - {
        "spec",
        "rerank",
    }  # rerank wraps what any backend loads
    taken = {name: set(backend.options) for name, backend in BACKENDS.items()}
    assert set().union(*taken.values()) == options
    for backend in BACKENDS.values():
        assert set(inspect.signature(backend.load).parameters) - {"spec"} == backend.options


def test_an_unknown_model_names_the_forms_of_all():
    with pytest.raises(NotFoundError) as raised:
        backend_of("nothing-here")
    assert raised.value.hint == known_forms()
    assert all(form in known_forms() for backend in BACKENDS.values() for form in backend.forms)


def test_an_option_that_does_not_go_with_a_model_names_the_models_that_it_goes_with():
    with pytest.raises(UsageError, match=r"scripted models take no adapter\. Only for: a local folder"):
        load_generator("scripted:x", adapter="lora")


def test_options_of_speed_are_for_whoever_uses_them():
    assert load_generator("openai:m@http://host", batch_size=4, threads=2).concurrency == 8
