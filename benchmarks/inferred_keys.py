"""Precision and recall of inferred foreign keys: remove every declared key of each database and infer it again.

    python benchmarks/inferred_keys.py FILE_OR_FOLDER ... [--show wrong|missed]
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from sqlwright.core import InferredKey, Schema, SqlwrightError
from sqlwright.db import open_database
from sqlwright.db.profile import read_profile

Edge = tuple[str, str, str, str]  # child table, column, parent table, column


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of single-column keys. `equivalent` are inferred keys that follow from the declared ones."""

    declared: int
    found: int
    right: int
    equivalent: int
    seconds: float


def score(path: Path, show: str) -> Score:
    with open_database(path) as database:
        schema = database.schema()
        bare = replace(schema, tables=tuple(replace(t, foreign_keys=()) for t in schema))
        started = time.perf_counter()
        profile = read_profile(database.engine, bare)
        seconds = time.perf_counter() - started
    wanted = declared_edges(schema)
    evidence = {edge(k): k.evidence for k in profile.inferred_keys}
    joined = closure(wanted)
    right = wanted & evidence.keys()
    equivalent = {e for e in evidence.keys() - wanted if frozenset(((e[0], e[1]), (e[2], e[3]))) in joined}
    if show == "wrong":
        for e in sorted(evidence.keys() - right - equivalent):
            print(f"{path.stem}: {e[0]}.{e[1]} -> {e[2]}.{e[3]}  ({evidence[e]})")
    if show == "missed":
        reached = closure(set(evidence))
        for e in sorted(wanted - right):
            if frozenset(((e[0], e[1]), (e[2], e[3]))) not in reached:
                print(f"{path.stem}: {e[0]}.{e[1]} -> {e[2]}.{e[3]}")
    return Score(len(wanted), len(evidence), len(right), len(equivalent), seconds)


def edge(inferred: InferredKey) -> Edge:
    key = inferred.key
    return (inferred.table.casefold(), key.columns[0].casefold(), key.ref_table.casefold(), key.ref_columns[0].casefold())


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
    options = parser.parse_args()
    scores = []
    for path in files(options.places):
        try:
            scores.append(score(path, options.show))
        except SqlwrightError as error:
            print(f"{path}: {error}", file=sys.stderr)
    declared, found = sum(s.declared for s in scores), sum(s.found for s in scores)
    right, equivalent = sum(s.right for s in scores), sum(s.equivalent for s in scores)
    times = sorted(s.seconds for s in scores)
    print(f"python {platform.python_version()}, {platform.machine()}; {len(scores)} databases")
    print("| declared | inferred | same | equivalent | recall | precision | precision with equivalent |")
    print("|---|---|---|---|---|---|---|")
    shares = [right / max(1, declared), right / max(1, found), (right + equivalent) / max(1, found)]
    print(f"| {declared} | {found} | {right} | {equivalent} | {' | '.join(f'{s:.1%}' for s in shares)} |")
    print(f"seconds per profile: median {times[len(times) // 2]:.3f}, longest {times[-1]:.3f}")


if __name__ == "__main__":
    main()
