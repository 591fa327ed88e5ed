"""A whole training run from a file: keys are checked, rows are read, the folder can be asked."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import ConfigError
from sqlwright.generation import load_generator
from sqlwright.training.settings.load import load_config

ROWS = [
    ("How many customers are there?", "SELECT COUNT(*) FROM customer"),
    ("List the names of items.", "SELECT name FROM item"),
    ("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),
    ("Which rows are wrong?", "SELECT name FROM missing"),
]


@pytest.fixture
def config(tmp_path, shop):
    folder = tmp_path / "databases"
    for name in ("shop", "other"):
        (folder / name).mkdir(parents=True)
        shutil.copy(shop, folder / name / f"{name}.sqlite")
    rows = [{"db_id": d, "question": q, "gold_sql": s} for d in ("shop", "other") for q, s in ROWS]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    path = tmp_path / "run.yaml"
    path.write_text(
        f"stage: parser\ndataset: {{'{tmp_path / 'rows.jsonl'}': 2}}\ndatabases: {folder}\n"
        f"output_dir: {tmp_path / 'out'}\nheld_out: 1\nmax_steps: 2\nbatch_size: 2\neval_steps: 2\nsave_steps: 1\n",
        encoding="utf-8",
    )
    return path


def test_a_run_ends_in_a_folder_that_can_be_asked(config, tmp_path):
    done = CliRunner().invoke(cli, ["train", str(config), "logging_steps=1"], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(tmp_path / "out")
    assert "rows 6" in done.stderr
    assert "'no_such_table': 2" in done.stderr
    steps = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [s["step"] for s in steps if "loss" in s] == [1, 2]
    assert any("sequence_accuracy" in s for s in steps)
    assert load_generator(str(tmp_path / "out")).model.network.facts["config_of_run"]["max_steps"] == 2


def test_a_profiled_file_teaches_flags_and_others_plain_comparisons(config, tmp_path):
    from sqlwright.training.parser import read_sources

    database = tmp_path / "databases" / "letters" / "letters.sqlite"
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE letter (id INTEGER PRIMARY KEY, sender TEXT, is_read TEXT)")
        connection.executemany("INSERT INTO letter VALUES (?, ?, ?)", [(i, f"s{i}", "YN"[i % 2]) for i in range(20)])
    query = "SELECT COUNT(*) FROM letter WHERE is_read = 'Y'"
    path = tmp_path / "rows.jsonl"
    row = {"db_id": "letters", "question": "How many letters have been read?", "gold_sql": query}
    path.write_text(json.dumps(row), encoding="utf-8")
    plain = read_sources(load_config(config), lambda row: None)[0][str(path)]
    profiled = read_sources(load_config(config, [f"profiled=['{path}']"]), lambda row: None)[0][str(path)]
    assert "=" in plain[0].tokens
    assert "=" not in profiled[0].tokens
    with pytest.raises(ConfigError, match=r"`profiled` names 'x\.json'"):
        load_config(config, ["profiled=[x.json]"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("learning_rat=1", "learning_rate"),
        ("max_steps=many", "max_steps has to be of type int"),
        ("stage=parsr", "stage is 'parsr'"),
        ("seed", "Expected key=value, got 'seed'"),
    ],
)
def test_a_wrong_key_or_value_is_named(config, override, message):
    with pytest.raises(ConfigError) as caught:
        load_config(config, [override])
    assert message in str(caught.value)


def test_rows_about_invented_products_are_in_both_languages_and_can_be_laid_out():
    from sqlwright.parser.rows import UNANSWERABLE, lay_out_row
    from sqlwright.parser.runtime import load_pieces_tokenizer
    from sqlwright.parser.schema_text import Pieces
    from sqlwright.training.data.analyst_rows import product_rows
    from sqlwright.training.parser import BUILT_IN, PARSER_PROMPT, texts_of

    made = list(product_rows([0], 30, PARSER_PROMPT, ("webshop", "iot")))
    texts = texts_of({context.schema.db_id: context for context, _ in made}, Pieces(load_pieces_tokenizer(BUILT_IN)))
    rows = [row for _, found in made for row in found]
    assert {row.id.split("-")[2] for row in rows} == {"en", "zh", "no"}
    assert sum(row.tokens == UNANSWERABLE for row in rows) == 2 + 2 + 4  # the first product has no other to borrow from
    laid_out = [lay_out_row(row, texts[row.db_id], Pieces(load_pieces_tokenizer(BUILT_IN))) is not None for row in rows]
    assert sum(laid_out) >= 0.9 * len(rows)


def test_questions_on_a_translated_schema_are_asked_of_the_database(tmp_path):
    from collections import Counter

    from sqlwright.core import Example, Turn
    from sqlwright.data import DatabaseFolder
    from sqlwright.data.prompting import Contexts
    from sqlwright.data.schemas import read_schemas
    from sqlwright.parser.tokens import ColumnPointer, TablePointer
    from sqlwright.training.data.analyst_rows import database_rows
    from sqlwright.training.data.translated_rows import Translation, translated_rows
    from sqlwright.training.parser import PARSER_PROMPT

    (tmp_path / "shop").mkdir()
    with closing(sqlite3.connect(tmp_path / "shop" / "shop.sqlite")) as connection:
        connection.execute("CREATE TABLE Customer (ID INTEGER PRIMARY KEY, Name TEXT, City TEXT)")
        rows = [(i, f"Customer {chr(64 + i)}", ("Oslo", "Rome", "Bern")[i % 3]) for i in range(1, 20)]
        connection.executemany("INSERT INTO Customer VALUES (?, ?, ?)", rows)
        connection.commit()
    types, keys = ["text", "number", "text", "text"], {"primary_keys": [1], "foreign_keys": []}

    def tables(table, *columns):
        names = [[-1, "*"], *([0, column] for column in columns)]
        return [
            {"db_id": "shop", "table_names_original": [table], "table_names": [table], "column_names_original": names,
             "column_names": names, "column_types": types, **keys}
        ]  # fmt: skip

    for name, described in {
        "en": tables("customer", "id", "name", "city"),
        "zh": tables("顾客", "编号", "姓名", "城市"),
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
    folder = DatabaseFolder(tmp_path)
    with folder.open("shop") as database:
        schema = database.schema()
    translated, original = (read_schemas(tmp_path / f"{name}.json")["shop"] for name in ("zh", "en"))
    translation = Translation.of(translated, original, schema)
    assert translation is not None
    examples = [
        Example(id="1", db_id="shop", question="有哪些顾客？", gold_sql="select 姓名 from 顾客"),
        Example(id="2", db_id="shop", question="Oslo的呢？", gold_sql="select 姓名 from 顾客 where 城市 = 'Oslo'",
                history=(Turn("有哪些顾客？", "select 姓名 from 顾客"),)),
        Example(id="3", db_id="shop", question="?", gold_sql="select nothing from 顾客"),
        Example(id="4", db_id="other", question="?", gold_sql="select 1"),
    ]  # fmt: skip
    left_out: Counter[str] = Counter()
    made = translated_rows(examples, {"shop": translation}, Contexts(folder, None, PARSER_PROMPT), {}, left_out)
    assert left_out == {"no_such_column": 1, "no database": 1}
    name = ColumnPointer("Customer", "Name")
    assert made[0].tokens == ("select", name, "end")
    assert made[1].tokens[:3] == ("select", name, "where")
    assert made[1].last_query == made[0].tokens
    [(_, generated)] = database_rows(folder, ["shop"], 30, PARSER_PROMPT, {"shop": translation})
    chinese = [row for row in generated if row.id.split("-")[1] == "zh"]
    assert any("顾客" in row.question and TablePointer("Customer") in row.tokens for row in chinese)
    wider = read_schemas(tmp_path / "en.json")["shop"]
    assert Translation.of(replace(translated, tables=()), wider, schema) is None


def test_a_run_can_begin_with_another_encoder(config, tmp_path):
    import torch
    from safetensors.torch import save_file

    from sqlwright.parser.graph_cache import BUILT_IN
    from sqlwright.parser.model import _BERT_NAMES, ModelConfig, Parser
    from sqlwright.parser.runtime import TOKENIZER

    shape = ModelConfig(encoder_layers=2, lower_layers=1, vocabulary=40_000)
    encoder = Parser(shape)
    weights = {
        "embeddings.word_embeddings.weight": encoder.pieces.weight,
        "embeddings.position_embeddings.weight": encoder.positions.weight,
        "embeddings.token_type_embeddings.weight": torch.zeros(2, shape.width),
        "embeddings.LayerNorm.weight": encoder.norm.weight,
        "embeddings.LayerNorm.bias": encoder.norm.bias,
    }
    for theirs, ours in _BERT_NAMES.items():
        part = encoder.lower_layers[0].get_submodule(ours)
        weights[f"encoder.layer.0.{theirs}.weight"], weights[f"encoder.layer.0.{theirs}.bias"] = part.weight, part.bias
    folder = tmp_path / "encoder"
    folder.mkdir()
    save_file({k: v.detach().clone() for k, v in weights.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"vocab_size": 40_000}), encoding="utf-8")
    shutil.copy(BUILT_IN / TOKENIZER, folder)

    overrides = [f"encoder={folder}", "encoder_layers=1", "analyst_questions=6", "eval_samples=2"]
    done = CliRunner().invoke(cli, ["train", str(config), *overrides], catch_exceptions=False)
    assert done.exit_code == 0
    assert "analysts' questions" in done.stderr
    trained = load_generator(str(tmp_path / "out")).model.network.facts["config"]
    assert (trained["lower_layers"], trained["encoder_layers"], trained["bridge"]) == (1, 5, True)


def test_a_dry_run_reads_the_data_and_trains_nothing(config, tmp_path):
    done = CliRunner().invoke(cli, ["train", str(config), "--dry-run"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "held out   1 databases, 3 questions" in done.stdout
    assert "data       3 rows, of which an epoch shows about 6" in done.stdout
    assert "steps      2, 0.67 epochs" in done.stdout
    assert "6 rows of" in done.stdout
    assert "left out: 2 no_such_table" in done.stdout
    assert "How many customers are there?\nselect count" in done.stdout
    assert not (tmp_path / "out").exists()
    done = CliRunner().invoke(cli, ["train", str(config), "--dry-run", "--json"], catch_exceptions=False)
    (run,) = json.loads(done.stdout)
    assert [trained for _, trained in run["example"]] == [False, True]
