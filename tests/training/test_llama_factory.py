"""LLaMA-Factory's settings are read, or the message says what is lacked."""

from __future__ import annotations

import json

import pytest

from sqlwright.core import ConfigError
from sqlwright.training.data.sources import read_data
from sqlwright.training.settings.load import config_from, load_config, load_configs

# The keys of examples/train_qlora of LLaMA-Factory.
THEIRS = """model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
quantization_bit: 4
quantization_method: bnb
trust_remote_code: true
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: all
dataset: first,second
template: llama3
cutoff_len: 2048
max_samples: 1000
overwrite_cache: true
preprocessing_num_workers: 16
dataloader_num_workers: 4
output_dir: saves/llama3
logging_steps: 10
save_steps: 500
plot_loss: true
overwrite_output_dir: true
save_only_model: false
report_to: none
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
ddp_timeout: 180000000
resume_from_checkpoint: null
val_size: 0.1
per_device_eval_batch_size: 1
eval_strategy: steps
eval_steps: 500
"""
LEAST = {"stage": "sft", "model_name_or_path": "m", "dataset": "x", "output_dir": "o"}


@pytest.fixture
def theirs(tmp_path):
    path = tmp_path / "theirs.yaml"
    path.write_text(THEIRS, encoding="utf-8")
    return path


def test_their_example_is_read(theirs):
    notes = []
    (config,) = load_configs(theirs, on_note=notes.append)
    assert (config.finetuning_type, config.template, config.lora_target) == ("qlora", "llama-3", ("all-linear",))
    assert (config.warmup, config.val_size, config.max_samples) == (0.1, 0.1, 1000)
    assert config.dataset == ("first", "second")
    assert "plot_loss has no effect: report.html always has the plots." in notes
    assert not {note.split()[0] for note in notes} & {"warmup_ratio", "val_size", "quantization_bit", "lora_target"}


def test_an_override_wins_over_the_other_name_of_a_setting(theirs):
    assert load_config(theirs, ["warmup=0.2"]).warmup == 0.2
    assert load_config(theirs, ["warmup_steps=20"]).warmup == 20
    assert load_config(theirs, ["finetuning_type=lora"]).finetuning_type == "lora"


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({"flash_attn": "disabled"}, {"attention": "eager"}),
        ({"flash_attn": "fa2"}, {"attention": "auto"}),
        ({"disable_gradient_checkpointing": False}, {"gradient_checkpointing": True}),
        ({"pure_bf16": True}, {"bf16": True}),
        ({"eval_strategy": "no", "eval_steps": 500}, {"eval_steps": 0}),
        ({"report_to": ["wandb"]}, {"report_to": "wandb"}),
        ({"lora_target": "q_proj,v_proj"}, {"lora_target": ("q_proj", "v_proj")}),
        ({"template": "llama2", "max_samples": None, "lora_alpha": None}, {"template": "llama-2", "lora_alpha": 32}),
        ({"use_galore": False, "adapter_name_or_path": None}, {}),
    ],
)
def test_other_names_and_words_are_read(given, settings):
    config = config_from({**LEAST, **given}).to_dict()
    wanted = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}
    assert {key: config[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"use_galore": True, "galore_rank": 128},
            "use_galore, galore_rank: sqlwright does not support GaLore. Take them out.",
        ),
        ({"quantization_bit": 8}, "quantization_bit is 8, with bnb. sqlwright trains on 4 bits"),
        ({"quantization_bit": 4, "quantization_method": "hqq"}, "quantization_bit is 4, with hqq."),
        ({"quantization_bit": 4, "finetuning_type": "full"}, "quantization_bit needs finetuning_type: lora"),
        ({"finetuning_type": "freeze"}, "finetuning_type is 'freeze'. Known: full, lora, qlora."),
        ({"template": "qwen3_nothink"}, "Leave it out to use the tokenizer's own template."),
        (
            {"adapter_name_or_path": "saves/x"},
            "does not support training an existing adapter further. Take it out.",
        ),
        ({"eval_strategy": "epoch"}, "sqlwright counts in steps: write eval_steps"),
        ({"save_strategy": "epoch"}, "sqlwright counts in steps: write save_steps"),
        ({"resume_from_checkpoint": "saves/x/checkpoint-5"}, "continues from the last checkpoint in output_dir"),
        ({"warmup_ratio": 0.1, "warmup_steps": 20}, "warmup_steps sets warmup, which another key sets as well"),
        ({"do_predict": True}, "use `sqlwright predict` and `sqlwright evaluate`"),
        ({"val_size": 0.1, "eval_dataset": "y"}, "val_size has no effect beside eval_dataset"),
        ({"val_size": 10.5}, "It has to be a share below 1 or a whole number"),
        ({"stage": "ppo"}, "stage is 'ppo'"),
    ],
)
def test_what_is_lacked_is_named(given, message):
    with pytest.raises(ConfigError) as caught:
        config_from({**LEAST, **given})
    assert message in str(caught.value)


def test_everything_that_is_lacked_is_named_together(theirs):
    with pytest.raises(ConfigError, match="3 settings are not accepted") as caught:
        load_config(theirs, ["use_badam=true", "loraplus_lr_ratio=16.0", "template=qwen3_nothink"])
    assert "BAdam" in str(caught.value)
    assert "LoRA+" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "command"),
    [({"export_dir": "merged"}, "sqlwright export"), ({"infer_backend": "vllm"}, "sqlwright chat")],
)
def test_a_file_for_another_command_names_it(given, command):
    with pytest.raises(ConfigError, match=f"Missing: stage.*{command}"):
        config_from({"model_name_or_path": "m", "adapter_name_or_path": "a", "template": "llama3", **given})


def settings(folder, **more):
    given = {"dataset": str(folder / "rows.jsonl"), "databases": str(folder / "databases")}
    return config_from({**LEAST, **given, **more})


@pytest.mark.parametrize(("size", "held_out"), [(0.3, 3), (4, 4), (0.0, 2)])
def test_val_size_is_a_share_or_a_count(folder, size, held_out):
    data = read_data(settings(folder, val_size=size, eval_samples=64))
    assert (len(data.train), len(data.held_out)) == (10 - held_out, held_out)


@pytest.mark.parametrize("size", [0.01, 10, 64])
def test_val_size_leaves_examples_on_both_sides(folder, size):
    with pytest.raises(ConfigError, match="of 10 examples"):
        read_data(settings(folder, val_size=size))


def test_max_samples_reads_the_first_of_each_data_set(folder):
    data = read_data(settings(folder, max_samples=3, eval_samples=0))
    assert [e.question for e in data.train] == [
        "How many customers are there?",
        "How many items are there?",
        "How many orders are there?",
    ]


def test_data_sets_are_found_by_their_names_in_dataset_info(folder, tmp_path):
    info = {"shop_train": {"file_name": "rows.jsonl"}, "there": {"hf_hub_url": "owner/name"}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    data = read_data(settings(folder, dataset="shop_train", dataset_dir=str(folder), eval_samples=0))
    assert len(data.train) == 10
