"""A small run that goes the whole road: a database, questions about it, a file that describes two trainings."""

from __future__ import annotations

import json
import shutil

import pytest

from ..models import llama  # noqa: F401  fixture

PAIRS = [
    ("How many customers are there?", "SELECT COUNT(*) FROM customer"),
    ("How many items are there?", "SELECT COUNT(*) FROM item"),
    ("How many orders are there?", "SELECT COUNT(*) FROM orders"),
    ("List the names of items.", "SELECT name FROM item"),
    ("List the names of customers.", "SELECT name FROM customer"),
    ("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),
    ("Who lives in Paris?", "SELECT name FROM customer WHERE city = 'Paris'"),
    ("What is the highest price?", "SELECT MAX(price) FROM item"),
    ("What is the lowest price?", "SELECT MIN(price) FROM item"),
    ("Which items cost more than 2?", "SELECT name FROM item WHERE price > 2"),
]
PRETRAINING = """stage: pt
dataset: [{rows}]
databases: {databases}
output_dir: {out}/base
finetuning_type: full
architecture:
  {{hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 128}}
vocabulary: 400
eval_samples: 4
max_steps: 4
per_device_train_batch_size: 4
learning_rate: 0.003
max_new_tokens: 12
eval_steps: 2
save_steps: 2
"""
TUNING = """stage: sft
model_name_or_path: {out}/base
dataset: [{rows}]
databases: {databases}
output_dir: {out}/tuned
eval_samples: 4
max_steps: 6
per_device_train_batch_size: 2
gradient_accumulation_steps: 2
group_size: 2
lora_rank: 4
lora_dropout: 0.1
learning_rate: 0.01
max_new_tokens: 12
eval_steps: 3
save_steps: 3
"""


@pytest.fixture
def folder(tmp_path, shop):
    (tmp_path / "databases" / "shop").mkdir(parents=True)
    shutil.copy(shop, tmp_path / "databases" / "shop" / "shop.sqlite")
    rows = [{"db_id": "shop", "question": q, "gold_sql": s} for q, s in PAIRS]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def configured(folder):
    names = {"rows": folder / "rows.jsonl", "databases": folder / "databases", "out": folder / "out"}
    path = folder / "both.yaml"
    path.write_text((PRETRAINING + "---\n" + TUNING).format(**names), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def base(llama):  # noqa: F811
    """A random Llama with a tokenizer; see tests/models.py."""
    return llama


@pytest.fixture
def tuning(folder, base):
    """The tuning alone, of a random model."""
    names = {"rows": folder / "rows.jsonl", "databases": folder / "databases", "out": folder / "out"}
    path = folder / "tuning.yaml"
    text = TUNING.format(**names).replace(f"{folder / 'out'}/base", str(base))
    path.write_text(text, encoding="utf-8")
    return path
