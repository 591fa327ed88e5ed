"""Imports go down the layers of docs/architecture.md, never up and never sideways but for the named exceptions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "sqlwright"
LAYER = {
    "core": 0,
    "sql": 1,
    "db": 1,
    "prompts": 1,
    "data": 2,
    "synthesis": 2,
    "retrieval": 2,
    "parser": 2,
    "generation": 2,
    "training": 3,
    "evaluation": 3,
    "answering": 3,
    "serving": 4,
    "cli": 5,
}
# The module's docstring says why.
SIDEWAYS = {
    ("db", "sql"),
    ("synthesis", "parser"),
    ("synthesis", "generation"),
    ("generation", "parser"),
    ("synthesis", "data"),
    ("retrieval", "data"),
    ("training", "evaluation"),
}
TORCH = {"torch", "transformers", "peft", "trl", "accelerate", "bitsandbytes"}
TORCH_ALLOWED = (
    "training/",
    "generation/hf.py",
    "generation/hf_loading.py",
    "parser/model.py",
    "parser/train.py",
    "parser/export.py",
    "parser/transfer.py",
)


def imports(path: Path) -> set[str]:
    """Absolute dotted names of what a module of the package imports, at any depth."""
    found = set()
    package = ["sqlwright", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if len(p.relative_to(PACKAGE).parts) > 1)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = path.relative_to(PACKAGE).parts[0]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "sqlwright" or len(parts) < 2 or parts[1] == own:
            continue
        assert LAYER[parts[1]] < LAYER[own] or (own, parts[1]) in SIDEWAYS, f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_torch_stays_in_its_layer(path):
    relative = path.relative_to(PACKAGE).as_posix()
    if relative.startswith(TORCH_ALLOWED):
        return
    assert not {name.split(".")[0] for name in imports(path)} & TORCH
