"""A file of predictions that grows batch by batch and outlives being killed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import DataError, UsageError
from ..core.atomic import atomic_file, cannot_write

JsonRow = dict[str, Any]


class ResumableFile:
    """JSON lines with an `id`; beside them `NAME.run.json` says what run they belong to.

    `rows` holds what is there already, by id; of two lines with one id the later counts. Opening cuts a last line that
    a kill left torn. Raises UsageError where the file belongs to another run, DataError where a line within it is
    unreadable, SqlwrightError if the file cannot be written.
    """

    def __init__(self, path: Path, run: Mapping[str, Any], *, overwrite: bool = False) -> None:
        self.path = path
        self.run_path = path.with_name(path.name + ".run.json")
        self.rows: dict[str, JsonRow] = {}
        run = json.loads(json.dumps(run))  # as it will be read back
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", "Name a file.")
        if path.exists() and not overwrite:
            self._check(run)
            self._read()
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # first, so that no kill leaves old lines beside a new run's description
        except OSError as error:
            raise cannot_write(path, error) from error
        _write_whole(self.run_path, json.dumps(run, ensure_ascii=False, indent=2).encode() + b"\n")
        _write_whole(path, b"")

    def append(self, rows: Sequence[JsonRow]) -> None:
        """Write and hand to the system at once: from here on a kill of this process loses none of them."""
        try:
            with self.path.open("ab") as file:
                file.write(_lines(rows))
        except OSError as error:
            self._cut_torn_line()
            raise cannot_write(self.path, error) from error
        self.rows.update((row["id"], row) for row in rows)

    def finish(self, order: Iterable[str]) -> None:
        """The lines in the order of the data, one per id; nothing is written where they are already."""
        data = _lines([self.rows[i] for i in order if i in self.rows])
        if self.path.read_bytes() != data:
            _write_whole(self.path, data)

    def _check(self, run: Mapping[str, Any]) -> None:
        if not self.run_path.is_file():
            raise UsageError(
                f"{self.path} is there, but not {self.run_path.name}: it cannot be continued.",
                "Pass --overwrite, or name another file.",
            )
        try:
            before = _flat(json.loads(self.run_path.read_text(encoding="utf-8")))
        except (ValueError, AttributeError) as error:
            raise UsageError(f"{self.run_path} cannot be read.", "Pass --overwrite, or name another file.") from error
        now = _flat(run)
        keys = [k for k in {**before, **now} if before.get(k) != now.get(k)]
        if keys:
            told = "; ".join(f"{k} was {_short(before.get(k))}, now {_short(now.get(k))}" for k in keys)
            raise UsageError(
                f"{self.path} belongs to another run: {told}.", "Pass --overwrite, or name another file with -o."
            )

    def _read(self) -> None:
        self._cut_torn_line()
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            row = _parse(line)
            if row is None:
                raise DataError(
                    "not a prediction", path=self.path, line=number, hint="Remove the line to have it predicted again."
                )
            self.rows[row["id"]] = row

    def _cut_torn_line(self) -> None:
        """What follows the last line break was not written to its end."""
        with self.path.open("rb+") as file:
            data = file.read()
            if not data.endswith(b"\n"):
                file.truncate(data.rfind(b"\n") + 1)


def _write_whole(path: Path, data: bytes) -> None:
    with atomic_file(path) as beside:
        beside.write_bytes(data)


def _parse(line: bytes) -> JsonRow | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("predicted_sql"), str)
    return row if whole else None


def _lines(rows: Iterable[JsonRow]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for row in rows)


def _flat(run: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in run.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
