"""How often the part of a large schema that the built-in model reads holds the tables a question needs.

    python benchmarks/large_schema.py SPIDER [--questions 300]

SPIDER is a folder with train_spider.json and tables.json, whose schemas are joined into one of 500 tables. There are
no rows, so that stored values cannot help.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

from retrieval import asked, joined
from sqlwright.core import Hints
from sqlwright.data.schemas import read_schemas
from sqlwright.parser.graph_cache import BUILT_IN
from sqlwright.parser.layout import MAX_ITEMS
from sqlwright.parser.runtime import load_pieces_tokenizer
from sqlwright.parser.schema_text import Pieces, read_schema
from sqlwright.parser.select import choose_items
from sqlwright.prompts import link_names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spider", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        " ".join(sys.argv),
        sep="\n",
    )

    schemas = read_schemas(arguments.spider / "tables.json")
    train = json.loads((arguments.spider / "train_spider.json").read_text())
    big, members = joined(schemas, dict.fromkeys(row["db_id"] for row in train))
    rows = [row for row in train if row["db_id"] in members]
    questions = [one for _, one in asked(rows, schemas, arguments.questions, prefix=True)]
    pieces = Pieces(load_pieces_tokenizer(BUILT_IN))
    text = read_schema(big, pieces)
    whole, tables_read, elapsed_s = 0, 0, 0.0
    for one in questions:
        started = time.perf_counter()
        chosen = choose_items(text, one.question, Hints(link_names(one.question, big)), (), pieces)
        elapsed_s += time.perf_counter() - started
        kept = {big.tables[n].full_name for n in set(text.item_tables[chosen])}
        whole += one.tables <= kept
        tables_read += len(kept)
    n = len(questions)
    print(f"{len(big)} tables, {len(text.items)} items, of which {MAX_ITEMS} are read: {tables_read / n:.1f} tables")
    print(
        f"all tables of the question among them: {whole} of {n} ({whole / n:.1%}); {1000 * elapsed_s / n:.0f} ms each"
    )


if __name__ == "__main__":
    main()
