"""Ask the analysts' questions in one process and judge the rows against the gold queries.

    python benchmarks/analyst/run.py FOLDER ... [--split dev|final] [--language en|zh] [--only NAME ...]
        [--model built-in] [--out ANSWERS.jsonl]

A FOLDER holds NAME.sqlite or NAME/NAME.sqlite: the databases that make_databases.py writes, and the public ones.
Questions whose database is in no FOLDER are counted and skipped. NAME is a database or a kind of question.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from judge import verdict

from sqlwright import ask, load_generator, open_database
from sqlwright.answering import AskOptions
from sqlwright.core import Answer
from sqlwright.data import Context, PromptOptions
from sqlwright.evaluation.interval import wilson_interval
from sqlwright.generation import Generator

QUESTIONS = Path(__file__).with_name("questions.jsonl")


def main() -> None:
    arguments = _arguments()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(" ".join(sys.argv))
    asked, skipped = _questions(arguments)
    generator = load_generator(arguments.model)
    judged = []
    with arguments.out.open("w", encoding="utf-8") if arguments.out else open(os.devnull, "w") as out:  # noqa: PTH123
        for path, rows in groupby(asked, key=lambda row: row["path"]):
            for row in answers(path, list(rows), generator):
                judged.append(row)
                out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
                out.flush()
    for key in ("database", "kind", "language"):
        _table(judged, key)
    _total(judged, skipped)


def answers(path: Path, questions: list[dict[str, Any]], generator: Generator) -> Iterator[dict[str, Any]]:
    """Each question with `verdict` ("right", "half", "wrong", or the status where there is no answer) and receipt."""
    options = AskOptions(prompt=PromptOptions(samples=generator.needs.samples))
    with open_database(path) as database:
        context = Context.of(database, options.prompt)
        for question in questions:
            started = time.perf_counter()
            answer = ask(question["question"], database, generator, options=options, context=context)
            seconds = round(time.perf_counter() - started, 3)
            yield {
                **question,
                "path": str(path),
                **_receipt(answer, gold_rows(path, question["gold_sql"])),
                "seconds": seconds,
            }


def gold_rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a gold query. Raises sqlite3.Error where it does not run."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def find(name: str, folders: list[Path]) -> Path | None:
    """FOLDER/name or FOLDER/STEM/name, the first that exists."""
    places = [folder / part for folder in folders for part in (name, Path(name).stem + "/" + name)]
    return next((place for place in places if place.is_file()), None)


def _receipt(answer: Answer, gold: list[tuple[Any, ...]]) -> dict[str, Any]:
    answered = answer.status == "answered" and answer.table is not None
    judged = verdict(gold, answer.table.rows) if answered and answer.table else answer.status
    notes = [note.message for note in answer.notes]
    return {
        "verdict": judged,
        "sql": answer.sql,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "notes": notes,
    }


def _questions(arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], int]:
    rows = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == arguments.split and arguments.language in ("", row["language"])]
    if arguments.only:
        rows = [row for row in rows if {row["kind"], row["database"], Path(row["database"]).stem} & set(arguments.only)]
    found = [{**row, "path": path} for row in rows if (path := find(row["database"], arguments.folders))]
    return sorted(found, key=lambda row: str(row["path"])), len(rows) - len(found)


def _table(judged: list[dict[str, Any]], key: str) -> None:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for row in judged:
        groups[row[key]][row["verdict"]] += 1
    print(f"\n{key:32} {'right':>6} {'half':>6} {'wrong':>6} {'none':>6} {'n':>6}")
    for name, counts in sorted(groups.items(), key=lambda item: (-item[1].total(), item[0])):
        cells = [counts["right"], counts["half"], counts["wrong"], counts["refused"] + counts["failed"], counts.total()]
        print(f"{name:32} " + " ".join(f"{cell:6}" for cell in cells))


def _total(judged: list[dict[str, Any]], skipped: int) -> None:
    if judged:
        right = sum(row["verdict"] == "right" for row in judged)
        interval = wilson_interval(right, len(judged))
        print(f"\n{right} of {len(judged)} right: {right / len(judged):.1%}", end=", ")
        print(f"95 % interval {interval.low:.1%} to {interval.high:.1%}")
        seconds = sorted(row["seconds"] for row in judged)
        sure = [row["verdict"] == "right" for row in judged if (row["confidence"] or 0) > 0.8]
        print(f"answers over 80 % sure: {sum(sure)} of {len(sure)} right")
        print(f"median {1000 * seconds[len(seconds) // 2]:.0f} ms per question")
    if skipped:
        print(f"{skipped} questions skipped: their database is in none of the folders")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--split", choices=("dev", "final"), default="dev")
    parser.add_argument("--language", choices=("", "en", "zh"), default="")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--model", default="built-in")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
