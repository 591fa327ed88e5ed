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
    "results": 1,
    "settings": 1,
    "hubs": 1,
    "meaning": 1,
    "data": 2,
    "synthesis": 2,
    "retrieval": 2,
    "parser": 2,
    "generation": 2,
    "saved": 2,
    "inference": 3,
    "receipt": 4,
    "evaluation": 4,
    "training": 4,
    "answering": 5,
    "api": 6,
    "serving": 7,
    "cli": 8,
}
# The module's docstring says why.
SIDEWAYS = {
    ("db", "sql"),
    ("meaning", "sql"),
    ("meaning", "db"),
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
    "generation/growing_cache.py",
    "generation/hf.py",
    "generation/hf_loading.py",
    "generation/gguf_folder.py",
    "generation/reward_model.py",
    "generation/vllm_constrain.py",
    "generation/vllm_engine.py",
    "parser/model.py",
    "parser/train.py",
    "parser/export.py",
    "parser/transfer.py",
)


UNKNOWN = "?"  # a module whose name is computed when it is imported


def imports(source: str, package: list[str]) -> set[str]:
    """Absolute dotted names of what a module in `package` imports, at any depth, also by `import_module`.

    `from a import b` counts as a and as a.b, since b may be a module.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            name = resolved("." * node.level + (node.module or ""), package)
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            found.add(by_call(node, package))
    return found


def by_call(call: ast.Call, package: list[str]) -> str:
    """`import_module(".x", __package__)` is read, and a computed name within the own package, `f".{name}"`."""
    arguments = [*call.args, *(k.value for k in call.keywords)]
    name, within = arguments[0], [ast.unparse(a) for a in arguments[1:]]
    parts = name.values if isinstance(name, ast.JoinedStr) else [name]
    start = parts[0].value if isinstance(parts[0], ast.Constant) else ""
    if not start.startswith("."):
        return UNKNOWN if len(parts) > 1 or not start else start
    if within not in (["__package__"], [repr(".".join(package))]):
        return UNKNOWN
    if len(parts) > 1:  # the part that is computed may be any name
        return ".".join(package) if start == "." else UNKNOWN
    return resolved(start, package)


def resolved(name: str, package: list[str]) -> str:
    level = len(name) - len(name.lstrip("."))
    base = package[: len(package) - level + 1] if level else []
    return ".".join([*base, *filter(None, [name[level:]])])


def imported_by(path: Path) -> set[str]:
    return imports(path.read_text(encoding="utf-8"), ["sqlwright", *path.relative_to(PACKAGE).parent.parts])


def refused(names: set[str], own: str) -> list[str]:
    """Those of `names` that a module of the package `own` must not import."""

    def allowed(other: str) -> bool:
        return other == own or other not in LAYER or LAYER[other] < LAYER[own] or (own, other) in SIDEWAYS

    return sorted(n for n in names if n == UNKNOWN or (n.startswith("sqlwright.") and not allowed(n.split(".")[1])))


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if len(p.relative_to(PACKAGE).parts) > 1)


def test_every_package_has_a_layer():
    assert {p.relative_to(PACKAGE).parts[0] for p in MODULES} == set(LAYER)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    assert refused(imported_by(path), path.relative_to(PACKAGE).parts[0]) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_torch_stays_in_its_layer(path):
    relative = path.relative_to(PACKAGE).as_posix()
    if relative.startswith(TORCH_ALLOWED):
        return
    assert not {name.split(".")[0] for name in imported_by(path)} & TORCH


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from ..serving import app", ["sqlwright.serving", "sqlwright.serving.app"]),
        ("from .. import serving", ["sqlwright.serving"]),
        ("from .. import __version__, cli as c", ["sqlwright.cli"]),
        ("from sqlwright import serving", ["sqlwright.serving"]),
        ("def f():\n    import sqlwright.db", ["sqlwright.db"]),
        ("import importlib\nimportlib.import_module('..serving', __package__)", ["sqlwright.serving"]),
        ("import_module('..serving.app', package='sqlwright.core')", ["sqlwright.serving.app"]),
        ("import_module('sqlwright.cli')", ["sqlwright.cli"]),
        ("__import__('sqlwright.cli')", ["sqlwright.cli"]),
        ("import_module(f'..{name}', __package__)", [UNKNOWN]),
        ("import_module('..cli', other)", [UNKNOWN]),
        ("import_module(name)", [UNKNOWN]),
        ("import_module(f'.{name}', __package__)", []),
        ("from . import errors\nfrom .errors import UsageError\nimport json", []),
    ],
)
def test_every_way_to_import_is_seen(source, found):
    assert refused(imports(source, ["sqlwright", "core"]), "core") == found


def test_torch_by_import_module_is_seen():
    assert imports("import_module('torch.nn')", ["sqlwright", "core"]) == {"torch.nn"}
