"""`sqlwright sweep` as a command, with a real tiny model that samples."""

from __future__ import annotations

import json

from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import UsageError
from tests.evaluation.bench import data_rows, make_databases, write_rows
from tests.models import llama  # noqa: F401


def run(*arguments):
    return CliRunner().invoke(cli, ["sweep", *map(str, arguments)], standalone_mode=False)


def test_a_model_is_swept_and_the_folder_can_be_compared(llama, tmp_path):  # noqa: F811
    databases = make_databases(tmp_path / "databases")
    data = write_rows(tmp_path / "dev.jsonl", [r for r in data_rows() if r["db_id"] != "lost"])
    out = tmp_path / "sweep"
    paths = ("-m", llama, "--data", data, "--databases", databases, "-o", out)
    options = ("--temperature", "0,2", "--top-k", "0,5", "--limit", 4, "--max-new-tokens", 6, "--device", "cpu")
    done = run(*paths, *options, "--workers", 1, "--json")

    assert done.return_value is None or done.return_value == 0
    found = json.loads(done.stdout)
    assert [p["name"] for p in found["points"]] == ["greedy", "t2", "t2-k5"]
    assert (out / "sweep.html").is_file()
    texts = [(out / f"{p['name']}.jsonl").read_text() for p in found["points"]]
    raw = [[json.loads(line)["raw_output"] for line in text.splitlines()] for text in texts]
    assert raw[0] != raw[1] != raw[2]  # the settings reach the model
    compared = CliRunner().invoke(cli, ["compare", *map(str, sorted(out.glob("*.report.json")))], standalone_mode=False)
    assert "greedy" in compared.stdout


def test_the_built_in_model_has_nothing_to_sample(tmp_path):
    done = run("-m", "built-in", "--data", "x", "--databases", tmp_path, "-o", tmp_path / "out")
    assert isinstance(done.exception, UsageError)
    assert "does not sample" in str(done.exception)
