"""What has to be right before DeepSpeed starts."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ..core import SqlwrightError

BUILT = ("cpu_adam", "fused_adam", "deepspeed_shm_comm", "utils", "async_io")  # what training makes it compile


def prepare_deepspeed() -> None:
    """Wherever it is installed it looks for an accelerator, and says on stdout that it found none."""
    from ..generation.hf_loading import best_device

    if best_device() == "cpu":
        os.environ.setdefault("DS_ACCELERATOR", "cpu")


def refuse_abandoned_build() -> None:
    """DeepSpeed compiles under a lock file, and would wait for ever for one that a killed run left behind.

    Raises SqlwrightError for a lock that is older than this process and that no process of this machine holds open;
    any other belongs to a build that goes on.
    """
    import psutil

    started = psutil.Process().create_time()
    old = {lock for lock in _locks() if lock.stat().st_mtime < started}
    if abandoned := old and old - _open():
        lock = min(abandoned)
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(lock.stat().st_mtime))
        raise SqlwrightError(
            f"DeepSpeed would wait for ever: a run that began to compile its {lock.parent.name} at {since} was killed.",
            f"Delete the lock it left, {lock}, and run the same command again.",
        )


def _locks() -> list[Path]:
    from torch.utils.cpp_extension import get_default_build_root

    major, minor = sys.version_info[:2]
    named = os.environ.get("TORCH_EXTENSIONS_DIR")
    folders = [Path(named)] if named else list(Path(get_default_build_root()).glob(f"py{major}{minor}*"))
    return [lock for folder in folders for name in BUILT if (lock := folder / name / "lock").is_file()]


def _open() -> set[Path]:
    """What this machine's processes hold open, as a build holds its lock."""
    import psutil

    return {Path(file.path) for p in psutil.process_iter(["open_files"]) for file in p.info["open_files"] or ()}
