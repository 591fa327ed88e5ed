"""Models behind an OpenAI-compatible server: vLLM, Ollama, llama.cpp's server, OpenAI and others."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ..core import ConnectError, GenerationError, MissingExtraError, UsageError
from ..core.address import is_near, remote_host
from ..core.phrase import phrase
from ..prompts import Prompt
from .generator import Completion, Generator, PromptError, Result, Sampling, all_or_raise

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

DEFAULT_CONTEXT_TOKENS = 8_192  # where the server does not say; every model of the last years takes this much


class OpenAICompatibleGenerator(Generator):
    """Chat completions over HTTP, `concurrency` at a time, each tried `retries` more times with growing pauses.

    `base_url` may end in /v1 or leave it out. The key is SQLWRIGHT_API_KEY, else OPENAI_API_KEY; a local server
    needs none. A server on this machine or its network is reached directly, any other through the proxy that the
    environment names. With `sampling.seed` every request carries the same seed.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        api_key: str | None = None,
        concurrency: int = 8,
        timeout_s: float = 120.0,
        retries: int = 3,
        context_tokens: int | None = None,
    ) -> None:
        if find_spec("openai") is None:
            raise MissingExtraError("A model behind a server is asked with the openai package.", "openai")
        self.model = model
        self.base_url = normal_base_url(base_url)
        self.name = f"openai:{model}@{self.base_url}"
        self.concurrency = concurrency
        self.timeout_s = timeout_s
        self.retries = retries
        self._api_key = api_key or os.environ.get("SQLWRIGHT_API_KEY") or os.environ.get("OPENAI_API_KEY") or "none"
        self._context_tokens = context_tokens

    def __repr__(self) -> str:
        return f"OpenAICompatibleGenerator({self.name!r})"  # the key stays out of logs

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        return all_or_raise(_in_threads(lambda p: self._complete(p, sampling), prompts, self.concurrency))

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        with self._one_sentence():
            chunks = self._client.chat.completions.create(stream=True, **self._request(prompt, sampling, 1, 0))
            understood = False
            for chunk in chunks:
                understood = True
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content
            if not understood:  # the client skips what is no event, such as a page
                raise self._nonsense(None)

    @property
    def remote_host(self) -> str:
        """The host of `base_url`; "" for a server on this machine."""
        return remote_host(self.base_url)

    @property
    def public_name(self) -> str:
        return self.model

    @property
    def context_tokens(self) -> int:
        """As the server says (vLLM, llama.cpp), else DEFAULT_CONTEXT_TOKENS. Raises ConnectError."""
        if self._context_tokens is None:
            self._context_tokens = self._ask_context() or DEFAULT_CONTEXT_TOKENS
        return self._context_tokens

    @functools.cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        # What the client would tell the server about this machine, and other accounts' names, stays here.
        silent = {f"X-Stainless-{n}": openai.Omit() for n in ("OS", "Arch", "Runtime", "Runtime-Version", "Lang")}
        if not self._is_openai:
            silent |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        return openai.OpenAI(
            base_url=self.base_url,
            api_key=self._api_key,
            max_retries=self.retries,
            timeout=self.timeout_s,
            default_headers=silent,  # type: ignore[arg-type]  # Omit removes a header; the annotation forgot it
            http_client=openai.DefaultHttpxClient(trust_env=not is_near(self.base_url)),
        )

    @property
    def _is_openai(self) -> bool:
        return urlsplit(self.base_url).hostname == "api.openai.com"

    def _complete(self, prompt: Prompt, sampling: Sampling) -> Result:
        """Completions or why there are none. Raises what no other prompt would escape: no server, no model, no key."""
        found: list[Completion] = []
        try:
            # Ollama and llama.cpp answer with one choice whatever `n` says: ask again for the rest.
            while len(found) < sampling.n:
                request = self._request(prompt, sampling, sampling.n - len(found), len(found))
                with self._one_sentence():
                    found += self._completions(self._client.chat.completions.create(**request))
        except _HopelessError:
            raise
        except GenerationError as error:
            return error
        return tuple(found[: sampling.n])

    def _request(self, prompt: Prompt, sampling: Sampling, n: int, done: int) -> dict[str, Any]:
        """`done` candidates are here already: another seed, or the server would repeat them."""
        request: dict[str, Any] = {
            "model": self.model,
            "messages": [m.to_dict() for m in prompt.messages],
            "temperature": sampling.temperature,
            # OpenAI's newer models refuse max_tokens, older servers know nothing else.
            "max_completion_tokens" if self._is_openai else "max_tokens": sampling.max_new_tokens,
        }
        if n > 1:
            request["n"] = n
        if sampling.top_p is not None:
            request["top_p"] = sampling.top_p
        if sampling.seed is not None:
            request["seed"] = sampling.seed + done
        if sampling.stop:
            request["stop"] = list(sampling.stop)
        if sampling.top_k is not None:
            if self._is_openai:
                raise UsageError("api.openai.com has no top_k.", "Leave --top-k out, or use --top-p.")
            request["extra_body"] = {"top_k": sampling.top_k}
        return request

    def _completions(self, response: Any) -> list[Completion]:
        """The choices of a response. Raises GenerationError for what is not one, or holds no text."""
        choices = getattr(response, "choices", None)
        if not choices:
            raise self._nonsense(response)
        usage = getattr(response, "usage", None)
        found = []
        for choice in choices:
            text = getattr(getattr(choice, "message", None), "content", None)
            if not isinstance(text, str):
                reason = getattr(choice, "finish_reason", None)
                raise GenerationError(
                    phrase("no_text", url=self.base_url, reason=repr(reason)),
                    phrase("thinks_first_hint" if reason == "length" else "chat_model_hint"),
                )
            # Usage counts all choices together, so a single candidate's length is known only when it is alone.
            tokens = usage.completion_tokens if usage and len(choices) == 1 else None
            found.append(Completion(text, tokens, "length" if choice.finish_reason == "length" else "stop"))
        return found

    def _nonsense(self, response: Any) -> GenerationError:
        if isinstance(response, str):
            found = phrase("page_for_json", url=self.base_url, page=repr(_shorten(response)))
        else:
            found = phrase("no_choice", url=self.base_url)
        return GenerationError(found, phrase("base_url_hint"))

    def _one_sentence(self) -> _OneSentence:
        return _OneSentence(self)

    def _ask_context(self) -> int | None:
        import openai

        try:
            with self._one_sentence():
                models = list(self._client.with_options(timeout=10, max_retries=1).models.list())
        except (GenerationError, openai.OpenAIError, ValueError, TypeError, AttributeError):
            return None  # the question is optional; the first prompt will say what is wrong
        for model in models:
            facts = getattr(model, "model_extra", None) or {}
            meta = facts.get("meta")
            length = facts.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
            if getattr(model, "id", "") == self.model and isinstance(length, int) and length > 0:
                return length
        return None


class _HopelessError(GenerationError):
    """Every other prompt would fail in the same way."""


class _OneSentence:
    """Turns the client's exceptions into one sentence that names the endpoint and never the key."""

    def __init__(self, generator: OpenAICompatibleGenerator) -> None:
        self.generator = generator

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, (GenerationError, UsageError, ConnectError)):
            return
        import openai

        url = self.generator.base_url
        if isinstance(error, openai.APITimeoutError):
            raise GenerationError(
                phrase("late", url=url, seconds=self.generator.timeout_s), phrase("late_hint")
            ) from error
        if isinstance(error, openai.APIConnectionError):
            raise ConnectError(
                phrase("no_connection", url=url, why=_shorten(str(error.__cause__ or error))),
                phrase("no_connection_hint"),
            ) from error
        if isinstance(error, openai.APIStatusError):
            raise self._status_error(error) from error
        if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, openai.OpenAIError)):
            raise GenerationError(
                phrase("not_json", url=url, why=_shorten(str(error))), phrase("not_json_hint")
            ) from error

    def _status_error(self, error: openai.APIStatusError) -> GenerationError:
        generator, status = self.generator, error.status_code
        said = _shorten(_server_message(error)).replace(generator._api_key, "***")
        facts = {"url": generator.base_url, "status": status}
        if status in (401, 403):
            return _HopelessError(phrase("key_refused", **facts), phrase("key_hint"))
        if status == 404:
            return _HopelessError(
                phrase("unknown_model", **facts, model=repr(generator.model), why=said), phrase("unknown_model_hint")
            )
        if status == 429 or status >= 500:
            return GenerationError(
                phrase("server_failed", **facts, tries=generator.retries + 1, why=said), phrase("server_failed_hint")
            )
        return PromptError(phrase("request_refused", **facts, why=said), phrase("request_refused_hint"))


def normal_base_url(url: str) -> str:
    """`url` without a trailing slash or /chat/completions, with /v1 where it names no path. Raises UsageError."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"{url!r} is not an http or https address.", "Write openai:NAME@http://HOST:PORT/v1.")
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def _server_message(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        text = inner.get("message") if isinstance(inner, dict) else inner
        if isinstance(text, str) and text.strip():
            return text
    return error.response.text or "no reason given"


def _shorten(text: str, limit: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _in_threads(work: Callable[[Prompt], Result], prompts: Sequence[Prompt], threads: int) -> list[Result]:
    """`work` on every prompt, in order; the first exception ends it.

    Daemon threads rather than an executor: on Ctrl-C the interpreter must not wait for slow answers.
    """
    results: list[Result | None] = [None] * len(prompts)
    failures: list[BaseException] = []
    waiting = iter(range(len(prompts)))
    turn = threading.Lock()

    def worker() -> None:
        while not failures:
            with turn:
                index = next(waiting, None)
            if index is None:
                return
            try:
                results[index] = work(prompts[index])
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                failures.append(error)

    pool = [threading.Thread(target=worker, daemon=True) for _ in range(min(threads, len(prompts)))]
    try:
        for thread in pool:
            thread.start()
        for thread in pool:
            while thread.is_alive():
                thread.join(0.2)  # without a limit Ctrl-C would wait on some systems
    except BaseException as error:
        failures.append(error)  # the others stop after the request they are in
        raise
    if failures:
        raise failures[0]
    return [r for r in results if r is not None]
