"""Constrained decoding in vLLM: a logits processor that applies the rules of the transformers backend row by row.

vLLM's own structured outputs take a fixed grammar. Ours changes while a statement is written, since it declares names
(`constrain.py`), and `sql/scopes.py` looks at the likeliest tokens. So the rules run as a logits processor, which needs
the engine in this process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..core import GenerationError, Schema
from .constrain import Constraint, Grammars
from .hf import Constrained

KEY = "sqlwright_schema"
Row = Callable[[list[int], torch.Tensor], torch.Tensor]


class ConstrainedRows:
    """The schemas of the prompts that are being answered, by the number that each request carries."""

    def __init__(self, grammars: Grammars) -> None:
        self.grammars = grammars
        self._numbers: dict[Schema, int] = {}
        self._made = 0

    def settings(self, schema: Schema) -> dict[str, Any]:
        """What vllm.SamplingParams of a prompt over `schema` also get."""
        return {"extra_args": {KEY: self._numbers.setdefault(schema, len(self._numbers))}}

    def row(self, number: int, *, greedy: bool) -> ConstrainedRow:
        self._made += 1
        schema = next(schema for schema, known in self._numbers.items() if known == number)
        return ConstrainedRow(self.grammars, schema, greedy=greedy)

    def require_applied(self) -> None:
        """Raises GenerationError if vLLM asked for no row since the last call: an answer without the rules."""
        made, self._made = self._made, 0
        if not made:
            raise GenerationError(
                "This vLLM did not apply the grammar of --constrain.", "Leave out vllm:, or leave out --constrain."
            )

    def processor(self) -> type[Any]:
        """The class that vLLM makes one of."""
        from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

        rows = self

        class SqlProcessor(AdapterLogitsProcessor):  # type: ignore[misc]  # vllm is not installed where mypy runs
            def is_argmax_invariant(self) -> bool:
                return False

            def new_req_logits_processor(self, params: Any) -> Row | None:
                number = (params.extra_args or {}).get(KEY)
                return None if number is None else rows.row(number, greedy=params.temperature == 0)

        return SqlProcessor


class ConstrainedRow:
    """One answer. Called with its tokens so far and the scores of the next one, (vocabulary,)."""

    def __init__(self, grammars: Grammars, schema: Schema, *, greedy: bool) -> None:
        self._grammars, self._schema, self._wanted = grammars, schema, 1 if greedy else None
        self._start()

    def _start(self) -> None:
        self._rule = Constrained(Constraint(self._grammars, [self._schema]), 0, self._wanted)
        self._seen = -1  # how many tokens the rule has followed

    def __call__(self, output_ids: list[int], scores: torch.Tensor) -> torch.Tensor:
        # vLLM asks twice where a long prompt is read in pieces, and goes on in the middle after making room.
        if len(output_ids) != self._seen + 1:
            self._start()
            for end in range(len(output_ids)):
                self._rule.constraint.allowed([output_ids[:end]])
        self._seen = len(output_ids)
        ids = torch.tensor([list(output_ids)], dtype=torch.long, device=scores.device)
        return self._rule(ids, scores[None])[0]
