"""Sessions of the network's graphs, optimized once and kept in the user's cache folder.

onnxruntime optimizes a graph each time it is loaded, which takes three quarters of the time to load this network. The
optimized graphs are written beside their weights, about 110 MB, and the next process loads them as they are.

A kept folder is used only where it belongs to this user and nobody else may write to it, and where model files,
onnxruntime and machine are the ones it was made from. It is complete or absent. Whatever goes wrong with it, the graphs
of the model are loaded instead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

BUILT_IN = Path(__file__).parent / "built_in"
VERSION = 1  # another one where the folder means something else than before
MOST_KEPT = 3  # models
_PROVIDERS = ["CPUExecutionProvider"]


Sessions = tuple[Any, ...]  # an onnxruntime.InferenceSession for each of GRAPHS


class _Early:
    """Sessions that another thread loads. That thread is no daemon: onnxruntime must not be cut off at exit."""

    def __init__(self, folder: Path, threads: int, wanted: Callable[[], bool]) -> None:
        self.asked = folder, threads
        self._wanted = wanted
        self._found: Sessions | None = None
        self._thread = threading.Thread(target=self._load, name="sqlwright-load")
        self._thread.start()

    def _load(self) -> None:
        with suppress(Exception):  # whoever takes the sessions loads them again, and sees the error
            if self._wanted():
                self._found = _loaded(*self.asked)

    def take(self) -> Sessions | None:
        self._thread.join()
        return self._found


_early: _Early | None = None


def load_early(wanted: Callable[[], bool], folder: Path = BUILT_IN, threads: int = 0) -> None:
    """Begin to load in another thread what `load_sessions` is asked for next: a command has much else to import.

    Importing this module costs nothing. `wanted` is called in that thread and may import more. numpy is imported here
    first: two threads that both begin to import it can see it half initialized.
    """
    import numpy  # noqa: F401

    global _early  # noqa: PLW0603
    if _early is None:
        _early = _Early(folder, threads, wanted)


def load_sessions(folder: Path, threads: int) -> Sessions:
    """The graphs in `folder`. `threads` 0: as many as there are cores."""
    global _early
    early, _early = _early, None
    if early is not None and early.asked == (folder, threads) and (found := early.take()) is not None:
        return found
    return _loaded(folder, threads)


def _loaded(folder: Path, threads: int) -> Sessions:
    import onnxruntime

    from .weights import GRAPHS

    root = cache_root()
    kept = root / _key(folder, onnxruntime.__version__) if root else None
    if kept is not None and _is_ours(kept):
        try:
            found = tuple(_session(onnxruntime, kept / name, threads, optimize=False) for name in GRAPHS)
        except Exception:  # noqa: BLE001  onnxruntime has no common base; the model's own graphs always do
            shutil.rmtree(kept, ignore_errors=True)
        else:
            with suppress(OSError):
                os.utime(kept)  # the time of its last use, for `_prune`
            return found
    if kept is not None:
        with suppress(OSError, RuntimeError):
            return _load_and_keep(onnxruntime, folder, kept, threads)
    return tuple(_session(onnxruntime, folder / name, threads) for name in GRAPHS)


def cache_root() -> Path | None:
    """`graphs` in the user's cache folder, or the folder that SQLWRIGHT_GRAPHS names; None where that is "off"."""
    chosen = os.environ.get("SQLWRIGHT_GRAPHS", "")
    if chosen.casefold() == "off" or os.name == "nt":  # there the rights of a folder say nothing
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("sqlwright", appauthor=False)) / "graphs"


def _key(folder: Path, version: str) -> str:
    """Changes with the model's files, onnxruntime and the machine.

    Files are told apart by inode, size and the times of the last change, and the weights by their header too: hashing
    40 MB would take as long as loading the graphs.
    """
    from .weights import FILE, GRAPHS, HEADER_BYTES

    mark = hashlib.sha256(repr((VERSION, version, os.uname().machine)).encode())
    for name in (FILE, *GRAPHS):
        found = (folder / name).stat()
        mark.update(repr((name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)).encode())
    with (folder / FILE).open("rb") as file:
        mark.update(file.read(HEADER_BYTES))
    return mark.hexdigest()[:32]


def _is_ours(folder: Path) -> bool:
    """Whether the folder and its files are this user's, and no other user may write to them."""
    try:
        places = [folder.parent, folder, *folder.iterdir()]
        return all(_is_private(place.lstat()) for place in places)
    except OSError:
        return False


def _is_private(found: os.stat_result) -> bool:
    own = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return own and (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode))


def _session(onnxruntime: Any, path: Path, threads: int, *, optimize: bool = True, keep_in: Path | None = None) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if keep_in is not None:
        options.optimized_model_filepath = str(keep_in / path.name)
        entry = "session.optimized_model_external_initializers_"
        options.add_session_config_entry(f"{entry}file_name", f"{path.stem}.bin")
        options.add_session_config_entry(f"{entry}min_size_in_bytes", "1024")
    return onnxruntime.InferenceSession(str(path), options, providers=_PROVIDERS)


def _load_and_keep(onnxruntime: Any, folder: Path, kept: Path, threads: int) -> Sessions:
    """Load the graphs and write them optimized. Raises OSError and onnxruntime's errors if they cannot be written."""
    from .weights import GRAPHS

    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(kept.parent.lstat()):
        raise PermissionError(f"{kept.parent} belongs to somebody else")
    unfinished = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}.part")
    unfinished.mkdir(mode=0o700)
    try:
        found = tuple(_session(onnxruntime, folder / name, threads, keep_in=unfinished) for name in GRAPHS)
        with suppress(OSError):  # another process was faster
            unfinished.rename(kept)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _prune(kept.parent)
    return found


def _prune(root: Path) -> None:
    """Delete all but the MOST_KEPT folders that were used last."""
    with suppress(OSError):
        folders = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
        for old in sorted(folders, key=lambda path: path.stat().st_mtime)[:-MOST_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
