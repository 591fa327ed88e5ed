"""transformers' Trainer over merged rows: loss, score, checkpoints that are whole, and an end that says why.

What is stock stays stock: optimizers, schedules, DDP, DeepSpeed, FSDP, trackers, resuming.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback, Trainer, TrainerCallback

from ..core import SqlwrightError
from .checkpoint import METRICS, checkpoints, write_folder
from .data.batches import Batches
from .objective import Answers, Objective, total
from .on_log import OnLog
from .score import Scorer

SCORE, LOSS = "execution_accuracy", "eval_loss"


class PrefixTrainer(Trainer):
    """`train` and `held_out` are batches of merged rows; `scorer` asks the model questions, None where it cannot.

    `objective` is what is made smaller: by default the loss of supervised tuning.
    """

    model: Any

    def __init__(
        self,
        model: Any,
        args: Any,
        train: Batches,
        held_out: Batches | None,
        scorer: Scorer | None,
        objective: Objective | None = None,
    ) -> None:
        asked = held_out or train  # wanted where eval_steps is set; `evaluate` below knows what is held out
        super().__init__(model=model, args=args, train_dataset=train, data_collator=_only, eval_dataset=asked)
        self.remove_callback(PrinterCallback)  # it prints to stdout, where the result goes
        self.batches, self.held_out, self.scorer = train, held_out, scorer
        self.objective: Objective = objective or Answers()
        self._facts: dict[str, list[float]] = {}  # sums and counts since the last log
        self.loss_is_scaled_for_ga = True  # by all trained tokens of the step, on all devices
        self.folder = Path(args.output_dir)
        self.evaluating_s = 0.0  # since the start
        self.tokens = 0  # computed since the start, padding included

    def before_training(self, on_log: OnLog) -> None:
        """What has to be computed with the model before the first step, or the first one of a run that goes on."""

    def final_facts(self) -> dict[str, Any]:
        """What a finished run says of itself beside its curves."""
        return {}

    def loss_of(self, model: Any, batch: Any, *, shared: bool, config: Any) -> torch.Tensor:
        """The objective's value on one batch, merged or not."""
        sums = self.objective.sums(model, batch, shared=shared, config=config)
        return total(sums, self.objective.counts(batch))

    # --- data and loss ---

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return SequentialSampler(self.batches)  # the order is mixed already, and has to be found again

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> Any:
        """(terms,): what the whole step's loss is a mean over, so that long and short batches weigh as they should."""
        if not batch_samples:
            return None
        counts = torch.stack([self.objective.counts(batch) for batch in batch_samples]).sum(0).to(device)
        return self.accelerator.reduce(counts)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """This batch's share of the mean over all that the step counts."""
        sums = self.objective.sums(model, inputs, shared=self.batches.shared, config=self.model.config)
        self.tokens += inputs["input_ids"].numel()
        loss = total(sums, num_items_in_batch)
        if not torch.isfinite(loss):
            raise self._stopped(f"The loss is {loss.item()} at step {self.state.global_step + 1}")
        for name, (value, count) in sums.facts.items():
            held = self._facts.setdefault(name, [0.0, 0.0])
            held[0] += float(value)
            held[1] += float(count)
        # DDP and DeepSpeed average over processes, and this is a sum over them.
        share: torch.Tensor = loss * self.accelerator.num_processes
        return share

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """With the objective's facts of the step, such as the margin between pairs."""
        if "loss" in logs:
            logs |= {name: round(value / count, 6) for name, (value, count) in self._facts.items() if count}
            self._facts.clear()
        super().log(logs, *args, **kwargs)

    def _clip_grad_norm(self, model: Any) -> Any:
        norm = super()._clip_grad_norm(model)  # type: ignore[no-untyped-call]
        if norm is not None and not self.args.fp16 and not math.isfinite(float(norm)):  # fp16 skips such a step itself
            raise self._stopped(f"The gradient is {float(norm)} at step {self.state.global_step + 1}")
        return norm

    def _stopped(self, what: str) -> SqlwrightError:
        kept = next(reversed(checkpoints(self.folder)), None)
        where = f"the last good checkpoint is {kept}" if kept else "there is no checkpoint yet"
        return SqlwrightError(f"{what}; {where}.", "Lower learning_rate, or raise warmup, and run the command again.")

    # --- score ---

    def evaluate(self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval") -> Any:
        """Loss and execution accuracy on what is held out; the best model so far is kept in `best`."""
        started = time.monotonic()
        metrics: dict[str, float] = {}
        if self.held_out is not None:
            metrics |= self._held_out_loss()
        if self.scorer is not None and self.scorer.examples:
            right = torch.zeros(1, device=self.args.device)
            if self.is_world_process_zero():
                right += self.scorer(self.accelerator.unwrap_model(self.model))[0]
            right = self.accelerator.reduce(right)  # the others added nothing
            metrics[f"eval_{SCORE}"] = float(right) / len(self.scorer.examples)
        took = time.monotonic() - started
        self.evaluating_s += took
        metrics["eval_s"] = round(took, 2)
        best = self._best_before()
        self.log(dict(metrics))
        if best is None or rank(metrics) > best:
            self._keep_best()
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    @torch.no_grad()
    def _held_out_loss(self) -> dict[str, float]:
        """The loss over all that is held out, and the objective's facts; every process computes a share of it."""
        assert self.held_out is not None
        model, was_training = self.model, self.model.training
        model.eval()
        sums: dict[str, torch.Tensor] = {}
        for index, counts in share(self.held_out.per_epoch, self.args.process_index, self.args.world_size):
            batch = self._prepare_inputs(self.held_out[index])
            found = self.objective.sums(model, batch, shared=self.held_out.shared, config=model.config)
            parts = {LOSS: torch.stack([found.terms.double(), self.objective.counts(batch).double()])}
            parts |= {f"eval_{n}": torch.stack([v.double(), c.double()])[:, None] for n, (v, c) in found.facts.items()}
            for name, part in parts.items():
                sums[name] = sums.get(name, torch.zeros_like(part)) + (part if counts else 0 * part)
        model.train(was_training)
        device = "cpu" if self.args.device.type == "mps" else self.args.device
        reduced = {name: self.accelerator.reduce(part.to(device)) for name, part in sums.items()}
        return {name: float((part[0] / part[1].clamp(min=1)).sum()) for name, part in reduced.items()}

    def _best_before(self) -> tuple[float, float] | None:
        return max(map(rank, evaluations(self.state)), default=None)

    def _keep_best(self) -> None:
        """All processes take part, since a sharded model is gathered; one writes."""
        self._write(self.folder / "best", lambda folder: self.save_model(str(folder), _internal_call=True))

    # --- checkpoints ---

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        name = f"checkpoint-{self.state.global_step}"

        def fill(folder: Path) -> None:
            own, self._get_output_dir = self._get_output_dir, lambda trial: str(folder.parent)  # type: ignore[method-assign]
            try:
                super(PrefixTrainer, self)._save_checkpoint(model, trial)
            finally:
                self._get_output_dir = own  # type: ignore[method-assign]

        self._write(self.folder / name, fill)
        if self.args.should_save:
            for old in checkpoints(self.folder)[: -(self.args.save_total_limit or 1)]:
                shutil.rmtree(old, ignore_errors=True)

    def _write(self, target: Path, fill: Callable[[Path], None]) -> None:
        try:
            if self.accelerator.num_processes == 1:
                write_folder(target, fill)
            else:
                self._write_together(target, fill)
        except (OSError, SafetensorError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "write" not in str(error).lower():
                raise
            kept = next(reversed(checkpoints(self.folder)), None)
            raise SqlwrightError(
                f"{target} cannot be written: {' '.join(str(error).split())[:200]}; "
                + (f"the last good checkpoint is {kept}." if kept else "there is no checkpoint yet."),
                "Make room on the disk and run the same command again.",
            ) from error

    def _write_together(self, target: Path, fill: Callable[[Path], None]) -> None:
        """As `write_folder`, where every process writes its part."""
        staging = self.folder / ".unfinished" / target.name
        if self.is_world_process_zero():
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        fill(staging)
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            shutil.rmtree(target, ignore_errors=True)
            staging.replace(target)
        self.accelerator.wait_for_everyone()


def share(batches: int, rank: int, processes: int) -> Iterator[tuple[int, bool]]:
    """The batches that process `rank` computes of 0 to `batches` - 1, each with whether it counts.

    Every process gets equally many, since those of a sharded model have to compute together: one that has run out
    computes the last batch again and does not count it.
    """
    for start in range(0, batches, processes):
        yield min(start + rank, batches - 1), start + rank < batches


def _only(items: list[Any]) -> Any:
    """A batch is made by the data set already."""
    return items[0]


def evaluations(state: Any) -> list[dict[str, float]]:
    """What has been measured so far; a checkpoint brings it along."""
    return [row for row in state.log_history if LOSS in row or f"eval_{SCORE}" in row]


def rank(metrics: Mapping[str, float]) -> tuple[float, float]:
    """Higher is better: more right answers, then a lower loss."""
    return metrics.get(f"eval_{SCORE}", 0.0), -metrics.get(LOSS, math.inf)


class StopEarly(TrainerCallback):
    """Ends the run when the last `patience` evaluations brought nothing better."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        ranks = [rank(row) for row in evaluations(state)]
        if len(ranks) - 1 - ranks.index(max(ranks)) >= self.patience:
            control.should_training_stop = True


class Record(TrainerCallback):
    """Every step's numbers into metrics.jsonl, and to `listener`: loss, score, tokens per second, time left."""

    def __init__(self, trainer: PrefixTrainer, listener: OnLog, epoch_of: Callable[[int], float]) -> None:
        self.trainer, self.listener, self.epoch_of = trainer, listener, epoch_of
        self.started = time.monotonic()
        self.first_step: int | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.started, self.first_step = time.monotonic(), state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        row = {"step": state.global_step, **{k: v for k, v in logs.items() if k != "epoch"}}
        row["epoch"] = round(self.epoch_of(state.global_step), 3)
        elapsed = time.monotonic() - self.started
        done = state.global_step - (self.first_step or 0)
        row["tokens_per_s"] = round(self.trainer.tokens / max(elapsed, 1e-9))
        row["left_s"] = round(elapsed / max(done, 1) * (state.max_steps - state.global_step))
        with (self.trainer.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.listener({**row, "max_steps": state.max_steps})


class StopRequest(TrainerCallback):
    """Set by Ctrl-C or a scheduler's SIGTERM: the step is finished, the run saved and ended."""

    def __init__(self) -> None:
        self.wanted = False

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.wanted:
            control.should_save = control.should_training_stop = True
