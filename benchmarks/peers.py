"""sqlwright beside packages that people know: size, start, first answer, and questions answered right, offline.

    python benchmarks/analyst/make_databases.py FOLDER
    python benchmarks/peers.py FOLDER [--peers text2sql-lite vanna ...] [--questions 40]

Each peer is installed from PyPI into a virtual environment of its own, which is deleted at the end. None gets an
API key or a model to download: what a package answers on this machine alone is counted. `vanna` gets a stub in
place of a model, which writes the same query for each question, so its time is that of the package without a model
and its answers do not count. `datasette` and `llm` take no questions without a model; their start is measured. A
peer that cannot be installed or started is listed with the reason.

The questions are English ones of the development split of benchmarks/analyst, on the databases in FOLDER. An answer is
right by the rules of benchmarks/analyst/judge.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "analyst"))
from judge import verdict  # noqa: E402

STARTS = 5
INSTALL_S = 900
RUN_S = 600

# Each driver reads {"question", "database"} lines and writes {"sql", "error"} lines.
_LOOP = """
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    try:
        found = {"sql": answer(row["question"], row["database"])}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(found), flush=True)
"""
_TEXT2SQL_LITE = """
from text2sql_lite import Dialect, translate
from text2sql_lite.introspect import introspect_sqlite
def answer(question, database):
    return translate(question, dialect=Dialect.SQLITE, schema=introspect_sqlite(database)).sql
"""
_INTELLIGENT = """
from intelligent_text2sql import Text2SQL
engines = {}
def answer(question, database):
    if database not in engines:
        engines[database] = Text2SQL(f"sqlite:///{database}")
    found = engines[database].run(question)
    if "sql" not in found:
        raise ValueError(found.get("error") or found.get("message"))
    return found["sql"]
"""
_VANNA = """
try:
    from vanna.legacy.base import VannaBase
except ImportError:
    from vanna.base import VannaBase
class Stub(VannaBase):
    def __init__(self):
        super().__init__(config={})
        self.ddl = []
    def generate_embedding(self, data, **kwargs): return []
    def get_similar_question_sql(self, question, **kwargs): return []
    def get_related_ddl(self, question, **kwargs): return self.ddl
    def get_related_documentation(self, question, **kwargs): return []
    def add_question_sql(self, question, sql, **kwargs): return ""
    def add_ddl(self, ddl, **kwargs): self.ddl.append(ddl); return ""
    def add_documentation(self, documentation, **kwargs): return ""
    def get_training_data(self, **kwargs): return None
    def remove_training_data(self, id, **kwargs): return True
    def system_message(self, message): return {"role": "system", "content": message}
    def user_message(self, message): return {"role": "user", "content": message}
    def assistant_message(self, message): return {"role": "assistant", "content": message}
    def submit_prompt(self, prompt, **kwargs): return "SELECT 1"
    def log(self, *arguments, **kwargs): pass
import sqlite3
known = {}
def answer(question, database):
    if database not in known:
        known[database] = Stub()
        for (ddl,) in sqlite3.connect(database).execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
            known[database].train(ddl=ddl)
    return known[database].generate_sql(question)
"""
_SQLWRIGHT = """
import sqlwright
from sqlwright.answering import AskOptions
opened, generator = {}, sqlwright.load_generator("built-in")
def answer(question, database):
    if database not in opened:
        opened[database] = sqlwright.open_database(database)
    found = sqlwright.ask(question, opened[database], generator, knowledge=False)
    if not found.sql:
        raise ValueError(found.reason)
    return found.sql
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """`start` are arguments of the environment's Python that show that the package runs; `driver` answers questions."""

    name: str
    requirement: str
    start: tuple[str, ...]
    driver: str = ""
    note: str = ""


PEERS = (
    Peer("sqlwright", "", ("-m", "sqlwright", "-h"), _SQLWRIGHT),
    Peer("datasette", "datasette", ("-m", "datasette", "--help"), note="takes SQL, no questions"),
    Peer("llm", "llm", ("-m", "llm", "--help"), note="needs a model"),
    Peer("vanna", "vanna", ("-c", "import vanna"), _VANNA, note="stub in place of a model"),
    Peer("text2sql-lite", "text2sql-lite", ("-c", "import text2sql_lite"), _TEXT2SQL_LITE),
    Peer("intelligent-text2sql", "intelligent-text2sql", ("-c", "import intelligent_text2sql"), _INTELLIGENT),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in PEERS])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    asked = _questions(args.folder, args.questions, args.seed)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}; load {os.getloadavg()}")
    print(f"python {' '.join(sys.argv)}: {len(asked)} questions")
    print("| package | install, MB | start, s | first answer, s | later answers, s | right | note |")
    print("|---|---|---|---|---|---|---|")
    for peer in PEERS:
        if args.peers is None or peer.name in args.peers:
            print(_row(peer, asked), flush=True)


def _row(peer: Peer, asked: Sequence[dict[str, Any]]) -> str:
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        try:
            python, megabytes, version = _installed(peer, Path(folder))
            start_s = statistics.median(_timed([python, *peer.start]) for _ in range(STARTS))
        except (subprocess.SubprocessError, OSError) as error:
            return f"| {peer.name} | | | | | | not installable: {_why(error)} |"
        cells = [f"{peer.name} {version}", f"{megabytes:.0f}", f"{start_s:.2f}"]
        if not peer.driver:
            return f"| {' | '.join(cells)} | | | | {peer.note} |"
        try:
            first_s, later_s, answers = _answers(python, peer.driver, asked)
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            return f"| {' | '.join(cells)} | | | | does not answer: {_why(error)} |"
    right = sum(_is_right(row, found) for row, found in zip(asked, answers, strict=True))
    errors = sum("error" in found for found in answers)
    note = peer.note or (f"{errors} questions without a query" if errors else "")
    shown = "" if peer.note else f"{right} of {len(asked)}"
    return f"| {' | '.join(cells)} | {first_s:.2f} | {later_s:.3f} | {shown} | {note} |"


def _installed(peer: Peer, folder: Path) -> tuple[str, float, str]:
    """Its Python, the size of what was installed in MB, and its version. sqlwright is the one of this environment."""
    if not peer.requirement:
        return sys.executable, _size_of_own("sqlwright"), distribution("sqlwright").version
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    (packages,) = folder.glob("lib/python*/site-packages")
    before = _size(packages)
    _run([python, "-m", "pip", "install", "-q", "--no-compile", peer.requirement], INSTALL_S)
    asked = f"from importlib.metadata import version; print(version({peer.requirement!r}))"
    return python, (_size(packages) - before) / 1e6, _run([python, "-c", asked], RUN_S).strip()


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _size_of_own(name: str) -> float:
    """MB of the files of a distribution and of all that it requires without extras."""
    seen: dict[str, int] = {}
    wanted = [name]
    while wanted:
        one = wanted.pop()
        if one.casefold() in seen:
            continue
        try:
            found = distribution(one)
        except PackageNotFoundError:
            continue
        paths = [Path(str(found.locate_file(file))) for file in found.files or ()]
        seen[one.casefold()] = sum(p.stat().st_size for p in paths if p.is_file() and p.suffix != ".pyc")
        wanted += [r.split(";")[0].strip(" ").split(" ")[0].split("[")[0].rstrip("<>=!~.0123456789,")
                   for r in found.requires or () if "extra ==" not in r]  # fmt: skip
    import sqlwright

    package = Path(sqlwright.__file__).parent  # an editable installation lists none of its files
    seen[name] = max(
        seen[name], sum(p.stat().st_size for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc")
    )
    return sum(seen.values()) / 1e6


def _timed(command: Sequence[str]) -> float:
    started = time.perf_counter()
    _run(command, RUN_S)
    return time.perf_counter() - started


def _run(command: Sequence[str], timeout_s: float, given: str | None = None) -> str:
    """Offline where it answers: no key, and a hub that is not asked."""
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")} | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        list(command), input=given, capture_output=True, text=True, timeout=timeout_s, check=True, env=env
    )
    return done.stdout


def _answers(python: str, driver: str, asked: Sequence[dict[str, Any]]) -> tuple[float, float, list[dict[str, str]]]:
    """Seconds to the first answer of a new process, seconds for each later one, and all answers."""
    lines = [json.dumps({"question": row["question"], "database": row["path"]}) for row in asked]
    code = driver + _LOOP
    started = time.perf_counter()
    _run([python, "-c", code], RUN_S, lines[0] + "\n")
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    output = _run([python, "-c", code], RUN_S, "\n".join(lines) + "\n")
    whole_s = time.perf_counter() - started
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    if len(found) != len(asked):
        raise ValueError(f"{len(found)} answers to {len(asked)} questions")
    return first_s, max(0.0, whole_s - first_s) / max(1, len(asked) - 1), found


def _is_right(row: dict[str, Any], found: dict[str, str]) -> bool:
    if "sql" not in found:
        return False
    with closing(sqlite3.connect(f"file:{row['path']}?mode=ro", uri=True)) as connection:
        gold = connection.execute(row["gold_sql"]).fetchall()
        try:
            rows = connection.execute(found["sql"]).fetchall()
        except sqlite3.Error:
            return False
    return bool(verdict(gold, rows) == "right")


def _why(error: Exception) -> str:
    text = getattr(error, "stderr", None) or str(error)
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return lines[-1][:120].replace("|", "/") if lines else type(error).__name__


def _questions(folder: Path, count: int, seed: int) -> list[dict[str, Any]]:
    lines = (HERE / "analyst" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for row in map(json.loads, lines):
        path = folder / f"{row['database'].removesuffix('.sqlite')}.sqlite"
        if row["split"] == "dev" and row["language"] == "en" and path.exists():
            found.append({**row, "path": str(path.resolve())})
    random.Random(seed).shuffle(found)
    return found[:count]


if __name__ == "__main__":
    main()
