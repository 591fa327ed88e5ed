"""Write the invented databases that the analysts' questions ask.

    python benchmarks/analyst/make_databases.py FOLDER

The rows come from one seed per database, so every run writes the same rows.
"""

from __future__ import annotations

import argparse
import importlib
import sqlite3
from pathlib import Path
from random import Random

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        print(make(name, folder))


if __name__ == "__main__":
    main()
