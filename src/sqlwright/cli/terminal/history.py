"""The file of what was typed into the shell, which only its owner can read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit.history import FileHistory

from ...core.atomic import atomic_text
from ...core.redact import without_passwords

VARIABLE = "SQLWRIGHT_HISTORY"
OFF = frozenset({"off", "0", "no", "false", "none"})
MOST_BYTES = 1 << 20  # a longer file loses its older half when a shell starts


def history_path() -> Path | None:
    """SQLWRIGHT_HISTORY, else a file in the user's data folder; None where SQLWRIGHT_HISTORY is off."""
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen.casefold() in OFF:
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("sqlwright")) / "shell_history"


class PrivateHistory(FileHistory):
    """prompt_toolkit's file, with mode 0600 and without the passwords of URLs. Raises UsageError, SqlwrightError."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.chmod(0o600)  # a file from before may be readable by others
        if path.stat().st_size > MOST_BYTES:
            kept = list(_newer_half(path.read_text(encoding="utf-8", errors="replace").splitlines()))
            with atomic_text(path, private=True) as file:
                file.writelines(f"{line}\n" for line in kept)
        super().__init__(str(path))

    def store_string(self, string: str) -> None:
        super().store_string(without_passwords(string))


def _newer_half(lines: Iterable[str]) -> Iterator[str]:
    """From the middle on, beginning with a whole entry: each begins with a comment that has its time."""
    lines = list(lines)
    begun = False
    for line in lines[len(lines) // 2 :]:
        begun = begun or line.startswith("# ")
        if begun:
            yield line
