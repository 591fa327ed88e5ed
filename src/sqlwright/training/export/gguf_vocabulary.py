"""A tokenizer's vocabulary in the terms of a GGUF file, whose readers bring the algorithms and take only the data.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Two kinds are known to give the same tokens: byte-level BPE
whose text is split by one of SPLITS, and SentencePiece's BPE with bytes to fall back on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core import UsageError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6  # gguf.TokenType

_ASCII_CASES = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
# The regular expression of a pre-tokenizer -> the name by which llama.cpp knows it.
SPLITS = {
    rf"{_ASCII_CASES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}{_REST}": "llama-bpe",
    rf"{_ASCII_CASES}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{_REST}": "qwen2",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`model` is "gpt2" or "llama", `tokens`, `types` and `scores` are by id; `merges` has pairs joined by a blank.

    Byte-level BPE has merges and a `pre` and no scores; SentencePiece has scores and neither of the others.
    """

    model: str
    tokens: tuple[str, ...]
    types: tuple[int, ...]
    pre: str = "default"
    merges: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    space_prefix: bool = False


def vocabulary_of(tokenizer: Any, size: int) -> Vocabulary:
    """`tokenizer` is transformers' fast one; ids below `size`, the embedding's rows, are filled with unused tokens.

    Raises UsageError for a tokenizer of which no GGUF is known to be right.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise UsageError("This tokenizer has no tokenizer.json to make a GGUF from.", "Export safetensors.")
    parts = json.loads(backend.to_str())
    model = parts["model"]
    if model["type"] != "BPE":
        raise UsageError(
            f"The tokenizer is of the type {model['type']}; GGUF is written for byte-level BPE (Llama 3, Qwen) "
            "and SentencePiece's BPE (Llama 2, Mistral, Gemma).",
            "Export safetensors.",
        )
    added = {entry["id"]: entry for entry in parts.get("added_tokens", [])}
    spelled: dict[int, str] = {index: token for token, index in model["vocab"].items()}
    spelled |= {index: entry["content"] for index, entry in added.items()}
    pieces = bool(model.get("byte_fallback"))
    tokens = tuple(spelled.get(i, f"[PAD{i}]") for i in range(max(size, max(spelled) + 1)))
    types = tuple(_type(i, spelled, added, model, pieces) for i in range(len(tokens)))
    merges = tuple(pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"])
    if not pieces:
        return Vocabulary("gpt2", tokens, types, pre=_split_name(parts), merges=merges)
    return Vocabulary("llama", tokens, types, scores=_scores(tokens, types, merges), space_prefix=_prefixes(parts))


def _type(index: int, spelled: Mapping[int, str], added: Mapping[int, Any], model: Any, pieces: bool) -> int:
    if index not in spelled:
        return UNUSED
    token = spelled[index]
    if pieces and token == model.get("unk_token"):
        return UNKNOWN
    if index in added:
        return CONTROL if added[index]["special"] else USER_DEFINED
    is_byte = pieces and len(token) == 6 and token.startswith("<0x") and token.endswith(">")
    return BYTE if is_byte else NORMAL


def _scores(tokens: tuple[str, ...], types: tuple[int, ...], merges: tuple[str, ...]) -> tuple[float, ...]:
    """SentencePiece joins the pair whose whole has the highest score: the earlier a merge, the higher."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        ranks.setdefault(merge.replace(" ", ""), rank)
    last = len(merges)
    return tuple(-float(ranks.get(t, last)) if kind == NORMAL else 0.0 for t, kind in zip(tokens, types, strict=True))


def split_name(tokenizer: Any) -> str:
    """llama.cpp's name of how `tokenizer` splits text before merging; "" for SentencePiece, which does not."""
    parts = json.loads(tokenizer.backend_tokenizer.to_str())
    return "" if parts["model"].get("byte_fallback") else _split_name(parts)


def _split_name(parts: Mapping[str, Any]) -> str:
    """Raises UsageError for a split that llama.cpp is not known to have."""
    found = parts.get("pre_tokenizer") or {}
    *first, last = found.get("pretokenizers", [found])
    normalizer = (parts.get("normalizer") or {}).get("type")
    by_bytes = last.get("type") == "ByteLevel" and not last.get("add_prefix_space")
    if by_bytes and normalizer in (None, "NFC"):
        words = last.get("use_regex", True)  # GPT-2's regular expression
        kinds = [step.get("type") for step in first]
        if words and not kinds:
            return "gpt-2"
        if words and kinds == ["Digits"] and first[0].get("individual_digits"):
            return "smollm"
        if not words and kinds == ["Split"] and first[0].get("behavior") == "Isolated" and not first[0].get("invert"):
            regex = first[0]["pattern"].get("Regex", "")
            if regex in SPLITS:
                return SPLITS[regex]
    raise UsageError(
        "The tokenizer splits text in a way that no GGUF pre-tokenizer is known to match.",
        "GGUF is written for the splits of GPT-2, SmolLM and StarCoder, Llama 3 and Qwen 2. Export safetensors.",
    )


def _prefixes(parts: Mapping[str, Any]) -> bool:
    """Whether a blank is put before the text, as Llama 2 does and Gemma does not."""
    text = json.dumps([parts.get("normalizer"), parts.get("pre_tokenizer")])
    return '"Prepend"' in text or '"prepend_scheme": "first"' in text or '"prepend_scheme": "always"' in text
