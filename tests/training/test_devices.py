"""Two processes give the loss of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from sqlwright.training.arguments import training_arguments
from sqlwright.training.data.batches import Batches
from sqlwright.training.loading import load_model
from sqlwright.training.prefix.loss import summed_loss
from sqlwright.training.prepare import prepare
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.language_model import LanguageModelConfig
from sqlwright.training.settings.load import load_config
from sqlwright.training.trainer import share

from .test_trackers import wandb_history, wandb_records

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def losses(folder, key="loss") -> list[float]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [row[key] for row in rows if key in row]


def two_processes(config, *overrides: str, **environment: str) -> None:
    launcher = ["torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29611", "-m", "sqlwright"]
    train(launcher, config, *overrides, "gradient_accumulation_steps=1", **environment)


def train(module: list[str], config, *overrides: str, **environment: str) -> None:
    # DeepSpeed compiles into this clone: a test run that was killed then leaves no lock to others.
    compiling = {"TORCH_EXTENSIONS_DIR": str(ROOT / "build" / "torch_extensions"), "CXX": str(HERE / "cxx")}
    command = [sys.executable, "-m", *module, "train", str(config), *overrides]
    environment = {**compiling, **os.environ, **environment}
    environment.pop("WANDB_SERVICE", None)  # this process's, which ends their files only when it ends itself
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_ddp_gives_the_losses_of_one_process(tuning, folder):
    given = ["max_steps=3", "lora_dropout=0.0", "save_steps=3"]
    train_language_model(load_config(tuning, [*given, f"output_dir={folder / 'one'}"]))
    two_processes(tuning, *given, f"output_dir={folder / 'two'}")
    assert losses(folder / "two") == pytest.approx(losses(folder / "one"), abs=1e-4)
    assert losses(folder / "two", "eval_loss") == pytest.approx(losses(folder / "one", "eval_loss"), abs=1e-4)
    assert (folder / "two" / "done.json").is_file()


@pytest.mark.parametrize(("batches", "processes"), [(5, 2), (4, 2), (1, 3), (7, 1)])
def test_held_out_batches_are_divided_and_each_counts_once(batches, processes):
    shares = [list(share(batches, rank, processes)) for rank in range(processes)]
    assert len({len(found) for found in shares}) == 1  # a sharded model computes together
    assert sorted(i for found in shares for i, counts in found if counts) == list(range(batches))


@pytest.mark.slow
def test_deepspeed_gives_the_losses_of_one_process_and_uploads_no_checkpoints(tuning, folder, tmp_path):
    """ZeRO-2 with its optimizer on the CPU, then ZeRO-3 with the weights there as well.

    W&B is asked for checkpoints each time; alone it takes them, beside DeepSpeed it is kept from doing so.
    """
    pytest.importorskip("deepspeed", reason="deepspeed is not installed (extra deepspeed)")
    pytest.importorskip("wandb", reason="wandb is not installed (extra trackers)")
    environment = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_LOG_MODEL": "checkpoint"}
    given = ["max_steps=3", "lora_dropout=0.0", "save_steps=3", "eval_steps=0", "report_to=wandb"]
    tracked = tmp_path / "one.wandb"
    tracked.mkdir()
    train(["sqlwright"], tuning, *given, f"output_dir={folder / 'one'}", **environment, WANDB_DIR=str(tracked))
    assert uploads(tracked)
    for preset in ("zero2_offload", "zero3_offload"):
        tracked = tmp_path / f"{preset}.wandb"
        tracked.mkdir()
        more = [f"deepspeed={ROOT / 'configs' / 'deepspeed' / preset}.json", f"output_dir={folder / preset}"]
        two_processes(tuning, *given, *more, **environment, WANDB_DIR=str(tracked))
        assert losses(folder / preset) == pytest.approx(losses(folder / "one"), abs=1e-4)
        assert not uploads(tracked)
        assert list((folder / preset).glob("checkpoint-3/global_step3/*"))
        one, two = (load_file(folder / name / "adapter_model.safetensors") for name in ("one", preset))
        assert one.keys() == two.keys()
        assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)


def uploads(folder) -> list[str]:
    """Names of what a run gave W&B to keep; `wandb_history` waits for the end of its file."""
    assert wandb_history(folder)
    records = [r for r in wandb_records(folder) if r.HasField("artifact")]
    return [r.artifact.name for r in records]


def shard_and_train(rank: int, config: LanguageModelConfig, batches: list[Any], meeting: str, found: Path) -> None:
    """One of two processes: FSDP2 over the blocks, our batches, our loss, divided as the trainer divides it."""
    from torch.distributed.fsdp import fully_shard

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    model = load_model(config)
    for layer in model.base_model.model.model.layers:
        fully_shard(layer, mesh=dist.init_device_mesh("cpu", (2,)))
    fully_shard(model, mesh=dist.init_device_mesh("cpu", (2,)))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    history = []
    for step in batches:
        count = sum(batch["weights"].sum() for batch in step)
        share = summed_loss(model, step[rank], shared=True, config=model.config) / count
        (share * 2).backward()  # FSDP averages over processes
        optimizer.step()
        optimizer.zero_grad()
        loss = share.detach().clone()
        dist.all_reduce(loss)
        history.append(loss.item())
    if rank == 0:
        found.write_text(json.dumps(history))
    dist.destroy_process_group()


@pytest.mark.slow
def test_fsdp_shards_give_the_losses_of_one_process(tuning, tmp_path):
    """Through `fully_shard` itself: accelerate does not turn FSDP on where there is no accelerator."""
    config = load_config(tuning, ["lora_dropout=0.0", "seed=3"])
    prepared = prepare(config)
    drawn = Batches(prepared.train.rows, 2, 2, 6, config.seed)
    batches = [[drawn[2 * i], drawn[2 * i + 1]] for i in range(3)]
    model = load_model(config)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    expected = []
    for step in batches:
        count = sum(batch["weights"].sum() for batch in step)
        loss = sum(summed_loss(model, batch, shared=True, config=model.config) for batch in step) / count
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        expected.append(loss.item())
    found = tmp_path / "losses.json"
    torch.multiprocessing.spawn(shard_and_train, (config, batches, str(tmp_path / "meeting"), found), nprocs=2)
    assert json.loads(found.read_text()) == pytest.approx(expected, abs=1e-4)
    assert expected[0] - expected[-1] > 0.01  # something was learned


def test_the_fsdp_preset_is_what_the_trainer_takes(tuning, tmp_path):
    preset = ROOT / "configs" / "fsdp" / "fsdp2.json"
    given = ["fsdp=full_shard", f"fsdp_config={preset}", f"output_dir={tmp_path}"]
    arguments = training_arguments(load_config(tuning, given), 3)
    assert arguments.fsdp is True
    plugin = arguments.fsdp_plugin_args
    assert plugin["fsdp_version"] == 2
    assert plugin["reshard_after_forward"] is True
    assert plugin["transformer_cls_names_to_wrap"] == "LlamaDecoderLayer"
    assert plugin["state_dict_type"] == "FULL_STATE_DICT"
