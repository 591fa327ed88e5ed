"""`import sqlwright` is cheap, and what it offers is complete, documented and typed."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import sqlwright

ROOT = Path(__file__).parents[2]
VERBS = ("ask", "run", "check", "remember", "predict", "evaluate", "compare", "train", "adapt", "synthesize")


def names_for_type_checkers():
    """What the block under TYPE_CHECKING imports."""
    tree = ast.parse(Path(sqlwright.__file__).read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    return {alias.name for node in block.body for alias in node.names}


def test_all_is_complete_and_in_order():
    assert sqlwright.__all__ == sorted(sqlwright.__all__)
    assert set(sqlwright.__all__) == {*sqlwright._HOME, "__version__"} == {*names_for_type_checkers(), "__version__"}
    assert set(VERBS) < set(sqlwright.__all__)
    assert set(sqlwright.__all__) <= set(dir(sqlwright))


@pytest.mark.parametrize("name", sqlwright.__all__)
def test_every_public_name_exists(name):
    assert getattr(sqlwright, name) is not None


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'aks'"):
        sqlwright.aks  # noqa: B018


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_documents_its_arguments_and_errors(name):
    verb = getattr(sqlwright, name)
    documented = set(re.findall(r"^    (\w+): ", inspect.getdoc(verb), re.MULTILINE))
    parameters = inspect.signature(verb).parameters
    assert set(parameters) <= documented
    assert "Returns:" in verb.__doc__
    assert all(p.annotation is not p.empty for p in parameters.values())
    assert "return" in typing.cast(typing.Any, inspect.unwrap(verb)).__annotations__


def test_importing_sqlwright_imports_nothing_else():
    code = (
        "import sys, json; before = set(sys.modules); import sqlwright; "
        "print(json.dumps([*sys.modules.keys() - before]))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found = {name for name in json.loads(shown) if name.split(".")[0] not in sys.stdlib_module_names}
    assert found == {"sqlwright", "sqlwright.telemetry"}


def test_there_is_one_version_number():
    """pyproject.toml reads it from the package; the citation and the changelog name the same."""
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    assert f"\nversion: {sqlwright.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest[1] == sqlwright.__version__
