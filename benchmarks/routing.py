"""Which share of questions is routed to its own database, among 2, 5 and 20 candidates.

    python benchmarks/routing.py FOLDER... [--spider dev.json] [--questions 100] [--seed 1]

Each folder has `NAME.sqlite` or `NAME/NAME.sqlite`. Without --spider the questions are the development split of
benchmarks/analyst. The other candidates of a question are drawn from the databases of all questions. A database
without a file is read from --tables (Spider's tables.json), without rows.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sqlwright.core import Hints
from sqlwright.data.prompting import Context
from sqlwright.data.schemas import read_schemas
from sqlwright.db import open_database
from sqlwright.evaluation.interval import wilson_interval
from sqlwright.generation.built_in import BuiltInGenerator
from sqlwright.inference.route import BuiltInJudge, Known, route
from sqlwright.prompts import PromptOptions

HERE = Path(__file__).parent
SIZES = (2, 5, 20)


class LinkingAlone:
    """A Judge that says nothing."""

    def likeness(self, question: str, known: Known, hints: Hints) -> float:
        return 0.0

    def log_probability(self, question: str, known: Known) -> float:
        return -1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--spider", type=Path, help="a file of Spider's questions")
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", action="store_true", help="print the questions that went astray")
    args = parser.parse_args()
    asked = _asked(args.spider)
    names = sorted({database for _, database in asked})
    draw = random.Random(args.seed)
    draw.shuffle(asked)
    generator = BuiltInGenerator(threads=1)
    known = {name: Known(name, _context(name, args.folders, args.tables, generator.needs.samples)) for name in names}
    print(f"{platform.platform()}, Python {platform.python_version()}; sqlwright {' '.join(sys.argv)}")
    print(f"{len(names)} databases, {min(len(asked), args.questions)} questions")
    for title, judge in (("linking alone", LinkingAlone()), ("with the built-in model", BuiltInJudge(generator))):
        for size in SIZES:
            sample = random.Random(args.seed)
            right, started = 0, time.process_time()
            for question, own in asked[: args.questions]:
                others = sample.sample([n for n in names if n != own], min(size, len(names)) - 1)
                candidates = [own, *others]
                sample.shuffle(candidates)
                best = route(question, [known[name] for name in candidates], judge)[0]
                right += best.database == own
                if args.wrong and best.database != own and size == SIZES[-1]:
                    print(f"  {question} | {own} | {best}")
            count = min(len(asked), args.questions)
            found = wilson_interval(right, count)
            spent = (time.process_time() - started) / count
            print(
                f"{title}, {min(size, len(names))} candidates: {right} of {count}, {100 * right / count:.1f} % "
                f"({100 * found.low:.1f} to {100 * found.high:.1f}), {1000 * spent:.0f} ms of CPU a question"
            )


def _asked(spider: Path | None) -> list[tuple[str, str]]:
    if spider is not None:
        return [(row["question"], row["db_id"]) for row in json.loads(spider.read_text(encoding="utf-8"))]
    lines = (HERE / "analyst" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(r["question"], r["database"].removesuffix(".sqlite")) for r in rows if r["split"] == "dev"]


def _context(name: str, folders: Sequence[Path], tables: Path | None, samples: int) -> Context:
    for folder in folders:
        for path in (folder / f"{name}.sqlite", folder / name / f"{name}.sqlite"):
            if path.exists():
                with open_database(path) as database:
                    return Context.of(database, PromptOptions(samples=samples))
    if tables is None:
        raise SystemExit(f"No {name}.sqlite in {', '.join(map(str, folders))}.")
    return Context.of_schema(read_schemas(tables)[name])


if __name__ == "__main__":
    main()
