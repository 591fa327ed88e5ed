"""`sqlwright models`: what the files say, without loading anything."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

from sqlwright.cli.models import command
from sqlwright.core import NotFoundError
from sqlwright.db import open_database
from sqlwright.generation.registry import register
from sqlwright.parser.graph_cache import BUILT_IN
from tests.models import llama, lora  # noqa: F401


@pytest.fixture
def places(tmp_path, monkeypatch):
    """An empty folder for the user's models and an empty hub cache."""
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "own"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "own").mkdir()
    return tmp_path


def cache(places, name, source, *, revision="abc", main="abc"):
    folder = places / "hub" / f"models--{name.replace('/', '--')}"
    shutil.copytree(source, folder / "snapshots" / revision)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs/main").write_text(main)
    return folder


def models(*arguments):
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False, standalone_mode=False)


def test_parameters_are_what_the_model_has(llama):  # noqa: F811
    from transformers import AutoModelForCausalLM

    shown = json.loads(models("show", llama, "--json").stdout)
    assert shown["parameters"] == AutoModelForCausalLM.from_pretrained(llama).num_parameters()
    assert shown["architecture"] == "LlamaForCausalLM"
    assert (shown["kind"], shown["dtype"], shown["context_tokens"]) == ("model", "float32", 2048)
    assert shown["template"] is True
    assert shown["size_bytes"] == sum(p.stat().st_size for p in llama.iterdir())


def test_an_adapter_names_its_base_and_rank(llama, lora):  # noqa: F811
    shown = json.loads(models("show", lora, "--json").stdout)
    assert (shown["kind"], shown["base"], shown["lora_r"], shown["lora_alpha"]) == ("adapter", str(llama), 4, 64)
    assert "r 4, alpha 64" in models("show", lora).stdout


def test_own_models_and_cached_language_models_are_listed(places, llama, lora):  # noqa: F811
    shutil.copytree(llama, places / "own/mine")
    shutil.copytree(lora, places / "own/tuned")
    cache(places, "owner/name", llama)
    listed = json.loads(models("ls", "--json").stdout)
    assert [(m["name"], m["kind"]) for m in listed] == [
        ("mine", "model"),
        ("tuned", "adapter"),
        ("owner/name", "model"),
    ]
    text = models("ls").stdout.splitlines()
    assert text[0].split() == ["NAME", "KIND", "PARAMETERS", "DTYPE", "CONTEXT", "SIZE"]
    assert len(text) == 4


def test_what_is_no_language_model_or_has_no_weights_is_not_listed(places, llama):  # noqa: F811
    folder = cache(places, "owner/encoder", llama) / "snapshots/abc"
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}))
    (cache(places, "owner/tokenizer-only", llama) / "snapshots/abc/model.safetensors").unlink()
    (places / "hub/models--broken/snapshots").mkdir(parents=True)
    assert json.loads(models("ls", "--json").stdout) == []


def test_the_cached_revision_is_the_one_main_points_at(places, llama):  # noqa: F811
    cache(places, "owner/name", llama, revision="old", main="new")
    cache(places, "owner/name", llama, revision="new", main="new")
    assert json.loads(models("show", "owner/name", "--json").stdout)["path"].endswith("/snapshots/new")


def test_a_model_tuned_from_the_built_in_one_is_listed_and_shown(places, shop):
    shutil.copytree(BUILT_IN, places / "own/shop-1a2b3c")
    with open_database(shop) as database:
        register(database, "shop-1a2b3c")
    (listed,) = json.loads(models("ls", "--json").stdout)
    assert (listed["name"], listed["kind"], listed["base"]) == ("shop-1a2b3c", "parser", "built-in")
    assert listed["parameters"] > 10**7
    assert listed["databases"] == [f"sqlite {shop}"]
    assert "shop-1a2b3c" in models("ls").stdout
    shown = models("show", "shop-1a2b3c").stdout
    assert f"answers       sqlite {shop}" in shown
    assert "chat template" not in shown


def test_the_built_in_model_is_shown(places):
    shown = json.loads(models("show", "built-in", "--json").stdout)
    assert (shown["name"], shown["kind"], shown["base"]) == ("built-in", "parser", "")


def test_no_models_is_said_on_stderr(places):
    done = models("ls")
    assert done.stdout == ""
    assert str(places / "own") in done.stderr


@pytest.mark.parametrize("name", ["owner/absent", "absent", "./absent"])
def test_an_unknown_model_is_not_found(places, name):
    with pytest.raises(NotFoundError, match="absent"):
        models("show", name)


def test_a_damaged_weights_file_leaves_the_count_open(llama, tmp_path):  # noqa: F811
    shutil.copytree(llama, tmp_path / "m")
    (tmp_path / "m/model.safetensors").write_bytes(b"\xff" * 40)
    assert json.loads(models("show", tmp_path / "m", "--json").stdout)["parameters"] is None


def test_packed_weights_are_not_counted_as_parameters(llama, tmp_path):  # noqa: F811
    shutil.copytree(llama, tmp_path / "m")
    config = json.loads((tmp_path / "m/config.json").read_text())
    (tmp_path / "m/config.json").write_text(json.dumps({**config, "quantization_config": {"quant_method": "gptq"}}))
    shown = json.loads(models("show", tmp_path / "m", "--json").stdout)
    assert (shown["parameters"], shown["quantization"]) == (None, "gptq")


def test_neither_torch_nor_the_hubs_client_is_loaded(llama):  # noqa: F811
    import subprocess

    code = (
        "import sys; from sqlwright.cli.models import command\n"
        f"command(['show', {str(llama)!r}], standalone_mode=False)\n"
        "assert not {'torch', 'transformers', 'huggingface_hub', 'safetensors'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_folder_is_copied_and_answers_the_database_from_then_on(places, shop, lora, monkeypatch):  # noqa: F811
    from sqlwright.core import UsageError
    from sqlwright.generation.registry import default_model

    run = places / "runs" / "tuned"
    shutil.copytree(lora, run)
    (run / "checkpoint-2").mkdir()
    config = json.loads((run / "adapter_config.json").read_text())
    base = places / "runs" / "base"
    shutil.copytree(config["base_model_name_or_path"], base)
    (run / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "runs/base"}))
    monkeypatch.chdir(places)
    done = models("use", "runs/tuned", "-d", shop, "--name", "mine", "--json")
    assert json.loads(done.stdout) == {"model": "mine", "database": "shop"}
    with open_database(shop) as database:
        assert default_model(database) == "mine"
    copied = json.loads((places / "own" / "mine" / "adapter_config.json").read_text())
    assert copied["base_model_name_or_path"] == str(base)  # found from every folder
    assert not (places / "own" / "mine" / "checkpoint-2").exists()
    with pytest.raises(UsageError, match="already"):
        models("use", "runs/base", "-d", shop, "--name", "mine")
    models("use", "mine", "-d", shop)  # one of the user's own is not copied again
    models("use", "built-in", "-d", shop)
    with open_database(shop) as database:
        assert default_model(database) == "built-in"
