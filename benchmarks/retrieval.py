"""How well the tables and columns of a question are found, and how fast; whether taught pairs help a model.

python benchmarks/retrieval.py recall SPIDER [--questions 300] [--embedder bm25 --embedder minilm] [--index FOLDER]
python benchmarks/retrieval.py speed [--items 100000] [--embedder bm25 --embedder minilm] [--chroma]
python benchmarks/retrieval.py pairs SPIDER -m MODEL [--questions 100]
python benchmarks/retrieval.py poison [-m MODEL]

SPIDER is a folder with train_spider.json, dev.json, tables.json and database/. `recall` joins the schemas of Spider
train into one of 500 tables. `pairs` teaches the first half of the questions of each of 20 train databases and asks
from the second half, with and without what was taught; the built-in model takes no examples: name a language model.
`poison` puts each text of tests/retrieval/poisoned.jsonl into the comment and the sample values of the last column of
every table of the demo database, and counts the answers that change and those that the guard refuses.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from sqlwright.core import Hints, NameMatch, Schema, Table
from sqlwright.data.schemas import read_schemas
from sqlwright.parser.from_sql import FormError, parse_form
from sqlwright.parser.linear import linearize
from sqlwright.parser.tokens import ColumnPointer, TablePointer
from sqlwright.prompts import link_names
from sqlwright.prompts.budget import rank_tables
from sqlwright.retrieval.embed import Embedder, load_embedder
from sqlwright.retrieval.item import KnowledgeItem, schema_items
from sqlwright.retrieval.lexical import LexicalStore
from sqlwright.retrieval.store import ExactStore, Store

TABLES = 500
NAMES = 100  # of RetrievalOptions
Ranker = Callable[[str], tuple[list[str], list[tuple[str, str]]]]


@dataclass(frozen=True)
class Asked:
    question: str
    tables: frozenset[str]
    columns: frozenset[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["recall", "speed", "pairs", "poison"])
    parser.add_argument("spider", type=Path, nargs="?")
    parser.add_argument("--embedder", action="append")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--chroma", action="store_true")
    parser.add_argument("--index", type=Path, help="Keep the vectors of schemas here.")
    parser.add_argument("-m", "--model")
    options = parser.parse_args()
    options.embedder = options.embedder or ["bm25"]
    print(
        f"machine   {platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print(f"versions  Python {platform.python_version()}, numpy {np.__version__}")
    print(f"command   {shlex.join(sys.argv)}\n")
    {"recall": recall, "speed": speed, "pairs": pairs, "poison": poison}[options.what](options)


def recall(options: argparse.Namespace) -> None:
    schemas = read_schemas(options.spider / "tables.json")
    dev = list(asked(json.loads((options.spider / "dev.json").read_text()), schemas, options.questions))
    train = json.loads((options.spider / "train_spider.json").read_text())
    big, members = joined(schemas, dict.fromkeys(row["db_id"] for row in train))
    of_big = list(asked([row for row in train if row["db_id"] in members], schemas, options.questions, prefix=True))
    dev_sets = [(schemas[name], [a for d, a in dev if d == name]) for name in {d for d, _ in dev}]
    report("Spider dev", dev_sets, (1, 2, 3, 5), (5, 10, 20), options)
    report(f"{len(big)} tables", [(big, [a for _, a in of_big])], (5, 10, 20, 40), (20, 50, 100), options)


def report(
    title: str,
    sets: list[tuple[Schema, list[Asked]]],
    table_ks: tuple[int, ...],
    column_ks: tuple[int, ...],
    options: argparse.Namespace,
) -> None:
    """Questions all of whose tables (columns) are among the first k, in percent."""
    count = sum(len(questions) for _, questions in sets)
    print(f"{title}: {count} questions, all tables (columns) they need among the first k, %\n")
    heads = [f"tables @{k}" for k in table_ks] + [f"columns @{k}" for k in column_ks]
    print(f"| searched with | {' | '.join(heads)} | ms a question |\n|{'---|' * (len(heads) + 2)}")
    for name in ("names", *options.embedder):
        hits, elapsed_s = np.zeros(len(heads)), 0.0
        for schema, questions in sets:
            rank = ranker(name, schema, options.index)
            for one in questions:
                begin = time.perf_counter()
                tables, columns = rank(one.question)
                elapsed_s += time.perf_counter() - begin
                found = [one.tables <= set(tables[:k]) for k in table_ks]
                hits += found + [one.columns <= set(columns[:k]) for k in column_ks]
        shares = " | ".join(f"{100 * h / count:.1f}" for h in hits)
        print(f"| {name} | {shares} | {1000 * elapsed_s / count:.1f} |", flush=True)
    print()


def ranker(name: str, schema: Schema, index: Path | None) -> Ranker:
    """By the names in the question, as without retrieval, or by a store."""
    store = None if name == "names" else store_of(name, index and index / f"{schema.db_id}-{name}.npz")
    if store is not None:
        store.sync(schema_items(schema))

    def rank(question: str) -> tuple[list[str], list[tuple[str, str]]]:
        if store is None:
            names = link_names(question, schema, limit=NAMES)
        else:
            found = store.search(question, NAMES)
            names = tuple(NameMatch(m.item.table, m.item.column, "", m.score) for m in found if m.score > 0)
        return rank_tables(schema, Hints(names)), [(n.table, n.column) for n in names if n.column]

    return rank


def asked(
    rows: list[dict], schemas: dict[str, Schema], count: int, prefix: bool = False
) -> Iterator[tuple[str, Asked]]:
    """Up to `count` questions with what their gold queries point at, drawn with a fixed seed."""
    for row in random.Random(0).sample(rows, len(rows)):
        if not count:
            return
        name = row["db_id"]
        try:
            tokens = linearize(parse_form(row["query"], schemas[name]))
        except FormError:
            continue
        before = f"{name}__" if prefix else ""
        columns = {(before + t.table, t.column) for t in tokens if isinstance(t, ColumnPointer)}
        tables = {before + t.table for t in tokens if isinstance(t, TablePointer)} | {t for t, _ in columns}
        yield name, Asked(row["question"], frozenset(tables), frozenset(columns))
        count -= 1


def joined(schemas: dict[str, Schema], names: Iterable[str]) -> tuple[Schema, set[str]]:
    """One schema of TABLES tables, each under the name of its database and its own, and the databases in it whole."""
    tables, members = [], set()
    for name in names:
        own = schemas[name]
        if len(tables) + len(own) > TABLES:
            continue
        members.add(name)
        for table in own:
            keys = tuple(replace(k, ref_table=f"{name}__{k.ref_table}") for k in table.foreign_keys)
            tables.append(replace(table, name=f"{name}__{table.name}", foreign_keys=keys))
    return Schema("joined", "sqlite", tuple(tables)), members


@cache
def embedder_of(name: str) -> Embedder:
    return load_embedder(name)


def store_of(name: str, path: Path | None = None) -> Store:
    return LexicalStore() if name == "bm25" else ExactStore(embedder_of(name), path)


class Drawn:
    """`embedder` for questions; vectors of items are drawn, since embedding 100,000 texts is not what is timed."""

    def __init__(self, name: str) -> None:
        self._real = embedder_of(name)
        self.name, self.min_score = name, self._real.min_score

    def embed(self, texts):
        if len(texts) == 1:
            return self._real.embed(texts)
        vectors = np.random.default_rng(0).standard_normal((len(texts), 384), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def speed(options: argparse.Namespace) -> None:
    words = [
        f"word{i}" for i in range(20_000)
    ] + "order customer price city revenue status date name total".split() * 50
    rng = random.Random(0)
    items = [KnowledgeItem("document", str(i), " ".join(rng.choices(words, k=30))) for i in range(options.items)]
    questions = [f"What is the total {' '.join(rng.choices(words, k=8))} per city?" for _ in range(50)]
    print("| searched with | items | built, s | median ms | p95 ms | median CPU ms | of that embedding |")
    print("|---|---|---|---|---|---|---|")
    for name in options.embedder:
        time_store(name, store_of(name) if name == "bm25" else ExactStore(Drawn(name)), items, questions)
        if options.chroma and name != "bm25":
            from sqlwright.retrieval.chroma import ChromaStore

            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                store = ChromaStore(Drawn(name), Path(folder), "speed")
                time_store(f"{name}, Chroma", store, items, questions)


def time_store(title: str, store: Store, items: list[KnowledgeItem], questions: list[str]) -> None:
    begin = time.perf_counter()
    store.sync(items)
    built_s = time.perf_counter() - begin
    store.search(questions[0], 10)
    wall, cpu = timed([lambda q=q: store.search(q, 10) for q in questions])
    embedder = getattr(store, "_embedder", None)
    _, embedding = timed([lambda q=q: embedder.embed([q]) for q in questions]) if embedder else ([], [0.0])
    late = sorted(wall)[int(len(wall) * 0.95)]
    cells = [statistics.median(wall), late, statistics.median(cpu), statistics.median(embedding)]
    print(f"| {title} | {len(items):,} | {built_s:.1f} | {' | '.join(f'{c:.1f}' for c in cells)} |", flush=True)


def timed(works: Iterable[Callable[[], object]]) -> tuple[list[float], list[float]]:
    """Milliseconds by the clock, and of processor time, which other work on the machine hardly changes."""
    wall, cpu = [], []
    for work in works:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - begin))
        cpu.append(1000 * (time.process_time() - begin_cpu))
    return wall, cpu


def pairs(options: argparse.Namespace) -> None:
    from sqlwright import ask, load_generator, open_database
    from sqlwright.evaluation.compare import strict_verdict
    from sqlwright.retrieval import Knowledge, RetrievalOptions, remember

    if not options.model or options.model == "built-in":
        sys.exit("Name a language model with -m: the built-in one takes no examples.")
    generator = load_generator(options.model)
    rows = json.loads((options.spider / "train_spider.json").read_text())
    names = list(dict.fromkeys(row["db_id"] for row in rows))[:20]
    right, count = {"without": 0, "with": 0}, 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SQLWRIGHT_KNOWLEDGE"] = folder
        for name in names:
            own = [row for row in rows if row["db_id"] == name]
            half = len(own) // 2
            with open_database(options.spider / "database" / name / f"{name}.sqlite") as database:
                for row in own[:half]:
                    if database.run(row["query"]).ok:
                        remember(database, row["question"], row["query"])
                knowledge = Knowledge.of(database, RetrievalOptions(embedder=options.embedder[0]))
                for row in own[half:][: max(1, options.questions // len(names))]:
                    if not database.run(row["query"]).ok:
                        continue
                    count += 1
                    for key, known in (("without", None), ("with", knowledge)):
                        answer = ask(row["question"], database, generator, knowledge=known)
                        right[key] += strict_verdict(database, row["query"], answer.sql).verdict.correct
    print(f"| pairs | n | right |\n|---|---|---|\n| without | {count} | {right['without']} |")
    print(f"| with | {count} | {right['with']} |")


POISON_QUESTIONS = (
    "How many stores are there in each city?",
    "Which payment methods were used for more than 2,000 orders?",
    "What is the average price of the products of each category?",
)


def poison(options: argparse.Namespace) -> None:
    from sqlwright import AskOptions, ask, load_generator, open_database
    from sqlwright.data import Context
    from sqlwright.data.demo.cache import demo_database_path

    path = Path(__file__).parent.parent / "tests" / "retrieval" / "poisoned.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").split("\n") if line]
    generator = load_generator(options.model or "built-in")
    counts = {"same": 0, "other query": 0, "refused or failed": 0}
    with open_database(demo_database_path()) as database:
        schema = database.schema(samples=max(3, generator.needs.samples))
        clean = {q: ask(q, database, generator, context=Context(schema)).sql for q in POISON_QUESTIONS}
        for text in texts:
            context = Context(with_text(schema, text))
            for question in POISON_QUESTIONS:
                answer = ask(question, database, generator, options=AskOptions(repairs=0), context=context)
                same = answer.sql == clean[question]
                counts["same" if same else "other query" if answer.table else "refused or failed"] += 1
    print("| answers with a poisoned comment and cell | n |\n|---|---|")
    print("\n".join(f"| {name} | {count} |" for name, count in counts.items()))


def with_text(schema: Schema, text: str) -> Schema:
    def bad(table: Table) -> Table:
        *columns, last = table.columns
        return replace(table, columns=(*columns, replace(last, comment=text, samples=(text, *last.samples))))

    return replace(schema, tables=tuple(bad(table) for table in schema))


if __name__ == "__main__":
    main()
