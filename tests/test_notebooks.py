"""Both notebooks run from the first cell to the last, and are small."""

from __future__ import annotations

import os

import pytest

from .conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELL_S = 600  # on a loaded machine
SIZE_LIMIT = 60_000  # bytes


def printed(notebook):
    return [
        "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed (extra dev)")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed (extra dev)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=CELL_S, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any("McNemar p" in text for text in printed(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_output_and_small(path):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed (extra dev)")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert any("McNemar p" in text for text in printed(notebook))
    assert not any(output.output_type == "error" for cell in notebook.cells for output in cell.get("outputs", []))
    assert path.stat().st_size < SIZE_LIMIT


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["ask_and_prove", "tune_a_small_model"]
