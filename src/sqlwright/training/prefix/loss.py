"""The loss of a batch, and its rows' log-probabilities: logits only where a token is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from .mask import attention_for
from .tree import Layout

Batch = Mapping[str, Tensor]
LossOf = Callable[..., Tensor]  # called as `summed_loss` is


def to_batch(layout: Layout) -> dict[str, Tensor]:
    """A layout as tensors: `input_ids`, `position_ids` and `ends` (lines, width), the others (trained tokens,).

    One that was laid out per row also has `members` and `owners` (trained tokens of all rows,) and `lasts` (rows,).
    """
    names = ["input_ids", "position_ids", "ends", "sources", "targets", "weights"]
    names += ["members", "owners", "lasts"] if layout.lasts else []
    return {name: torch.tensor(getattr(layout, name)) for name in names}


def summed_loss(model: Any, batch: Batch, *, shared: bool, config: Any) -> Tensor:
    """The sum of -log p over the trained tokens of all rows in `batch`, each as often as rows train it.

    `model` may be wrapped (DDP, DeepSpeed, FSDP): its own forward is called, so that their hooks run. With `shared`
    the mask is ours; without it every line holds one row and is masked as everywhere else.
    """
    with only_hidden_at(model, batch["sources"]):
        logits = model(**inputs_of(batch, shared=shared, config=config), use_cache=False).logits
    each = F.cross_entropy(logits.float(), batch["targets"], reduction="none")
    return (each * batch["weights"]).sum()


def token_logprobs(model: Any, batch: Batch, *, shared: bool, config: Any, temperature: float = 1.0) -> Tensor:
    """Log p of every trained token of every row, row after row: (members,), of a batch that was laid out per row.

    A token that rows share is computed once. `model`, `shared` and `config` are as in `summed_loss`; logits are divided
    by `temperature` first, as they were where an answer was sampled.
    """
    with only_hidden_at(model, batch["sources"]):
        logits = model(**inputs_of(batch, shared=shared, config=config), use_cache=False).logits
    each = -F.cross_entropy(logits.float() / temperature, batch["targets"], reduction="none")
    return each[batch["members"]]


def row_logprobs(model: Any, batch: Batch, *, shared: bool, config: Any) -> Tensor:
    """Log p of every row's answer, the sum over its trained tokens: (rows,), of a batch that was laid out per row."""
    return by_row(token_logprobs(model, batch, shared=shared, config=config), batch)


def by_row(values: Tensor, batch: Batch) -> Tensor:
    """The sum of `values` (members,) over the tokens of each row: (rows,)."""
    return values.new_zeros(len(batch["lasts"])).index_add(0, batch["owners"], values)


def inputs_of(batch: Batch, *, shared: bool, config: Any) -> dict[str, Any]:
    """What a model's forward is given, with the mask of merged rows where they are `shared`."""
    ends, positions = batch["ends"], batch["position_ids"]
    mask = attention_for(config, ends, positions) if shared else (ends > 0).long()
    return {"input_ids": batch["input_ids"], "position_ids": positions, "attention_mask": mask}


@contextmanager
def only_hidden_at(model: Any, places: Tensor) -> Iterator[None]:
    """Within, the output layer of `model` is given only the hidden states at `places`, as (places, hidden).

    `places` counts through all lines. A schema is most of a row and none of it is trained, so this leaves out most of
    the largest tensor of a training step, (tokens, vocabulary). It is a hook, so that whatever the model does with its
    logits afterwards (Gemma 2 caps them) stays as it is.
    """
    head = unwrapped(model).get_output_embeddings()

    def select(module: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        # A model that is spread over several GPUs has its last hidden states on another one than the batch.
        return (inputs[0].flatten(0, 1)[places.to(inputs[0].device)],)

    handle = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        handle.remove()


def unwrapped(model: Any) -> Any:
    """The transformers or PEFT model inside DDP and DeepSpeed."""
    while not hasattr(model, "get_output_embeddings") and hasattr(model, "module"):
        model = model.module
    return model


@torch.no_grad()
def departs(model: Any, shared: Batch, plain: Batch, config: Any, loss: LossOf = summed_loss) -> float:
    """By how much of itself the loss of merged rows differs from that of the same rows one by one.

    Infinite where the model's code takes no mask of this form.
    """
    was_training = model.training
    model.eval()
    second = loss(model, plain, shared=False, config=config)
    try:
        first = loss(model, shared, shared=True, config=config)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, TypeError, ValueError, AttributeError, KeyError):
        return math.inf
    finally:
        model.train(was_training)
    return float((first - second).abs() / second.abs().clamp(min=1e-6))
