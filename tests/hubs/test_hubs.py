"""Models and data sets from hubs: the real clients against servers on this machine."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import NotFoundError, SqlwrightError, UsageError
from sqlwright.hubs import fetch, hub_named, publish
from sqlwright.hubs.fetch import wanted_files

from .servers import SHA, HuggingFace, Kept, ModelScope, Running

WEIGHTS = os.urandom(3_000_000)
FILES = {
    "config.json": b"{}",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"the same weights again",
    "README.md": b"# Tiny",
    ".gitattributes": b"x",
}
SERVERS = {"huggingface": HuggingFace, "modelscope": ModelScope}


@pytest.fixture(autouse=True)
def clients(monkeypatch, tmp_path):
    """The clients keep their files in the test's folder and use plain HTTP."""
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "a-token")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)  # what is written at a time


@pytest.fixture(params=SERVERS)
def hub(request):
    if request.param == "modelscope":
        pytest.importorskip("modelscope_hub", reason="needs the extra hub")
    kept = Kept(dict(FILES))
    with Running(SERVERS[request.param], kept) as running:
        yield hub_named(request.param, running.url), kept


def test_a_repository_is_found_with_its_license_and_sizes(hub):
    found = hub[0].find("model", "owner/tiny")
    assert found.license == "apache-2.0"
    assert {f.path: f.size for f in found.files} == {name: len(data) for name, data in FILES.items()}
    assert next(f for f in found.files if f.path == "model.safetensors").sha256 == hub[1].listed["model.safetensors"]
    assert [f.path for f in wanted_files(found)] == ["config.json", "model.safetensors", "README.md"]
    with pytest.raises(NotFoundError, match="owner/none"):
        hub[0].find("model", "owner/none")


def test_a_download_has_the_files_and_nothing_else(hub, tmp_path):
    folder = fetch(hub[0], hub[0].find("model", "owner/tiny"), tmp_path / "tiny")
    assert sorted(p.name for p in folder.rglob("*")) == ["README.md", "config.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert [p.name for p in tmp_path.glob(".tiny*")] == []
    with pytest.raises(UsageError, match="is there already"):
        fetch(hub[0], hub[0].find("model", "owner/tiny"), folder)


def test_a_data_set_is_fetched_whole(hub, tmp_path):
    folder = fetch(hub[0], hub[0].find("dataset", "owner/tiny"), tmp_path / "rows")
    assert (folder / "pytorch_model.bin").read_bytes() == FILES["pytorch_model.bin"]


def test_a_file_with_another_checksum_is_refused_and_deleted(hub, tmp_path):
    kept = hub[1]
    remote = hub[0].find("model", "owner/tiny")
    kept.files["model.safetensors"] = WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1])
    with pytest.raises(SqlwrightError):
        fetch(hub[0], remote, tmp_path / "tiny")
    assert not (tmp_path / "tiny").exists()
    assert not list(tmp_path.glob(".tiny*/model.safetensors"))
    kept.files["model.safetensors"] = WEIGHTS
    kept.got.clear()
    assert (fetch(hub[0], remote, tmp_path / "tiny") / "model.safetensors").read_bytes() == WEIGHTS
    assert {path for method, path, _ in kept.got if method == "GET"} == {"model.safetensors"}  # the others were kept


def test_a_connection_that_breaks_goes_on_at_the_byte(hub, tmp_path):
    kept = hub[1]
    kept.stop_after["model.safetensors"] = 2_000_000
    folder = fetch(hub[0], hub[0].find("model", "owner/tiny"), tmp_path / "tiny")
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    ranges = [asked for method, path, asked in kept.got if method == "GET" and path == "model.safetensors"]
    assert ranges[0] in ("", "bytes=0-", "bytes=0-2999999")
    assert ranges[-1].startswith("bytes=2000000-"), ranges


def test_a_tuned_model_is_published_without_its_training(hub, tmp_path):
    kept = hub[1]
    run = tmp_path / "run"
    run.mkdir()
    for name in ("adapter_model.safetensors", "adapter_config.json", "report.json", "train.jsonl", "optimizer.pt"):
        (run / name).write_bytes(f"content of {name}".encode())
    (run / "checkpoint-10").mkdir()
    (run / "checkpoint-10" / "adapter_model.safetensors").write_bytes(b"old")
    address = publish(hub[0], run, "owner/new", license_name="mit")
    assert address.endswith("owner/new")
    sent = {name: data for name, data in kept.uploaded.items() if name != ".gitattributes"}
    assert set(sent) == {"adapter_model.safetensors", "adapter_config.json", "report.json", "README.md"}
    assert sent["adapter_model.safetensors"] == b"content of adapter_model.safetensors"
    assert b"license: mit" in sent["README.md"]
    assert kept.created
    with pytest.raises(UsageError, match="OWNER/NAME"):
        publish(hub[0], run, "new")
    with pytest.raises(NotFoundError, match="holds no weights"):
        publish(hub[0], tmp_path, "owner/new")


def test_a_host_that_cannot_be_reached_is_one_error():
    with pytest.raises(SqlwrightError, match=r"127\.0\.0\.1:9"):
        hub_named("huggingface", "http://127.0.0.1:9").find("model", "owner/tiny")


def test_the_commands(tmp_path, monkeypatch):
    kept = Kept(dict(FILES), license_name="")
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "models"))
    with Running(HuggingFace, kept) as running:
        monkeypatch.setenv("SQLWRIGHT_HUB_MIRROR", running.url)

        def run(*arguments):
            return CliRunner().invoke(cli, list(map(str, arguments)))

        asked = run("models", "pull", "owner/tiny")
        assert asked.exit_code != 0  # nobody can say yes
        assert "license   none stated" in asked.stderr
        assert kept.got == []
        done = run("models", "pull", "owner/tiny", "--yes")
        assert done.exit_code == 0, done.output
        assert f"revision {SHA[:12]}" in done.stderr
        assert (tmp_path / "models" / "tiny" / "model.safetensors").stat().st_size == len(WEIGHTS)
        assert run("models", "pull", "owner/tiny", "--yes").exit_code != 0
        assert run("data", "pull", "owner/tiny", "--yes", "-o", tmp_path / "rows").exit_code == 0
        assert (tmp_path / "rows" / "README.md").is_file()
        pushed = run("models", "push", tmp_path / "models" / "tiny", "owner/new", "--yes")
        assert pushed.exit_code == 0, pushed.output
        assert "private" in pushed.stderr
        assert "private" in (kept.created[0].get("visibility"), *kept.created[0])
