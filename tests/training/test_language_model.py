"""Runs of a language model from a file: from scratch, tuned, scored, stopped and continued."""

from __future__ import annotations

import json
import math
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from sqlwright.cli.main import cli
from sqlwright.core import SqlwrightError, UsageError
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import load_config, load_configs


def metrics(folder, key="loss"):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row[key] for row in rows if key in row}


def test_one_file_trains_from_scratch_tunes_and_compares(configured, folder):
    done = CliRunner().invoke(cli, ["train", str(configured), "compare_base=true"], catch_exceptions=False)
    out = folder / "out" / "tuned"
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split() == [str(folder / "out" / "base"), str(out)]
    assert list(metrics(folder / "out" / "base")) == [1, 2, 3, 4]
    assert list(metrics(out, "eval_execution_accuracy")) == [3, 6]
    assert "McNemar" in done.stderr
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Before and after" in page
    assert page.count("<polyline") == 6  # loss, held-out loss and score, each with its smooth line
    for chart in re.findall(r'<svg class="chart".*?</svg>', page, re.DOTALL):
        for line in ElementTree.fromstring(chart).iter("polyline"):
            places = [tuple(map(float, p.split(","))) for p in line.attrib["points"].split()]
            assert len(places) >= 2
            assert all(0 <= x <= 1000 and 0 <= y <= 300 for x, y in places)
    for name in ("loss", "held_out_loss", "score"):
        assert Image.open(out / f"{name}.png").size == (1110, 390)
    record = json.loads((out / "run.json").read_text())
    assert record["config"]["lora_rank"] == 4
    assert {"torch", "transformers"} <= record["versions"].keys()
    base, tuned = (json.loads((out / f"{name}.json").read_text()) for name in ("base", "tuned"))
    assert [i["question"] for i in base["items"]] == [i["question"] for i in tuned["items"]]
    assert [i["prompt_hash"] for i in base["items"]] == [i["prompt_hash"] for i in tuned["items"]]


def test_a_killed_run_goes_on_to_the_same_losses(tuning, folder):
    """kill -9 at any moment; the second start of the same command does what the first would have done."""
    whole = load_config(tuning, [f"output_dir={folder / 'whole'}"])
    train_language_model(whole)
    out = folder / "killed"
    command = [sys.executable, "-m", "sqlwright", "train", str(tuning), f"output_dir={out}"]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (out / "checkpoint-3").is_dir() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.kill()
    run.wait()
    assert not (out / "done.json").exists()
    train_language_model(load_config(tuning, [f"output_dir={out}"]))
    first, second = metrics(folder / "whole"), metrics(out)
    assert list(first) == list(second) == [1, 2, 3, 4, 5, 6]
    assert [round(v, 4) for v in first.values()] == [round(v, 4) for v in second.values()]
    assert metrics(folder / "whole", "eval_loss") == pytest.approx(metrics(out, "eval_loss"), abs=1e-4)
    weights = [(folder / name / "adapter_model.safetensors").read_bytes() for name in ("whole", "killed")]
    assert weights[0] == weights[1]


def test_ctrl_c_saves_and_says_how_to_go_on(tuning, folder):
    command = [sys.executable, "-m", "sqlwright", "train", str(tuning), "save_steps=1000", "max_steps=1000"]
    run = subprocess.Popen([*command, "eval_steps=0"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    out = folder / "out" / "tuned"
    deadline = time.monotonic() + 300
    while not (out / "metrics.jsonl").is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 130
    assert "Run the same command to go on." in said
    assert any(out.glob("checkpoint-*"))


def test_a_loss_that_is_no_number_stops_the_run_and_the_last_checkpoint_stays(tuning, folder, monkeypatch):
    from sqlwright.training import objective as trainer

    own, calls = trainer.summed_loss, []

    def broken(*args, **kwargs):
        calls.append(1)
        return own(*args, **kwargs) * (math.nan if len(calls) > 9 else 1)  # two before the first step, two a step

    monkeypatch.setattr(trainer, "summed_loss", broken)
    with pytest.raises(SqlwrightError, match=r"The loss is nan at step 4; the last good checkpoint is .*checkpoint-3"):
        train_language_model(load_config(tuning, ["eval_steps=0"]))
    assert (folder / "out" / "tuned" / "checkpoint-3" / "trainer_state.json").is_file()


def test_a_full_disk_stops_the_run_and_leaves_no_part_of_a_checkpoint(tuning, folder):
    """A real limit on the size of a file, under which the optimizer's state cannot be written."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "from sqlwright.cli.main import main; sys.argv = ['sqlwright', 'train', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", program, str(tuning), "eval_steps=0", "lora_rank=16"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Make room on the disk" in done.stderr
    out = folder / "out" / "tuned"
    assert not list(out.glob("checkpoint-*"))
    assert not list(out.glob(".unfinished/*"))


def test_a_folder_that_holds_another_run_is_refused(tuning, folder):
    train_language_model(load_config(tuning, ["max_steps=1", "eval_steps=0", "save_steps=1"]))
    with pytest.raises(UsageError, match="lora_rank was 4 and is 8"):
        train_language_model(load_config(tuning, ["max_steps=1", "eval_steps=0", "save_steps=1", "lora_rank=8"]))


def test_merged_and_plain_runs_have_the_same_losses(tuning, folder):
    """Rows are drawn otherwise with and without groups, so all of them are in one step here."""
    losses = []
    for share in ("true", "false"):
        out = folder / share
        given = [f"share_prefix={share}", f"output_dir={out}", "max_steps=3", "eval_steps=0", "lora_dropout=0.0"]
        together = ["per_device_train_batch_size=8", "gradient_accumulation_steps=1", "eval_samples=2"]
        together.append(f"group_size={8 if share == 'true' else 0}")
        train_language_model(load_config(tuning, [*given, *together]))
        losses.append(list(metrics(out).values()))
        record = json.loads((out / "done.json").read_text())
        assert record["shared"] is (share == "true")
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_early_stopping_ends_a_run_that_gets_no_better(tuning, folder):
    train_language_model(
        load_config(tuning, ["learning_rate=1.0e-30", "max_steps=9", "eval_steps=1", "early_stopping=2"])
    )
    assert list(metrics(folder / "out" / "tuned")) == [1, 2, 3]


def test_the_runs_of_a_file_are_overridden_by_number(configured):
    first, second = load_configs(configured, ["1.max_steps=7", "max_steps=9"])
    assert (first.stage, first.max_steps, second.stage, second.max_steps) == ("pt", 7, "sft", 9)
