"""Pairs of question and SQL in a file, to look at, to edit and to approve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ...core import Example, UsageError
from ...core.atomic import atomic_text
from .workspace import Workspace

PAGE = 25
APPROVED = ".approved.jsonl"
MAX_CHARS = 20_000  # of a question or statement


def read_pairs(workspace: Workspace, name: str, start: int) -> dict[str, Any]:
    """One page of the pairs in `name`, each with its approved form or None, and how many are approved in all."""
    from ...data import read_examples

    path = workspace.root / workspace.inside(name)
    bad = 0

    def count_bad(_: object) -> None:
        nonlocal bad
        bad += 1

    examples = list(islice(read_examples(path, on_bad_row=count_bad), start, start + PAGE + 1))
    approved = _approved(workspace.root / approved_name(name))
    return {
        "file": name,
        "approved_file": approved_name(name),
        "approved": len(approved),
        "start": start,
        "page_size": PAGE,
        "more": len(examples) > PAGE,
        "bad_rows": bad,
        "pairs": [{**_shown(example), "approved": approved.get(example.id)} for example in examples[:PAGE]],
    }


def approve(workspace: Workspace, name: str, changes: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Write `changes` into the file of approved pairs: each with an id, and a question and SQL, or none to take it out.

    The other columns (database, evidence, history) are those of the pair in `name`. Raises UsageError.
    """
    from ...data import read_examples

    path = workspace.root / workspace.inside(name)
    wanted = {str(change.get("id", "")): change for change in changes}
    originals = {e.id: e for e in read_examples(path, on_bad_row=lambda _: None) if e.id in wanted}
    target = workspace.root / approved_name(name)
    approved = _approved(target)
    for pair_id, change in wanted.items():
        if pair_id not in originals:
            raise UsageError(f"There is no pair {pair_id!r} in {name}.", "Open the file again.")
        if change.get("approved", True):
            approved[pair_id] = _edited(originals[pair_id], change)
        else:
            approved.pop(pair_id, None)
    with atomic_text(target) as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in approved.values())
    return {"approved": len(approved), "file": approved_name(name)}


def approved_name(name: str) -> str:
    """Where the approved pairs of the file `name` are: data/x.approved.jsonl for data/x.jsonl."""
    stem = Path(name).name.removesuffix(".gz").rpartition(".")[0] or Path(name).name
    folder = str(Path(name).parent) if name.startswith("data/") else "data"
    return f"{folder}/{stem}{APPROVED}"


def _edited(original: Example, change: Mapping[str, Any]) -> dict[str, Any]:
    question, sql = change.get("question", original.question), change.get("gold_sql", original.gold_sql)
    for text in (question, sql):
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARS:
            raise UsageError(f"A pair needs a question and SQL of at most {MAX_CHARS:,} characters.", "Fill in both.")
    return {**original.to_dict(), "question": question.strip(), "gold_sql": sql.strip()}


def _approved(path: Path) -> dict[str, dict[str, Any]]:
    from .jobs import read_lines

    return {str(row["id"]): row for row in read_lines(path) if "id" in row}


def _shown(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "db_id": example.db_id,
        "question": example.question,
        "gold_sql": example.gold_sql,
        "evidence": example.evidence,
    }
