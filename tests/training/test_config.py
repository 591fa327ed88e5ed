"""Every shipped configuration parses, reads and is forecast; a wrong key or value is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError
from sqlwright.training.arguments import prepare_tracker, training_arguments
from sqlwright.training.config import load_config, load_configs
from sqlwright.training.language_model_config import LanguageModelConfig

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.yaml"))
LANGUAGE_MODELS = [p for p in CONFIGS if p.name not in ("parser.yaml", "tiny_cpu.yaml")]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_every_configuration_parses(path):
    assert load_configs(path)


@pytest.mark.parametrize("path", LANGUAGE_MODELS, ids=lambda p: p.name)
def test_every_configuration_runs_dry(path, folder, base):
    """With its own wording, template and settings, on a tiny model and rows of ours: weights and hubs are elsewhere."""
    rows = folder / "rows.jsonl"
    given = [f"model_name_or_path={base}", f"dataset={rows}", "eval_dataset=[]", "eval_samples=2", "tables=''"]
    given += [f"databases={folder / 'databases'}", f"output_dir={folder / 'out'}", "cutoff_len=2048", "fp16=false"]
    done = CliRunner().invoke(cli, ["train", str(path), *given, "--dry-run"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "8 rows of" in done.stdout
    assert "SELECT" in done.stdout
    assert "forecast   about" in done.stdout
    assert not (folder / "out").exists()


def test_the_tiny_configuration_runs_dry_before_its_base_is_there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    given = [f"1.dataset={folder / 'rows.jsonl'}", f"1.databases={folder / 'databases'}", "1.eval_samples=2"]
    path = next(p for p in CONFIGS if p.name == "tiny_cpu.yaml")
    done = CliRunner().invoke(cli, ["train", str(path), *given, "--dry-run"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "a new Llama" in done.stdout
    assert "tunes what the run before makes" in done.stdout


@pytest.mark.parametrize("path", LANGUAGE_MODELS, ids=lambda p: p.name)
def test_the_trainer_takes_every_configuration(path, tmp_path):
    from dataclasses import replace

    config = load_config(path)
    assert isinstance(config, LanguageModelConfig)
    here = replace(config, output_dir=str(tmp_path), fp16=False, bf16=False, deepspeed="", report_to="none")
    arguments = training_arguments(here, 10)
    assert arguments.max_steps == 10
    assert arguments.learning_rate == config.learning_rate


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("lora_rnk=8", "Did you mean 'lora_rank'"),
        ("finetuning_type=freeze", "finetuning_type is 'freeze'"),
        ("learning_rate=2e-4", "Write 0.0002 for 2e-4"),
        ("stage=dpo", "stage is 'dpo'"),
        ("template=lama-2", "Did you mean 'llama-2'"),
        ("lr_scheduler_type=cosin", "Did you mean 'cosine'"),
        ("per_device_train_batch_size=0", "at least 1"),
        ("early_stopping=3", "Set eval_steps"),
        ("7.seed=1", "is about run 7"),
        ("model_name_or_path=''", "Stage sft tunes a model"),
    ],
)
def test_a_wrong_key_or_value_is_named(tuning, override, message):
    with pytest.raises(ConfigError) as caught:
        load_config(tuning, [override, *(["eval_steps=0"] if "early" in override else [])])
    assert message in str(caught.value)


def test_several_data_sets_may_be_written_with_commas(tuning):
    assert load_config(tuning, ["dataset=a.json, b.json"]).dataset == ("a.json", "b.json")


def test_rows_of_one_database_are_a_quarter_of_a_step(tuning):
    sizes = ["per_device_train_batch_size=32", "group_size=0"]
    assert load_config(tuning, [*sizes, "gradient_accumulation_steps=1"]).rows_together() == 8
    assert load_config(tuning, [*sizes, "gradient_accumulation_steps=8"]).rows_together() == 32
    assert load_config(tuning, [*sizes, "share_prefix=false"]).rows_together() == 1


def test_wandb_gets_no_halves_of_checkpoints(tuning, monkeypatch):
    monkeypatch.setenv("WANDB_LOG_MODEL", "checkpoint")
    config = load_config(tuning, ["report_to=wandb", "deepspeed=configs/deepspeed/zero2.json"])
    said = prepare_tracker(config, {"WANDB_LOG_MODEL": "checkpoint"})
    assert "WANDB_LOG_MODEL is turned off" in said
    import os

    assert os.environ["WANDB_LOG_MODEL"] == "false"
    assert prepare_tracker(load_config(tuning, ["report_to=wandb"]), {"WANDB_LOG_MODEL": "checkpoint"}) == ""
