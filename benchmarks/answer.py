"""Time and memory of an answer by the built-in model: linking, five candidates, guard, and their runs.

    python benchmarks/answer.py --data spider/dev.json --databases spider/database [--questions 200]

Databases are open and their schemas read beforehand, as in `serve`.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import sys
import time
from contextlib import ExitStack

from sqlwright.answering import AskOptions, ask
from sqlwright.data import Context, DatabaseFolder, PromptOptions, read_examples
from sqlwright.generation import load_generator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    print(" ".join(sys.argv))

    folder = DatabaseFolder(arguments.databases)
    examples = [e for e in read_examples(arguments.data) if e.db_id in folder]
    examples = random.Random(0).sample(examples, arguments.questions)
    generator = load_generator("built-in", threads=arguments.threads)
    options = AskOptions(prompt=PromptOptions(samples=generator.needs.samples))
    seconds = []
    with ExitStack() as stack:
        opened = {}
        for db_id in {e.db_id for e in examples}:
            database = stack.enter_context(folder.open(db_id))
            opened[db_id] = database, Context.of(database, options.prompt)
        for example in examples:
            database, context = opened[example.db_id]
            started = time.perf_counter()
            ask(example.question, database, generator, options=options, context=context)
            seconds.append(time.perf_counter() - started)
    seconds.sort()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median, late = seconds[len(seconds) // 2], seconds[int(0.95 * len(seconds))]
    print(f"{len(seconds)} answers: median {1000 * median:.0f} ms, 95th percentile {1000 * late:.0f} ms")
    print(f"memory of the process {memory:.0f} MB")


if __name__ == "__main__":
    main()
