"""Which examples a run learns, which it holds out, and which it names and leaves."""

from __future__ import annotations

import json

import pytest

from sqlwright.core import ConfigError, DataError
from sqlwright.training.data.sources import read_data
from sqlwright.training.stages.sft import Config


def config(folder, **more) -> Config:
    given = {"dataset": (str(folder / "rows.jsonl"),), "databases": str(folder / "databases"), "eval_samples": 2}
    return Config(**{"stage": "sft", "output_dir": "o", "model_name_or_path": "m", **given, **more})


def add(folder, **row) -> None:
    with (folder / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(row))


def test_a_question_without_sql_is_named(folder):
    add(folder, id="lost", db_id="shop", question="Who?", gold_sql="")
    with pytest.raises(DataError, match="question 'lost' has no SQL to learn from"):
        read_data(config(folder))


def test_what_cannot_be_used_is_counted(folder):
    add(folder, db_id="elsewhere", question="Who?", gold_sql="SELECT 1")
    data = read_data(config(folder))
    assert data.left_out == {"no database or schema": 1}
    assert len(data.train) + len(data.held_out) == 10
    assert len(data.held_out) == 2


def test_the_sample_is_the_same_each_time(folder):
    first, second = (read_data(config(folder)).sample(2, 0) for _ in range(2))
    assert first == second


def test_synthetic_pairs_keep_clear_of_the_held_out(folder):
    data = read_data(
        config(folder, dataset=("synthetic:20",), eval_dataset=(str(folder / "rows.jsonl"), "synthetic:5"))
    )
    assert len(data.train) == 20
    assert {e.db_id for e in data.train} == {"shop"}
    assert not {e.question for e in data.train} & {e.question for e in data.held_out}


def test_synthetic_without_a_number_says_what_to_write(folder):
    with pytest.raises(ConfigError, match="synthetic:1000"):
        read_data(config(folder, dataset=("synthetic:",)))
