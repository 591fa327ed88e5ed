"""The trackers' own libraries hold the losses that metrics.jsonl holds."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import sys
import time

import pytest

from sqlwright.core import UsageError
from sqlwright.training import arguments
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config

GIVEN = ["max_steps=3", "eval_steps=3", "save_steps=3", "eval_samples=2"]


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Everything stays in the test's folder, and nothing of the environment outlives it."""
    for name in [name for name in os.environ if name.startswith(("WANDB", "TRACKIO", "TENSORBOARD", "HF_HUB"))]:
        monkeypatch.delenv(name)
    places = {"WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path), "WANDB_SILENT": "true", "WANDB_PROJECT": "sqlwright"}
    for name, value in places.items():
        monkeypatch.setenv(name, value)


def trained(tuning, folder, tracker):
    """The run's losses by step, and the held-out loss."""
    out = train_language_model(load_config(tuning, [*GIVEN, f"report_to={tracker}", f"output_dir={folder / 'run'}"]))
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {r["step"]: r["loss"] for r in rows if "loss" in r}, next(r["eval_loss"] for r in rows if "eval_loss" in r)


def test_tensorboard(tuning, folder):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    losses, held_out = trained(tuning, folder, "tensorboard")
    found = EventAccumulator(str(next((folder / "run" / "runs").iterdir())))
    found.Reload()
    assert {e.step: e.value for e in found.Scalars("train/loss")} == pytest.approx(losses)
    assert [e.value for e in found.Scalars("eval/loss")] == pytest.approx([held_out])
    assert found.Scalars("eval/execution_accuracy")


def wandb_records(folder):
    """The records of an offline run's file: LevelDB's log format after seven bytes of W&B's own, a record protobuf."""
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    data, at, text = path.read_bytes(), 7, b""
    assert data[:4] == b":W&B"
    while at + 7 <= len(data):
        left = 32_768 - at % 32_768
        if left < 7:  # a header never straddles two blocks
            at += left
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        text += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(text)
            text = b""


def wandb_history(folder):
    """After the last record: the file is written by a process of its own."""
    end = time.monotonic() + 30
    while not any(r.HasField("exit") for r in wandb_records(folder)) and time.monotonic() < end:
        time.sleep(0.2)
    rows = [{i.key or i.nested_key[0]: json.loads(i.value_json) for i in r.history.item} for r in wandb_records(folder)]
    return [row for row in rows if row]


def test_wandb_offline(tuning, folder, tmp_path):
    wandb = pytest.importorskip("wandb")
    wandb.teardown()  # settings of an earlier run in this process
    losses, held_out = trained(tuning, folder, "wandb")
    wandb.finish()
    rows = wandb_history(tmp_path)
    assert {r["train/global_step"]: r["train/loss"] for r in rows if "train/loss" in r} == pytest.approx(losses)
    assert [r["eval/loss"] for r in rows if "eval/loss" in r] == pytest.approx([held_out])


def test_trackio(tuning, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    for name in [name for name in sys.modules if name.split(".")[0] == "trackio"]:
        monkeypatch.delitem(sys.modules, name)  # it reads its folder when it is imported
    pytest.importorskip("trackio")
    losses, held_out = trained(tuning, folder, "trackio")
    with sqlite3.connect(next((tmp_path / "trackio").glob("sqlwright*.db"))) as connection:
        rows = [json.loads(text) for (text,) in connection.execute("SELECT metrics FROM metrics ORDER BY id")]
    connection.close()
    found = {r["train/global_step"]: r["train/loss"] for r in rows if "train/loss" in r}
    assert found == pytest.approx(losses)
    assert [r["eval/loss"] for r in rows if "eval/loss" in r] == pytest.approx([held_out])


def test_a_tracker_that_is_not_there_is_named_before_the_run(tuning, monkeypatch):
    monkeypatch.setattr(arguments, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"report_to is mlflow, which is not installed\. Run: pip install mlflow"):
        train_language_model(load_config(tuning, [*GIVEN, "report_to=mlflow"]))
