"""What tuning to one database gives, on its real questions.

    python benchmarks/adapt.py --data spider/dev.json --databases spider/database --public spider/train_spider.json \
        --only concert_singer car_1 -o runs/own

For each database the built-in model is tuned on synthetic pairs only, and with --half also on a half of the real
questions as verified pairs; it is scored, before and after, on the real questions (of the other half). No question of
the two halves has the same gold query. Beside the halves stands the nearest neighbour: the SQL of the verified pair
whose question shares most words with the one asked. Goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import sys
import time
from collections import Counter
from pathlib import Path

import torch

from sqlwright.core import Example
from sqlwright.data import DatabaseFolder, read_examples, write_rows
from sqlwright.data.databases import OneDatabase
from sqlwright.db import open_database
from sqlwright.evaluation.before_after import worth_using
from sqlwright.evaluation.evaluate import evaluate
from sqlwright.evaluation.paired import compare_paired
from sqlwright.sql import normalize
from sqlwright.training.adapt.adapt import AdaptOptions, adapt
from sqlwright.training.adapt.data import public_from
from sqlwright.training.adapt.parser import ParserTuner


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--public", required=True)
    parser.add_argument("--only", nargs="*", help="db_ids; all by default")
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--steps", type=int, default=ParserTuner().max_steps)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, required=True)
    arguments = parser.parse_args()
    os.environ["SQLWRIGHT_MODELS"] = str(arguments.out / "models")
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}"
    )
    print(" ".join(sys.argv))

    folder = DatabaseFolder(arguments.databases)
    examples = [e for e in read_examples(arguments.data) if e.db_id in folder]
    public = public_from(
        "public questions", list(read_examples(arguments.public)), folder, test=40, seed=arguments.seed
    )
    results = []
    for db_id in arguments.only or sorted({e.db_id for e in examples}):
        own = [e for e in examples if e.db_id == db_id]
        kind = "half" if arguments.half else "synthetic"
        path = arguments.out / f"{db_id}-{kind}-{arguments.seed}.json"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            result = one(folder.target(db_id), db_id, own, public, arguments)
            path.write_text(json.dumps(result), encoding="utf-8")
        results.append(json.loads(path.read_text(encoding="utf-8")))
        print(line(results[-1]), flush=True)
    print(summary(results))


def one(target: str, db_id: str, own: list[Example], public, arguments: argparse.Namespace) -> dict:
    pairs, test = halves(own, arguments.seed) if arguments.half else ([], own)
    tuner = ParserTuner(max_steps=arguments.steps, seed=arguments.seed)
    options = AdaptOptions(synthetic_test=60, seed=arguments.seed)
    started = time.monotonic()
    name = f"{db_id}-{'half' if arguments.half else 'synthetic'}-{arguments.seed}"
    done = adapt(target, pairs=pairs, test=test, public=public, tuner=tuner, options=options, name=name)
    found = {s.name: s for s in done.sets}
    real, forgot = found["verified questions"], found[public.name]
    return {
        "db_id": db_id,
        "before": [bool(i.test_suite_execution) for i in real.before.judged],
        "after": [bool(i.test_suite_execution) for i in real.after.judged],
        "nearest": nearest(target, pairs, test, arguments.out) if pairs else [],
        "public_before": [bool(i.test_suite_execution) for i in forgot.before.judged],
        "public_after": [bool(i.test_suite_execution) for i in forgot.after.judged],
        # Not by the real questions, which a person without verified pairs would not have.
        "promoted": worth_using([found["synthetic questions"], forgot])[0],
        "seconds": round(time.monotonic() - started),
    }


def halves(examples: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Two halves that share no gold query."""
    golds = sorted({normalize(e.gold_sql, "sqlite") for e in examples})
    random.Random(seed).shuffle(golds)
    first = set(golds[: len(golds) // 2])
    sides: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        sides[normalize(example.gold_sql, "sqlite") not in first].append(example)
    return sides


def nearest(target: str, pairs: list[Example], test: list[Example], scratch: Path) -> list[bool]:
    """Whether the SQL of the most similar verified question is right, by cosine of tf-idf weighted words."""
    documents = [Counter(e.question.casefold().strip("?. ").split()) for e in (*pairs, *test)]
    frequency = Counter(word for d in documents for word in d)
    vectors = [{w: n * math.log(len(documents) / frequency[w] + 1) for w, n in d.items()} for d in documents]
    norms = [math.sqrt(sum(x * x for x in v.values())) for v in vectors]

    def cosine(i: int, j: int) -> float:
        return sum(x * vectors[j].get(w, 0.0) for w, x in vectors[i].items()) / (norms[i] * norms[j])

    with open_database(target) as database:
        name = database.name
    rows = []
    for i, example in enumerate(test, len(pairs)):
        best = max(range(len(pairs)), key=lambda j: cosine(i, j))
        rows.append({**example.to_dict(), "db_id": name, "predicted_sql": pairs[best].gold_sql, "model": "nearest"})
    predictions, data = scratch / "nearest.jsonl", scratch / "nearest-test.jsonl"
    write_rows(predictions, rows)
    write_rows(data, ({k: v for k, v in r.items() if k not in ("predicted_sql", "model")} for r in rows))
    report = evaluate(predictions, data, OneDatabase(target, name))
    return [bool(i.test_suite_execution) for i in report.judged]


def line(r: dict) -> str:
    n = len(r["before"])
    near = f"  nearest {sum(r['nearest']) / n:6.1%}" if r["nearest"] else ""
    public = f"public {share(r['public_before']):.1%} -> {share(r['public_after']):.1%}"
    gain = share(r["after"]) - share(r["before"])
    return (
        f"{r['db_id']:32} n {n:4}  before {share(r['before']):6.1%}  after {share(r['after']):6.1%}  "
        f"{100 * gain:+6.1f}{near}  {public}  {'used' if r['promoted'] else 'not used'}  {r['seconds']} s"
    )


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def summary(results: list[dict]) -> str:
    gains = [share(r["after"]) - share(r["before"]) for r in results]
    before, after = ([x for r in results for x in r[side]] for side in ("before", "after"))
    clusters = [r["db_id"] for r in results for _ in r["before"]]
    paired = compare_paired(before, after, clusters)
    used = [x for r in results for x in r["after" if r["promoted"] else "before"]]
    return (
        f"{len(results)} databases: mean gain {100 * sum(gains) / len(gains):+.1f}, worst {100 * min(gains):+.1f}; "
        f"all {paired.n} questions {share(before):.1%} -> {share(after):.1%} ({100 * paired.difference:+.1f} "
        f"[{100 * paired.interval.low:+.1f}, {100 * paired.interval.high:+.1f}], McNemar p {paired.p_value:.2g}); "
        f"as promoted {share(used):.1%}"
    )


if __name__ == "__main__":
    main()
