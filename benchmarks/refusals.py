"""How well the built-in model knows what a schema cannot answer.

    python benchmarks/refusals.py --data ehrsql/valid_data.json --tables ehrsql/tables.json
    python benchmarks/refusals.py --data QDASQL_train.json --databases spider/database --only hr_1 csu_1

Of the questions that the data set calls unanswerable, how many are answered; of the others, how many are refused;
and the area under the ROC curve of the refusal's probability: the share of pairs (unanswerable, answerable) in which
it is higher for the first. Only first turns are asked: a follow-up can be unanswerable for another reason.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from bisect import bisect_left, bisect_right
from pathlib import Path

from sqlwright.core import Example
from sqlwright.data import Contexts, DatabaseFolder, PromptOptions, prompt_for, read_examples, read_schemas
from sqlwright.evaluation.interval import wilson_interval
from sqlwright.parser.ask import ParserModel
from sqlwright.parser.candidates import MAX_CODES
from sqlwright.parser.graph_cache import BUILT_IN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases")
    parser.add_argument("--tables")
    parser.add_argument("--only", nargs="*", help="db_ids")
    parser.add_argument("--model", type=Path, default=BUILT_IN)
    parser.add_argument("--limit", type=int, default=2000)
    arguments = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        " ".join(sys.argv),
        sep="\n",
    )

    options = PromptOptions(samples=MAX_CODES + 1)
    folder = DatabaseFolder(arguments.databases) if arguments.databases else None
    schemas = read_schemas(arguments.tables) if arguments.tables else None
    contexts = Contexts(folder, schemas, options)
    model = ParserModel(arguments.model)
    wanted = [e for e in read_examples(arguments.data) if not e.history and (e.answerable or e.question)]
    if arguments.only:
        wanted = [e for e in wanted if e.db_id in arguments.only]

    def refusal(example: Example) -> float:
        prompt = prompt_for(example.question, contexts.of(example), options)
        found = model.ask(prompt.question, prompt.schema, prompt.hints)
        return 1.0 if not found.queries else found.refusal

    chances: dict[bool, list[float]] = {True: [], False: []}
    for example in sorted(wanted, key=lambda e: e.db_id)[: arguments.limit]:
        chances[example.answerable].append(refusal(example))
    for answerable, word in ((False, "unanswerable, answered"), (True, "answerable, refused")):
        wrong = sum((p > 0.5) == answerable for p in chances[answerable])
        n = len(chances[answerable])
        interval = wilson_interval(wrong, n)
        print(f"{word:24} {wrong:4} of {n:4}  {wrong / n:6.1%} [{interval.low:.1%}, {interval.high:.1%}]")
    print(f"area under the ROC curve {area(chances[False], chances[True]):.3f}")


def area(higher: list[float], lower: list[float]) -> float:
    ordered = sorted(lower)
    wins = sum((bisect_left(ordered, p) + bisect_right(ordered, p)) / 2 for p in higher)
    return wins / (len(higher) * len(ordered))


if __name__ == "__main__":
    main()
