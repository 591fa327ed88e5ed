"""Prompts: how fast they are built, what linking finds, how well tokens are estimated.

    python benchmarks/prompts.py speed|linking|tokens [--shared FOLDER] [--databases FOLDER]

Reads Spider and the tokenizers from the folder of public data; --databases is Spider's unpacked `database` folder, by
default the archive is unpacked into a temporary one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from sqlwright.core import Column, ForeignKey, Schema, Table
from sqlwright.db import open_database
from sqlwright.db.value_index import ValueIndex
from sqlwright.prompts import (
    build_prompt,
    estimate_tokens,
    link_names,
    load_token_counter,
    named_template,
    render_chat,
    render_compact,
    render_ddl,
)

ROOT = Path(__file__).resolve().parent.parent
TOKENIZERS = ("llama-2", "codellama", "mistral-7b-instruct-v0.2", "gpt2")


def speed(shared: Path, databases: Path) -> None:
    rows = [r for r in _json(shared / "data/spider/dev.json.gz") if (databases / r["db_id"]).is_dir()]
    schemas = {db_id: _schema(databases, db_id) for db_id in {r["db_id"] for r in rows}}
    count = load_token_counter(shared / "data/tokenizers/llama-2").count
    template = named_template("llama-3")
    _table("what", "prompts/s", "median ms", "n")
    for name, options in (
        ("ddl", {}),
        ("compact", {"style": "compact"}),
        ("ddl, budget 2048, estimated", {"max_tokens": 2048}),
        ("ddl, budget 2048, Llama 2 tokens", {"max_tokens": 2048, "count_tokens": count}),
    ):
        _timed(name, [lambda r=r, o=options: build_prompt(r["question"], schemas[r["db_id"]], **o) for r in rows])
    built = [build_prompt(r["question"], schemas[r["db_id"]]).messages for r in rows]
    _timed("chat template llama-3", [lambda m=m: render_chat(m, template) for m in built])
    big = _big_schema(1000, 20)
    asked = [r["question"] for r in rows[::100]]
    _timed("1,000 tables x 20 columns, budget 4096", [lambda q=q: build_prompt(q, big, max_tokens=4096) for q in asked])


def linking(shared: Path, databases: Path) -> None:
    """Recall of the names and constants of gold SQL. Columns of join conditions are left out: questions name none."""
    tables = {t["db_id"]: t for t in _json(shared / "data/spider/tables.json.gz")}
    rows = [r for r in _json(shared / "data/spider/dev.json.gz") if (databases / r["db_id"]).is_dir()]
    total = dict.fromkeys(("columns", "columns in the hint line", "tables", "stored constants"), 0)
    found, shown, values_shown, started = dict(total), 0, 0, time.perf_counter()
    indexes: dict[str, ValueIndex] = {}
    build_s = search_s = 0.0
    for row in rows:
        schema = _schema(databases, row["db_id"])
        if row["db_id"] not in indexes:
            before = time.perf_counter()
            with open_database(str(databases / row["db_id"] / f"{row['db_id']}.sqlite")) as database:
                indexes[row["db_id"]] = ValueIndex.build(database)
            build_s += time.perf_counter() - before
        names = link_names(row["question"], schema)
        shown += sum(1 for n in names if n.column)
        linked = {(n.table.casefold(), n.column.casefold()) for n in names}
        top = {(n.table.casefold(), n.column.casefold()) for n in [n for n in names if n.column][:8]}
        columns, gold_tables = _gold_names(row["sql"], tables[row["db_id"]])
        before = time.perf_counter()
        matches = indexes[row["db_id"]].search(row["question"])
        search_s += time.perf_counter() - before
        values_shown += len(matches)
        constants = {c for c in _constants(row["query"]) if _holds(indexes[row["db_id"]], c)}
        for name, gold, got in (
            ("columns", columns, linked),
            ("columns in the hint line", columns, top),
            ("tables", {(t, "") for t in gold_tables}, linked),
            ("stored constants", constants, {m.value for m in matches}),
        ):
            total[name] += len(gold)
            found[name] += len(gold & got)
    _table("gold of Spider dev", "found", "of", "recall")
    for name in total:
        _table(name, found[name], total[name], f"{found[name] / total[name]:.3f}")
    n = len(rows)
    print(f"\n{n} questions; {shown / n:.1f} columns and {values_shown / n:.2f} values found per question;")
    print(f"{len(indexes)} value indexes built in {build_s:.2f} s, a search takes {search_s / n * 1e3:.2f} ms;")
    print(f"{time.perf_counter() - started:.1f} s in all.\n")
    _chinese_linking(shared)


def _chinese_linking(shared: Path) -> None:
    """The same names on first turns of CHASE, without the 600 dialogues that the rules were written on."""
    tables = {t["db_id"]: t for t in _json(shared / "data/chase/chase_tables.json.gz")}
    total, found, shown = [0, 0], [0, 0], 0
    dialogues = _json(shared / "data/chase/chase_train.json.gz")[600:]
    for dialogue in dialogues:
        described, turn = tables[dialogue["database_id"]], dialogue["interaction"][0]
        names = link_names(turn["utterance"], _described(described))
        linked = {(n.table.casefold(), n.column.casefold()) for n in names}
        shown += sum(1 for n in names if n.column)
        columns, gold_tables = _gold_names(turn["sql"], described)
        for i, gold in enumerate((columns, {(t, "") for t in gold_tables})):
            total[i] += len(gold)
            found[i] += len(gold & linked)
    _table("gold of CHASE, first turns", "found", "of", "recall")
    for name, got, of in zip(("columns", "tables"), found, total, strict=True):
        _table(name, got, of, f"{got / of:.3f}")
    print(f"\n{len(dialogues)} questions; {shown / len(dialogues):.1f} columns found per question.")


def _described(described: dict) -> Schema:
    """A schema from a row of Spider's tables.json."""
    columns = described["column_names_original"]
    return Schema(
        described["db_id"],
        "sqlite",
        tuple(
            Table(name, tuple(Column(column) for table, column in columns if table == i))
            for i, name in enumerate(described["table_names_original"])
        ),
    )


def tokens(shared: Path, databases: Path) -> None:
    """`estimate_tokens` as a part of the true count, and compact text against DDL."""
    dev = _json(shared / "data/spider/dev.json.gz")
    chase = _json(shared / "data/chase/chase_train.json.gz")[:300]
    schemas = [_schema(databases, p.name) for p in sorted(databases.iterdir()) if p.is_dir()]
    texts = {
        "DDL": [render_ddl(s) for s in schemas],
        "compact": [render_compact(s) for s in schemas],
        "English questions": [r["question"] for r in dev[::3]],
        "SQL": [r["query"] for r in dev[::3]],
        "Chinese questions": [t["utterance"] for d in chase for t in d["interaction"]],
    }
    _table("text", *TOKENIZERS)
    sums: dict[tuple[str, str], int] = {}
    for name, group in texts.items():
        estimated = sum(map(estimate_tokens, group))
        for tokenizer in TOKENIZERS:
            count = load_token_counter(shared / "data/tokenizers" / tokenizer).count
            sums[name, tokenizer] = sum(map(count, group))
        _table(name, *(f"{estimated / sums[name, t]:.2f}" for t in TOKENIZERS))
    ratios = (f"{sums['compact', t] / sums['DDL', t]:.2f}" for t in TOKENIZERS)
    _table("compact as a part of DDL", *ratios)


def _gold_names(sql: dict, tables: dict) -> tuple[set[tuple[str, str]], set[str]]:
    """(table, column) pairs outside join conditions and table names of Spider's parsed SQL, folded."""
    columns: set[tuple[str, str]] = set()
    used: set[str] = set()
    names = [t.casefold() for t in tables["table_names_original"]]

    def walk(node: object) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "from":
                    for kind, unit in value["table_units"]:
                        walk(unit) if kind == "sql" else used.add(names[unit])
                else:
                    walk(value)
        elif isinstance(node, list):
            # A column unit is [aggregate, column, distinct].
            if len(node) == 3 and isinstance(node[0], int) and type(node[1]) is int and isinstance(node[2], bool):
                table, column = tables["column_names_original"][node[1]]
                if table >= 0:
                    columns.add((names[table], column.casefold()))
            for item in node:
                walk(item)

    walk(sql)
    return columns, used


def _constants(query: str) -> set[str]:
    """Texts in quotes; Spider writes them in double quotes too. Patterns are left out."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(query, dialect="sqlite")
    texts = {literal.this for literal in tree.find_all(exp.Literal) if literal.is_string}
    texts |= {column.name for column in tree.find_all(exp.Column) if column.this.args.get("quoted")}
    return {t for t in texts if "%" not in t}


def _holds(index: ValueIndex, value: str) -> bool:
    return any(value in index.values(*column) for column in index.columns)


_SCHEMAS: dict[str, Schema] = {}


def _schema(databases: Path, db_id: str) -> Schema:
    if db_id not in _SCHEMAS:
        with open_database(str(databases / db_id / f"{db_id}.sqlite")) as database:
            _SCHEMAS[db_id] = database.schema()
    return _SCHEMAS[db_id]


def _big_schema(tables: int, columns: int) -> Schema:
    rng = random.Random(0)
    words = "customer order item price city country product region store salary date account branch flight".split()
    made: list[Table] = []
    for i in range(tables):
        names = ["id", *(f"{rng.choice(words)}_{rng.choice(words)}_{j}" for j in range(1, columns))]
        keys = (ForeignKey((names[1],), rng.choice(made).name, ("id",)),) if made else ()
        cells = tuple(Column(n, "TEXT") for n in names)
        made.append(Table(f"{rng.choice(words)}_{rng.choice(words)}_{i}", cells, ("id",), keys))
    return Schema("big", "sqlite", tuple(made))


def _timed(name: str, calls: list) -> None:
    took = []
    for call in calls:
        before = time.perf_counter()
        call()
        took.append(time.perf_counter() - before)
    _table(name, f"{len(took) / sum(took):,.0f}", f"{statistics.median(took) * 1e3:.3f}", len(took))


def _table(first: object, *cells: object) -> None:
    print(f"{first!s:40}" + "".join(f"{c!s:>26}" for c in cells))


def _json(path: Path) -> list:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


@contextmanager
def _unpacked(shared: Path, databases: Path | None) -> Iterator[Path]:
    if databases:
        yield databases
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(shared / "data/spider/databases.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder) / "database"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "linking", "tokens"))
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("SQLWRIGHT_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--databases", type=Path)
    options = parser.parse_args()
    libraries = " ".join(f"{name} {version(name)}" for name in ("sqlwright", "jinja2", "tokenizers"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {libraries}")
    print(f"python {' '.join(sys.argv)}\n")
    with _unpacked(options.shared, options.databases) as databases:
        {"speed": speed, "linking": linking, "tokens": tokens}[options.what](options.shared, databases)


if __name__ == "__main__":
    main()
