"""Hub sources: a folder stands in for the Hugging Face hub, a stub module for ModelScope."""

from __future__ import annotations

import json
import sys
import types

import pytest

from sqlwright.core import DataError, MissingExtraError
from sqlwright.data import read_examples

ROWS = [{"db_id": "bakery", "question": f"Question {i}?", "query": f"SELECT {i}"} for i in range(3)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for split in ("train", "test"):
        rows = ROWS if split == "train" else ROWS[:1]
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return tmp_path


def test_hugging_face_rows_of_the_train_split_unless_named(folder):
    assert [e.gold_sql for e in read_examples(f"hf:{folder}")] == ["SELECT 0", "SELECT 1", "SELECT 2"]
    assert [e.gold_sql for e in read_examples(f"hf:{folder}", split="test")] == ["SELECT 0"]


def test_an_unknown_split_is_an_error_that_names_the_source(folder):
    with pytest.raises(DataError, match="hf:"):
        list(read_examples(f"hf:{folder}", split="dev"))


def test_modelscope_gets_name_split_and_revision(monkeypatch):
    calls = []

    class MsDataset:
        @staticmethod
        def load(name, **options):
            calls.append((name, options["split"], options["version"]))
            return iter(ROWS)

    stub = types.ModuleType("modelscope.msdatasets")
    stub.MsDataset = MsDataset
    monkeypatch.setitem(sys.modules, "modelscope", types.ModuleType("modelscope"))
    monkeypatch.setitem(sys.modules, "modelscope.msdatasets", stub)
    assert len(list(read_examples("modelscope:owner/set@v2", split="dev"))) == 3
    assert len(list(read_examples("modelscope:owner/set"))) == 3
    assert calls == [("owner/set", "dev", "v2"), ("owner/set", "train", "master")]


@pytest.mark.parametrize(("source", "module"), [("hf:a/b", "datasets"), ("modelscope:a/b", "modelscope")])
def test_a_missing_library_names_the_extra(monkeypatch, source, module):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.msdatasets", None)
    with pytest.raises(MissingExtraError, match=r"sqlwright\[hub\]"):
        list(read_examples(source))
