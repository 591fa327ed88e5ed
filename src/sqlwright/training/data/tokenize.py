"""Examples to rows of tokens, by the one road that asking takes: the same prompt, the same template, the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ...core import ConfigError, DataError, Example, Message
from ...data import Contexts, prompt_for
from ...prompts import ChatTemplate, Prompt, render_chat, render_chat_spans, resolve_template, with_answer
from ..prefix.tree import TokenRow

SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Tokenizing:
    """`tokenizer` is a fast one of transformers. `train_questions`: all that follows the system text is trained."""

    tokenizer: Any
    template: ChatTemplate
    cutoff_len: int
    over_length: str = "refuse"
    train_questions: bool = False
    _starts: dict[str, int] = field(default_factory=dict, repr=False)  # by first message, which is mostly the schema

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        """What a model is given at inference; see `HfGenerator.encode`."""
        return self._encode(render_chat(prompt.messages, self.template, add_generation_prompt=True))[0]

    def row(self, prompt: Prompt, sql: str, id: str, group: str) -> TokenRow:  # noqa: A002
        """Prompt and answer, up to the end of the turn, which is trained: a model has to learn to stop.

        Only the last answer is: those before it are questions' history here, and are trained in rows of their own.
        """
        rendered = render_chat_spans(with_answer(prompt, sql), self.template)
        begin, end = rendered.spans[-1]
        tokens, offsets = self._encode(rendered.text)
        asked = self.prompt_tokens(prompt)
        if tokens[: len(asked)] == asked:
            start = len(asked)
            last = max(i for i, (a, b) in enumerate(offsets) if a < end and b > begin) + 1
        else:  # a token across the border: what is learned has to follow on what is asked
            rest = self._encode(rendered.text[begin:end])[0]
            tokens, start, last = asked + rest, len(asked), len(asked) + len(rest)
        if self.train_questions:
            start = self._after_system(prompt, tokens)
        return TokenRow(id, tuple(tokens[:last]), start, group)

    def _after_system(self, prompt: Prompt, tokens: Sequence[int]) -> int:
        """Where the text begins that differs from question to question."""
        system = prompt.messages[:-1][:1]  # nothing where the only message holds schema and question
        first = system[0].content if system else ""
        if first in self._starts:
            return self._starts[first]
        other = replace(prompt, messages=(*system, Message("user", "\x7f")))
        shared = 0
        for a, b in zip(tokens, self.prompt_tokens(other), strict=False):
            if a != b:
                break
            shared += 1
        return self._starts.setdefault(first, max(1, shared))

    def _encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return found["input_ids"], found["offset_mapping"]


@dataclass(frozen=True, slots=True)
class Tokenized:
    """`shortened` are the ids of rows for which tables were left out, `left_out` those that stayed too long."""

    rows: tuple[TokenRow, ...]
    shortened: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def sha256(self, rejected: Mapping[str, TokenRow] = MappingProxyType({})) -> str:
        """Of all tokens in order: the same data through the same prompt and tokenizer, with the worse answers."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(repr((row.tokens, row.answer_start)).encode())
            if row.id in rejected:
                digest.update(repr(rejected[row.id].tokens).encode())
        return digest.hexdigest()


def template_of(tokenizer: Any, name: str) -> ChatTemplate:
    """The tokenizer's own, or ours of that name. Raises ConfigError where there is neither."""
    known = {"chat_template": tokenizer.chat_template, "eos_token": tokenizer.eos_token}
    if tokenizer.bos_token:
        known["bos_token"] = tokenizer.bos_token
    return resolve_template(known, name or None)


def tokenize(examples: Iterable[Example], contexts: Contexts, how: Tokenizing) -> Tokenized:
    """One row an example; the turns of a dialogue come as they will be asked, each with its history.

    A row over `cutoff_len` tokens is refused, or made shorter by leaving out the tables that its question needs least;
    an answer is never cut. Raises DataError that names what is too long.
    """
    rows: list[TokenRow] = []
    shortened: list[str] = []
    too_long: list[tuple[str, int]] = []
    for example in sorted(examples, key=lambda e: e.db_id):  # a database is opened once
        row = _row(example, contexts, how, None)
        if len(row.tokens) > how.cutoff_len and how.over_length == "shorten":
            row = _shortened(example, contexts, how, row)
            if len(row.tokens) <= how.cutoff_len:
                shortened.append(row.id)
        if len(row.tokens) > how.cutoff_len:
            too_long.append((row.id, len(row.tokens)))
        else:
            rows.append(row)
    if too_long and how.over_length != "leave_out":
        raise DataError(_too_long(too_long, len(rows) + len(too_long), how))
    return Tokenized(tuple(rows), tuple(shortened), tuple(name for name, _ in too_long))


def _row(example: Example, contexts: Contexts, how: Tokenizing, max_tokens: int | None) -> TokenRow:
    context = contexts.of(example)
    prompt = prompt_for(
        example.question,
        context,
        contexts.options,
        history=example.history,
        evidence=example.evidence,
        max_tokens=max_tokens,
        count_tokens=_counter(how.tokenizer) if max_tokens else None,
    )
    group = hashlib.sha256(example.ddl.encode()).hexdigest() if example.ddl else example.db_id
    return how.row(prompt, example.gold_sql, example.id, group)


def _shortened(example: Example, contexts: Contexts, how: Tokenizing, row: TokenRow) -> TokenRow:
    """With as many tables as fit; the row itself where nothing helps."""
    budget = how.cutoff_len - (len(row.tokens) - row.answer_start)
    for _ in range(3):  # a budget counts texts, and a template writes more around some than others
        try:
            row = _row(example, contexts, how, budget)
        except ConfigError:
            return row
        excess = len(row.tokens) - how.cutoff_len
        if excess <= 0:
            return row
        budget -= excess + 8
    return row


def _counter(tokenizer: Any) -> Callable[[str], int]:
    return lambda text: len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def _too_long(found: Sequence[tuple[str, int]], total: int, how: Tokenizing) -> str:
    longest = sorted(found, key=lambda f: -f[1])
    named = ", ".join(f"{name} ({tokens})" for name, tokens in longest[:SHOWN_IDS])
    more = f", and {len(longest) - SHOWN_IDS} more" if len(longest) > SHOWN_IDS else ""
    return (
        f"{len(found)} of {total} rows are longer than cutoff_len {how.cutoff_len}: {named}{more}. Raise cutoff_len, "
        "or write `over_length: shorten` (leaves out tables, never SQL) or `over_length: leave_out`"
    )


def coloured(row: TokenRow, tokenizer: Any) -> list[tuple[str, bool]]:
    """The row's text in pieces, each with whether it is trained."""
    return [
        (tokenizer.decode(row.tokens[: row.answer_start]), False),
        (tokenizer.decode(row.tokens[row.answer_start :]), True),
    ]
