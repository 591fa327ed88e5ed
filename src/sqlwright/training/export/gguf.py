"""A transformers model as one GGUF file, which llama.cpp and Ollama run.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Weights go through tensor by tensor, so that beside the model
only one of them is held. Matrices are quantized in blocks of 32 by the `gguf` package; vectors stay float32, and in a
Q4_0 file the embedding and the output are Q8_0, since llama.cpp's own files keep them finer than the rest as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from ...core import MissingExtraError, UsageError
from ...prompts.chat import answer_stops
from ...prompts.templates import ChatTemplate
from .gguf_vocabulary import Vocabulary, vocabulary_of
from .ollama import begins_with_bos

Quantize = Literal["f32", "f16", "bf16", "q8_0", "q4_0"]
FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7, "bf16": 32}  # gguf.LlamaFileType
BLOCK = 32  # numbers that share a scale in q8_0 and q4_0
ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "gemma": "gemma"}  # model_type -> GGUF's
KNOWN = "GGUF is written for Llama, Code Llama, Mistral, Qwen 2 and 2.5, and the first Gemma."


def write_gguf(
    model: Any, tokenizer: Any, template: ChatTemplate, path: Path, *, name: str, quantize: Quantize
) -> None:
    """`model` is in float32 and stays as it is.

    Raises MissingExtraError without the `gguf` package, UsageError for a model or tokenizer that no GGUF is known to
    give back rightly, and OSError.
    """
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("A GGUF file needs the gguf package.", "train") from error
    architecture = check_architecture(model.config)
    vocabulary = vocabulary_of(tokenizer, model.get_input_embeddings().num_embeddings)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(name)
    writer.add_file_type(FILE_TYPES[quantize])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_shape(writer, model.config, len(vocabulary.tokens))
    _add_vocabulary(writer, vocabulary, tokenizer, template)
    kinds = []
    for tensor, weights in _arranged(model):
        kind = _kind(tensor, weights.shape, quantize)
        block, size = gguf.GGML_QUANT_SIZES[kind]
        nbytes = weights.numel() // block * size
        writer.add_tensor_info(tensor, tuple(weights.shape), np.dtype(np.float32), nbytes, raw_dtype=kind)
        kinds.append(kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for kind, (_, weights) in zip(kinds, _arranged(model), strict=True):
        writer.write_tensor_data(gguf.quants.quantize(_numpy(weights), kind))
    writer.close()


@torch.no_grad()
def round_weights(model: Any, quantize: Quantize) -> bool:
    """Change the weights to what a file of this quantization gives back; whether that changed any of them."""
    from gguf.quants import dequantize
    from gguf.quants import quantize as pack

    changed = False
    for _, tensor, weights in _placed(model):
        kind = _kind(tensor, weights.shape, quantize)
        rounded = torch.from_numpy(dequantize(pack(_numpy(weights), kind), kind).copy()).to(weights)
        changed = changed or not torch.equal(rounded, weights)
        weights.copy_(rounded)
    return changed


def file_size(model: Any, quantize: Quantize) -> int:
    """Bytes of the weights in such a file."""
    import gguf

    total = 0
    for _, tensor, weights in _placed(model):
        block, size = gguf.GGML_QUANT_SIZES[_kind(tensor, weights.shape, quantize)]
        total += weights.numel() // block * size
    return total


def check_architecture(config: Any) -> str:
    """GGUF's name of the architecture. Raises UsageError for one that cannot be written rightly."""
    if config.model_type not in ARCHITECTURES:
        raise UsageError(f"A model of the type {config.model_type!r} cannot become a GGUF here.", KNOWN)
    kind = _rope(config).get("rope_type", "default")
    if kind not in ("default", "llama3", "linear", "yarn"):
        raise UsageError(
            f"The model scales its positions by {kind!r}; GGUF is written for linear, yarn and llama3.",
            "Export safetensors.",
        )
    return ARCHITECTURES[config.model_type]


def needs_llama_cpp(config: Any) -> bool:
    """Whether transformers misreads such a file: it knows no first Gemma, and drops scaled positions."""
    return bool(config.model_type == "gemma" or _rope(config).get("rope_type", "default") != "default")


def _rope(config: Any) -> dict[str, Any]:
    return dict(getattr(config, "rope_parameters", None) or {})


def _add_shape(writer: Any, config: Any, vocabulary: int) -> None:
    head = _head_size(config)
    writer.add_vocab_size(vocabulary)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head)
    rope = _rope(config)
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10_000.0)))
    if rope.get("rope_type") in ("linear", "yarn"):
        import gguf

        kind, factor = gguf.RopeScalingType(rope["rope_type"]), float(rope["factor"])
        writer.add_rope_scaling_type(kind)
        writer.add_rope_scaling_factor(factor)
        trained = rope.get("original_max_position_embeddings") or round(config.max_position_embeddings / factor)
        writer.add_rope_scaling_orig_ctx_len(trained)


def _head_size(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _add_vocabulary(writer: Any, vocabulary: Vocabulary, tokenizer: Any, template: ChatTemplate) -> None:
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.model == "gpt2":
        writer.add_token_merges(vocabulary.merges)
    else:
        writer.add_token_scores(vocabulary.scores)
        writer.add_add_space_prefix(vocabulary.space_prefix)
    ids = {text: index for index, text in enumerate(vocabulary.tokens)}
    for kind in ("bos", "eos", "unk", "pad"):
        index = getattr(tokenizer, f"{kind}_token_id")
        if index is not None:
            getattr(writer, f"add_{kind}_token_id")(index)
    ends = [ids[text] for text in answer_stops(template) if text in ids and ids[text] != tokenizer.eos_token_id]
    if ends:
        writer.add_eot_token_id(ends[0])
    # llama.cpp and Ollama put the bos token before every prompt where this says so, and the Modelfile's template not.
    writer.add_add_bos_token(begins_with_bos(template))
    writer.add_chat_template(untracked(template.source))


def untracked(source: str) -> str:
    """A chat template without the tags that mark answers for training, which readers of GGUF do not know.

    A comment in their place strips the blanks around it as the tag did.
    """
    return re.sub(r"\{%([-+]?)\s*(?:end)?generation\s*([-+]?)%\}", r"{#\1 \2#}", source)


def _placed(model: Any) -> Iterator[tuple[str, str, torch.Tensor]]:
    """Every weight with its names here and in GGUF; the output is left out where it is the embedding."""
    import gguf

    architecture = ARCHITECTURES[model.config.model_type]
    key = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    known = gguf.get_tensor_name_map(key, model.config.num_hidden_layers)
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    for name, weights in model.state_dict().items():
        if tied and name == "lm_head.weight":
            continue
        found = known.get_name(name, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise UsageError(f"GGUF has no place for the weights {name!r} of this model.", "Export safetensors.")
        yield name, found, weights


def _arranged(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Names and weights as GGUF has them.

    Rotary pairs are neighbours in its llama and halves of a head in transformers, whose Gemma norms lack their 1.
    """
    config = model.config
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    if _rope(config).get("rope_type") == "llama3":
        yield "rope_freqs.weight", _llama3_factors(config)
    for name, tensor, weights in _placed(model):
        count = heads.get(name.split(".")[-2])
        if config.model_type == "gemma" and name.endswith("norm.weight"):
            yield tensor, weights + 1
        elif ARCHITECTURES[config.model_type] == "llama" and count:
            yield tensor, weights.reshape(count, 2, -1, *weights.shape[1:]).transpose(1, 2).reshape(weights.shape)
        else:
            yield tensor, weights


def _llama3_factors(config: Any) -> torch.Tensor:
    """(head size / 2,): what each rotary frequency is divided by. As transformers' `rope_type: llama3` computes it."""
    rope, head = _rope(config), _head_size(config)
    old = rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    factors = []
    for i in range(0, head, 2):
        turns = old / (2 * math.pi * rope["rope_theta"] ** (i / head))  # in the context it was trained on
        smooth = min(1.0, max(0.0, (turns - low) / (high - low)))
        factors.append(1 / ((1 - smooth) / factor + smooth))
    return torch.tensor(factors)


def _kind(tensor: str, shape: torch.Size, quantize: Quantize) -> Any:
    """A gguf.GGMLQuantizationType: float32 for vectors, float16 for a row that blocks do not fill."""
    from gguf import GGMLQuantizationType

    chosen: str = quantize
    if len(shape) == 1:
        chosen = "f32"
    elif quantize in ("q8_0", "q4_0") and shape[-1] % BLOCK:
        chosen = "f16"
    elif quantize == "q4_0" and tensor in ("token_embd.weight", "output.weight"):
        chosen = "q8_0"
    return GGMLQuantizationType[chosen.upper()]


def _numpy(weights: torch.Tensor) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(weights.float().cpu().numpy())
