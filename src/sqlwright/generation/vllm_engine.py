"""Generate with vLLM inside this process (`-m vllm:FOLDER`), with or without a LoRA adapter.

vLLM pins its own torch and transformers, so it is installed in an environment of its own (docs/scale.md). Prompts reach
it as the token ids that the transformers backend computes, and answers are cut where that backend cuts them.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from ..core import ConfigError, GenerationError, UsageError
from ..core.phrase import phrase
from ..prompts import Prompt
from ..prompts.templates import resolve_template
from .constrain import Grammars
from .generator import Completion, Generator, Needs, PromptError, Result, Sampling, all_or_raise
from .hf import CHECKED_EVERY
from .hf_loading import DTYPES, base_of, best_dtype
from .repetition import ends_in_repetition
from .rope import context_tokens as context_of
from .rope import read_scaling
from .taught import read_taught
from .trained_base import read_trained_base
from .turn_tokens import completion_of, encode, stops_of, too_long
from .vllm_constrain import ConstrainedRows

# Set before vLLM is imported, unless set already. telemetry.SWITCHES turns its usage reports off.
ENVIRONMENT = {
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # vLLM logs to stdout, which belongs to answers
    "VLLM_LOGGING_LEVEL": "ERROR",  # its warnings are about its own parts
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # no second process, and the same batches at each run
}
MERGE_FIRST = "Merge the adapter with `sqlwright export`, and name the folder that it writes."


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """`words` is the folder with the tokenizer; `lora_r` is the adapter's rank, 0 without an adapter."""

    base: Path
    words: Path
    adapter: Path | None = None
    lora_r: int = 0

    @property
    def tuned(self) -> Path:
        return self.adapter or self.base


class VllmGenerator(Generator):
    """All prompts of a call go to vLLM at once, which forms batches itself and caches the prefixes of prompts.

    Greedy decoding and samples; it has no beam search that ends where the chat template ends a turn. With `constrain`
    the rules are those of the transformers backend. Loading a model seeds `random`, NumPy and torch of this process
    anew. Raises UsageError for an adapter that vLLM would not compute as it was trained.
    """

    remote_host = ""  # the model is computed in this process

    def __init__(
        self,
        source: str,
        *,
        name: str = "",
        template: str | None = None,
        adapter: str | None = None,
        dtype: str | None = None,
        context_tokens: int | None = None,
        trust_remote_code: bool = False,
        constrain: bool = False,
    ) -> None:
        if dtype and dtype not in DTYPES:
            raise UsageError(f"No dtype {dtype!r}.", f"Known: {', '.join(DTYPES)}.")
        for variable, value in ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        from transformers import AutoConfig, AutoTokenizer

        self.name = name or f"vllm:{source}"
        self.folders = model_folders(Path(source).expanduser(), Path(adapter).expanduser() if adapter else None)
        words = self.folders.words
        self.needs = Needs(prompt=read_taught(self.folders.tuned))
        self.tokenizer: Any = AutoTokenizer.from_pretrained(words, trust_remote_code=trust_remote_code)
        self.template = resolve_template(words, template)
        config = AutoConfig.from_pretrained(self.folders.base, trust_remote_code=trust_remote_code)
        width = int(config.get_text_config().vocab_size)
        if self.folders.adapter and len(self.tokenizer) > width:
            raise UsageError("The adapter adds tokens to the vocabulary, which vLLM does not read.", MERGE_FIRST)
        self._end_ids, self._end_texts = stops_of(_ends(self.folders.base, config), self.tokenizer, self.template)
        self._rows: ConstrainedRows | None = None
        if constrain:
            self._end_ids = self._end_ids or [self.tokenizer.pad_token_id or 0]
            self._rows = ConstrainedRows(Grammars(self.tokenizer, width, self._end_ids))
        self._llm, self._lora = _load(
            self.folders, dtype, context_tokens or context_of(config), trust_remote_code, self._rows
        )
        self._context_tokens = int(self._llm.model_config.max_model_len)
        self._lock = Lock()  # vLLM takes one call at a time

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    @property
    def public_name(self) -> str:
        return f"vllm:{self.folders.tuned.name}"

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's tokens as the chat template writes them."""
        return encode(prompt, self.tokenizer, self.template)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        if sampling.temperature == 0 and sampling.n > 1:
            raise UsageError(
                f"{self.public_name} has no beam search, so greedy decoding gives 1 candidate, not {sampling.n}.",
                "Set --temperature over 0, or use the folder without vllm: for beams.",
            )
        rows = [self.encode(prompt) for prompt in prompts]
        refusals = [self._refusal(prompt, row, sampling) for prompt, row in zip(prompts, rows, strict=True)]
        results: list[Result] = [refusal or () for refusal in refusals]
        fits = [i for i, refusal in enumerate(refusals) if refusal is None]
        for index, found in zip(fits, self._run([(rows[i], prompts[i]) for i in fits], sampling), strict=True):
            results[index] = found
        return all_or_raise(results)

    def _run(self, asked: list[tuple[list[int], Prompt]], sampling: Sampling) -> list[tuple[Completion, ...]]:
        from vllm import SamplingParams

        if not asked:
            return []
        settings = sampling_settings(sampling, self._end_ids, self._end_texts)
        with self._lock:
            own = [self._rows.settings(prompt.schema) if self._rows else {} for _, prompt in asked]
            done = self._llm.generate(
                [{"prompt_token_ids": row} for row, _ in asked],
                [
                    SamplingParams(**settings, **one, seed=row_seed(sampling.seed, row))
                    for one, (row, _) in zip(own, asked, strict=True)
                ],
                lora_request=self._lora,
                use_tqdm=False,
            )
            if self._rows:
                self._rows.require_applied()
        return [tuple(self._completion(list(o.token_ids), sampling) for o in one.outputs) for one in done]

    def _refusal(self, prompt: Prompt, row: list[int], sampling: Sampling) -> PromptError | None:
        if self._rows and not any(table.columns for table in prompt.schema):
            return PromptError(phrase("no_tables"))
        return too_long(len(row), sampling, self.name, self._context_tokens)

    def _completion(self, tokens: list[int], sampling: Sampling) -> Completion:
        kept = until_repetition(tokens)
        return completion_of(kept, self.tokenizer, sampling, end_ids=self._end_ids, end_texts=self._end_texts)


def model_folders(source: Path, adapter: Path | None = None) -> ModelFolders:
    """The folders behind a model folder, or behind an adapter folder, which names its base.

    Raises UsageError for an adapter whose base is in 4 bits or has scaled positions: vLLM would put it onto other
    weights than it was trained on. vLLM itself refuses DoRA and the like.
    """
    base = source
    if (source / "adapter_config.json").is_file() and adapter is None:
        adapter, base = source, base_of(source)
    tuned = adapter or base
    words = tuned if (tuned / "tokenizer_config.json").is_file() else base  # a tuned template comes along
    if adapter is None:
        return ModelFolders(base, words)
    if read_trained_base(adapter):
        raise UsageError("The adapter was trained on a base in 4 bits, which vLLM loads differently.", MERGE_FIRST)
    if read_scaling(adapter):
        raise UsageError("The adapter was trained with scaled positions, which vLLM does not read.", MERGE_FIRST)
    try:
        record = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        ranks = [int(record["r"]), *map(int, (record.get("rank_pattern") or {}).values())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{str(adapter)!r} is not a LoRA adapter that can be read: {error!r}.") from error
    return ModelFolders(base, words, adapter, max(ranks))


def sampling_settings(sampling: Sampling, end_ids: Sequence[int], end_texts: Sequence[str]) -> dict[str, Any]:
    """The arguments of vllm.SamplingParams but the seed. A folder's generation_config.json changes none of them."""
    return {
        "n": sampling.n,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k or 0,  # 0: all
        "top_p": sampling.top_p or 1.0,
        "max_tokens": sampling.max_new_tokens,
        "stop": [*sampling.stop, *end_texts],
        "stop_token_ids": list(end_ids),
        "skip_special_tokens": True,
    }


def row_seed(seed: int | None, row: Sequence[int]) -> int | None:
    """The seed of the prompt with the tokens `row`: one seed for all would give all the same random numbers."""
    if seed is None:
        return None
    return int.from_bytes(hashlib.sha256(f"{seed} {list(row)}".encode()).digest()[:4], "big")


def until_repetition(tokens: list[int]) -> list[int]:
    """`tokens` up to where the transformers backend ends an answer that repeats itself; all where none does."""
    ends = range(CHECKED_EVERY, len(tokens) + 1, CHECKED_EVERY)
    return next((tokens[:end] for end in ends if ends_in_repetition(tokens[:end])), tokens)


def lora_rank(r: int, allowed: Sequence[int]) -> int:
    """The smallest of the ranks that vLLM allocates which holds `r`. Raises UsageError where none does."""
    if fitting := [rank for rank in sorted(allowed) if rank >= r]:
        return fitting[0]
    raise UsageError(f"vLLM takes adapters up to rank {max(allowed)}, and this one has {r}.", MERGE_FIRST)


def _ends(base: Path, config: Any) -> Any:
    """The generation settings that transformers would give the model."""
    from transformers import GenerationConfig

    if (base / "generation_config.json").is_file():
        return GenerationConfig.from_pretrained(base)
    return GenerationConfig.from_model_config(config)


def _load(
    folders: ModelFolders, dtype: str | None, context_tokens: int, trust_remote_code: bool, rows: ConstrainedRows | None
) -> tuple[Any, Any]:
    """The engine, and the request of its adapter or None. Raises GenerationError for a model that it cannot load."""
    from typing import get_args

    from vllm import LLM
    from vllm.config.lora import MaxLoRARanks
    from vllm.lora.request import LoRARequest
    from vllm.platforms import current_platform

    device = str(current_platform.device_type)
    given: dict[str, Any] = {}
    lora = None
    if folders.adapter:
        given |= {"enable_lora": True, "max_lora_rank": lora_rank(folders.lora_r, get_args(MaxLoRARanks))}
        lora = LoRARequest("adapter", 1, str(folders.adapter))
    if rows:
        os.environ.setdefault("VLLM_USE_V2_MODEL_RUNNER", "0")  # which has another interface for logits processors
        # With asynchronous scheduling a step begins before the token of the last one is known.
        given |= {"logits_processors": [rows.processor()], "async_scheduling": False}
    try:
        llm = LLM(
            model=str(folders.base),
            tokenizer=str(folders.words),
            dtype=dtype or str(best_dtype(device)).removeprefix("torch."),
            max_model_len=context_tokens,
            enable_prefix_caching=True,
            generation_config="vllm",
            trust_remote_code=trust_remote_code,
            # vLLM's default of 0 would draw the same samples at each start, also without --seed.
            seed=secrets.randbits(31),
            use_tqdm_on_load=sys.stderr.isatty(),
            enforce_eager=device == "cpu",  # compiling takes longer there than it saves
            **given,
        )
        if lora:
            llm.llm_engine.add_lora(lora)  # so that an adapter that vLLM refuses ends the load, not the first question
    except (OSError, RuntimeError, ValueError) as error:
        raise GenerationError(
            f"vLLM cannot load {str(folders.tuned)!r}: {' '.join(str(error).split())[:600]}",
            "Where memory is short, set context_tokens, or VLLM_CPU_KVCACHE_SPACE (GB) on a CPU.",
        ) from error
    return llm, lora
