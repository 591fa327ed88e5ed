"""Time `sqlwright evaluate` against the published test-suite script on the same predictions.

    python benchmarks/evaluate.py --data dev.json --databases DIR [--predictions PRED.jsonl] [--script CHECKOUT]

CHECKOUT is a copy of github.com/taoyds/test-suite-sql-eval; it runs as its README says with `--etype exec`, in one
process, and its verdict on every item is compared with ours. `sqlwright evaluate` computes every column of its report
meanwhile. Without --script, the same two steps (hardness and test-suite execution) are timed in our own code, one item
after the other with a new connection each; that is not the public script.

Without --predictions, they are made from the gold queries: a third is changed, by a seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlwright.core import Example
from sqlwright.data.databases import DatabaseFolder
from sqlwright.data.reading import read_examples

# Runs the checkout's own `evaluate` and writes down what it decides for each item.
DRIVER = """
import json, sys
checkout, gold, predictions, databases, out = sys.argv[1:]
sys.path[:0] = [checkout, checkout + "/libs"]
import evaluation
judge, verdicts = evaluation.eval_exec_match, []
def recording(*args, **options):
    verdicts.append(int(judge(*args, **options)))
    return verdicts[-1]
evaluation.eval_exec_match = recording
evaluation.evaluate(gold, predictions, databases, "exec", None, False, False, False)
open(out, "w").write(json.dumps(verdicts))
"""
OWN = """
import json, sys
from sqlwright.db import open_database
from sqlwright.evaluation.hardness import hardness
from sqlwright.evaluation.spider_execution import suite_execution
rows, out = json.load(open(sys.argv[1])), sys.argv[2]
verdicts = []
for path, gold, predicted in rows:
    with open_database(path) as database:
        hardness(gold, database.schema())
        verdicts.append(int(suite_execution(database, gold, predicted)))
open(out, "w").write(json.dumps(verdicts))
"""


def perturbed(examples: list[Example], seed: int) -> list[str]:
    """Two thirds gold; else the gold of another question on that database, or a clause dropped or turned round."""
    draw = random.Random(seed)
    on = {e.db_id: [x.gold_sql for x in examples if x.db_id == e.db_id] for e in examples}
    changes = (
        lambda e: draw.choice(on[e.db_id]),
        lambda e: re.sub(
            r"(?i)\s+where\b.*?(?=\s+(?:group|order|intersect|union|except)\b|$)", "", e.gold_sql, count=1
        ),
        lambda e: re.sub(r"(?i)\bdesc\b", "ASC", e.gold_sql),
        lambda e: e.gold_sql.replace("count(", "max(", 1).replace("DISTINCT", "", 1),
        lambda e: e.gold_sql + " LIMIT 2" if "limit" not in e.gold_sql.lower() else e.gold_sql,
        lambda e: e.gold_sql.replace("SELECT ", "SELECT wrong_column, ", 1),
    )
    return [e.gold_sql if draw.random() < 2 / 3 else draw.choice(changes)(e) for e in examples]


def timed(command: list[str], log: Path) -> float:
    """Wall-clock seconds of a command that has to succeed."""
    with log.open("w") as file:
        started = time.perf_counter()
        done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False)
        elapsed = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"failed: {command[:4]}\n{log.read_text()[-2000:]}")
    return elapsed


def one_line(sql: str) -> str:
    return " ".join(sql.split()) or "SELECT"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--databases", required=True, type=Path)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    folder = DatabaseFolder(args.databases)
    everything = list(read_examples(args.data))
    examples = [e for e in everything if e.db_id in folder]
    if args.predictions:
        found = {str(r["id"]): r["predicted_sql"] for r in map(json.loads, args.predictions.read_text().splitlines())}
        predicted = [one_line(found.get(e.id, "")) for e in examples]
    else:
        predicted = [one_line(sql) for sql in perturbed(examples, args.seed)]
    golds = [one_line(e.gold_sql) for e in examples]
    paths = [str(folder.path(e.db_id)) for e in examples]

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        rows = [{"id": e.id, "db_id": e.db_id, "question": e.question} for e in examples]
        write = lambda file, rows: (work / file).write_text("".join(json.dumps(r) + "\n" for r in rows))  # noqa: E731
        write("pred.jsonl", [{**r, "predicted_sql": p} for r, p in zip(rows, predicted, strict=True)])
        write("data.jsonl", [{**r, "gold_sql": g} for r, g in zip(rows, golds, strict=True)])
        (work / "gold.txt").write_text("".join(f"{g}\t{e.db_id}\n" for g, e in zip(golds, examples, strict=True)))
        (work / "pred.txt").write_text("".join(f"{p}\n" for p in predicted))
        (work / "rows.json").write_text(json.dumps(list(zip(paths, golds, predicted, strict=True))))
        main_ = "from sqlwright.cli.main import main; main()"
        ours = [sys.executable, "-c", main_, "evaluate", str(work / "pred.jsonl"), "--data", str(work / "data.jsonl")]
        ours += [
            "--databases",
            str(args.databases),
            "--workers",
            str(args.workers),
            "--json",
            str(work / "report.json"),
        ]
        if args.script:
            title = "test-suite script, --etype exec, 1 process"
            files = [str(args.script), str(work / "gold.txt"), str(work / "pred.txt"), str(args.databases)]
            other = [sys.executable, "-c", DRIVER, *files, str(work / "verdicts.json")]
        else:
            title = "our code, 1 process, new connection per item (NOT the public script)"
            other = [sys.executable, "-c", OWN, str(work / "rows.json"), str(work / "verdicts.json")]
        times = [(timed(ours, work / "log"), timed(other, work / "log")) for _ in range(args.repeat)]
        report = json.loads((work / "report.json").read_text())
        theirs = json.loads((work / "verdicts.json").read_text())
    verdicts = [int(bool(i["test_suite_execution"])) for i in report["items"]]
    differing = [i["id"] for i, a, b in zip(report["items"], verdicts, theirs, strict=True) if a != b]
    mine, their = min(t[0] for t in times), min(t[1] for t in times)

    print(f"machine   {platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"versions  Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    print(f"command   {' '.join(sys.argv)}")
    print(f"items     {len(examples)} of {len(everything)}, the others have no database file; best of {args.repeat}\n")
    print(f"{'':70}  seconds  right")
    name = f"sqlwright evaluate, every column, {args.workers} workers"
    print(f"{name:70}  {mine:7.2f}  {sum(verdicts):5}")
    print(f"{title:70}  {their:7.2f}  {sum(theirs):5}")
    print(f"\nratio {their / mine:.1f}; verdicts differ on {len(differing)} items {differing[:5] or ''}")


if __name__ == "__main__":
    main()
