"""The kept graphs answer as the model's own, and are never used where they are not those of the model."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from sqlwright.parser import graph_cache
from sqlwright.parser.graph_cache import BUILT_IN, load_sessions
from sqlwright.parser.weights import GRAPHS

PIECES = np.arange(5, 17, dtype=np.int64)


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_GRAPHS", str(tmp_path / "graphs"))
    return tmp_path / "graphs"


@pytest.fixture(scope="module")
def expected():
    return read(load_sessions(BUILT_IN, 1))  # conftest turns the cache off


def read(sessions):
    return sessions[0].run(None, {"pieces": PIECES})[0]


def kept_in(root):
    return sorted(path.name for path in root.iterdir())


def test_kept_graphs_give_the_same_numbers_and_are_private(root, expected):
    assert np.array_equal(read(load_sessions(BUILT_IN, 1)), expected)
    (folder,) = root.iterdir()
    assert {*GRAPHS} <= {path.name for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o077 == 0
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert np.array_equal(read(load_sessions(BUILT_IN, 1)), expected)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before  # read, not written again


def test_a_broken_folder_is_replaced(root, expected):
    load_sessions(BUILT_IN, 1)
    (folder,) = root.iterdir()
    (folder / GRAPHS[0]).write_bytes(b"no graph")
    assert np.array_equal(read(load_sessions(BUILT_IN, 1)), expected)
    load_sessions(BUILT_IN, 1)
    assert (folder / GRAPHS[0]).stat().st_size > 1000


def test_a_folder_that_others_may_write_to_is_not_read(root, expected, monkeypatch):
    load_sessions(BUILT_IN, 1)
    (folder,) = root.iterdir()
    loaded = []
    real = graph_cache._session

    def noted(ort, path, threads, **given):
        loaded.append(path.parent)
        return real(ort, path, threads, **given)

    monkeypatch.setattr(graph_cache, "_session", noted)
    load_sessions(BUILT_IN, 1)
    assert set(loaded) == {folder}
    loaded.clear()
    (folder / GRAPHS[0]).chmod(0o666)
    assert np.array_equal(read(load_sessions(BUILT_IN, 1)), expected)
    assert set(loaded) == {BUILT_IN}


def test_another_model_or_version_has_another_key_and_the_oldest_are_deleted(root, tmp_path, monkeypatch):
    model = tmp_path / "model"
    shutil.copytree(BUILT_IN, model)
    first = graph_cache._key(model, "1.0")
    assert graph_cache._key(model, "1.1") != first
    os.utime(model / "parser.safetensors")  # as a tuned model that is written again
    assert graph_cache._key(model, "1.0") != first
    root.mkdir(mode=0o700)
    for number in range(5):
        (root / str(number)).mkdir()
        os.utime(root / str(number), (number, number))
    monkeypatch.setattr(graph_cache, "MOST_KEPT", 2)
    graph_cache._prune(root)
    assert kept_in(root) == ["3", "4"]


def test_where_nothing_can_be_written_the_model_still_loads(tmp_path, monkeypatch, expected):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SQLWRIGHT_GRAPHS", str(tmp_path / "file" / "graphs"))
    assert np.array_equal(read(load_sessions(BUILT_IN, 1)), expected)


def test_sessions_that_were_loaded_early_are_taken_once(monkeypatch, expected):
    asked = []
    monkeypatch.setattr(graph_cache, "_loaded", lambda *given: asked.append(given) or given)
    graph_cache.load_early(lambda: True, BUILT_IN, 1)
    assert load_sessions(BUILT_IN, 1) == (BUILT_IN, 1)
    assert asked == [(BUILT_IN, 1)]
    load_sessions(BUILT_IN, 1)
    graph_cache.load_early(lambda: False, BUILT_IN, 1)  # another model may answer: nothing is loaded in vain
    load_sessions(BUILT_IN, 1)
    assert len(asked) == 3
