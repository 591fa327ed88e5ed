"""Folders that are there whole or not at all, and the record of the run they belong to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..core import UsageError
from ..generation.trained_base import CHECKPOINT, RUN

UNFINISHED = ".unfinished"
METRICS, DONE = "metrics.jsonl", "done.json"
# What may change without the run becoming another one.
FREE = {
    "logging_steps",
    "save_steps",
    "save_total_limit",
    "compare_base",
    "report_to",
    "resume",
    "output_dir",
    "max_new_tokens",
}


def write_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """`fill` a folder beside `target` and give it that name at the end; one that was there is replaced.

    After a crash in between, the old folder or none is there, never a part of the new one.
    """
    staging = target.parent / UNFINISHED / target.name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        fill(staging)
        old = staging.with_name(target.name + ".old")
        if target.exists():
            target.replace(old)
        staging.replace(target)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def write_text(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def checkpoints(folder: Path) -> list[Path]:
    """Oldest first."""
    found = [p for p in folder.glob(f"{CHECKPOINT}*") if p.name.removeprefix(CHECKPOINT).isdigit()]
    return sorted(found, key=lambda p: int(p.name.removeprefix(CHECKPOINT)))


def begin(folder: Path, run: Mapping[str, Any], *, resume: bool) -> None:
    """Make `folder` ready for `run` (its settings and the hash of its data), or to go on with it.

    Raises UsageError where the folder holds another run, or one that is not to be resumed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in (folder / UNFINISHED).glob("*.old"):  # a crash between the two steps of a replacement
        if not (folder / old.stem).exists():
            old.replace(folder / old.stem)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    last = next(reversed(checkpoints(folder)), None)
    held = folder / RUN
    if held.is_file() and (last or (folder / DONE).is_file()):
        before = json.loads(held.read_text(encoding="utf-8"))
        if not resume:
            raise UsageError(f"{folder} holds a run.", "Name another output_dir, or delete that folder.")
        if changed := _changes(before, run, finished=(folder / DONE).is_file()):
            raise UsageError(
                f"{folder} holds another run: {'; '.join(changed[:4])}.",
                "Name another output_dir, or delete that folder.",
            )
    write_text(held, json.dumps(run, indent=2, ensure_ascii=False) + "\n")
    _forget_after(folder / METRICS, int(last.name.removeprefix(CHECKPOINT)) if last else 0)


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], *, finished: bool) -> list[str]:
    config = before.get("config", {})  # of an older version, without the settings that came later
    pairs = [(k, config[k], v) for k, v in now["config"].items() if k in config and k not in FREE]
    if not finished:  # with other processes the batches after the checkpoint, and their number, are others
        pairs += [(k, before[k], now[k]) for k in ("processes", "steps") if k in before and k in now]
    changed = [f"{name} was {a!r} and is {b!r}" for name, a, b in pairs if a != b]
    same_data = before.get("data_sha256") == now.get("data_sha256")
    return changed if same_data else ["its data differs", *changed]


def _forget_after(metrics: Path, step: int) -> None:
    """What an interrupted run measured after its last checkpoint will be measured again."""
    if not metrics.is_file():
        return
    kept = []
    for line in metrics.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # cut by the crash
            continue
        if row.get("step", 0) <= step:
            kept.append(line)
    write_text(metrics, "".join(f"{line}\n" for line in kept))
