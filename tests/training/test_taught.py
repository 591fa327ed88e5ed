"""A tuned model is asked as it was taught, unless the command says otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError
from sqlwright.data import PromptOptions
from sqlwright.db import open_database
from sqlwright.generation import load_generator
from sqlwright.generation.hf import HfGenerator
from sqlwright.generation.taught import prompt_options, read_taught, write_taught
from sqlwright.serving import Connection
from sqlwright.training.export.export import ExportOptions, export_model
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config

TAUGHT = PromptOptions(style="compact", samples=0, hints=False)
FAST = ["max_steps=1", "eval_samples=1"]


@pytest.fixture
def tuned(tuning, folder):
    given = ["schema_style=compact", "samples=0", "hints=false", f"output_dir={folder / 'tuned'}"]
    return train_language_model(load_config(tuning, [*FAST, "eval_steps=0", *given]))


@pytest.fixture
def asked(monkeypatch):
    """The system texts of the prompts that models get, while they answer."""
    seen, generate = [], HfGenerator.generate

    def spy(self, prompts, sampling):
        seen.extend(prompt.messages[0].content for prompt in prompts)
        return generate(self, prompts, replace(sampling, max_new_tokens=2))

    monkeypatch.setattr(HfGenerator, "generate", spy)
    return seen


def run(*command) -> None:
    done = CliRunner().invoke(cli, [str(part) for part in command], catch_exceptions=False)
    assert "Traceback" not in done.output
    assert not done.stderr.startswith("error"), done.stderr


def test_ask_and_predict_follow_the_folder_and_options_win(tuned, folder, shop, asked):
    question = ("ask", "How many items are there?", "-d", shop, "-m", tuned, "--no-log")
    data = ("--data", folder / "rows.jsonl", "--databases", folder / "databases", "--limit", "1")
    run(*question)
    run("predict", "-m", tuned, *data, "-o", folder / "predicted.jsonl")
    run("sweep", "-m", tuned, *data, "-o", folder / "sweep", "--temperature", "0", "--workers", "1")
    assert len(asked) >= 3
    assert all("CREATE TABLE" not in text and "item(" in text.replace(" (", "(") for text in asked)
    assert "ink" not in "".join(asked)
    asked.clear()
    run(*question, "--schema-style", "ddl", "--samples", "2")
    assert "CREATE TABLE" in asked[0]
    assert "ink" in asked[0]


def test_a_service_asks_as_taught_and_tells_clients_the_whole_schema(tuned, shop):
    generator = load_generator(str(tuned))
    assert prompt_options(generator) == TAUGHT
    connection = Connection("shop", open_database(str(shop)), generator)
    assert not any(column.samples for column in connection.asked.schema.table("item").columns)
    assert any(column.samples for column in connection.context.schema.table("item").columns)
    connection.close()


def test_an_adapter_and_an_export_bring_it_along(tuned, base, folder):
    assert load_generator(str(base), adapter=str(tuned)).needs.prompt == TAUGHT
    assert load_generator(str(base)).needs.prompt is None
    out = folder / "exported"
    short = {"data": str(folder / "rows.jsonl"), "databases": folder / "databases"}
    export_model(str(tuned), out, ExportOptions(device="cpu", **short))
    assert load_generator(str(out)).needs.prompt == TAUGHT


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"samples": -1}, "samples is -1"),
        ({"style": "xml"}, "style is 'xml'"),
        ({"preset": "mine"}, "preset is 'mine'"),
        ({"hints": "yes"}, "hints is 'yes'"),
        ({"system": "x"}, "system is 'x'"),
        ([1], "cannot be read"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, said, message):
    (tmp_path / "prompt.json").write_text(json.dumps(said))
    with pytest.raises(ConfigError, match=message):
        read_taught(tmp_path)


def test_what_is_written_is_read(tmp_path):
    assert read_taught(tmp_path) is None
    write_taught(tmp_path, TAUGHT)
    assert read_taught(tmp_path) == TAUGHT
