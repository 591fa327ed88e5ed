"""A GGUF file read by llama.cpp, where its Python package is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from .same_output import Logits


def installed() -> bool:
    return find_spec("llama_cpp") is not None


class LlamaCppReader:
    """On the CPU.

    It multiplies quantized weights with activations that it rounds as well, so that only an f32 file can be expected
    to answer exactly as the source does.
    """

    name = "llama.cpp"

    def __init__(self, path: Path, context_tokens: int) -> None:
        from llama_cpp import Llama

        self.model: Any = Llama(str(path), n_ctx=context_tokens, n_gpu_layers=0, verbose=False)

    def encode(self, text: str) -> list[int]:
        return list(self.model.tokenize(text.encode(), add_bos=False, special=True))

    def answer(self, row: list[int], stops: Sequence[int], max_tokens: int) -> list[int]:
        answer: list[int] = []
        logits = self._after(row, fresh=True)
        while True:
            answer.append(int(logits.argmax()))
            if answer[-1] in stops or len(answer) == max_tokens:
                return answer
            logits = self._after(answer[-1:])

    def logits(self, row: list[int], answer: list[int]) -> Logits:
        found = [self._after(row, fresh=True)]
        found += [self._after([token]) for token in answer[:-1]]
        return np.stack(found)

    def close(self) -> None:
        self.model.close()

    def _after(self, tokens: list[int], *, fresh: bool = False) -> Logits:
        """(vocabulary,): the logits after `tokens`, which follow what was read before unless `fresh`."""
        from llama_cpp import llama_get_logits_ith

        if fresh:
            self.model.reset()
        self.model.eval(tokens)
        pointer = llama_get_logits_ith(self.model.ctx, -1)
        return np.ctypeslib.as_array(pointer, shape=(self.model.n_vocab(),)).copy()
