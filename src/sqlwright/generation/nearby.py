"""Models of the servers that people run on their own machine: Ollama, LM Studio, vLLM, llama.cpp's server.

Each has its usual port on the loopback address, which is the only one that is ever looked at.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import PurePath
from typing import Any

from ..core import UsageError
from ..core.address import remote_host
from .find import VLLM, language_model_folder
from .openai_compatible import OpenAICompatibleGenerator

HOST = "127.0.0.1"
PROBE_TIMEOUT_S = 0.5  # a port without a server answers at once
MAX_BYTES = 1 << 20
MOST_MODELS = 50  # of one server
# Ollama reads so many tokens of a prompt unless its model says another number, and cuts the schema off without a word.
OLLAMA_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class ServerKind:
    """`name` is what `-m NAME:MODEL` begins with."""

    name: str
    title: str
    port: int

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}/v1"


KINDS: dict[str, ServerKind] = {
    kind.name: kind
    for kind in (
        ServerKind("ollama", "Ollama", 11434),
        ServerKind("lmstudio", "LM Studio", 1234),
        ServerKind("vllm", "vLLM", 8000),
        ServerKind("llamacpp", "llama.cpp", 8080),
    )
}


@dataclass(frozen=True, slots=True)
class ServedModel:
    """`spec` is what -m takes. `context_tokens` and `parameters` are None where the server does not say."""

    spec: str
    model: str
    context_tokens: int | None = None
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class NearbyServer:
    """A server that answered."""

    kind: str
    title: str
    base_url: str
    models: tuple[ServedModel, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class NearbyGenerator(OpenAICompatibleGenerator):
    """A model of a server of `kind`, by its usual name. Raises UsageError for an address beyond this machine."""

    def __init__(
        self, kind: ServerKind, model: str, base_url: str = "", *, context_tokens: int | None = None, **given: Any
    ) -> None:
        super().__init__(model, base_url or kind.base_url, context_tokens=context_tokens, **given)
        if remote_host(self.base_url):
            raise UsageError(
                f"{kind.name}:NAME is a server on this machine, not {self.base_url}.",
                f"Write openai:{model}@{self.base_url}.",
            )
        self.kind = kind
        spec = _spec(kind, model)
        self.name = spec if self.base_url == kind.base_url else f"{kind.name}:{model}@{self.base_url}"

    @property
    def public_name(self) -> str:
        """llama.cpp calls a model by the path of its file, which is nobody's business."""
        return f"{self.kind.name}:{PurePath(self.model).name if self.model.startswith(('/', '.', '~')) else self.model}"

    def _ask_context(self) -> int | None:
        if self.kind.name != "ollama":
            return super()._ask_context()
        body = json.dumps({"model": self.model}).encode()
        shown = _json(self.base_url.removesuffix("/v1") + "/api/show", body, timeout_s=5.0)
        parameters = shown.get("parameters") if isinstance(shown, dict) else None
        found = re.search(r"^num_ctx\s+(\d+)", parameters, re.MULTILINE) if isinstance(parameters, str) else None
        return int(found[1]) if found else OLLAMA_CONTEXT_TOKENS


def nearby_servers(kinds: Mapping[str, ServerKind] | None = None) -> tuple[NearbyServer, ...]:
    """The servers of KINDS that answer on the loopback address now, each asked once for its models.

    Only commands that a person asks for models call this. A server that is no OpenAI-compatible one is left out.
    """
    wanted = tuple((KINDS if kinds is None else kinds).values())
    found: dict[str, NearbyServer] = {}

    def look(kind: ServerKind) -> None:
        if (server := _server(kind)) is not None:
            found[kind.name] = server

    threads = [threading.Thread(target=look, args=(kind,), daemon=True) for kind in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * PROBE_TIMEOUT_S)  # a server that sends a byte now and then keeps nobody waiting
    return tuple(found[kind.name] for kind in wanted if kind.name in found)


def _server(kind: ServerKind) -> NearbyServer | None:
    answered = _json(f"{kind.base_url}/models")
    listed = answered.get("data") if isinstance(answered, dict) else None
    if not isinstance(listed, list):
        return None
    models = [model for entry in listed[:MOST_MODELS] if (model := _model(kind, entry)) is not None]
    return NearbyServer(kind.name, kind.title, kind.base_url, tuple(models))


def _model(kind: ServerKind, entry: Any) -> ServedModel | None:
    """None for an embedding model, and for what is not a model."""
    name = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name or not name.isprintable() or "embed" in name.casefold():
        return None
    meta = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
    return ServedModel(
        _spec(kind, name),
        name,
        _count(entry.get("max_model_len") or meta.get("n_ctx_train")),
        _count(meta.get("n_params")),
    )


def _spec(kind: ServerKind, model: str) -> str:
    """What -m takes for a model at the usual port. vllm:FOLDER is loaded here, so a server's name gets its address."""
    spec = f"{kind.name}:{model}"
    return f"{spec}@{kind.base_url}" if spec.startswith(VLLM) and language_model_folder(model) is not None else spec


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead off this machine."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def _json(url: str, body: bytes | None = None, *, timeout_s: float = PROBE_TIMEOUT_S) -> Any:
    """What the server says, None where it says nothing that is JSON."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  http, loopback
    try:
        with _OPENER.open(request, timeout=timeout_s) as response:
            return json.loads(response.read(MAX_BYTES))
    except (OSError, HTTPException, ValueError, RecursionError):
        return None
