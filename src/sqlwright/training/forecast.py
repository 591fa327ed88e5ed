"""How much memory and time a run will take, said before it starts.

Memory is counted from the shapes: weights, gradients, optimizer states and what the largest step keeps for its way
back; on a CPU also what the program takes before there is a model. On an accelerator the driver's own half gigabyte
comes on top. Time is the arithmetic of the run over a speed: on a CPU a short multiplication in the run's number format
is timed, elsewhere the speed is an assumption.
"""

from __future__ import annotations

import heapq
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .prefix.tree import TokenRow, lay_out, merge
from .prepare import Prepared, processes
from .settings.language_model import LanguageModelConfig

GB = 1e9
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
# Matrix arithmetic that training is assumed to reach, in FLOP/s: half the data sheet's for 16-bit formats.
FLOPS_PER_S = {"cuda": 2e14, "xpu": 8e13, "mps": 4e12}
CPU_SHARE = 0.6  # of the speed of one large matrix multiplication that training reaches on a CPU
OPTIMIZER_BYTES = {"adamw_torch": 8, "adamw_torch_fused": 8, "adafactor": 0.1, "sgd": 0}
EIGHT_BIT = 2.1  # bytes a weight: two states of one byte, and their scales
NF4, NF4_DOUBLE = 0.5 + 4 / 64, 0.5 + 1 / 64 + 4 / (64 * 256)  # a scale for 64 weights, itself in 8 bits when doubled
SAMPLED = 8  # batches looked at for their size


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a decoder that the forecast counts with."""

    hidden: int
    layers: int
    inner: int
    heads: int
    key_values: int
    head_size: int
    vocabulary: int
    tied: bool

    @classmethod
    def of(cls, config: Any) -> Shape:
        """From a transformers configuration."""
        text = config.get_text_config()
        heads = text.num_attention_heads
        return cls(
            text.hidden_size,
            text.num_hidden_layers,
            getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
            heads,
            getattr(text, "num_key_value_heads", None) or max(getattr(text, "num_key_value_heads_per_layer", [heads])),
            getattr(text, "head_dim", None) or text.hidden_size // heads,
            text.vocab_size,
            bool(getattr(text, "tie_word_embeddings", False)),
        )

    @property
    def linear(self) -> int:
        """Weights of the linear layers within the blocks."""
        attention = self.hidden * self.head_size * (2 * self.heads + 2 * self.key_values)
        return self.layers * (attention + 3 * self.hidden * self.inner)

    @property
    def embeddings(self) -> int:
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        return self.linear + self.embeddings

    def adapter(self, rank: int) -> int:
        """Weights of LoRA on every linear layer of the blocks."""
        size = self.heads * self.head_size, self.key_values * self.head_size
        ends = 2 * (self.hidden + size[0]) + 2 * (self.hidden + size[1]) + 3 * (self.hidden + self.inner)
        return self.layers * rank * ends


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes by what they are for, and seconds; `assumed` says what they rest on."""

    memory: Mapping[str, float]
    seconds: float
    assumed: tuple[str, ...]
    other: str = ""

    @property
    def gigabytes(self) -> float:
        return sum(self.memory.values()) / GB

    def text(self) -> str:
        parts = ", ".join(f"{name} {size / GB:.2f}" for name, size in self.memory.items() if size / GB >= 0.005)
        return f"about {self.gigabytes:.1f} GB ({parts}) and {_duration(self.seconds)}{self.other}"

    def lines(self) -> list[str]:
        return [f"forecast   {self.text()}", *(f"  assumes  {text}" for text in self.assumed)]


def forecast(prepared: Prepared, device: str | None = None) -> Forecast:
    """For one process of the run on `device` (cpu, cuda, xpu, mps), unless given what is there.

    A run in float16, which no CPU can do, is forecast for a GPU where there is none.
    """
    from ..generation.hf_loading import best_device
    from .loading import compute_dtype

    config = prepared.config
    kind = device or best_device()
    kind = "cuda" if kind == "cpu" and config.fp16 else kind
    shape = Shape.of(config.load_architecture(prepared.tokenizer))
    dtype = str(compute_dtype(config, kind)).removeprefix("torch.")
    mean, largest = _batch_sizes(prepared)
    memory = _on_the_device(_memory(config, shape, dtype, *largest.sizes(), device=kind), config)
    if kind == "cpu":
        import peft  # noqa: F401

        from . import trainer  # noqa: F401  what training imports counts as well

        memory["program"] = resident_bytes()
    seconds = prepared.steps * config.gradient_accumulation_steps * _flops(config, shape, *mean.sizes())
    reached = measured_flops(dtype) * CPU_SHARE if kind == "cpu" else FLOPS_PER_S[kind]
    speed = f"{processes()} processes on {kind} at {reached / 1e12:.2g} TFLOP/s each"
    speed += ", as timed just now" if kind == "cpu" else ""
    sizes = (
        f"batches of {mean.lines:.1f} lines of {mean.width:.0f} tokens ({mean.plain:,.0f} tokens one by one), as in "
        f"this data; the largest has {largest.tokens:,.0f} tokens"
    )
    assumed = (f"{shape.parameters / 1e6:,.1f} M parameters, {dtype}, {speed}", sizes)
    found = Forecast(memory, seconds / reached, assumed)
    if config.finetuning_type != "lora" or config.task != "CAUSAL_LM":
        return found
    quantised = config.model_copy(update={"finetuning_type": "qlora"})  # a stage may refuse it
    smaller = _on_the_device(_memory(quantised, shape, dtype, *largest.sizes(), device=kind), quantised)
    return replace(found, other=f"; with qlora {(sum(smaller.values()) + memory.get('program', 0)) / GB:.1f} GB")


@dataclass(frozen=True, slots=True)
class BatchSize:
    """`lines` of `width` tokens, padding included, of which `trained` have a loss; `plain` tokens without merging."""

    lines: float
    width: float
    trained: float
    plain: float

    @property
    def tokens(self) -> float:
        return self.lines * self.width

    def sizes(self) -> tuple[float, float, float]:
        return self.tokens, self.trained, self.width


def _batch_sizes(prepared: Prepared) -> tuple[BatchSize, BatchSize]:
    """The mean over some batches of the first epoch, and the largest of these and of those with the most tokens."""
    together = prepared.config.rows_together(processes())
    batches = prepared.first_epoch()

    def plain(batch: Sequence[Sequence[TokenRow]]) -> int:
        return sum(len(row.tokens) for piece in batch for row in piece)

    def size(batch: Sequence[Sequence[TokenRow]]) -> BatchSize:
        if together == 1:
            layout = lay_out([merge([row]) for piece in batch for row in piece], alone=True)
        else:
            layout = lay_out([merge(piece) for piece in batch])
        return BatchSize(len(layout.input_ids), len(layout.input_ids[0]), len(layout.targets), plain(batch))

    some = [size(batch) for batch in batches[:SAMPLED]]
    longest = [size(batch) for batch in heapq.nlargest(SAMPLED, batches, key=plain)]
    means = (sum(getattr(s, name) for s in some) / len(some) for name in ("lines", "width", "trained", "plain"))
    return BatchSize(*means), max(some + longest, key=lambda s: s.tokens)


def _memory(
    config: LanguageModelConfig,
    shape: Shape,
    dtype: str,
    tokens: float,
    trained: float,
    width: float,
    device: str = "cuda",
) -> dict[str, float]:
    size = BYTES[dtype]
    full = config.finetuning_type == "full"
    whole = len(config.additional_target) * shape.vocabulary * shape.hidden
    learned = shape.parameters if full else shape.adapter(config.lora_rank) + whole
    if config.finetuning_type == "qlora":
        each = NF4_DOUBLE if config.double_quantization else NF4
        weights = shape.linear * each + shape.embeddings * 4  # PEFT takes what is not quantised to float32
    elif full:
        weights = shape.parameters * (4 if size == 4 else 4 + size)  # autocast keeps a copy for the step
    else:
        weights = shape.parameters * size
    states = OPTIMIZER_BYTES.get(config.optim, EIGHT_BIT if "8bit" in config.optim else 8)
    block = tokens * _kept_a_token(config, shape, size, noise=4 if device == "cpu" else 1)
    block += tokens * width * _mask_bytes(config, shape, size)
    between = tokens * shape.hidden * (size if config.finetuning_type == "lora" else 4)  # what one block hands the next
    return {
        "weights": weights + (0 if full else learned * 4),
        "gradients": learned * 4,
        "optimizer": learned * states,
        "activations": shape.layers * between + block if config.gradient_checkpointing else shape.layers * block,
        "logits": trained * shape.vocabulary * (size + 8),
        "mask": tokens * width,
    }


def _kept_a_token(config: LanguageModelConfig, shape: Shape, size: int, noise: int) -> float:
    """Bytes that one block keeps of each token for its way back. `noise` is the size of a number of dropout's mask.

    Everywhere four tensors of the attention's width (queries, keys and values for every head, its output) and four of
    the inner size. A norm keeps its input in float32 and, where its weight is trained, what it scaled. In 16 bits
    every linear layer that has an adapter, or is trained, keeps a cast copy of its own input.
    """
    hidden, inner, wide = shape.hidden, shape.inner, shape.heads * shape.head_size
    inputs = 5 * hidden + wide + inner  # of the seven linear layers
    if config.finetuning_type == "full":
        kept = size * (4 * inner + 4 * wide)
        return kept + (24 * hidden if size == 4 else (5 * size + 16) * hidden)
    if size == 4:
        kept = 4 * (4 * inner + 4 * hidden + 4 * wide + 7 * config.lora_rank)
        dropped = noise * inputs + 4 * (inputs - 2 * hidden - inner)
    else:
        activated = 4 if config.finetuning_type == "qlora" else size  # a 4-bit layer gives back what its input was in
        kept = 3 * inner * activated + size * (inputs + 4 * wide + 7 * config.lora_rank) + 8 * hidden
        dropped = noise * inputs
    return kept + (dropped if config.lora_dropout else 0)


def _mask_bytes(config: LanguageModelConfig, shape: Shape, size: int) -> float:
    """Bytes that a block keeps for each pair of a query and a key; none where the tree's chunks share their masks."""
    if config.attention == "eager":
        return shape.heads * (4 + size)  # the probabilities, in float32 and cast
    return size if config.attention == "sdpa" and config.share_prefix else 0  # torch's kernel makes its own copy


def measured_flops(dtype: str) -> float:
    """FLOP/s of a matrix multiplication in `dtype` on this CPU, with the threads and the load that it has now."""
    import torch

    left, right = (torch.ones(shape, dtype=getattr(torch, dtype)) for shape in ((512, 1024), (1024, 1024)))
    times = []
    for _ in range(3):
        started = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - started)
    return 2 * 512 * 1024 * 1024 / min(times)


def _on_the_device(memory: dict[str, float], config: LanguageModelConfig) -> dict[str, float]:
    """One process's share of what DeepSpeed or FSDP divide among processes, without what DeepSpeed keeps in RAM."""
    parts = {"optimizer": 1, "gradients": 2, "weights": 3}  # by the ZeRO stage that shards them; FSDP shards all
    stage, offloaded = 3 if config.fsdp else 0, set()
    if config.deepspeed:
        zero = json.loads(Path(config.deepspeed).read_text(encoding="utf-8")).get("zero_optimization", {})
        stage = zero.get("stage", 0)
        names = {"optimizer": "offload_optimizer", "weights": "offload_param"}
        offloaded = {part for part, key in names.items() if zero.get(key, {}).get("device", "none") != "none"}
    shares = {part: 0 if part in offloaded else 1 / processes() for part, least in parts.items() if stage >= least}
    return {part: size * shares.get(part, 1) for part, size in memory.items()}


def resident_bytes() -> float:
    """What this process holds now; its peak so far where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource
        import sys

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _flops(config: LanguageModelConfig, shape: Shape, tokens: float, trained: float, width: float) -> float:
    """Of one batch: 2 a weight and token forward, as many for the gradient of the input, and of the weights."""
    ways = 3 if config.finetuning_type == "full" else 2
    ways += config.gradient_checkpointing
    blocks = 2 * shape.linear * tokens + 4 * shape.layers * tokens * width * shape.heads * shape.head_size
    return ways * (blocks + 2 * trained * shape.vocabulary * shape.hidden)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02} m" if minutes >= 60 else f"{minutes} m"
