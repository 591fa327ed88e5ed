"""`sqlwright export` as a command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import UsageError
from tests.models import llama, lora  # noqa: F401

pytest.importorskip("peft")


def run(*arguments):
    return CliRunner().invoke(cli, ["export", *map(str, arguments)], standalone_mode=False)


def test_an_export_tells_what_was_checked(lora, tmp_path):  # noqa: F811
    data = tmp_path / "questions.json"
    table = "CREATE TABLE singer (age INTEGER)"
    data.write_text(json.dumps([{"question": f"Over {i}?", "context": table, "answer": "SELECT 1"} for i in range(3)]))
    done = run(lora, "-o", tmp_path / "out", "--data", data, "--device", "cpu", "--quantize", "bf16")

    assert done.exit_code == 0, done.exception
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'out'}: safetensors in bf16, 0.3 MB")
    assert lines[1].startswith("merged, against adapter and base: 3 of 3 answers equal")
    assert lines[2].startswith("bf16, against the source: ")
    assert lines[3].startswith("read back by transformers, against what was written: 3 of 3 answers equal")
    assert "reading it back" in done.stderr


@pytest.mark.parametrize(
    ("model", "reason"), [("built-in", "a folder to copy"), ("openai:x@http://localhost:1/v1", "no weights here")]
)
def test_what_has_no_weights_to_merge_is_refused(model, reason, tmp_path):
    done = run(model, "-o", tmp_path / "out")
    assert isinstance(done.exception, UsageError)
    assert reason in str(done.exception)
    assert not (tmp_path / "out").exists()
