"""The registry of model backends: what `-m` takes, and the options of each.

To add a backend, write its Generator and add one entry to BACKENDS (CONTRIBUTING.md has the steps).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..core import MissingExtraError, NotFoundError, UsageError
from .find import VLLM, find_model, language_model_folder, may_be_local, parser_folder

if TYPE_CHECKING:
    from .generator import Generator

_NAME_AT_URL = re.compile(r"(.+?)(@)(https?://.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Backend:
    """One kind of model.

    `forms` are the ways to write it after `-m`. `owns` decides whether a spec names a model of this kind, and `load`
    makes it: called with the spec and those keyword arguments of `load_generator` that are in `options`. `weights` is
    the format of the weights on this machine, "" where there are none to tune or export. `reads_messages` is False for
    a model that reads the question and the schema of a prompt only.
    """

    name: str
    forms: tuple[str, ...]
    owns: Callable[[str], bool]
    load: Callable[..., Generator]
    options: frozenset[str] = frozenset()
    weights: Literal["parser", "transformers", ""] = ""
    reads_messages: bool = True


def backend_of(spec: str) -> Backend:
    """The first of BACKENDS that owns `spec`. Raises NotFoundError, with the known forms, where none does."""
    for backend in BACKENDS.values():
        if backend.owns(spec):
            return backend
    raise NotFoundError(f"No model {spec!r}: there is no such folder.", known_forms())


def known_forms() -> str:
    """A sentence for a hint."""
    forms = ", ".join(form for backend in BACKENDS.values() for form in backend.forms)
    return f"Known forms: {forms}. Examples: -m ollama:llama3.2, or -m openai:gpt-4o with OPENAI_API_KEY set."


def _starts(prefix: str) -> Callable[[str], bool]:
    return lambda spec: spec.startswith(prefix) and len(spec) > len(prefix)


def _is_vllm_folder(spec: str) -> bool:
    return spec.startswith(VLLM) and language_model_folder(spec.removeprefix(VLLM)) is not None


def _serves(name: str) -> Callable[[str], bool]:
    """Whether a spec names a model of a server of that kind: a folder after vllm: is loaded here instead."""
    starts = _starts(f"{name}:")
    return lambda spec: starts(spec) and not _is_vllm_folder(spec)


def _is_parser(spec: str) -> bool:
    return spec == "built-in" or parser_folder(spec) is not None


def _built_in(spec: str, *, threads: int) -> Generator:
    from .built_in import BuiltInGenerator

    return BuiltInGenerator(parser_folder(spec), name=spec, threads=threads)


def _openai(spec: str, *, context_tokens: int | None, timeout_s: float | None) -> Generator:
    rest = spec.removeprefix("openai:")
    # Names may hold an @, and so may a URL with a login: where a scheme begins, the name has ended.
    model, at, base_url = found.groups() if (found := _NAME_AT_URL.match(rest)) else rest.rpartition("@")
    if not at and not base_url.startswith(("http://", "https://")):
        model, base_url = rest, os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    if not model or not base_url:
        raise UsageError(f"The name or the address is missing in {spec!r}.", "Write openai:NAME@BASE_URL.")
    from .openai_compatible import OpenAICompatibleGenerator

    if timeout_s is None:
        return OpenAICompatibleGenerator(model, base_url, context_tokens=context_tokens)
    return OpenAICompatibleGenerator(model, base_url, context_tokens=context_tokens, timeout_s=timeout_s, retries=1)


def _nearby(name: str) -> Callable[..., Generator]:
    def load(spec: str, *, context_tokens: int | None, timeout_s: float | None) -> Generator:
        from .nearby import KINDS, NearbyGenerator

        rest = spec.removeprefix(f"{name}:")
        model, _, base_url = found.groups() if (found := _NAME_AT_URL.match(rest)) else (rest, "", "")
        given: dict[str, Any] = {} if timeout_s is None else {"timeout_s": timeout_s, "retries": 1}
        return NearbyGenerator(KINDS[name], model, base_url, context_tokens=context_tokens, **given)

    return load


def _scripted(spec: str) -> Generator:
    from .scripted import ScriptedGenerator

    return ScriptedGenerator.from_jsonl(Path(spec.removeprefix("scripted:")))


def _transformers(
    spec: str,
    *,
    template: str | None,
    adapter: str | None,
    device: str | None,
    dtype: str | None,
    batch_size: int,
    context_tokens: int | None,
    trust_remote_code: bool,
    constrain: bool,
) -> Generator:
    source = find_model(spec)
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("A local model needs torch and transformers.", "train")
    from .hf import HfGenerator

    return HfGenerator(
        source,
        name=spec,
        template=template,
        adapter=adapter,
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        context_tokens=context_tokens,
        trust_remote_code=trust_remote_code,
        constrain=constrain,
    )


def _vllm(
    spec: str,
    *,
    template: str | None,
    adapter: str | None,
    dtype: str | None,
    context_tokens: int | None,
    trust_remote_code: bool,
    constrain: bool,
) -> Generator:
    source = str(language_model_folder(spec.removeprefix(VLLM)))
    if find_spec("vllm") is None:
        raise UsageError(
            "-m vllm:FOLDER needs the package vllm, which is not installed in this environment.",
            "vllm pins its own torch and transformers. Give it an environment of its own: python -m venv vllm-env, "
            "then vllm-env/bin/pip install vllm 'sqlwright[train]'. Or leave out vllm: to use transformers.",
        )
    from .vllm_engine import VllmGenerator

    return VllmGenerator(
        source,
        name=spec,
        template=template,
        adapter=adapter,
        dtype=dtype,
        context_tokens=context_tokens,
        trust_remote_code=trust_remote_code,
        constrain=constrain,
    )


# In the order in which a spec is tried.
BACKENDS: dict[str, Backend] = {
    backend.name: backend
    for backend in (
        Backend(
            "built-in",
            ("built-in",),
            _is_parser,
            _built_in,
            options=frozenset({"threads"}),
            weights="parser",
            reads_messages=False,
        ),
        Backend(
            "openai",
            ("openai:NAME@BASE_URL",),
            _starts("openai:"),
            _openai,
            options=frozenset({"context_tokens", "timeout_s"}),
        ),
        *(
            Backend(
                name,
                (f"{name}:NAME",),
                _serves(name),
                _nearby(name),
                options=frozenset({"context_tokens", "timeout_s"}),
            )
            for name in ("ollama", "lmstudio", "vllm", "llamacpp")
        ),
        Backend("scripted", ("scripted:FILE",), _starts("scripted:"), _scripted),
        Backend(
            "local",
            ("a local folder", "a .gguf file", "a hub name (owner/name)"),
            may_be_local,
            _transformers,
            options=frozenset(
                {
                    "template",
                    "adapter",
                    "device",
                    "dtype",
                    "batch_size",
                    "context_tokens",
                    "trust_remote_code",
                    "constrain",
                }
            ),
            weights="transformers",
        ),
        Backend(
            "vllm-engine",
            ("vllm:FOLDER",),
            _is_vllm_folder,
            _vllm,
            options=frozenset({"template", "adapter", "dtype", "context_tokens", "trust_remote_code", "constrain"}),
        ),
    )
}
