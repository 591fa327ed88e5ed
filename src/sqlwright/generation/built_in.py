"""The built-in parser as a Generator, and models tuned from it.

A sideways import of `parser`: it is one of the backends, and everything it needs of a question is in a Prompt.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..core.phrase import phrase
from ..core.script import unread_script
from ..core.words import listed, say
from ..parser.candidates import MAX_CODES
from ..prompts import Prompt
from .generator import Completion, Generator, Needs, PromptError, Result, Sampling, all_or_raise

BEAM = 5
NEAREST = 3  # tables that a refusal names, at most


class BuiltInGenerator(Generator):
    """Candidates are the beams of one search, likeliest first; one refusal where the schema has no answer.

    It reads the question and the schema of a prompt, not its messages, and has no use for sampling. `folder` holds
    another network than the package's. With one of its `threads` for an answer it gives as many answers at once as
    there are cores: more in all, since threads that share so small a network mostly wait for each other.
    Raises NotFoundError and DataError for a folder without one.
    """

    remote_host = ""  # the network runs in this process
    context_tokens = 1_000_000  # of a schema that is too large the parser itself reads a part

    def __init__(self, folder: Path | None = None, *, name: str = "built-in", threads: int = 0) -> None:
        from ..parser.ask import ParserModel
        from ..parser.calibrate import Calibration
        from ..parser.graph_cache import BUILT_IN

        self.name = name
        self.concurrency = os.cpu_count() or 1 if threads == 1 else 1
        self.model = ParserModel(folder or BUILT_IN, threads)
        calibration = Calibration.from_dict(self.model.network.facts.get("calibration", {}))
        self.needs = Needs(MAX_CODES + 1, BEAM, calibration, messages=False)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[tuple[Completion, ...]]:
        return all_or_raise([self._result(prompt, sampling) for prompt in prompts])

    def _result(self, prompt: Prompt, sampling: Sampling) -> Result:
        if not any(table.columns for table in prompt.schema):
            return PromptError(phrase("no_tables"))
        if not any(map(str.isalnum, prompt.question)):
            return PromptError(phrase("no_word"), phrase("no_word_hint"))
        if script := unread_script(prompt.question):
            return PromptError(phrase(f"unread_{script}"), phrase("unread_hint"))
        found = self.model.ask(
            prompt.question,
            prompt.schema,
            prompt.hints,
            prompt.history,
            beam=max(BEAM, sampling.n),
            profile=prompt.profile,
            meaning=prompt.meaning,
            meant=prompt.meant,
        )
        if found.refused:
            return (Completion(_refusal(prompt), 1, score=0.0, refused=True),)
        best = found.queries[: sampling.n]
        return tuple(Completion(q.sql, found.tokens, score=q.score, left_out=q.left_out, is_query=True) for q in best)


def _refusal(prompt: Prompt) -> str:
    """The text of the completion, for callers that read nothing else. Receipts are worded by `answering.reason`."""
    nearest = list(dict.fromkeys(match.table for match in prompt.hints.names))[:NEAREST]
    return say("nearest", "en", names=listed(nearest, "en")) if nearest else say("no_answer", "en")
