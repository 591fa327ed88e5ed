"""Which tokens keep a half-written statement inside the grammar of its schema: llguidance behind one small interface.

The grammar (`sql/grammar.py`) is fixed, but a statement declares names as it goes on. After each `WITH name AS (...)`
and each `AS name` in a list of results the statement continues under a grammar that takes the new name as well. Which
column belongs to which table of FROM no grammar can know: `sql/scopes.py` looks at the likeliest tokens one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Dialect, GenerationError, MissingExtraError, Schema, UsageError
from ..sql.dialects import RULES
from ..sql.grammar import sql_grammar
from ..sql.scopes import Scopes

# Compiled ones, of all schemas and names: 12 MB each with what its lexer learns, 50 MB with 1,000 tables.
KEPT_GRAMMARS = 16
REPEATED = 8  # characters of a passage that may not come three times in a row
# llguidance's own limits end near 300 tables.
_MAX_LEXER_FUEL = 200_000_000
_MAX_STEP_FUEL = 10_000_000
_NAME = re.compile(r"\s*(?:\"(?P<double>[^\"]+)\"|`(?P<back>[^`]+)`|\[(?P<square>[^\]]+)\]|(?P<plain>\w+))")


@dataclass(frozen=True, slots=True)
class Names:
    """What a statement has declared so far."""

    ctes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


class Grammars:
    """The compiled grammars of one tokenizer.

    `vocabulary` is the width of the model's scores, `end_ids` the tokens that end an answer. Raises MissingExtraError
    without llguidance and UsageError for a tokenizer without the Rust form that it reads.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, end_ids: Sequence[int]) -> None:
        try:
            from llguidance.hf import from_tokenizer
        except ImportError as error:
            raise MissingExtraError("Constrained decoding needs llguidance.", "train") from error
        self.end_ids = tuple(end_ids)
        self.vocabulary = vocabulary
        try:
            width = max(vocabulary, len(tokenizer))
            self._tokenizer = from_tokenizer(tokenizer, n_vocab=width, eos_token=list(end_ids))
        except ValueError as error:
            raise UsageError(
                f"Constrained decoding cannot read this tokenizer: {error}.", "Leave --constrain out."
            ) from error
        self._compiled = lru_cache(KEPT_GRAMMARS)(self._compile)
        self.scopes = lru_cache(KEPT_GRAMMARS)(Scopes)

    def text_of(self, token: int) -> bytes:
        return bytes(self._tokenizer.decode_bytes([token]))

    def matcher(self, schema: Schema, names: Names) -> Any:
        """At the start of a statement. Raises GenerationError for a schema that has no grammar."""
        return self._compiled(schema, names).deep_copy()

    def _compile(self, schema: Schema, names: Names) -> Any:
        from llguidance import LLMatcher, LLParserLimits

        try:
            grammar = sql_grammar(schema, ctes=names.ctes, outputs=names.outputs)
        except ValueError as error:
            raise GenerationError(f"Constrained decoding is not possible: {error}.") from error
        limits = LLParserLimits(initial_lexer_fuel=_MAX_LEXER_FUEL, step_lexer_fuel=_MAX_STEP_FUEL)
        matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(grammar), log_level=0, limits=limits)
        if matcher.is_error():
            raise GenerationError(f"The grammar of {schema.db_id!r} cannot be compiled: {matcher.get_error()[:300]}")
        return matcher


class _Statement:
    """One row's text so far. It has ended after an end token, and where a token does not fit (a beam without hope)."""

    def __init__(self, grammars: Grammars, schema: Schema) -> None:
        self._grammars, self._schema = grammars, schema
        self._names, self._tokens, self._text = Names(), list[int](), b""
        self._matcher = grammars.matcher(schema, self._names)
        self._scopes = grammars.scopes(schema)
        self.ended = False

    def copy(self) -> _Statement:
        other = object.__new__(_Statement)
        other._grammars, other._schema = self._grammars, self._schema
        other._names, other._tokens, other._text = self._names, list(self._tokens), self._text
        other._scopes = self._scopes
        other._matcher, other.ended = self._matcher.deep_copy(), self.ended
        return other

    def append(self, token: int) -> None:
        self.ended = self.ended or token in self._grammars.end_ids or not self._matcher.consume_token(token)
        if self.ended:
            return
        self._tokens.append(token)
        self._text += self._grammars.text_of(token)
        names = _declared(self._matcher.get_captures(), self._schema.dialect)
        if names != self._names:
            self._names = names
            self._matcher = self._grammars.matcher(self._schema, names)
            self.ended = not self._matcher.consume_tokens(self._tokens)

    def viable(self, tokens: Iterable[int], wanted: int) -> list[int]:
        """The first `wanted` of `tokens`, all allowed, after which each column can still be one of a table in FROM."""
        return list(islice(filter(self._is_viable, tokens), wanted))

    def _is_viable(self, token: int) -> bool:
        if self.ended or token in self._grammars.end_ids:
            return self.ended or self._scopes.viable(self._text.decode("utf-8", "ignore"), complete=True)
        text = (self._text + self._grammars.text_of(token)).decode("utf-8", "ignore")
        return not _repeats(text) and self._scopes.viable(text)

    def allowed(self) -> NDArray[np.bool_]:
        """(vocabulary,): the tokens of the grammar that may come next."""
        width, ends = self._grammars.vocabulary, list(self._grammars.end_ids)
        if self.ended:
            found = np.zeros(width, dtype=np.bool_)
            found[ends] = True
            return found
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        found = np.unpackbits(bits, bitorder="little")[:width].astype(np.bool_)
        found[ends] = self._matcher.is_accepting()
        return found


class Constraint:
    """The statements of one batch, row by row, through the reordering of a beam search."""

    def __init__(self, grammars: Grammars, schemas: Sequence[Schema]) -> None:
        self._statements: dict[tuple[int, tuple[int, ...]], _Statement] = {
            (i, ()): _Statement(grammars, schema) for i, schema in enumerate(schemas)
        }
        self._prompts = len(schemas)
        self._rows: list[_Statement] = []

    def allowed(self, rows: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        """(rows, vocabulary): what may follow each row of new tokens, one token longer at each call.

        Rows of one prompt stand together, as many for each; a row goes on from any row of its prompt before.
        """
        each = len(rows) // self._prompts
        keys = [(r // each, tuple(row)) for r, row in enumerate(rows)]
        followers = Counter((prompt, row[:-1]) for prompt, row in dict.fromkeys(keys) if row)
        statements: dict[tuple[int, tuple[int, ...]], _Statement] = {}
        for prompt, row in dict.fromkeys(keys):
            before = self._statements[prompt, row[:-1]]
            if row:
                followers[prompt, row[:-1]] -= 1
                before = before.copy() if followers[prompt, row[:-1]] else before
                before.append(row[-1])
            statements[prompt, row] = before
        self._statements = statements
        masks = {key: statement.allowed() for key, statement in statements.items()}
        self._rows = [statements[key] for key in keys]
        return np.stack([masks[key] for key in keys])

    def viable(self, row: int, tokens: Iterable[int], wanted: int) -> list[int]:
        """The first `wanted` of `tokens` that fit the FROM clauses; the last call of `allowed` allowed them all."""
        return self._rows[row].viable(tokens, wanted)


def _repeats(text: str) -> bool:
    """Whether `text` ends in one passage three times, as a model that goes in circles writes it."""
    lengths = range(REPEATED, len(text) // 3 + 1)
    return any(text.endswith(text[-n:] * 3) for n in lengths)


def _declared(captures: Sequence[tuple[str, bytes]], dialect: Dialect) -> Names:
    found: dict[str, dict[str, None]] = {"cte": {}, "output": {}}
    for kind, text in captures:
        match = _NAME.match(text.decode("utf-8", "replace"))
        if kind in found and match is not None and match.lastgroup is not None:
            name = match[match.lastgroup]
            folds = RULES[dialect].names == "folded" and match.lastgroup == "plain"
            found[kind][name.lower() if folds else name] = None
    return Names(tuple(found["cte"]), tuple(found["output"]))
