"""The Python of docs/retrieval.md runs as it stands there, against a small database and a scripted model."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "retrieval.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def names(shop, tmp_path, monkeypatch):
    script = tmp_path / "answers.jsonl"
    sql = "SELECT COUNT(*) FROM customer WHERE city = 'Oslo'"
    script.write_text(json.dumps({"question": "How many customers live in Oslo?", "text": sql}))
    monkeypatch.chdir(shop.parent)
    return {"model": f"scripted:{script}"}


def test_teaching_and_asking(names, capsys):
    exec(BLOCKS[0], names)
    kind, _, score = capsys.readouterr().out.splitlines()[0].split()
    assert kind == "pair"
    assert float(score) > 0.5
    assert names["answer"].table.rows == ((1,),)


def test_the_langchain_chains(names, capsys):
    pytest.importorskip("langchain_classic", reason="LangChain is not installed (extra rag)")
    for block in BLOCKS:
        exec(block, names)
    shown = capsys.readouterr().out
    assert shown.count("WHERE city = 'Oslo'") == 2
    assert "((1,),)" in shown
