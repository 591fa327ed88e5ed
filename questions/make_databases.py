"""Write the databases of the written questions, and the questions as a data set to train on.

    python questions/make_databases.py spider/database written.jsonl

Each database becomes `FOLDER/NAME/NAME.sqlite`, next to those of Spider, since a training run takes one folder. The
same archive gives the same rows.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ARCHIVE = Path(__file__).with_name("questions.tar.xz")


def members() -> dict[str, dict[str, str]]:
    """By database, the text of make.py (a function `make(path)` that writes the file) and of questions.jsonl."""
    found: dict[str, dict[str, str]] = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                name, part = member.name.split("/")
                found.setdefault(name, {})[part] = file.read().decode("utf-8")
    return found


def make(source: str, path: Path) -> None:
    """Write the SQLite file that `source`, the text of a make.py, makes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    namespace: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), namespace)  # noqa: S102  our own archive
    namespace["make"](str(path))


def rows(name: str, questions: str) -> Iterator[Mapping[str, str]]:
    """One row a wording, in English and then in Chinese."""
    for line in filter(None, questions.split("\n")):
        pair = json.loads(line)
        for question in (*pair["en"], *pair["zh"]):
            yield {"db_id": name, "question": question, "query": pair["query"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    arguments = parser.parse_args()
    written = 0
    with arguments.questions.open("w", encoding="utf-8") as out:
        for name, parts in sorted(members().items()):
            make(parts["make.py"], arguments.folder / name / f"{name}.sqlite")
            for row in rows(name, parts["questions.jsonl"]):
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                written += 1
            print(name, flush=True)
    print(f"{written:,} questions")


if __name__ == "__main__":
    main()
