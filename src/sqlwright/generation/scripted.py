"""Answers written beforehand: for tests and demonstrations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..core import DataError, GenerationError, NotFoundError
from ..core.phrase import phrase
from ..prompts import Prompt
from ..prompts.tokens import estimate_tokens
from .generator import Completion, Generator, Result, Sampling, all_or_raise


class ScriptedGenerator(Generator):
    """Looks the question up in a mapping, or takes the next text of a sequence; a list of texts is the candidates."""

    context_tokens = 32_768
    remote_host = ""  # the texts are in memory

    def __init__(
        self, script: Mapping[str, str | Sequence[str]] | Iterable[str | Sequence[str]], *, name: str = "scripted"
    ) -> None:
        self.name = name
        self.prompts: list[Prompt] = []  # what was asked, for whoever wants to check it
        self._by_question = dict(script) if isinstance(script, Mapping) else None
        self._in_order = iter(()) if isinstance(script, Mapping) else iter(script)

    @classmethod
    def from_jsonl(cls, path: Path, *, name: str = "") -> ScriptedGenerator:
        """Lines `{"question", "text"}`, where `text` is a string or a list of strings. Raises DataError."""
        if not path.is_file():
            raise NotFoundError(f"No script at {str(path)!r}.", 'Its lines are {"question": ..., "text": ...}.')
        script = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                script[row["question"]] = row["text"]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError('not a line {"question": ..., "text": ...}', path=path, line=number) from error
        return cls(script, name=name or f"scripted:{path}")

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        return all_or_raise([self._result(prompt, sampling) for prompt in prompts])

    def stream(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        text = self.generate([prompt], sampling)[0][0].text
        yield from text.splitlines(keepends=True)

    def _result(self, prompt: Prompt, sampling: Sampling) -> Result:
        self.prompts.append(prompt)
        found = self._by_question.get(prompt.question) if self._by_question is not None else next(self._in_order, None)
        if found is None:
            return GenerationError(phrase("not_scripted", question=repr(prompt.question)))
        texts = [found] if isinstance(found, str) else list(found)
        return tuple(Completion(text, estimate_tokens(text)) for text in texts[: sampling.n])
