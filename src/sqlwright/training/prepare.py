"""Everything about a run but the weights: what a dry run shows and a run begins with."""

from __future__ import annotations

import math
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from ..core import DataError, UsageError
from ..evaluation.provenance import this_machine
from ..prompts import ChatTemplate
from .data.sources import Data, read_data
from .data.tokenize import Tokenized, Tokenizing, coloured, tokenize
from .prefix.tree import Savings, TokenRow, epoch_batches, savings
from .settings.language_model import LanguageModelConfig

PACKAGES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "bitsandbytes", "deepspeed")
SCHEMA_REPEATED = 50


@dataclass(frozen=True, slots=True)
class Prepared:
    """`train` and `held_out` are rows of tokens; `held_out` is measured, and asked in `data`'s words.

    Of preference data they are the better answers, and `rejected` has by id the worse one of each.
    """

    config: LanguageModelConfig
    data: Data
    tokenizer: Any
    template: ChatTemplate
    train: Tokenized
    held_out: Tokenized
    rejected: Mapping[str, TokenRow] = field(default_factory=dict)

    @property
    def batches_an_epoch(self) -> int:
        """The last one may be short, so that an epoch can take more batches than its rows fill."""
        return math.ceil(len(self.train.rows) / self.config.per_device_train_batch_size)

    @property
    def steps(self) -> int:
        if self.config.max_steps > 0:
            return self.config.max_steps
        return math.ceil(self.config.num_train_epochs * self.batches_an_epoch / self._batches_a_step)

    def epochs(self, steps: int) -> float:
        """How often every row has been seen after `steps`."""
        return steps * self._batches_a_step / self.batches_an_epoch

    @property
    def _batches_a_step(self) -> int:
        return self.config.gradient_accumulation_steps * processes()

    def savings(self) -> Savings:
        """Of the first epoch."""
        return savings(self.first_epoch())

    def first_epoch(self) -> list[list[list[TokenRow]]]:
        """Its batches, each as lists of rows to merge, those of worse answers too."""
        rng = random.Random(f"{self.config.seed}/0")  # noqa: S311
        together = self.config.rows_together(processes())
        batches = epoch_batches(self.train.rows, self.config.per_device_train_batch_size, together, rng)
        return [[self.config.computed(piece, self.rejected) for piece in batch] for batch in batches]

    def first_example(self) -> list[tuple[str, bool]]:
        """The first row decoded again, in pieces, each with whether it is trained."""
        return coloured(self.train.rows[0], self.tokenizer)

    def record(self) -> dict[str, Any]:
        """What has to be the same for the run to be continued, and what it was made with."""
        from .loading import compute_dtype

        return {
            "config": self.config.to_dict(),
            "data_sha256": self.train.sha256(self.rejected),
            "held_out_sha256": self.held_out.sha256(),
            "rows": len(self.train.rows),
            "held_out_rows": len(self.held_out.rows),
            "left_out": self.data.left_out,
            "shortened": list(self.train.shortened),
            "too_long": list(self.train.left_out),
            "steps": self.steps,
            "processes": processes(),
            "compute_dtype": str(compute_dtype(self.config)).removeprefix("torch."),
            "versions": versions(),
            "machine": this_machine(),
        }


def prepare(config: LanguageModelConfig, data: Data | None = None) -> Prepared:
    """Turn `data`, or what `config` names, into tokens.

    Raises DataError for rows that cannot be learned, NotFoundError where a file or the tokenizer is missing,
    ConfigError where there is no chat template, UsageError for `device_map` with several processes.
    """
    refuse_several_processes(config)
    data = data or read_data(config)
    tokenizer, template = config.load_tokenizer(_texts(data))
    how = Tokenizing(tokenizer, template, config.cutoff_len, config.over_length, config.trains_questions)
    train, held_out = (tokenize(part, data.contexts, how) for part in (data.train, data.held_out))
    if not data.rejected:
        return Prepared(config, data, tokenizer, template, train, held_out)
    rejected = _rejected(data, how, (*train.rows, *held_out.rows))
    train, held_out = (_paired(part, data, rejected) for part in (train, held_out))
    if not train.rows:
        raise DataError("no pair is left to learn from", hint="Raise cutoff_len.")
    return Prepared(config, data, tokenizer, template, train, held_out, rejected)


def _rejected(data: Data, how: Tokenizing, better: Sequence[TokenRow]) -> dict[str, TokenRow]:
    """The rows of worse answers, by id, of those that answer the very prompt of the better one."""
    examples = [
        replace(e, gold_sql=data.rejected[e.id]) for e in (*data.train, *data.held_out) if e.id in data.rejected
    ]
    asked = {row.id: row.tokens[: row.answer_start] for row in better}
    rows = tokenize(examples, data.contexts, how).rows
    return {row.id: row for row in rows if asked.get(row.id) == row.tokens[: row.answer_start]}


def _paired(part: Tokenized, data: Data, rejected: Mapping[str, TokenRow]) -> Tokenized:
    """Without the rows whose worse answer is too long, or was asked of a prompt with other tables."""
    kept = tuple(row for row in part.rows if row.id in rejected or row.id not in data.rejected)
    lost = tuple(row.id for row in part.rows if row.id in data.rejected and row.id not in rejected)
    return replace(part, rows=kept, left_out=(*part.left_out, *lost))


def _texts(data: Data) -> Iterator[str]:
    """What a new tokenizer learns from: questions, SQL, and schemas often enough for their words to become tokens."""
    seen: Counter[str] = Counter()
    for example in sorted(data.train, key=lambda e: e.db_id):
        system, *_, question = (m.content for m in data.contexts.prompt(example).messages)
        seen[system] += 1
        if seen[system] <= SCHEMA_REPEATED:
            yield system
        yield question
        yield example.gold_sql


def processes() -> int:
    """How many this run was started as, by torchrun or accelerate launch."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def refuse_several_processes(config: LanguageModelConfig) -> None:
    """Raises UsageError where a model that is spread over the GPUs would be loaded by several processes."""
    if config.device_map and processes() > 1:
        raise UsageError(
            f"device_map: {config.device_map} spreads one model over all GPUs; this run has {processes()} processes.",
            "Start it without torchrun, or take out device_map and write deepspeed or fsdp.",
        )


def is_main() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


def versions() -> dict[str, str]:
    found = {}
    for package in ("sqlwright", *PACKAGES):
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
