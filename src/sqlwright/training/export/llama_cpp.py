"""A GGUF file read by llama.cpp, where its bindings with ready-made wheels are installed: `pip install xllamacpp`."""

from __future__ import annotations

import json
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .same_output import LogProbabilities

TOP = 100  # tokens per position whose probability is asked for
HINT = "Run: pip install xllamacpp"


def installed() -> bool:
    return find_spec("xllamacpp") is not None


class LlamaCppReader:
    """llama.cpp's own server in this process, on the CPU and a free port of the local machine.

    It multiplies quantized weights with activations that it rounds as well, so that only an f32 file can be expected
    to answer exactly as the source does.
    """

    name = "llama.cpp"

    def __init__(self, path: Path, context_tokens: int) -> None:
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(path)
        settings.n_ctx = context_tokens
        settings.n_gpu_layers = 0
        settings.n_parallel = 1
        settings.cpuparams.n_threads = torch.get_num_threads()
        settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32  # float16 by default
        settings.warmup = False
        settings.verbosity = -1
        self.server: Any = xllamacpp.Server(settings)
        self._letter = self.encode("a")[-1]

    def encode(self, text: str) -> list[int]:
        body = {"content": text, "add_special": False, "parse_special": True}
        request = urllib.request.Request(  # noqa: S310 - the server of this process
            f"{self.server.listening_address}/tokenize", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            return list(json.load(reply)["tokens"])

    def log_probabilities(self, row: list[int], answer: list[int]) -> LogProbabilities:
        """NaN for tokens that are not among the TOP."""
        tops = [dict(self._next([*row, *answer[:i]])) for i in range(len(answer))]
        width = 1 + max(max(top) for top in tops)
        found = np.full((len(answer), width), np.nan, dtype=np.float32)
        for line, top in zip(found, tops, strict=True):
            line[list(top)] = list(top.values())
        return found

    def close(self) -> None:
        del self.server

    def _next(self, tokens: list[int]) -> list[tuple[int, float]]:
        """The likeliest next tokens with their log probabilities, best first; the server keeps what it has read.

        It tells none where the token that it then takes ends the turn or is half a character, so it is made to take a
        plain letter, of which nothing is used.
        """
        body = {"prompt": tokens, "n_predict": 1, "n_probs": TOP, "cache_prompt": True}
        body |= {"temperature": 0, "logit_bias": [[self._letter, 1e6]]}
        reply = self.server.handle_completions({**body, "stream": False})
        content = (json.loads(reply) if isinstance(reply, str) else reply)["choices"][0]["logprobs"]["content"]
        return [(entry["id"], entry["logprob"]) for entry in content[0]["top_logprobs"]]
