"""A build that a killed run left locked is named before DeepSpeed waits for it for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from sqlwright.core import SqlwrightError
from sqlwright.training.deepspeed import refuse_abandoned_build
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config

from .test_devices import ROOT

pytest.importorskip("psutil")


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """Of a build begun long before this process."""
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path))
    file = tmp_path / "cpu_adam" / "lock"
    file.parent.mkdir()
    file.touch()
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def test_an_abandoned_build_is_named(lock):
    with pytest.raises(SqlwrightError, match=r"compile its cpu_adam at 2023-11-1\d .*Delete") as met:
        refuse_abandoned_build()
    assert str(lock) in met.value.hint
    lock.unlink()
    refuse_abandoned_build()


def test_a_build_that_goes_on_is_waited_for(lock):
    hold = "import sys, time; held = open(sys.argv[1]); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        refuse_abandoned_build()
        process.kill()
    with pytest.raises(SqlwrightError):
        refuse_abandoned_build()


def test_a_lock_taken_since_this_process_began_is_another_process_of_this_run(lock):
    os.utime(lock)
    refuse_abandoned_build()


def test_a_run_with_deepspeed_looks(lock, tuning, folder):
    preset = ROOT / "configs" / "deepspeed" / "zero2_offload.json"
    config = load_config(tuning, [f"deepspeed={preset}", f"output_dir={folder / 'out'}"])
    with pytest.raises(SqlwrightError, match="would wait for ever"):
        train_language_model(config)
    assert not (folder / "out").exists()


def test_deepspeed_reads_the_preset_with_pinned_memory():
    deepspeed = pytest.importorskip("deepspeed.runtime.zero.config", reason="deepspeed is not installed")
    folder = ROOT / "configs" / "deepspeed"
    plain, pinned = (
        json.loads((folder / f"zero2_offload{end}.json").read_text(encoding="utf-8")) for end in ("", "_pinned")
    )
    stage = deepspeed.DeepSpeedZeroConfig(**pinned["zero_optimization"])
    assert stage.round_robin_gradients
    assert stage.offload_optimizer.pin_memory
    added = {"round_robin_gradients": True, "offload_optimizer": {"device": "cpu", "pin_memory": True}}
    assert pinned["zero_optimization"] == plain["zero_optimization"] | added
    assert pinned == plain | {"communication_data_type": "fp32", "zero_optimization": pinned["zero_optimization"]}
