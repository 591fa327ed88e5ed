"""Precision and recall of inferred foreign keys: remove every declared key of each database and infer it again.

Reads SQLite files, folders of them, and schemas without rows in the format of Spider's tables.json.

    python benchmarks/inferred_keys.py FILE_OR_FOLDER ... [--show wrong|missed] [--names-only] [--no-primary-keys]

`reviewed` counts inferred keys that the database does not declare although its columns are one, as listed in
benchmarks/undeclared_keys.txt, which was written by reading the databases.
"""

from __future__ import annotations

import argparse
import platform
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

from sqlwright.core import InferredKey, Schema
from sqlwright.data.schemas import read_schemas
from sqlwright.db import Engine, open_database
from sqlwright.db.profile import profile_of_schema, read_profile

Edge = tuple[str, str, str, str]  # child table, column, parent table, column


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of single-column keys.

    `equivalent` are inferred keys that follow from the declared ones, `reviewed` those of the list of undeclared keys.
    """

    declared: int
    found: int
    right: int
    equivalent: int
    reviewed: int
    seconds: float


def score_file(path: Path, options: argparse.Namespace, undeclared: set[tuple[str, Edge]]) -> list[Score]:
    """One score of a SQLite file, or one for each schema in Spider's tables.json."""
    if ".json" in path.suffixes:
        return [score(schema, None, options, undeclared) for schema in read_schemas(path).values()]
    with open_database(path) as database:
        engine = None if options.names_only else database.engine
        return [score(database.schema(), engine, options, undeclared)]


def score(
    schema: Schema, engine: Engine | None, options: argparse.Namespace, undeclared: set[tuple[str, Edge]]
) -> Score:
    bare = replace(schema, tables=tuple(replace(t, foreign_keys=()) for t in schema))
    if options.no_primary_keys:
        bare = replace(bare, tables=tuple(replace(t, primary_key=()) for t in bare))
    started = time.process_time()
    profile = read_profile(engine, bare) if engine else profile_of_schema(bare)
    seconds = time.process_time() - started
    wanted = declared_edges(schema)
    evidence = {edge(k): k.evidence for k in profile.inferred_keys}
    joined = closure(wanted)
    right = wanted & evidence.keys()
    equivalent = {e for e in evidence.keys() - wanted if frozenset(((e[0], e[1]), (e[2], e[3]))) in joined}
    reviewed = {e for e in evidence.keys() - right - equivalent if (schema.db_id, e) in undeclared}
    if options.show == "wrong":
        for e in sorted(evidence.keys() - right - equivalent - reviewed):
            print(f"{schema.db_id}: {e[0]}.{e[1]} -> {e[2]}.{e[3]}  ({evidence[e]})")
    if options.show == "missed":
        reached = closure(set(evidence))
        for e in sorted(wanted - right):
            if frozenset(((e[0], e[1]), (e[2], e[3]))) not in reached:
                print(f"{schema.db_id}: {e[0]}.{e[1]} -> {e[2]}.{e[3]}")
    return Score(len(wanted), len(evidence), len(right), len(equivalent), len(reviewed), seconds)


def read_undeclared() -> set[tuple[str, Edge]]:
    """Lines `database: table.column -> table.column`."""
    found = set()
    for line in (Path(__file__).parent / "undeclared_keys.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"(\S+): (\S+)\.(\S+) -> (\S+)\.(\S+)$", line):
            found.add((match[1], (match[2], match[3], match[4], match[5])))
    return found


def edge(inferred: InferredKey) -> Edge:
    key = inferred.key
    return (
        inferred.table.casefold(),
        key.columns[0].casefold(),
        key.ref_table.casefold(),
        key.ref_columns[0].casefold(),
    )


def declared_edges(schema: Schema) -> set[Edge]:
    keys = [InferredKey(t.full_name, k) for t in schema for k in t.foreign_keys if len(k.columns) == 1]
    return {e for e in map(edge, keys) if e[:2] != e[2:]}


def closure(edges: set[Edge]) -> set[frozenset[tuple[str, str]]]:
    """Pairs of columns that some path of keys makes equal, in either direction."""
    groups: list[set[tuple[str, str]]] = []
    for a, b, c, d in edges:
        touching = [g for g in groups if (a, b) in g or (c, d) in g]
        groups = [g for g in groups if g not in touching]
        groups.append(set().union({(a, b), (c, d)}, *touching))
    return {frozenset((x, y)) for g in groups for x in g for y in g if x != y}


def files(places: list[Path]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        found += sorted(place.rglob("*.sqlite")) if place.is_dir() else [place]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="+", type=Path)
    parser.add_argument("--show", choices=["", "wrong", "missed"], default="")
    parser.add_argument("--names-only", action="store_true", help="do not read values")
    parser.add_argument("--no-primary-keys", action="store_true", help="remove the primary keys as well")
    options = parser.parse_args()
    undeclared = read_undeclared()
    scores = [s for path in files(options.places) for s in score_file(path, options, undeclared)]
    declared, found = sum(s.declared for s in scores), sum(s.found for s in scores)
    right, equivalent = sum(s.right for s in scores), sum(s.equivalent for s in scores)
    times = sorted(s.seconds for s in scores)
    print(f"python {platform.python_version()}, {platform.machine()}; {len(scores)} databases")
    reviewed = sum(s.reviewed for s in scores)
    print(
        "| declared | inferred | same | equivalent | reviewed | recall | precision | with equivalent | with reviewed |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    true = [right, right + equivalent, right + equivalent + reviewed]
    shares = [right / max(1, declared), *(count / max(1, found) for count in true)]
    counts = f"{declared} | {found} | {right} | {equivalent} | {reviewed}"
    print(f"| {counts} | {' | '.join(f'{s:.1%}' for s in shares)} |")
    print(f"CPU seconds per profile: median {times[len(times) // 2]:.3f}, longest {times[-1]:.3f}")


if __name__ == "__main__":
    main()
