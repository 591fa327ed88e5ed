"""Write the invented databases that the analysts' questions ask.

    python benchmarks/analyst/make_databases.py FOLDER

The rows of the first 13 come from one seed per database, so every run writes the same rows. The 12 of products.jsonl
and the 10 of companies.jsonl are unpacked from SQL scripts.
"""

from __future__ import annotations

import argparse
import importlib
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

SCRIPTS = [Path(__file__).with_name(f"{name}.tar.xz") for name in ("products", "companies")]
NAMES = (
    "brewery", "ci_builds", "coworking", "ev_charging", "jiaxiao", "kongqi", "law_firm",
    "lvxing", "podcast", "street_complaints", "yanglao", "zhibo", "ztb",
)  # fmt: skip


def make(name: str, folder: Path) -> Path:
    """The SQLite file `folder`/`name`.sqlite, written anew."""
    module = importlib.import_module(f"databases.{name}")
    path = folder / f"{name}.sqlite"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript(module.DDL)
        module.fill(connection, Random(name))
    connection.close()
    return path


def unpack(scripts: Path, folder: Path) -> Iterator[Path]:
    """The SQLite files of an archive of scripts, written anew."""
    with tarfile.open(scripts) as archive:
        for member in archive:
            script = archive.extractfile(member)
            path = folder / Path(member.name).with_suffix(".sqlite").name
            path.unlink(missing_ok=True)
            if script is not None:
                with closing(sqlite3.connect(path)) as connection:
                    connection.executescript(script.read().decode("utf-8"))
                yield path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        print(make(name, folder))
    for scripts in SCRIPTS:
        for path in unpack(scripts, folder):
            print(path)


if __name__ == "__main__":
    main()
