"""How much memory and time a run will take, said before it starts.

Memory is counted from the shapes: weights, gradients, optimizer states and what a step keeps for its way back. Time is
the arithmetic of the run over what the device is assumed to reach, so it is only as good as that assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .language_model_config import LanguageModelConfig
from .prefix import epoch_batches, lay_out, merge
from .prepare import Prepared, processes

GB = 1e9
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
# Matrix arithmetic that training reaches, in FLOP/s; measured on a CPU core, half the data sheet's elsewhere.
REACHED = {"cpu": 5e10, "cuda": 2e14, "xpu": 8e13, "mps": 4e12}
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
            getattr(text, "num_key_value_heads", None) or heads,
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
    """For one process of the run on `device` (cpu, cuda, xpu, mps; what is there unless given)."""
    from ..generation.hf import best_device
    from .loading import compute_dtype, load_architecture

    config = prepared.config
    kind = device or best_device()
    if config.stage == "pt":
        from .tiny import new_model

        shape = Shape.of(new_model(prepared.tokenizer, config.architecture, config.seed).config)
    else:
        shape = Shape.of(load_architecture(config))
    dtype = str(compute_dtype(config, kind)).removeprefix("torch.")
    lines, width, trained, plain = _batch_sizes(prepared)
    memory = _memory(config, shape, dtype, lines * width, trained, width)
    seconds = prepared.steps * config.gradient_accumulation_steps * _flops(config, shape, lines * width, width, trained)
    speed = f"{processes()} processes on {kind} at {REACHED[kind] / 1e12:g} TFLOP/s each"
    sizes = f"batches of {lines:.1f} lines of {width:.0f} tokens ({plain:,.0f} tokens one by one), as in this data"
    assumed = (f"{shape.parameters / 1e6:,.1f} M parameters, {dtype}, {speed}", sizes)
    found = Forecast(memory, seconds / REACHED[kind], assumed)
    if config.finetuning_type != "lora":
        return found
    quantised = replace(config, finetuning_type="qlora")
    smaller = sum(_memory(quantised, shape, dtype, lines * width, trained, width).values()) / GB
    return replace(found, other=f"; with qlora {smaller:.1f} GB")


def _batch_sizes(prepared: Prepared) -> tuple[float, float, float, float]:
    """Means over some batches of the first epoch: lines, width, trained tokens; and tokens without merging."""
    import random

    config, together = prepared.config, prepared.config.rows_together(processes())
    rng = random.Random(f"{config.seed}/0")  # noqa: S311
    batches = epoch_batches(prepared.train.rows, config.per_device_train_batch_size, together, rng)[:SAMPLED]
    layouts = [lay_out([merge(piece) for piece in batch], alone=together == 1) for batch in batches]
    n = len(layouts)
    return (
        sum(len(x.input_ids) for x in layouts) / n,
        sum(len(x.input_ids[0]) for x in layouts) / n,
        sum(len(x.targets) for x in layouts) / n,
        sum(len(row.tokens) for batch in batches for piece in batch for row in piece) / n,
    )


def _memory(
    config: LanguageModelConfig, shape: Shape, dtype: str, tokens: float, trained: float, width: float
) -> dict[str, float]:
    size = BYTES[dtype]
    full = config.finetuning_type == "full"
    learned = shape.parameters if full else shape.adapter(config.lora_rank)
    if config.finetuning_type == "qlora":
        each = NF4_DOUBLE if config.double_quantization else NF4
        weights = shape.linear * each + shape.embeddings * size
    else:
        weights = shape.parameters * (4 if full else size)
    states = OPTIMIZER_BYTES.get(config.optim, EIGHT_BIT if "8bit" in config.optim else 8)
    # A block keeps its input, norms, queries, keys, values, attention's output and three of the inner size.
    kept = 6 * shape.hidden + (2 * shape.heads + 2 * shape.key_values) * shape.head_size + 4 * shape.inner
    block = tokens * kept * size
    activations = (
        shape.layers * tokens * shape.hidden * size + block if config.gradient_checkpointing else shape.layers * block
    )
    return {
        "weights": weights + (0 if full else learned * 4),
        "gradients": learned * 4,
        "optimizer": learned * states,
        "activations": activations,
        "logits": trained * shape.vocabulary * (size + 8),
        "mask": tokens * width,
    }


def _flops(config: LanguageModelConfig, shape: Shape, tokens: float, width: float, trained: float) -> float:
    """Of one batch: 2 a weight and token forward, as many for the gradient of the input, and of the weights."""
    ways = 3 if config.finetuning_type == "full" else 2
    ways += config.gradient_checkpointing
    blocks = 2 * shape.linear * tokens + 4 * shape.layers * tokens * width * shape.heads * shape.head_size
    return ways * (blocks + 2 * trained * shape.vocabulary * shape.hidden)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} m" if minutes >= 60 else f"{max(1, minutes)} m"
