"""Two processes give the loss of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqlwright.training.config import load_config
from sqlwright.training.run import train_language_model

ROOT = Path(__file__).resolve().parents[2]


def losses(folder) -> list[float]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [row["loss"] for row in rows if "loss" in row]


def two_processes(config, *overrides: str, **environment: str) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29611"]
    command += ["-m", "sqlwright", "train", str(config), *overrides]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_ddp_gives_the_losses_of_one_process(tuning, folder):
    given = ["max_steps=3", "lora_dropout=0.0", "save_steps=3"]
    train_language_model(load_config(tuning, [*given, f"output_dir={folder / 'one'}"]))
    two_processes(tuning, *given, "gradient_accumulation_steps=1", f"output_dir={folder / 'two'}")
    assert losses(folder / "two") == pytest.approx(losses(folder / "one"), abs=1e-4)
    assert (folder / "two" / "done.json").is_file()


@pytest.mark.slow
def test_deepspeed_with_its_optimizer_on_the_cpu_gives_the_losses_of_one_process(tuning, folder):
    pytest.importorskip("deepspeed", reason="deepspeed is not installed (extra deepspeed)")
    given = ["max_steps=3", "lora_dropout=0.0", "save_steps=3", "eval_steps=0"]
    train_language_model(load_config(tuning, [*given, f"output_dir={folder / 'one'}"]))
    preset = ROOT / "configs" / "deepspeed" / "zero2_offload.json"
    more = ["gradient_accumulation_steps=1", f"deepspeed={preset}", f"output_dir={folder / 'two'}"]
    two_processes(tuning, *given, *more, DS_ACCELERATOR="cpu")
    assert losses(folder / "two") == pytest.approx(losses(folder / "one"), abs=1e-4)
    assert (folder / "two" / "done.json").is_file()
