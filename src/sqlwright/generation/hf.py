"""Generate with a local language model through transformers, with or without a PEFT adapter."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from threading import Event, Lock, Thread
from typing import Any

import torch
from transformers import (
    AutoTokenizer,
    DynamicCache,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
    TextIteratorStreamer,
)

from ..core import GenerationError, Schema
from ..core.phrase import phrase
from ..prompts import Prompt
from ..prompts.templates import ChatTemplate, resolve_template
from .constrain import Constraint, Grammars
from .generator import Completion, Generator, Needs, PromptError, Result, Sampling, all_or_raise
from .growing_cache import growing_cache, release_memory
from .hf_loading import base_of, best_device, load_model, local_folder, stored_dtype, with_adapter
from .repetition import ends_in_repetition
from .rope import context_tokens as context_of
from .rope import read_scaling
from .taught import read_taught
from .trained_base import read_trained_base
from .turn_tokens import completion_of, encode, stops_of, too_long

log = logging.getLogger(__name__)

MIN_ALIKE = 4  # prompts that begin alike: fewer go into batches with others
CHECKED_EVERY = 16  # new tokens, whether an answer repeats itself
MIN_SHARED_TOKENS = 16  # below this the extra forward pass costs more than the shared prefix saves


class HfGenerator(Generator):
    """Runs prompts in batches of at most `batch_size` rows, shorter ones together, each padded on the left.

    Where the attention allows it (`can_share_prefix`), the tokens with which all prompts of a batch begin are computed
    once: questions about one database share the schema. A prompt that comes alone starts from what it shares with the
    one before. `share_prefix=False` computes every row whole. With `constrain` a model can only write queries on the
    tables and columns of its prompt (`sql/grammar.py` says what that keeps to), and no word beside them.
    `quantization`, one of hf_loading.QUANTIZATIONS, loads the base in 4 bits, quantized from the number format
    `base_dtype`. Both default to what the run that made the adapter recorded, so that an adapter meets the base it was
    trained on; `dtype` is only what is computed in.
    """

    remote_host = ""  # the model is computed in this process

    def __init__(
        self,
        source: str,
        *,
        name: str = "",
        template: str | None = None,
        adapter: str | None = None,
        device: str | None = None,
        dtype: str | None = None,
        batch_size: int = 32,
        context_tokens: int | None = None,
        share_prefix: bool = True,
        constrain: bool = False,
        quantization: str | None = None,
        base_dtype: str | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        self.name = name or source
        folder = local_folder(source)
        if (folder / "adapter_config.json").is_file() and adapter is None:
            adapter, folder = str(folder), base_of(folder)
        tuned = local_folder(adapter) if adapter else folder
        trained = read_trained_base(tuned) if adapter else None
        self.quantization = quantization or (trained.quantization if trained else None)
        base_dtype = base_dtype or (trained.dtype if trained else None)
        self.needs = Needs(prompt=read_taught(tuned))
        words = tuned if (tuned / "tokenizer_config.json").is_file() else folder  # a tuned template comes along
        device = device or best_device()
        tokenizer = AutoTokenizer.from_pretrained(words, trust_remote_code=trust_remote_code)
        scaling = read_scaling(tuned) if adapter else None
        model = load_model(folder, device, dtype, self.quantization, base_dtype, trust_remote_code, scaling)
        self.stored_dtype: torch.dtype = stored_dtype(folder) or model.dtype
        self._attach(
            with_adapter(model, adapter, len(tokenizer)).eval() if adapter else model.eval(),
            tokenizer,
            resolve_template(words, template),
            batch_size=batch_size,
            context_tokens=context_tokens,
            share_prefix=share_prefix,
            constrain=constrain,
        )

    def _attach(
        self,
        model: Any,
        tokenizer: Any,
        template: ChatTemplate,
        *,
        batch_size: int = 32,
        context_tokens: int | None = None,
        share_prefix: bool = True,
        constrain: bool = False,
    ) -> None:
        """Take a model that is in memory, and settle how it begins and ends."""
        self.model, self.tokenizer, self.template = model, tokenizer, template
        self.device = str(model.device)
        self.batch_size = batch_size
        self._lock = Lock()  # one generation at a time: they share the prefix and the random state
        self._context_tokens = context_tokens or context_of(model.config)
        self._stop_ids, self._stop_texts = stops_of(model.generation_config, tokenizer, template)
        self._pad_id = tokenizer.pad_token_id
        if self._pad_id is None:
            self._pad_id = self._stop_ids[0] if self._stop_ids else 0  # masked out, so any token will do
        # What a hub model's config says of temperature or repetition would change SQL behind the caller's back.
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            pad_token_id=self._pad_id, eos_token_id=self._stop_ids or None
        )
        self._end_ids = self._stop_ids or [self._pad_id]  # a constrained answer needs a token to end with
        width = model.get_input_embeddings().num_embeddings
        self._grammars = Grammars(tokenizer, width, self._end_ids) if constrain else None
        self._prefix = PrefixCache(model) if share_prefix and can_share_prefix(model.config) else None

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's tokens as the chat template writes them."""
        return encode(prompt, self.tokenizer, self.template)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        rows = [self.encode(prompt) for prompt in prompts]
        refusals = [self._refusal(prompt, row, sampling) for prompt, row in zip(prompts, rows, strict=True)]
        results: list[Result] = [refusal or () for refusal in refusals]
        fits = [i for i, refusal in enumerate(refusals) if refusal is None]
        with self._lock:
            self._run(rows, [p.schema for p in prompts], fits, sampling, results)
        return all_or_raise(results)

    def _run(
        self, rows: list[list[int]], schemas: list[Schema], fits: list[int], sampling: Sampling, results: list[Result]
    ) -> None:
        """Fill in `results` of the rows at `fits`, batch by batch: those that begin alike together."""
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        if self._prefix and len(rows) > 1:
            self._prefix.clear()  # a batch has to give the same whatever was asked before, to the last bit
        groups = alike(rows, fits) if self._prefix else [sorted(fits, key=lambda i: len(rows[i]))]
        while groups:
            size = max(1, self.batch_size // sampling.n)
            batch, rest = groups[0][:size], groups[0][size:]
            try:
                done = self._batch([rows[i] for i in batch], [schemas[i] for i in batch], sampling)
                for index, found in zip(batch, done, strict=True):
                    results[index] = found
            except RuntimeError as error:  # torch.OutOfMemoryError is one
                if not _is_out_of_memory(error):
                    raise
                self._make_room(batch, results, rows)
                if len(batch) > 1:
                    continue
            groups[:1] = [rest] if rest else []

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        row = self.encode(prompt)
        if refusal := self._refusal(prompt, row, sampling):
            raise refusal
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        stopped = Event()  # the reader may leave before the end
        failure: list[BaseException] = []

        def work() -> None:
            stop = StoppingCriteriaList([_StopWhen(stopped)])
            try:
                with self._lock:
                    if sampling.seed is not None:
                        torch.manual_seed(sampling.seed)
                    inputs, decoding = self._inputs([row], 1), self._decoding(replace(sampling, n=1))
                    stop.append(_StopLoops(inputs["input_ids"].shape[1]))
                    decoding |= self._constraint([prompt.schema], inputs, replace(sampling, n=1))
                    self.model.generate(**inputs, **decoding, streamer=streamer, stopping_criteria=stop)
            except BaseException as error:  # noqa: BLE001 - raised again in the reader's thread
                failure.append(error)
                streamer.end()  # type: ignore[no-untyped-call]

        thread = Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            stopped.set()
            thread.join()
        if failure:
            raise GenerationError(phrase("model_ended", why=failure[0])) from failure[0]

    def _refusal(self, prompt: Prompt, row: list[int], sampling: Sampling) -> PromptError | None:
        """Why this prompt cannot be answered, whatever the model."""
        if self._grammars and not any(table.columns for table in prompt.schema):
            return PromptError(phrase("no_tables"))
        return too_long(len(row), sampling, self.name, self._context_tokens)

    def _batch(self, rows: list[list[int]], schemas: list[Schema], sampling: Sampling) -> list[tuple[Completion, ...]]:
        beams = sampling.n if sampling.temperature == 0 else 1
        repeated = [row for row in rows for _ in range(sampling.n // beams)]
        inputs = self._inputs(repeated, beams)
        settings = {**self._decoding(sampling), **self._constraint(schemas, inputs, sampling)}
        if beams == 1:
            settings["stopping_criteria"] = StoppingCriteriaList([_StopLoops(inputs["input_ids"].shape[1])])
        output = self.model.generate(**inputs, **settings)
        new = output[:, inputs["input_ids"].shape[1] :].tolist()
        done = [self._completion(tokens, sampling) for tokens in new]
        return [tuple(done[i : i + sampling.n]) for i in range(0, len(done), sampling.n)]

    def _inputs(self, rows: list[list[int]], beams: int) -> dict[str, Any]:
        """Rows as one tensor: shared prefix, padding, rest. The padding is masked and takes no position."""
        shared = common_prefix(rows)
        cache = (
            self._prefix.cache(shared, len(rows) * beams) if self._prefix and len(shared) >= MIN_SHARED_TOKENS else None
        )
        start = len(shared) if cache is not None else 0
        width = max(map(len, rows))
        ids = [[*row[:start], *[self._pad_id] * (width - len(row)), *row[start:]] for row in rows]
        mask = [[*[1] * start, *[0] * (width - len(row)), *[1] * (len(row) - start)] for row in rows]
        device = self.model.device
        inputs: dict[str, Any] = {"input_ids": torch.tensor(ids).to(device)}
        inputs["attention_mask"] = torch.tensor(mask).to(device)
        if self._prefix:
            inputs["past_key_values"] = growing_cache() if cache is None else cache
        return inputs

    def _decoding(self, sampling: Sampling) -> dict[str, Any]:
        settings: dict[str, Any] = {"max_new_tokens": sampling.max_new_tokens, "do_sample": sampling.temperature > 0}
        if sampling.temperature > 0:
            # transformers would cut to the 50 likeliest tokens unless told otherwise.
            settings |= {
                "temperature": sampling.temperature,
                "top_k": sampling.top_k or 0,
                "top_p": sampling.top_p or 1.0,
            }
        elif sampling.n > 1:
            settings |= {"num_beams": sampling.n, "num_return_sequences": sampling.n}
        if texts := [*sampling.stop, *self._stop_texts]:
            settings |= {"stop_strings": texts, "tokenizer": self.tokenizer}
        return settings

    def _constraint(self, schemas: list[Schema], inputs: dict[str, Any], sampling: Sampling) -> dict[str, Any]:
        """What `generate` needs to keep each row of new tokens inside the grammar of its schema; empty without one."""
        if self._grammars is None:
            return {}
        constraint, width = Constraint(self._grammars, schemas), inputs["input_ids"].shape[1]
        wanted = None if sampling.temperature > 0 else 1 if sampling.n == 1 else 2 * sampling.n  # as beam search takes
        processor = Constrained(constraint, width, wanted)
        return {"logits_processor": LogitsProcessorList([processor]), "eos_token_id": self._end_ids}

    def _completion(self, tokens: list[int], sampling: Sampling) -> Completion:
        ends = self._end_ids if self._grammars else self._stop_ids
        return completion_of(
            tokens, self.tokenizer, sampling, end_ids=ends, end_texts=self._stop_texts, pad_id=self._pad_id
        )

    def _make_room(self, batch: list[int], results: list[Result], rows: list[list[int]]) -> None:
        """After running out of memory: half the rows from now on, or give up a prompt that fails alone."""
        if self._prefix:
            self._prefix.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(batch) > 1:
            self.batch_size = max(1, len(batch) // 2)
            log.warning("Out of memory with %d prompts at once; going on with %d.", len(batch), self.batch_size)
        else:
            results[batch[0]] = PromptError(
                phrase("out_of_memory", tokens=len(rows[batch[0]])), phrase("out_of_memory_hint")
            )


class PrefixCache:
    """The keys and values of the last shared prefix, from which the next one is extended. All tensors are (1, ...)."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.clear()

    def clear(self) -> None:
        self._tokens: list[int] = []
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []

    @torch.no_grad()  # not inference_mode, whose tensors cannot be written to while `generate` runs
    def cache(self, tokens: list[int], rows: int) -> DynamicCache:
        """A cache that holds `tokens` for `rows` rows; only what the held prefix lacks is computed."""
        known = len(common_prefix([self._tokens, tokens]))
        if known < len(tokens):
            held: Any = _cache_of(self._layers, known, 1)
            new = torch.tensor([tokens[known:]], device=self._model.device)
            mask = torch.ones((1, len(tokens)), dtype=torch.long, device=self._model.device)
            self._model(input_ids=new, attention_mask=mask, past_key_values=held, use_cache=True, logits_to_keep=1)
            self._layers = [(layer.keys, layer.values) for layer in held.layers]
            self._tokens = list(tokens)
        return _cache_of(self._layers, len(tokens), rows)


def _cache_of(layers: list[tuple[torch.Tensor, torch.Tensor]], length: int, rows: int) -> DynamicCache:
    """Copies: generation grows its cache in place. Keys and values are (1, heads, tokens, head size)."""
    cache = growing_cache()
    for index, (keys, values) in enumerate(layers if length else []):
        keys, values = (t[:, :, :length].expand(rows, -1, -1, -1) for t in (keys, values))
        cache.update(keys, values, index)
    return cache


class Constrained(LogitsProcessor):
    """Minus infinity for every token that would leave the grammar, or name a column that no table of FROM has.

    It runs before top-k and top-p cut the rest. `wanted` tokens a row are kept, the likeliest that fit; None keeps
    every one that is not LESS_LIKELY than the first. Where none of the CHECKED likeliest fits, the grammar decides.
    """

    CHECKED = 512
    LESS_LIKELY = 7.0  # a thousandth of the probability

    def __init__(self, constraint: Constraint, prompt_tokens: int, wanted: int | None) -> None:
        self.constraint, self.prompt_tokens, self.wanted = constraint, prompt_tokens, wanted

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """input_ids are (rows, tokens), scores (rows, vocabulary)."""
        allowed = torch.from_numpy(self.constraint.allowed(input_ids[:, self.prompt_tokens :].tolist()))
        scores = scores.masked_fill(~allowed.to(scores.device), float("-inf"))
        kept = torch.full_like(scores, float("-inf"))
        best, tokens = scores.topk(min(self.CHECKED, scores.shape[1]))
        for row, (values, ids) in enumerate(zip(best.tolist(), tokens.tolist(), strict=True)):
            found = self._fitting(row, [pair for pair in zip(ids, values, strict=True) if pair[1] > -inf])
            kept[row, found] = scores[row, found]
            if not found:
                kept[row] = scores[row]
        return kept

    def _fitting(self, row: int, ranked: list[tuple[int, float]]) -> list[int]:
        first = self.constraint.viable(row, (token for token, _ in ranked), self.wanted or 1)
        if self.wanted or not first:
            return first
        lowest = dict(ranked)[first[0]] - self.LESS_LIKELY
        return self.constraint.viable(row, (token for token, value in ranked if value >= lowest), len(ranked))


class _StopWhen(StoppingCriteria):
    def __init__(self, event: Event) -> None:
        self.event = event

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.event.is_set(), device=input_ids.device, dtype=torch.bool)


class _StopLoops(StoppingCriteria):
    """Ends a row that repeats itself, which would fill `max_new_tokens`. Looks every CHECKED_EVERY tokens.

    It is called after each token, so after the first it gives back the memory that reading the prompts took.
    """

    def __init__(self, prompt_tokens: int) -> None:
        self.prompt_tokens = prompt_tokens

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        new = input_ids[:, self.prompt_tokens :]
        if new.shape[1] == 1 and new.device.type == "cpu":
            release_memory()
        due = new.shape[1] % CHECKED_EVERY == 0
        looped = [ends_in_repetition(row) for row in new.tolist()] if due else [False] * len(new)
        return torch.tensor(looped, device=input_ids.device)


def alike(rows: Sequence[list[int]], chosen: Sequence[int]) -> list[list[int]]:
    """`chosen` indexes of `rows` in groups that share at least half of their tokens; all small groups are one.

    Questions about one database share its schema, which a batch then computes once.
    """
    groups: list[list[int]] = []
    for index in sorted(chosen, key=lambda i: rows[i]):
        shared = len(common_prefix([rows[groups[-1][0]], rows[index]])) if groups else 0
        if groups and shared >= len(rows[index]) / 2:
            groups[-1].append(index)
        else:
            groups.append([index])
    large = [group for group in groups if len(group) >= MIN_ALIKE]
    mixed = [index for group in groups if len(group) < MIN_ALIKE for index in group]
    each = [*large, mixed] if mixed else large
    return [sorted(group, key=lambda i: len(rows[i])) for group in each]


def common_prefix(rows: Sequence[list[int]]) -> list[int]:
    """The tokens all `rows` begin with, at least one short of the shortest row: generation starts on one."""
    low, high = min(rows), max(rows)  # all others lie between the two
    limit = min(map(len, rows)) - 1
    length = next((i for i in range(max(0, limit)) if low[i] != high[i]), max(0, limit))
    return low[:length]


def can_share_prefix(config: Any) -> bool:
    """Whether padding between prefix and rest is exact.

    It is where every layer attends to all earlier tokens and positions are rotated by fixed angles. A sliding window
    counts the padding, a recurrent state reads it, and some long-context scalings depend on the length.
    """
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or {}
    kinds = {str(p.get("rope_type", "default")) for p in (rope, *rope.values()) if isinstance(p, dict)}
    whole = all(type(layer).__name__ == "DynamicLayer" for layer in DynamicCache(config=config).layers)
    return bool(rope) and whole and kinds <= {"default", "linear", "llama3", "yarn"}


def _is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
