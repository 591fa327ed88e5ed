"""What this machine has: processor cores, memory, GPUs, room on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any


def describe(folder: Path) -> dict[str, Any]:
    """Sizes in GB. `available_gb` is None where the system does not tell; `gpus` lists name and memory."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _total_gb(),
        "available_gb": _available_gb(),
        "gpus": list(_gpus()),
        "disk_gb": round(shutil.disk_usage(folder).free / 1e9, 1),
    }


def _total_gb() -> float | None:
    with suppress(OSError, ValueError):
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    return None


def _available_gb() -> float | None:
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return round(int(line.split()[1]) * 1024 / 1e9, 1)
    return None


@cache
def _gpus() -> tuple[dict[str, Any], ...]:
    if shutil.which("nvidia-smi") is None:
        return ()
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    with suppress(OSError, subprocess.TimeoutExpired, ValueError):
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=5)
        rows = [line.rsplit(",", 1) for line in done.stdout.splitlines() if "," in line]
        return tuple({"name": name.strip(), "memory_gb": round(float(size) * 1.048576 / 1e3, 1)} for name, size in rows)
    return ()
