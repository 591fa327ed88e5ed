"""A GGUF file as a folder that transformers reads: weights, tokenizer, chat template.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. transformers dequantizes the weights. It ignores two facts
of the file: the name of the split of a byte-level tokenizer (`tokenizer.ggml.pre`) and scaled positions. The tokenizer
is therefore made here, by name; a file whose split or positions are not known is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast
from transformers.utils import logging

from ..core import GenerationError, MissingExtraError, UsageError

CONTROL, USER_DEFINED, UNUSED = 3, 4, 5  # gguf.TokenType
_CASES = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# The regular expressions that llama.cpp has under these names, before bytes are merged; see training/export.
_REGEX = {
    "llama-bpe": rf"{_CASES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}{_REST}",
    "qwen2": rf"{_CASES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{_REST}",
}
_DIGITS_FIRST = ("smollm", "starcoder", "refact")  # GPT-2's split after every digit is put apart
SPLITS = ("gpt-2", *_DIGITS_FIRST, *_REGEX)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The metadata of a file, without its tensors."""

    fields: Mapping[str, Any]
    tensors: frozenset[str]

    def get(self, name: str, default: Any = None) -> Any:
        found = self.fields.get(name)
        return default if found is None else found.contents()


def folder_of(path: Path) -> Path:
    """The folder made from `path`, in the user's cache; made on first use, and anew when the file changes.

    SQLWRIGHT_GGUF may name another folder than `gguf` in the cache. A folder takes 2 bytes a weight, 4 for a file in
    float32. Raises what `write_folder` raises.
    """
    import platformdirs

    state = path.resolve().stat()
    key = hashlib.sha256(f"{path.resolve()}/{state.st_size}/{state.st_mtime_ns}".encode()).hexdigest()[:16]
    cache = os.environ.get("SQLWRIGHT_GGUF") or Path(platformdirs.user_cache_dir("sqlwright", appauthor=False)) / "gguf"
    folder = Path(cache).expanduser() / f"{path.stem}-{key}"
    if not (folder / "config.json").is_file():
        unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        try:
            write_folder(path, unfinished)
            if not folder.exists():  # another process may have been faster
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def write_folder(path: Path, folder: Path) -> None:
    """Write the model in the GGUF file `path` to `folder`, with its tokenizer and template.

    Weights of quantized files are written as float16, whose rounding (at most 1 in 2,000) is far below that of the
    file. Raises GenerationError for a file that cannot be read, UsageError for one that transformers would read
    wrongly, MissingExtraError without the `gguf` package.
    """
    facts = _read(path)
    _refuse_misread(path, facts)
    tokenizer = _tokenizer(path, facts)
    dtype = _stored(facts)
    with _quiet():
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=dtype)
        except (OSError, ValueError, KeyError) as error:
            raise GenerationError(f"{str(path)!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # it is dequantized; save_pretrained refuses it as it is
    config.dtype, config.architectures, config._name_or_path = dtype, [type(model).__name__], ""
    for name in ("bos", "eos", "pad"):
        setattr(config, f"{name}_token_id", facts.get(f"tokenizer.ggml.{_NAMES[name]}_token_id"))
    weights = {name: w.detach().to(dtype).contiguous() for name, w in model.state_dict().items()}
    if config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    ends = {"eos_token_id": config.eos_token_id, "pad_token_id": config.pad_token_id}
    generation: Any = GenerationConfig(bos_token_id=config.bos_token_id, **ends)  # type: ignore[no-untyped-call]
    generation.save_pretrained(folder)
    config.save_pretrained(folder)  # last: a folder with a config is whole
    (folder / "model.safetensors").chmod((folder / "config.json").stat().st_mode)  # safetensors lets nobody else read


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bar of transformers, and its advice to leave the weights packed."""
    level = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.set_verbosity(level)


def license_of(path: Path) -> str:
    """What the file says of its license; "" where it says nothing."""
    return str(_read(path).get("general.license", ""))


_NAMES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}


def _read(path: Path) -> _Facts:
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise MissingExtraError("Reading a GGUF file needs the gguf package.", "train") from error
    try:
        reader = GGUFReader(path)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise GenerationError(f"{str(path)!r} is not a readable GGUF file: {error}") from error
    return _Facts(reader.fields, frozenset(tensor.name for tensor in reader.tensors))


def _refuse_misread(path: Path, facts: _Facts) -> None:
    scaling = facts.get(f"{facts.get('general.architecture')}.rope.scaling.type", "none")
    if scaling != "none" or "rope_freqs.weight" in facts.tensors:
        raise UsageError(
            f"{str(path)!r} scales its positions, which transformers does not read from a GGUF file.",
            "Run it with llama.cpp's server and name it as -m openai:NAME@BASE_URL, or use the model's own folder.",
        )
    if facts.get("tokenizer.ggml.model") == "gpt2" and (pre := facts.get("tokenizer.ggml.pre")) not in SPLITS:
        raise UsageError(
            f"The tokenizer of {str(path)!r} splits text as {pre!r} does; expected one of {', '.join(SPLITS)}.",
            "Run it with llama.cpp's server and name it as -m openai:NAME@BASE_URL, or use the model's own folder.",
        )


def _stored(facts: _Facts) -> torch.dtype:
    kind = facts.get("general.file_type")  # gguf.LlamaFileType
    return {0: torch.float32, 32: torch.bfloat16}.get(kind, torch.float16)


def _tokenizer(path: Path, facts: _Facts) -> Any:
    template = facts.get("tokenizer.chat_template")
    if facts.get("tokenizer.ggml.model") != "gpt2":  # SentencePiece: transformers reads all that the file says
        try:
            found: Any = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        except (OSError, ValueError, KeyError) as error:
            raise GenerationError(f"The tokenizer of {str(path)!r} cannot be read: {error}") from error
        found.chat_template = template or found.chat_template
        return found
    tokens, types = facts.get("tokenizer.ggml.tokens"), facts.get("tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in facts.get("tokenizer.ggml.merges")]
    known = {t: i for i, (t, kind) in enumerate(zip(tokens, types, strict=True)) if kind != UNUSED}
    made = Tokenizer(models.BPE(known, merges))
    pre = facts.get("tokenizer.ggml.pre")
    made.pre_tokenizer = _split(pre)
    made.decoder = decoders.ByteLevel()
    whole = [AddedToken(t, normalized=False) for t, k in zip(tokens, types, strict=True) if k == CONTROL]
    named = [AddedToken(t, normalized=False) for t, k in zip(tokens, types, strict=True) if k == USER_DEFINED]
    made.add_special_tokens(whole)
    made.add_tokens(named)
    special = {}
    for name, spelled in _NAMES.items():
        index = facts.get(f"tokenizer.ggml.{spelled}_token_id")
        if index is not None:
            special[f"{name}_token"] = tokens[index]
    if facts.get("tokenizer.ggml.add_bos_token", pre == "llama-bpe") and "bos_token" in special:
        bos = special["bos_token"]
        made.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokens.index(bos))]
        )
    fast: Any = PreTrainedTokenizerFast(tokenizer_object=made, **special)  # type: ignore[no-untyped-call]
    fast.chat_template = template
    return fast


def _split(name: str) -> Any:
    if name in _REGEX:
        steps = [pre_tokenizers.Split(Regex(_REGEX[name]), "isolated")]
        return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if name in _DIGITS_FIRST:
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), words])
    return words
