"""Find the folder of a model: the user's own models, tuned parsers, hub names."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from ..core import NotFoundError

MARKS = ("config.json", "adapter_config.json")  # of a folder with a language model, or an adapter to one
VLLM = "vllm:"  # before a folder: the vLLM engine in this process; before any other name: a vLLM server
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")


def parser_folder(spec: str) -> Path | None:
    """The folder of a model tuned from the built-in one; None where `spec` names none."""
    from ..parser.weights import FILE

    folders = (Path(spec).expanduser(), models_folder() / spec)
    return next((folder for folder in folders if spec and (folder / FILE).is_file()), None)


def own_model(name: str) -> Path | None:
    """The folder of one of the user's own models, of either kind; None where there is none of that name."""
    from ..parser.weights import FILE

    folder = models_folder() / name
    return folder if name and any((folder / mark).is_file() for mark in (FILE, *MARKS)) else None


def find_model(spec: str) -> str:
    """What a local `spec` means: a GGUF file, a folder, a name in `models_folder()`, or owner/name.

    Raises NotFoundError.
    """
    if is_gguf(spec):
        return str(Path(spec).expanduser())
    folder = _folder(spec)
    if folder is None and _HUB_NAME.match(spec):
        return spec
    if folder is None:
        raise NotFoundError(
            f"No model {spec!r}: there is no such folder.",
            "Name a folder, a .gguf file, or a hub name (owner/name). `sqlwright models pull` fetches a small one.",
        )
    if not any((folder / mark).is_file() for mark in MARKS):
        raise NotFoundError(
            f"{str(folder)!r} is not a model: expected config.json or adapter_config.json in it.",
            "Name the folder that save_pretrained or `sqlwright train` wrote.",
        )
    return str(folder)


def language_model_folder(spec: str) -> Path | None:
    """The folder, or own model, of that name with a language model or an adapter in it; None where there is none."""
    folder = _folder(spec)
    return folder if folder is not None and any((folder / mark).is_file() for mark in MARKS) else None


def may_be_local(spec: str) -> bool:
    """Whether `spec` is the name of a folder or GGUF file that exists, or is written as a hub name."""
    return is_gguf(spec) or _folder(spec) is not None or _HUB_NAME.match(spec) is not None


def is_gguf(spec: str) -> bool:
    """Whether `spec` names a GGUF file that exists."""
    return spec.lower().endswith(".gguf") and Path(spec).expanduser().is_file()


def weights_fingerprint(spec: str, adapter: str | None = None) -> str:
    """Changes when the files of a local model or adapter do; "" where nothing of it is a local folder.

    From names, sizes and times of change: reading 14 GB to hash them would take longer than many runs.
    """
    facts = []
    if spec.startswith(VLLM) and language_model_folder(spec.removeprefix(VLLM)) is not None:
        spec = spec.removeprefix(VLLM)
    if is_gguf(spec):
        state = Path(spec).expanduser().stat()
        facts.append((spec, state.st_size, state.st_mtime_ns))
    for folder in (Path(spec).expanduser(), models_folder() / spec, Path(adapter).expanduser() if adapter else None):
        if folder is not None and folder.is_dir():
            files = sorted(p for p in folder.iterdir() if p.is_file())
            facts += [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16] if facts else ""


def models_folder() -> Path:
    """Where the user's own models live: SQLWRIGHT_MODELS, else `models` in the user's data folder."""
    import platformdirs

    chosen = os.environ.get("SQLWRIGHT_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("sqlwright")) / "models"


def _folder(spec: str) -> Path | None:
    folders = (Path(spec).expanduser(), models_folder() / spec)
    return next((folder for folder in folders if spec and folder.is_dir()), None)
