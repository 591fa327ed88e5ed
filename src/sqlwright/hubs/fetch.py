"""Fetch a repository: the part that is there already is kept, and every file is checked before the folder appears."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from ..core import SqlwrightError, UsageError
from .hub import Hub, Remote, RemoteFile

# Beside safetensors these hold the same weights, or those of other frameworks.
OTHER_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.h5", "*.msgpack", "*.ot", "*.onnx", "onnx/*", "*.tflite", "*.mlmodel")
LEFT_OUT = (".gitattributes", ".gitignore", "runs/*")
CLIENT_FOLDERS = (".cache", "._____temp", ".msc", ".mv", ".mdl", ".lock")  # what the clients keep beside the files


def fetch(hub: Hub, remote: Remote, folder: Path, *, overwrite: bool = False) -> Path:
    """Download `remote` to `folder`; returns it.

    A download that stops leaves a hidden folder beside it, from which the next call goes on. Raises UsageError where
    `folder` is there, and SqlwrightError for a file of another size or checksum: that file is deleted.
    """
    if folder.exists() and not overwrite:
        raise UsageError(f"{str(folder)!r} is there already.", "Pass --overwrite to make it anew.")
    files = wanted_files(remote)
    if not files:
        raise SqlwrightError(f"{remote.name!r} has no files to download.")
    unfinished = folder.with_name(f".{folder.name}.{remote.hub}.part")
    unfinished.mkdir(parents=True, exist_ok=True)
    hub.download(remote, unfinished, [file.path for file in files])
    if wrong := [file.path for file in files if not is_whole(unfinished / file.path, file)]:
        for path in wrong:
            (unfinished / path).unlink(missing_ok=True)
        names = ", ".join(wrong[:5])
        raise SqlwrightError(
            f"{len(wrong)} files are not as {hub.host} lists them: {names}.",
            "They were deleted. Run the command again to fetch them again.",
        )
    for name in CLIENT_FOLDERS:
        extra = unfinished / name
        shutil.rmtree(extra) if extra.is_dir() else extra.unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)
    return folder


def wanted_files(remote: Remote) -> tuple[RemoteFile, ...]:
    """All files of a data set; of a model with safetensors no weights in other formats."""
    unwanted: tuple[str, ...] = LEFT_OUT
    if remote.kind == "model" and any(file.path.endswith(".safetensors") for file in remote.files):
        unwanted = (*LEFT_OUT, *OTHER_WEIGHTS)
    return tuple(file for file in remote.files if not _matches(file.path, unwanted))


def is_whole(path: Path, file: RemoteFile) -> bool:
    """Whether the file has the size and, where it is known, the checksum that the hub lists."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return not file.sha256 or _sha256(path) == file.sha256.lower()


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
