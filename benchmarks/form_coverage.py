"""How much of a set of gold queries the pointer form can say and bring back, by construct, with the causes of the rest.

    python benchmarks/form_coverage.py dev.json.gz --databases spider/database
    python benchmarks/form_coverage.py questions.jsonl --databases analyst --server shop=postgresql://user@host/shop
    python benchmarks/form_coverage.py train_label.json.gz --schema mimic_iv.sql
    python benchmarks/form_coverage.py mini_train.json.gz --schema train_column_meaning.json.gz

Rows are compared where there is a database: as multisets, columns in any order, numbers to six digits and to the
decimals of the gold query's own rounding, periods by their first day. `--profile` reads dates, flags and units from the
values.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import os
import platform
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlwright.core import Checked, Column, Profile, QueryLimits, Schema, Table, with_inferred_keys
from sqlwright.db import Database, open_database
from sqlwright.parser.from_sql import FormError, parse_form
from sqlwright.parser.to_sql import Reading, render_form
from sqlwright.sql.ddl import parse_schema

LIMITS = QueryLimits(timeout_s=30, max_rows=100_000)
TODAY = dt.date.today()
CONSTRUCTS = {
    "date": r"strftime|\bdate\b *\(|date_|_date\b|datetime|julianday|extract|year *\(|month *\(|'\d{4}-\d\d",
    "null": r"\bis (not )?null\b",
    "division": r"[\w)] */ *[\w(]",
    "CASE": r"\bcase\b|\biif *\(|filter *\(|\bif *\(",
    "window": r"\bover *\(",
    "HAVING": r"\bhaving\b",
    "LIKE": r"\bi?like\b",
    "set operation": r"\b(union|intersect|except)\b",
    "NOT IN or EXISTS": r"\bnot in\b|\bexists\b",
    "left join": r"\bleft (outer )?join\b",
    "WITH": r"^\s*with\b",
    "derived table": r"\bfrom *\( *select",
    "CAST or ROUND": r"\bcast *\(|\bround *\(|::",
    "GROUP BY": r"\bgroup by\b",
    "ORDER BY": r"\border by\b",
    "join": r"\bjoin\b",
    "all": "",
}


@dataclass(frozen=True)
class Gold:
    database: str
    sql: str


class Databases:
    """Schemas, profiles and connections by name, each opened once."""

    def __init__(self, folder: Path | None, servers: dict[str, str], schema: Path | None, profiled: bool) -> None:
        self.folder, self.servers, self.profiled = folder, servers, profiled
        self.schemas = read_schemas(schema) if schema else {}
        self.opened: dict[str, Database | None] = {}

    def open(self, name: str) -> Database | None:
        if name not in self.opened:
            target = self.servers.get(name) or self._path(name)
            self.opened[name] = open_database(target) if target else None
        return self.opened[name]

    def _path(self, name: str) -> Path | None:
        found = (self.folder / name / f"{name}.sqlite", self.folder / name) if self.folder else ()
        return next((p for p in found if p.exists()), None)

    def schema(self, name: str) -> tuple[Schema, Profile] | None:
        database = self.open(name)
        if database is None:
            found = self.schemas.get(name) or self.schemas.get("")
            return (found, Profile()) if found else None
        if not self.profiled:
            return database.schema(), Profile()
        profile = database.profile()
        return with_inferred_keys(database.schema(), profile), profile


def read_schemas(path: Path) -> dict[str, Schema]:
    """From a script of CREATE TABLE (for every query), or from BIRD's `database|table|column` descriptions."""
    if path.suffix == ".sql":
        return {"": parse_schema(path.read_text(encoding="utf-8"))}
    columns: dict[str, dict[str, list[Column]]] = defaultdict(lambda: defaultdict(list))
    for key in json.loads(text_of(path)):
        database, table, column = key.split("|")
        columns[database][table].append(Column(column))
    return {
        name: Schema(name, "sqlite", tuple(Table(t, tuple(found)) for t, found in tables.items()))
        for name, tables in columns.items()
    }


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def read_gold(path: Path) -> Iterator[Gold]:
    """Spider, BIRD, EHRSQL's labels, and JSON lines with `gold_sql`."""
    text = text_of(path)
    rows: Any = json.loads(text) if text.lstrip()[0] == "[" or ".jsonl" not in path.name else None
    if isinstance(rows, dict):
        yield from (Gold("", sql) for sql in rows.values() if sql and sql != "null")
        return
    for row in rows if rows is not None else map(json.loads, text.splitlines()):
        sql = row.get("query") or row.get("SQL") or row.get("gold_sql") or row.get("sql")
        if sql:
            yield Gold(row.get("db_id") or row.get("database") or "", sql)


def rows_of(database: Database, sql: str, digits: int) -> Counter[tuple[str, ...]] | str:
    """The rows as a multiset, or the engine's error."""
    outcome = database.engine.execute(Checked.trusted(sql, "gold query"), LIMITS)
    if outcome.table is None:
        return outcome.message()
    return Counter(tuple(sorted(plain(v, digits) for v in row)) for row in outcome.table.rows)


def plain(value: Any, digits: int) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (dt.date, dt.datetime)):
        value = value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
    text = str(value).removesuffix(" 00:00:00")
    if re.fullmatch(r"\d{4}-\d\d", text):
        return f"{text}-01"
    try:
        return f"{round(float(value), digits) + 0.0:g}"
    except (TypeError, ValueError, OverflowError):
        return text


def decimals(sql: str) -> int:
    found = [int(d) for d in re.findall(r"round *\(.*?, *(\d) *\)", sql.casefold())]
    return min([6, *found])


def outcome_of(gold: Gold, databases: Databases) -> tuple[str, str]:
    """("same" or "said", ""), or why not: ("refused", cause), ("different", SQL), ("skipped", reason)."""
    found = databases.schema(gold.database)
    if found is None:
        return "skipped", "no database"
    (schema, profile), database, digits = found, databases.open(gold.database), decimals(gold.sql)
    wanted = rows_of(database, gold.sql, digits) if database else None
    if isinstance(wanted, str):
        return "skipped", "the gold query fails"
    try:
        form = parse_form(gold.sql, schema, profile=profile, today=TODAY)
    except FormError as error:
        return "refused", str(error)
    rendered = render_form(form, schema, reading=Reading(profile, TODAY))
    if database is None:
        return "said", ""
    same = rows_of(database, rendered, digits) == wanted
    return ("same", "") if same else ("different", f"{gold.sql}\n    {rendered}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--databases", type=Path, help="A folder of databases.")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=URL")
    parser.add_argument("--schema", type=Path, help="Where there are no databases: CREATE TABLE, or BIRD's columns.")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="Print this many of the queries that do not come back.")
    arguments = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        " ".join(sys.argv),
        sep="\n",
    )
    servers = dict(s.split("=", maxsplit=1) for s in arguments.server)
    databases = Databases(arguments.databases, servers, arguments.schema, arguments.profile)
    report([(g, *outcome_of(g, databases)) for g in read_gold(arguments.gold)], arguments.show)


def report(results: list[tuple[Gold, str, str]], show: int) -> None:
    print(f"{'construct':18}{'queries':>8}{'said':>8}{'same':>8}")
    judged = [r for r in results if r[1] != "skipped"]
    for name, pattern in CONSTRUCTS.items():
        kinds = Counter(kind for gold, kind, _ in judged if re.search(pattern, gold.sql, re.IGNORECASE))
        if total := kinds.total():
            print(f"{name:18}{total:8}{total - kinds['refused']:8}{kinds['same']:8}")
    for reason, count in Counter(detail for _, kind, detail in results if kind == "skipped").items():
        print(f"skipped, {reason}: {count}")
    causes = Counter(detail.split(":", maxsplit=1)[0] for _, kind, detail in judged if kind == "refused")
    print("refused:", ", ".join(f"{cause} {count}" for cause, count in causes.most_common()))
    for gold, kind, detail in [r for r in judged if r[1] in ("refused", "different")][:show]:
        print(f"{kind} [{gold.database}] {detail}" + (f"\n    {gold.sql}" if kind == "refused" else ""))


if __name__ == "__main__":
    main()
