"""Does the built-in model know when it is right? Reliability of its confidence, and the curve fitted to it.

    python benchmarks/confidence.py --data spider/train_spider.json --databases spider/database \
        --only hr_1 store_product csu_1 soccer_2 tracking_grants_for_research customers_and_addresses club_1 \
        products_for_hire --fit curve.json
    python benchmarks/confidence.py --data spider/dev.json --databases spider/database --curve curve.json

The first command fits the curve on databases that training did not see; the second shows how it holds on others.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np

from sqlwright.core import QueryLimits
from sqlwright.data import Contexts, DatabaseFolder, PromptOptions, prompt_for, read_examples
from sqlwright.evaluation.cached_engine import CachedDatabase
from sqlwright.evaluation.rules import PUBLISHED_LIMITS
from sqlwright.evaluation.spider_execution import suite_execution
from sqlwright.parser.ask import ParserModel
from sqlwright.parser.calibrate import Calibration, fit, reliability
from sqlwright.parser.candidates import MAX_CODES
from sqlwright.parser.choose import choose
from sqlwright.parser.graph_cache import BUILT_IN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--only", nargs="*", help="db_ids")
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--fit", type=Path, metavar="OUT", help="Write the curve that fits best.")
    parser.add_argument("--curve", type=Path, help="The curve to judge; the model's own by default.")
    arguments = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        " ".join(sys.argv),
        sep="\n",
    )

    folder = DatabaseFolder(arguments.databases)
    examples = [e for e in read_examples(arguments.data) if e.db_id in folder and e.answerable]
    if arguments.only:
        examples = [e for e in examples if e.db_id in arguments.only]
    model = ParserModel(arguments.model)
    features, right = answers(model, examples, folder)
    print(f"{len(right)} of {len(examples)} questions answered, {sum(right)} right")
    if arguments.fit:
        curve = fit(features, right)
        arguments.fit.write_text(json.dumps(curve.to_dict()), encoding="utf-8")
    else:
        own = model.network.facts.get("calibration", {})
        curve = Calibration.from_dict(json.loads(arguments.curve.read_text()) if arguments.curve else own)
    print(curve)
    confidences = [curve.confidence(*pair) for pair in features]
    print("said          n   mean  right")
    for b in reliability(confidences, right):
        print(f"{b.low:4.0%}-{b.high:4.0%}  {b.n:4}  {b.confidence:5.1%}  {b.correct:5.1%}")
    gaps = [(b.n, abs(b.confidence - b.correct)) for b in reliability(confidences, right)]
    print(f"expected calibration error {sum(n * gap for n, gap in gaps) / len(right):.3f}")


def answers(model: ParserModel, examples, folder: DatabaseFolder) -> tuple[np.ndarray, list[bool]]:
    """(n, 2) agreement and probability of each answer, and whether the published rule calls it right."""
    options = PromptOptions(samples=MAX_CODES + 1)
    contexts = Contexts(folder, None, options)
    features, right = [], []
    for db_id in sorted({e.db_id for e in examples}):
        with CachedDatabase(folder.open(db_id).engine) as database:
            for example in (e for e in examples if e.db_id == db_id):
                prompt = prompt_for(example.question, contexts.of(example), options, history=example.history)
                found = model.ask(prompt.question, prompt.schema, prompt.hints, prompt.history, profile=prompt.profile)
                choice = None if found.refused else choose(found.queries, lambda sql: database.run(sql, QueryLimits()))
                if choice:
                    features.append((choice.agreement, choice.top))
                    right.append(suite_execution(database, example.gold_sql, choice.sql, limits=PUBLISHED_LIMITS))
    return np.array(features), right


if __name__ == "__main__":
    main()
