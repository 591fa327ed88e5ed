"""The folder that the studio works in, and which paths a request may name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core import NotFoundError, UsageError

FOLDERS = ("data", "databases", "configs", "runs", "proofs", "models", "jobs")
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "data": (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".ndjson", ".gz", ".txt"),
    "databases": (".sqlite", ".sqlite3", ".db", ".duckdb", ".csv", ".tsv", ".parquet"),
    "configs": (".yaml", ".yml", ".json"),
}
LISTED = 500  # files of one kind
NAME_CHARS = 80
DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Workspace:
    """`root` is where commands run and where everything that they write lies; `also` are folders to read from."""

    root: Path
    also: tuple[Path, ...] = ()

    @classmethod
    def open(cls, root: Path, also: tuple[Path, ...] = ()) -> Workspace:
        """Makes the folders that are missing. Raises UsageError where that fails, NotFoundError for `also`."""
        root = root.expanduser().resolve()
        try:
            for name in FOLDERS:
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"Cannot use {root} as the studio's folder: {error.strerror}.", "Name another.") from error
        for folder in also:
            if not folder.expanduser().is_dir():
                raise NotFoundError(f"No folder {str(folder)!r}.", "--also takes folders with data or databases.")
        return cls(root, tuple(folder.expanduser().resolve() for folder in also))

    def inside(self, text: str, *, must_exist: bool = True) -> str:
        """`text` as a path for a command that runs in `root`. Raises UsageError and NotFoundError.

        Symbolic links are followed first, so that none leads out of the folders.
        """
        if not text.strip() or "\0" in text or text.startswith(("-", "~")):
            raise UsageError(f"Expected a file or folder, found {text!r}.", f"Name one in {self.root}.")
        path = (self.root / text).resolve()
        if not any(path == folder or folder in path.parents for folder in (self.root, *self.also)):
            raise UsageError(
                f"{text!r} is outside of the studio's folder {self.root}.",
                "Upload the file, or start the studio with --also FOLDER.",
            )
        if must_exist and not path.exists():
            raise NotFoundError(f"There is no {text!r} in {self.root}.")
        return str(path.relative_to(self.root)) if self.root in path.parents else str(path)

    def refuse_outside(self, value: Any) -> None:
        """Raises UsageError for a text anywhere in `value`, a configuration, that names a place outside."""
        if isinstance(value, str):
            for place in {value, value.partition("@")[0].rpartition(":")[2]} - {""}:  # of PREFIX:FOLDER@... too
                outside = place.startswith(("/", "~", "\\")) or ".." in Path(place).parts
                if outside or (self.root / place).exists():
                    self.inside(place, must_exist=False)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                self.refuse_outside(key)
                self.refuse_outside(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                self.refuse_outside(inner)

    def model(self, text: str) -> str:
        """What -m takes: built-in, a model of the user's own, a folder here, a hub name or a server's model.

        Raises UsageError.
        """
        name = text.strip()
        if not name or name.startswith("-"):
            raise UsageError(f"Expected a model, found {text!r}.", "Choose one, or write built-in.")
        self.refuse_outside(name)
        return name

    def new_name(self, text: str, folder: str, ending: str = "") -> str:
        """A path in `folder` that is not taken yet, named after `text`."""
        stem = re.sub(r"[^\w.-]+", "-", text.removesuffix(ending), flags=re.UNICODE).strip("-.")[:NAME_CHARS] or "new"
        path, number = f"{folder}/{stem}{ending}", 2
        while (self.root / path).exists():
            path, number = f"{folder}/{stem}-{number}{ending}", number + 1
        return path

    def files(self, folder: str) -> list[dict[str, Any]]:
        """Files of a kind that belongs into `folder`, with their size in bytes and the time of their last change."""
        endings = ENDINGS[folder]
        roots = [self.root / folder, *(self.also if folder != "configs" else ())]
        found: list[dict[str, Any]] = []
        for root in roots:
            for path in _walk(root):
                if path.suffix.lower() in endings and len(found) < LISTED:
                    stat = path.stat()
                    shown = str(path.relative_to(self.root)) if self.root in path.parents else str(path)
                    found.append({"path": shown, "bytes": stat.st_size, "changed": stat.st_mtime})
        return found

    def database(self, text: str) -> str:
        """The -d of a command: the demo database, a connection of the settings, or a file here. Raises UsageError."""
        from ...settings import is_name, read_settings

        if text == DEMO:
            from ...data.demo import demo_database_path

            return str(demo_database_path())
        if is_name(text) and text in read_settings().connections:
            return text
        if "://" in text:
            raise UsageError(
                "A server's address may hold a password, so the studio takes none.",
                "Give it a name in a terminal: sqlwright connect NAME ADDRESS. Then choose the name here.",
            )
        return self.inside(text)

    def databases_folder(self, text: str) -> str:
        """The --databases of a command. Raises UsageError."""
        if text == DEMO:
            from ...data.demo import demo_database_path, demo_folder

            demo_database_path()
            return str(demo_folder())
        return self.inside(text)


def _walk(root: Path) -> Iterator[Path]:
    """Files under `root` in order, three folders deep, without hidden ones."""
    for pattern in ("*", "*/*", "*/*/*"):
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts):
                yield path
