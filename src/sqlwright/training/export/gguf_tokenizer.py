"""The byte-level tokenizer that llama.cpp makes of a GGUF file, where transformers makes another of it.

transformers ignores the name of the split in `tokenizer.ggml.pre`. llama.cpp brings the regular expressions that belong
to the name: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp. Tokens, types and merges are read
from the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .gguf_vocabulary import CONTROL, USER_DEFINED

_GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
NAMED_SPLITS = {"smollm": (r"\p{N}", _GPT_2)}  # applied one after the other; so are starcoder's and refact's


class NamedSplit:
    """Cuts text as the file at `path` says. Raises KeyError for a split that is not in NAMED_SPLITS."""

    def __init__(self, path: Path) -> None:
        from gguf import GGUFReader
        from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

        fields = GGUFReader(path).fields
        tokens, types, merges, split = (
            fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges", "pre")
        )
        pairs = [tuple(merge.split(" ")) for merge in merges]
        self.tokenizer: Any = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, pairs))
        steps: list[Any] = [pre_tokenizers.Split(Regex(regex), "isolated") for regex in NAMED_SPLITS[split]]
        by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*steps, by_bytes])
        whole = [t for t, kind in zip(tokens, types, strict=True) if kind in (CONTROL, USER_DEFINED)]
        self.tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in whole])

    def encode(self, text: str, *, add_special_tokens: bool = False) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=add_special_tokens).ids)
