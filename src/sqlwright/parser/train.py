"""Training the network on prepared rows: batches that share schemas, checkpoints that survive anything."""

from __future__ import annotations

import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..core.atomic import atomic_file
from .batch import IGNORED, Batch, collate, targets
from .model import ModelConfig, Parser
from .rows import Augment, ParserRow, lay_out_row
from .schema_text import Pieces, SchemaText


@dataclass(frozen=True, slots=True)
class Settings:
    """`batch_size` questions a step in groups of `group_size` about one database, which share its schema.

    The learning rates (of the new layers, of the encoder, and of its word embeddings, which 0 leaves unchanged) rise
    over `warmup_steps`, stay, and fall to zero over the last `decay_share` of `max_steps`. A run with more steps can go
    on from where the fall began. `bf16` computes in bfloat16 (autocast); None where the processor or the GPU has
    instructions for it; a CPU without them is slower than in float32.
    """

    max_steps: int = 4000
    batch_size: int = 32
    group_size: int = 8
    learning_rate: float = 6e-4
    encoder_learning_rate: float = 1.5e-4
    embedding_learning_rate: float = 0.0
    bf16: bool | None = None
    warmup_steps: int = 200
    decay_share: float = 0.3
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    seed: int = 0
    eval_steps: int = 400
    save_steps: int = 200
    logging_steps: int = 20
    augment: Augment = field(default_factory=Augment)

    def rate(self, step: int) -> float:
        """What the learning rates are multiplied by at `step` (from 0)."""
        decay_from = self.max_steps * (1 - self.decay_share)
        fall = (self.max_steps - step) / max(1.0, self.max_steps - decay_from)
        return min(1.0, (step + 1) / max(1, self.warmup_steps), max(0.0, fall))


@dataclass(frozen=True, slots=True)
class WeightedRows:
    """Rows of one data set; `weight` is how often an epoch shows them (0.3: a random third)."""

    name: str
    rows: Sequence[ParserRow]
    weight: float = 1.0


POOL = 24  # groups among which those of like schemas come together


def epoch_batches(
    sources: Sequence[WeightedRows], sizes: Mapping[str, int], settings: Settings, epoch: int
) -> Iterator[list[ParserRow]]:
    """The batches of one epoch, the same for the same seed: groups of questions about one database.

    Groups whose schemas have like `sizes` (items by db_id) come together, since a batch is as wide as its widest.
    """
    rng = random.Random(f"{settings.seed}/{epoch}")  # noqa: S311
    by_database: dict[str, list[ParserRow]] = defaultdict(list)
    for source in sources:
        rest = rng.sample(source.rows, int(source.weight % 1 * len(source.rows)))
        for row in [*source.rows] * int(source.weight) + rest:
            by_database[row.db_id].append(row)
    groups = []
    for rows in by_database.values():
        rng.shuffle(rows)
        groups += [rows[i : i + settings.group_size] for i in range(0, len(rows), settings.group_size)]
    rng.shuffle(groups)
    batches: list[list[ParserRow]] = []
    for i in range(0, len(groups), POOL):
        pool = sorted(groups[i : i + POOL], key=lambda group: sizes[group[0].db_id])
        rows = [row for group in pool for row in group]
        batches += [rows[i : i + settings.batch_size] for i in range(0, len(rows), settings.batch_size)]
    rng.shuffle(batches)
    yield from batches


def train(
    model: Parser,
    sources: Sequence[WeightedRows],
    texts: Mapping[str, SchemaText],
    pieces: Pieces,
    settings: Settings,
    folder: Path,
    *,
    evaluate: Callable[[Parser], Mapping[str, float]] | None = None,
    on_log: Callable[[Mapping[str, Any]], None] = lambda row: None,
) -> dict[str, Tensor]:
    """Train `model` in place and return the best weights: by the evaluation's first number, else the last.

    `folder` gets `checkpoint.pt`, from which the same call goes on, `best.pt` and `metrics.jsonl`. Raises
    FloatingPointError where the loss is no number; the checkpoint before stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(model, settings, folder)
    run.resume()
    started, seen = time.monotonic(), 0
    sizes = {name: len(text.items) for name, text in texts.items()}
    for step, rows in _steps(sources, sizes, settings, run.step):
        rng = random.Random(f"{settings.seed}/{step}")  # noqa: S311
        laid_out = [x for row in rows if (x := lay_out_row(row, texts[row.db_id], pieces, rng, settings.augment))]
        if laid_out:
            run.learn(*zip(*laid_out, strict=True), step=step)
        seen += len(laid_out)
        done = step + 1
        if done % settings.logging_steps == 0:
            speed = seen / (time.monotonic() - started)
            run.log({"step": done, "loss": run.mean_loss(), "rows_per_s": round(speed, 2)}, on_log)
        if done % settings.eval_steps == 0 or done == settings.max_steps:
            scores = dict(evaluate(model)) if evaluate else {}
            model.train()
            run.log({"step": done, **scores}, on_log)
            run.keep_best(scores)
        if done % settings.save_steps == 0 or done == settings.max_steps:
            run.save(done)
    return run.best_weights()


def _steps(
    sources: Sequence[WeightedRows], sizes: Mapping[str, int], settings: Settings, first: int
) -> Iterator[tuple[int, list[ParserRow]]]:
    """(step, batch) from step `first` on."""
    step, epoch = 0, 0
    while step < settings.max_steps:
        before = step
        for batch in epoch_batches(sources, sizes, settings, epoch):
            if step >= settings.max_steps:
                return
            if step >= first:
                yield step, batch
            step += 1
        if step == before:
            raise ValueError("There are no rows to train on.")
        epoch += 1


class _Run:
    """What a step changes, and its way to the disk and back."""

    def __init__(self, model: Parser, settings: Settings, folder: Path) -> None:
        self.model, self.settings, self.folder = model, settings, folder
        self.step, self.best = 0, -math.inf
        self.losses: list[float] = []
        # A third of all weights; a batch holds few of their words.
        model.pieces.weight.requires_grad_(settings.embedding_learning_rate > 0)
        self.bf16 = has_bf16(model.pieces.weight.device) if settings.bf16 is None else settings.bf16
        self.optimizer = torch.optim.AdamW(_groups(model, settings), fused=True)
        torch.manual_seed(settings.seed)
        model.train()

    def learn(self, layouts: Sequence[Any], sequences: Sequence[Sequence[int]], *, step: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * self.settings.rate(step)
        loss = batch_loss(self.model, collate(layouts), *targets(layouts, sequences), bf16=self.bf16)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"The loss is {value} at step {step}; the last checkpoint stays in {self.folder}.")
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.max_grad_norm)
        self.optimizer.step()
        self.losses.append(value)

    def mean_loss(self) -> float:
        last = self.losses[-self.settings.logging_steps :]
        return round(sum(last) / len(last), 4) if last else math.nan

    def log(self, row: Mapping[str, Any], on_log: Callable[[Mapping[str, Any]], None]) -> None:
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        on_log(row)

    def keep_best(self, scores: Mapping[str, float]) -> None:
        score = next(iter(scores.values()), math.inf)
        if score >= self.best:
            self.best = score
            _write(self.model.state_dict(), self.folder / "best.pt")

    def best_weights(self) -> dict[str, Tensor]:
        weights: dict[str, Tensor] = torch.load(self.folder / "best.pt", map_location="cpu", weights_only=True)
        return weights

    def save(self, step: int) -> None:
        state = {
            "step": step,
            "best": self.best,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "settings": asdict(self.settings),
        }
        _write(state, self.folder / "checkpoint.pt")
        if step <= self.settings.max_steps * (1 - self.settings.decay_share):
            _write(state, self.folder / "stable.pt")

    def resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        self.step, self.best = state["step"], state["best"]


def has_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16, so that its matrix products are faster than in float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


def batch_loss(model: Parser, batch: Batch, given: Any, positions: Any, labels: Any, *, bf16: bool = False) -> Tensor:
    """The mean cross-entropy per token of the wanted queries."""
    device = model.pieces.weight.device
    tokens, places, wanted = (torch.from_numpy(a).to(device) for a in (given, positions, labels))
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        scores = model(batch, tokens, places)
    return F.cross_entropy(scores.float().flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)


def _groups(model: Parser, settings: Settings) -> list[dict[str, Any]]:
    brought = ("positions", "norm.", "lower_layers", "upper_layers")
    groups: dict[tuple[float, float], list[Tensor]] = defaultdict(list)
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        rate, decay = settings.learning_rate, settings.weight_decay if weight.ndim > 1 else 0.0
        if name == "pieces.weight":
            rate, decay = settings.embedding_learning_rate, 0.0
        elif name.startswith(brought):
            rate = settings.encoder_learning_rate
        groups[(rate, decay)].append(weight)
    return [{"params": weights, "top": rate, "weight_decay": decay} for (rate, decay), weights in groups.items()]


def _write(state: Mapping[str, Any], path: Path) -> None:
    with atomic_file(path) as unfinished:
        torch.save(state, unfinished)


def new_parser(config: ModelConfig, encoder: Path | None, seed: int = 0) -> Parser:
    """A parser with random weights; `encoder` (a BERT checkpoint as safetensors) fills the encoder's layers."""
    torch.manual_seed(seed)
    model = Parser(config)
    if encoder:
        model.load_encoder(encoder)
    return model
