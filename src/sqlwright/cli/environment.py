"""What is installed here: versions, extras, hardware, folders."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part of the package: the versions of what is installed of it, and the names of what is not."""

    name: str
    installed: dict[str, str]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """`memory_gb` is None where the system does not say. `gpus` are names, empty where none was found."""

    sqlwright: str
    python: str
    system: str
    cores: int
    memory_gb: float | None
    gpus: tuple[str, ...]
    base: Extra
    extras: tuple[Extra, ...]
    cache_folder: str
    data_folder: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


EXTRAS = ("train", "openai", "prove", "excel", "shell", "chat", "rag", "serve", "hub", "postgres", "mysql")


def describe_environment() -> Environment:
    import platformdirs

    return Environment(
        sqlwright=metadata.version("sqlwright"),
        python=platform.python_version(),
        system=platform.platform(),
        cores=os.cpu_count() or 1,
        memory_gb=_memory_gb(),
        gpus=_gpus(),
        base=_extra(""),
        extras=tuple(_extra(name) for name in EXTRAS),
        cache_folder=platformdirs.user_cache_dir("sqlwright"),
        data_folder=platformdirs.user_data_dir("sqlwright"),
    )


def _extra(name: str) -> Extra:
    """The requirements that the package's own metadata lists under `name` ("" for the base)."""
    installed: dict[str, str] = {}
    missing: list[str] = []
    for requirement in metadata.requires("sqlwright") or []:
        text, _, marker = requirement.partition(";")
        of_extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        package = re.split(r"[\s\[<>=!~]", text.strip(), maxsplit=1)[0]
        if (of_extra[1] if of_extra else "") != name or package == "sqlwright":
            continue
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            missing.append(package)
    return Extra(name, installed, tuple(missing))


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _gpus() -> tuple[str, ...]:
    """Names from the vendors' own tools, so that torch need not be loaded."""
    if not shutil.which("nvidia-smi"):
        return ()
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(done.stdout.splitlines()) if done.returncode == 0 else ()
