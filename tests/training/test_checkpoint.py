"""A folder is there whole or not at all."""

from __future__ import annotations

import pytest

from sqlwright.core import UsageError
from sqlwright.training.checkpoint import begin, write_folder

RUN = {"config": {"seed": 0}, "data_sha256": "x"}


def fill(text: str):
    return lambda folder: (folder / "file").write_text(text)


def test_a_failed_write_leaves_the_folder_before(tmp_path):
    target = tmp_path / "best"
    write_folder(target, fill("first"))

    def fails(folder):
        (folder / "file").write_text("half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_folder(target, fails)
    assert (target / "file").read_text() == "first"
    write_folder(target, fill("second"))
    assert (target / "file").read_text() == "second"
    assert not list((tmp_path / ".unfinished").iterdir())


def test_a_crash_in_the_middle_of_a_replacement_is_mended(tmp_path):
    old = tmp_path / ".unfinished" / "best.old"
    old.mkdir(parents=True)
    (old / "file").write_text("kept")
    begin(tmp_path, RUN, resume=True)
    assert (tmp_path / "best" / "file").read_text() == "kept"


def test_metrics_after_the_last_checkpoint_are_measured_again(tmp_path):
    (tmp_path / "checkpoint-2").mkdir()
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"ste')
    begin(tmp_path, RUN, resume=True)
    assert (tmp_path / "metrics.jsonl").read_text() == '{"step": 1}\n{"step": 2}\n'


def test_a_run_goes_on_only_with_as_many_processes_and_steps(tmp_path):
    """After the checkpoint its batches would be others, and it would end after half of its rows."""
    (tmp_path / "checkpoint-50").mkdir()
    begin(tmp_path, {**RUN, "processes": 1, "steps": 100}, resume=True)
    with pytest.raises(UsageError, match="processes was 1 and is 2; steps was 100 and is 50"):
        begin(tmp_path, {**RUN, "processes": 2, "steps": 50}, resume=True)
    (tmp_path / "done.json").write_text("{}")
    begin(tmp_path, {**RUN, "processes": 2, "steps": 50}, resume=True)  # there is nothing left to go on with
