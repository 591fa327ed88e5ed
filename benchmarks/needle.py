"""Does a model find the right table in a long schema? A needle test, with and without scaled positions.

    python benchmarks/needle.py -m FOLDER [--tables 25 100 400] [--rope linear:4] [--questions 20]

A made-up schema has `--tables` tables of four columns. Each question asks for a column that one of them has, and names
the table; the tables asked for lie evenly from the first to the last. An answer is right if it reads that table alone.
All questions about one schema share its computation. `--rope TYPE:FACTOR` scales the positions of the model as a run
with `rope_scaling` would, without tuning; a folder that was tuned with a scaling brings its own.
"""

from __future__ import annotations

import argparse
import platform
import random
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from sqlwright.core import Column, Schema, Table
from sqlwright.generation import Sampling
from sqlwright.generation.find import find_model
from sqlwright.generation.hf import HfGenerator
from sqlwright.generation.rope import Scaling
from sqlwright.prompts import build_prompt
from sqlwright.sql import extract_sql
from sqlwright.sql.describe import tables_of

THINGS = (
    "order pump ticket bridge lamp parcel engine garden ferry camera tunnel bottle mirror statue window canal".split()
)
PLACES = """
    north south east west upper lower old new inner outer main spare blue red green white grey black gold amber
""".split()
COLUMNS = "name weight color height price owner age length status rating".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True)
    parser.add_argument("--tables", type=int, nargs="+", default=[25, 100, 400])
    parser.add_argument("--rope", default="", help="linear:4, dynamic:4 or yarn:4")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(platform.platform(), f"Python {platform.python_version()}", " ".join(sys.argv), sep="\n")
    with ExitStack() as stack:
        model = load(given.model, given.rope, given.batch_size, stack)
        print(f"reads up to {model.context_tokens:,} tokens")
        for count in given.tables:
            schema = made_up(count, random.Random(f"{given.seed}/{count}"))
            wanted = [schema.tables[round(i * (count - 1) / (given.questions - 1))] for i in range(given.questions)]
            prompts = [build_prompt(question(table), schema, style="names") for table in wanted]
            length = len(model.encode(prompts[0]))
            if length + 48 > model.context_tokens:
                print(f"{count:>5} tables, {length:>6,} tokens: too long")
                continue
            answers = model.generate(prompts, Sampling(max_new_tokens=48))
            found = [tables_of(extract_sql(a[0].text) or "", "sqlite") for a in answers]
            right = [read == (table.name,) for read, table in zip(found, wanted, strict=True)]
            print(f"{count:>5} tables, {length:>6,} tokens: {sum(right)} of {len(right)} right", end="  ")
            print("".join("x" if one else "." for one in right), flush=True)


def load(model: str, rope: str, batch_size: int, stack: ExitStack) -> HfGenerator:
    folder = Path(find_model(model))
    if rope:
        kind, _, factor = rope.partition(":")
        place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / folder.name
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("checkpoint-*"))
        scaling = Scaling(kind, float(factor))  # type: ignore[arg-type]
        if (place / "adapter_config.json").is_file():
            scaling.write(place)
        else:
            from transformers import AutoConfig

            config = AutoConfig.from_pretrained(place)
            scaling.apply(config)
            config.save_pretrained(place)
        folder = place
    return HfGenerator(str(folder), batch_size=batch_size)


def made_up(count: int, rng: random.Random) -> Schema:
    names = [f"{place}_{thing}" for place in PLACES for thing in THINGS]
    if count > len(names):
        names += [f"{name}_{number}" for number in range(2, 2 + count // len(names)) for name in names]
    chosen = rng.sample(names[: max(count, len(PLACES) * len(THINGS))], count)
    columns = [("id", *rng.sample(COLUMNS, 3)) for _ in chosen]
    pairs = zip(chosen, columns, strict=True)
    return Schema("needle", "sqlite", tuple(Table(name, tuple(map(Column, own))) for name, own in pairs))


def question(table: Table) -> str:
    return f"What is the {table.columns[1].name} of each {table.name.replace('_', ' ')}?"


if __name__ == "__main__":
    main()
