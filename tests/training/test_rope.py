"""Scaled positions travel with the model: to training, beside an adapter, into a merged model and into GGUF."""

from __future__ import annotations

import json

import pytest
from transformers import AutoConfig, LlamaConfig

from sqlwright.core import ConfigError
from sqlwright.generation.hf import HfGenerator
from sqlwright.generation.rope import Scaling, context_tokens, read_scaling
from sqlwright.training.export.gguf import _add_shape, check_architecture, needs_llama_cpp
from sqlwright.training.loading import load_architecture, load_model
from sqlwright.training.run import train_language_model
from sqlwright.training.settings.load import config_from, load_config


@pytest.mark.parametrize(("kind", "kept"), [("linear", 8192), ("yarn", 8192), ("dynamic", 2048)])
def test_a_configuration_reads_more(kind, kept):
    config = LlamaConfig(max_position_embeddings=2048)
    Scaling(kind, 4).apply(config)
    assert config.rope_parameters["rope_type"] == kind
    assert config.max_position_embeddings == kept
    assert context_tokens(config) == 8192
    with pytest.raises(ConfigError, match="scales its positions already"):
        Scaling("linear", 2).apply(config)


def test_an_adapter_is_asked_with_the_positions_that_it_was_tuned_with(tuning, tmp_path):
    config = load_config(
        tuning, ["rope_scaling=linear", "rope_factor=4", "max_steps=1", "eval_steps=0", "save_steps=1"]
    )
    assert load_model(config).config.rope_parameters["factor"] == 4
    out = train_language_model(config)
    assert read_scaling(out) == Scaling("linear", 4.0)
    asked = HfGenerator(str(out), dtype="float32")
    assert asked.context_tokens == 4 * 2048
    assert asked.model.config.rope_parameters["rope_type"] == "linear"
    again = config_from({**config.to_dict(), "model_name_or_path": str(out), "rope_scaling": "", "rope_factor": 2.0})
    assert load_architecture(again).rope_parameters["factor"] == 4
    with pytest.raises(ConfigError, match="The adapter was tuned with rope_scaling: linear, rope_factor: 4"):
        load_model(again.changed(rope_scaling="yarn"))
    merged = asked.model.merge_and_unload()
    merged.save_pretrained(tmp_path / "merged")
    assert AutoConfig.from_pretrained(tmp_path / "merged").rope_parameters["factor"] == 4


def test_a_factor_without_a_scaling_is_refused():
    given = {"stage": "sft", "model_name_or_path": "m", "dataset": ["x"], "output_dir": "o"}
    with pytest.raises(ConfigError, match="rope_factor has no effect here: it needs rope_scaling"):
        config_from({**given, "rope_factor": 4})
    with pytest.raises(ConfigError, match=r"rope_factor is 1\."):
        config_from({**given, "rope_scaling": "yarn", "rope_factor": 1})


@pytest.mark.parametrize("kind", ["linear", "yarn"])
def test_gguf_has_the_scaling(kind, tmp_path):
    gguf = pytest.importorskip("gguf")
    config = LlamaConfig(max_position_embeddings=2048)
    Scaling(kind, 4).apply(config)
    assert check_architecture(config) == "llama"
    assert needs_llama_cpp(config)
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "llama")
    _add_shape(writer, config, 32)
    written = {name: value.value for name, value in writer.kv_data[0].items()}
    assert written["llama.rope.scaling.type"] == kind
    assert written["llama.rope.scaling.factor"] == 4
    assert written["llama.rope.scaling.original_context_length"] == 2048
    assert written["llama.context_length"] == 8192


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "rope.json").write_text(json.dumps({"type": "cubic", "factor": 2}))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_scaling(tmp_path)
