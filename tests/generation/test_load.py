"""What `-m` takes."""

from __future__ import annotations

import shutil

import pytest

from sqlwright.core import NotFoundError, UsageError
from sqlwright.generation import ScriptedGenerator, load_generator
from sqlwright.generation.find import find_model, models_folder
from sqlwright.generation.openai_compatible import OpenAICompatibleGenerator


def test_openai_names_a_model_and_a_server():
    generator = load_generator("openai:qwen2.5-coder:7b@localhost:11434")
    assert isinstance(generator, OpenAICompatibleGenerator)
    assert (generator.model, generator.base_url) == ("qwen2.5-coder:7b", "http://localhost:11434/v1")


def test_a_model_name_may_hold_an_at_sign():
    assert load_generator("openai:name@v2@http://host/v1").model == "name@v2"


def test_openai_without_a_server_is_openai_itself(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert load_generator("openai:gpt-x").base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize("spec", ["openai:@http://host", "openai:m@", "openai:m@ftp://host", "openai:m@http://h:99999"])
def test_an_incomplete_endpoint_is_wrong_usage(spec):
    with pytest.raises(UsageError):
        load_generator(spec)


def test_options_of_local_models_are_refused_elsewhere():
    with pytest.raises(UsageError, match="template or dtype"):
        load_generator("openai:m@http://host", template="qwen", dtype="float32")


def test_a_script_is_a_model(tmp_path):
    (tmp_path / "s.jsonl").write_text('{"question": "q", "text": "t"}\n')
    assert isinstance(load_generator(f"scripted:{tmp_path / 's.jsonl'}"), ScriptedGenerator)


@pytest.mark.parametrize("spec", ["", "nothing-here", "./nothing/here", "a/b/c", "openai:", "hf://x"])
def test_an_unknown_model_names_the_forms(spec):
    with pytest.raises(NotFoundError, match="openai:NAME@BASE_URL"):
        load_generator(spec)


def test_a_folder_without_a_model_says_what_is_missing(tmp_path):
    with pytest.raises(NotFoundError, match=r"config\.json"):
        load_generator(str(tmp_path))


def test_a_bare_name_is_found_among_the_users_models(llama, tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path))
    shutil.copytree(llama, tmp_path / "mine")
    assert models_folder() == tmp_path
    assert find_model("mine") == str(tmp_path / "mine")


def test_a_hub_name_stays_a_hub_name():
    assert find_model("Qwen/Qwen2.5-Coder-1.5B-Instruct") == "Qwen/Qwen2.5-Coder-1.5B-Instruct"


def test_the_built_in_model_takes_no_options_of_language_models():
    assert load_generator("built-in").name == "built-in"
    with pytest.raises(UsageError, match="take no template"):
        load_generator("built-in", template="qwen")
