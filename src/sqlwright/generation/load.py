"""Load the Generator that `-m` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core import UsageError
from .backends import BACKENDS, backend_of

if TYPE_CHECKING:
    from .generator import Generator

# A backend ignores the other options where it has no use for them: they say how fast and how long, not what.
REFUSED = ("template", "adapter", "device", "dtype", "constrain")


def load_generator(
    spec: str,
    *,
    template: str | None = None,
    adapter: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    batch_size: int = 32,
    context_tokens: int | None = None,
    trust_remote_code: bool = False,
    constrain: bool = False,
    timeout_s: float | None = None,
    threads: int = 0,
    rerank: str | None = None,
) -> Generator:
    """The model that `spec` names. `backends.BACKENDS` says which options a kind of model takes.

    `template` names a chat template for a model that ships none, `adapter` a PEFT folder on top of a local or hub
    model; `device` and `dtype` default to the best that the machine has; `constrain` lets it write nothing but queries
    on the tables of the prompt. A backend that does not take one of these five refuses it.
    `timeout_s` is the time that an endpoint gets for one answer, with one retry; by default its own limits hold.
    `threads` are those of the built-in model for one answer, 0 for as many as there are cores.
    `rerank` is the folder of a reward model (stage rm), which chooses among candidates (`rerank.RerankedGenerator`).
    `batch_size` is how many prompts are computed at once (an endpoint has its own number of requests at once).
    Raises NotFoundError for an unknown spec, UsageError for an option that the backend refuses, MissingExtraError.
    """
    backend = backend_of(spec)
    given: dict[str, Any] = {
        "template": template,
        "adapter": adapter,
        "device": device,
        "dtype": dtype,
        "batch_size": batch_size,
        "context_tokens": context_tokens,
        "trust_remote_code": trust_remote_code,
        "constrain": constrain,
        "timeout_s": timeout_s,
        "threads": threads,
    }
    if refused := [name for name in REFUSED if given[name] and name not in backend.options]:
        takers = [form for other in BACKENDS.values() if set(refused) <= other.options for form in other.forms]
        raise UsageError(f"{backend.name} models take no {' or '.join(refused)}.", f"Only for: {', '.join(takers)}.")
    generator = backend.load(spec, **{name: value for name, value in given.items() if name in backend.options})
    if rerank is None:
        return generator
    from .rerank import reranked

    return reranked(generator, rerank)


def reads_documents(spec: str) -> bool:
    """Whether the model reads passages and examples: one that reads no messages has no use for them."""
    return backend_of(spec).reads_messages
