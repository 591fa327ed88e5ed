"""Stages are a registry of validated settings; one command validates, shows and describes all of them."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from pydantic import Field

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError
from sqlwright.training.settings.load import config_from, json_schema, load_configs
from sqlwright.training.settings.run_config import RunConfig
from sqlwright.training.stages import STAGES, DryRun, Stage

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SFT = {"stage": "sft", "model_name_or_path": "m", "dataset": ["x.json"], "output_dir": "o"}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_named_as_its_config_says(name):
    assert STAGES[name].config.model_fields["stage"].default == name
    assert STAGES[name].summary


def test_a_new_stage_is_one_class_two_functions_and_one_line(monkeypatch, tmp_path):
    class Config(RunConfig):
        stage: Literal["echo"] = "echo"
        times: int = Field(1, ge=1, le=3, description="how often")

    def train(config, told):
        told({"say": "hello " * config.times})
        return Path(config.output_dir)

    def dry_run(config):
        return DryRun((f"times {config.times}",), (("hello", True),))

    monkeypatch.setitem(STAGES, "echo", Stage("says hello", Config, train, dry_run))
    path = tmp_path / "echo.yaml"
    path.write_text("stage: echo\noutput_dir: there\n")
    done = CliRunner().invoke(cli, ["train", str(path), "times=2"], catch_exceptions=False)
    assert done.stdout == "there\n"
    assert "hello hello" in done.stderr
    shown = CliRunner().invoke(cli, ["train", str(path), "--dry-run"], catch_exceptions=False).stdout
    assert "times 1" in shown
    with pytest.raises(ConfigError, match=r"times is 4\. It has to be between 1 and 3\."):
        load_configs(path, ["times=4"])
    with pytest.raises(ConfigError, match="times has no effect here: it needs stage: echo"):
        config_from({**SFT, "times": 2})
    assert json_schema("echo")["properties"]["times"]["maximum"] == 3


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        config_from({"stage": "sft", "lora_rnk": 8, "optim": "adamwtorch", "bf16": "yes", "dataset": 3})
    assert str(caught.value).startswith("5 settings are not accepted:\n- Missing: output_dir, model_name_or_path.")
    for said in (
        "- dataset has to be of type list of str; found 3.",
        "- Unknown key 'lora_rnk'. Did you mean 'lora_rank'?",
        "- optim is 'adamwtorch'. Did you mean 'adamw_torch'?",
        "- bf16 has to be of type bool; found 'yes'.",
    ):
        assert said in str(caught.value)


def test_settings_of_another_stage_are_accepted_with_their_default():
    assert config_from({**SFT, "vocabulary": 4096}).stage == "sft"
    with pytest.raises(ConfigError, match="lora_rank has no effect here: it needs stage: sft or pt"):
        config_from({"stage": "parser", "dataset": {"x": 1}, "databases": "d", "output_dir": "o", "lora_rank": 8})


def test_types_are_strict():
    for key, value in (("save_steps", True), ("save_steps", 2.0), ("template", 3), ("hints", 1), ("warmup", "0.1")):
        with pytest.raises(ConfigError, match=f"{key} "):
            config_from({**SFT, key: value})
    with pytest.raises(ConfigError, match=r"dataset\.x\.json has to be of type float; found 'often'"):
        config_from({"stage": "parser", "dataset": {"x.json": "often"}, "databases": "d", "output_dir": "o"})


def test_a_changed_copy_is_checked_again():
    config = config_from(SFT)
    assert config.changed(seed=3).seed == 3
    assert config.seed == 0
    with pytest.raises(ConfigError, match="deepspeed and fsdp exclude each other"):
        config.changed(deepspeed="x.json", fsdp="full_shard")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_the_schema_accepts_every_configuration(path):
    for run in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        jsonschema.validate(run, json_schema())
        jsonschema.validate(run, json_schema(run["stage"]))


@pytest.mark.parametrize(
    "wrong", [{"lora_rnk": 8}, {"lora_dropout": 1.0}, {"optim": "adamwtorch"}, {"dataset": 3}, {"learning_rate": 0}]
)
def test_the_schema_refuses_what_the_command_refuses(wrong):
    jsonschema.validate(SFT, json_schema("sft"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**SFT, **wrong}, json_schema("sft"))
    with pytest.raises(ConfigError):
        config_from({**SFT, **wrong})


def test_the_schema_demands_a_stage():
    for schema in (json_schema(), json_schema("sft")):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in SFT.items() if key != "stage"}, schema)


def test_the_command_prints_the_schema():
    for arguments, wanted in (["--json-schema"], json_schema()), (["--json-schema", "pt"], json_schema("pt")):
        done = CliRunner().invoke(cli, ["train", *arguments], catch_exceptions=False)
        assert json.loads(done.stdout) == wanted
    with pytest.raises(ConfigError, match=r"stage is 'sfd'\. Did you mean 'sft'"):
        CliRunner().invoke(cli, ["train", "--json-schema", "sfd"], catch_exceptions=False)
    assert "Missing argument 'CONFIG'" in CliRunner().invoke(cli, ["train"]).output


def test_settings_are_checked_without_torch():
    program = "import sys, sqlwright.training.settings.load; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_settings_in_the_documentation_are_accepted():
    text = (ROOT / "docs" / "tune.md").read_text(encoding="utf-8")
    runs = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    runs = [run for run in runs if run]
    assert runs
    for run in runs:
        config_from(run)


def test_the_guide_names_what_a_stage_consists_of():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a training stage")[2]
    for name in ("Config", "train(config, told)", "dry_run(config)", "STAGE = Stage(summary, Config, train, dry_run)"):
        assert name in guide
    for name in STAGES:
        module = importlib.import_module(f"sqlwright.training.stages.{name}")
        assert (module.STAGE.config, module.STAGE.train) == (module.Config, module.train)
        assert module.STAGE.dry_run is module.dry_run
