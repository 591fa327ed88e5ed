"""Group relative policy optimization on trees: sampled answers of one database share its schema.

GRPO: https://arxiv.org/abs/2402.03300. From DAPO (https://arxiv.org/abs/2503.14476) come the mean over tokens, the
higher upper clip, and groups that are drawn again. The loss is that of TRL 1.16's GRPOTrainer
(tests/training/test_grpo.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from ..core import DataError
from ..generation.generator import Sampling
from ..prompts import Prompt
from .build import batches_of_run
from .data.batches import Batches
from .objective import Answers, Sums
from .on_log import OnLog
from .prefix.loss import Batch, by_row, summed_loss, to_batch, token_logprobs
from .prefix.tree import TokenRow, lay_out, merge
from .prepare import Prepared, processes
from .rollout import Rewards, Sample, advantages, rewards_of, sample
from .score import Scorer
from .trainer import PrefixTrainer

if TYPE_CHECKING:
    from ..evaluation.trial import Trials
    from .stages.grpo import Config

KEPT_PROMPTS = 4096
MIN_QUERIES = 16  # queries of a draw, below which it says nothing that most are the same


@dataclass(frozen=True, slots=True)
class Grpo:
    """Rows of a batch are sampled answers, `batch["advantages"]` (rows,) how much better each is than its group.

    `batch["old"]` (members,), where it is there, has the tokens' log-probabilities when they were sampled, and
    `batch["reference"]` (members,) those under the reference.
    """

    epsilon: float = 0.2
    epsilon_high: float = 0.28
    beta: float = 0.0
    temperature: float = 1.0
    loss_type: Literal["dapo", "grpo"] = "dapo"

    def counts(self, batch: Batch) -> Tensor:
        """(1,): tokens, or answers."""
        counted = batch["members"] if self.loss_type == "dapo" else batch["lasts"]
        return torch.tensor([len(counted)], device=counted.device).float()

    def sums(self, model: Any, batch: Batch, *, shared: bool, config: Any) -> Sums:
        each = token_logprobs(model, batch, shared=shared, config=config, temperature=self.temperature)
        advantage = batch["advantages"][batch["owners"]]
        ratio = (each - batch.get("old", each.detach())).exp()
        clipped = ratio.clamp(1 - self.epsilon, 1 + self.epsilon_high)
        losses = -torch.min(ratio * advantage, clipped * advantage)
        count = torch.tensor(len(each), device=each.device)
        facts = {"clipped": ((ratio != clipped).sum(), count)}
        if "reference" in batch:
            distance = (batch["reference"] - each).exp() - (batch["reference"] - each) - 1
            losses = losses + self.beta * distance * ratio  # whose gradient is that of the reverse KL divergence
            facts["kl"] = (distance.detach().sum(), count)
        if self.loss_type == "grpo":
            losses = by_row(losses, batch) / by_row(torch.ones_like(each), batch)
        return Sums(losses.sum()[None], facts)


class QuestionBatches(Batches):
    """Batches of questions: an item is only its number, since the answers are sampled when it is needed.

    `a_step` batches make a step, and each step's questions come `iterations` times, one step after the other.
    """

    a_step, iterations = 1, 1

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"index": torch.tensor(self.drawn(index))}

    def drawn(self, index: int) -> int:
        """The batch whose questions number `index` has."""
        step, place = divmod(index, self.a_step)
        return step // self.iterations * self.a_step + place


class GrpoTrainer(PrefixTrainer):
    """Samples answers with the weights of the moment, runs them, and learns from what they are worth.

    The whole step is sampled before its first gradient. The seed of a batch's samples follows from the run's seed and
    the batch's number, so that a run that goes on draws the same ones.
    """

    batches: QuestionBatches

    def __init__(self, config: Config, prepared: Prepared, model: Any, args: Any, scorer: Scorer | None) -> None:
        size, together, pad_id = _sizes(prepared)
        examples = {e.id: e for e in prepared.data.train}
        databases = prepared.data.databases
        rows = [r for r in prepared.train.rows if databases is not None and examples[r.id].db_id in databases]
        if not rows:
            raise DataError("no question has its database at hand", hint="Name their folder: `databases: FOLDER`.")
        count = batches_of_run(prepared)
        train = QuestionBatches(rows, size, together, count, config.seed, pad_id=pad_id)
        train.a_step, train.iterations = config.gradient_accumulation_steps * processes(), config.num_iterations
        known = prepared.held_out.rows
        held_out = Batches(known, size, together, 1, 0, pad_id=pad_id) if known else None
        objective = Grpo(config.epsilon, config.epsilon_high, config.beta, config.temperature, config.loss_type)
        super().__init__(model, args, train, held_out, scorer, objective)
        self.config, self.prepared, self.examples = config, prepared, examples
        self.rewards = Rewards(config.reward_equal, config.reward_near, config.reward_runs)
        self.halted = ""
        self._rolled: dict[int, dict[str, Tensor]] = {}  # of the step that is computed, by batch
        self._prompts: dict[str, Prompt] = {}
        self._start: dict[str, Tensor] = {}
        self._trials: Trials | None = None

    def before_training(self, on_log: OnLog) -> None:
        """Keep the weights that the run begins with, where they are needed and not a new adapter's."""
        fresh = hasattr(self.model, "disable_adapter") and not getattr(self.model, "began_with_adapter", False)
        if self._measures_kl and not fresh:
            self._start = {n: p.detach().clone() for n, p in self.model.named_parameters() if p.requires_grad}

    @property
    def _measures_kl(self) -> bool:
        return self.config.beta > 0 or self.config.halt_kl > 0

    def loss_of(self, model: Any, batch: Any, *, shared: bool, config: Any) -> Tensor:
        """Of gold answers, to see whether the model obeys the mask."""
        return summed_loss(model, batch, shared=shared, config=config)

    def _held_out_loss(self) -> dict[str, float]:
        """The tuning loss of the gold queries, which says whether the model forgets them."""
        own, self.objective = self.objective, Answers()
        try:
            return super()._held_out_loss()
        finally:
            self.objective = own

    # --- samples ---

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: torch.device) -> tuple[list[Any], Any]:
        """The step's batches, with answers sampled and run."""
        numbers = []
        for _ in range(num_batches):
            with suppress(StopIteration):
                numbers.append(int(next(epoch_iterator)["index"]))
        if any(number not in self._rolled for number in numbers):
            self._rolled = {number: self._sampled(number) for number in numbers}
        found = [self._rolled[number] for number in numbers]
        return found, self._get_num_items_in_batch(found, device)

    def _sampled(self, number: int) -> dict[str, Tensor]:
        """The batch `number`: groups whose rewards are all equal are drawn again, and then left out."""
        questions = [row for piece in self.batches.pieces(number) for row in piece]
        groups: dict[str, list[tuple[Sample, float]]] = {}
        for draw in range(1 + self.config.redraws):
            missing = [row for row in questions if not _differ(groups.get(row.id, []))]
            if missing:
                groups |= self._groups(missing, self.config.seed * 1_000_003 + number * 101 + draw)
        differing = [row for row in questions if _differ(groups[row.id])]
        self._tell("equal_groups", len(questions) - len(differing), len(questions))
        kept = differing or questions[:1]  # a step of nothing: its advantages are 0
        rows, values = [], []
        for question in kept:
            prompt, group = question.tokens[: question.answer_start], groups[question.id]
            for n, ((one, _), value) in enumerate(zip(group, advantages([r for _, r in group]), strict=True)):
                if one.ids:
                    tokens = (*prompt, *one.ids)
                    rows.append(TokenRow(f"{question.id}/{n}", tokens, len(prompt), question.group))
                    values.append(value)
        return self._batch(rows or kept, values or [0.0] * len(kept))

    def _groups(self, questions: Sequence[TokenRow], seed: int) -> dict[str, list[tuple[Sample, float]]]:
        """By id the samples of each question with their rewards."""
        config, prepared = self.config, self.prepared
        model = self.accelerator.unwrap_model(self.model)
        prompts = [self._prompt(row.id) for row in questions]
        sampling = Sampling(config.temperature, max_new_tokens=config.max_new_tokens, n=config.num_generations)
        with self.compute_loss_context_manager(), self.accelerator.autocast():
            found = sample(model, prepared.tokenizer, prepared.template, prompts, sampling, seed)
        flat = [(row, one) for row, samples in zip(questions, found, strict=True) for one in samples]
        golds = [(self.examples[row.id].db_id, self.examples[row.id].gold_sql) for row, _ in flat]
        judged = rewards_of([one for _, one in flat], golds, self._judge(), self.rewards)
        groups: dict[str, list[tuple[Sample, float]]] = {row.id: [] for row in questions}
        for (row, one), (reward, trial) in zip(flat, judged, strict=True):
            # A gold that gives nothing would reward whatever gives nothing: its group teaches nothing.
            groups[row.id].append((one, 0.0 if trial.no_power else reward))
            self._tell("reward", reward, 1)
            self._tell("solved", float(trial.correct and not trial.no_power), 1)
            self._tell("ran", float(trial.ran), 1)
            self._tell("cut", float(one.finish_reason != "stop"), 1)
            self._tell("answer_tokens", len(one.ids), 1)
        self._tell("same", *_most_common(groups))
        return groups

    def _judge(self) -> Trials:
        from ..evaluation.trial import Trials

        assert self.prepared.data.databases is not None
        self._trials = self._trials or Trials(self.prepared.data.databases)
        return self._trials

    def _prompt(self, name: str) -> Prompt:
        if name not in self._prompts:
            if len(self._prompts) >= KEPT_PROMPTS:
                self._prompts.clear()
            self._prompts[name] = self.prepared.data.contexts.prompt(self.examples[name])
        return self._prompts[name]

    def _batch(self, rows: Sequence[TokenRow], values: Sequence[float]) -> dict[str, Tensor]:
        groups: dict[str, list[tuple[TokenRow, float]]] = {}
        for row, value in zip(rows, values, strict=True):
            groups.setdefault(row.group, []).append((row, value))
        ordered = [pair for group in groups.values() for pair in group]
        pad = self.batches.pad_id
        if self.batches.shared:
            layout = lay_out([merge([row for row, _ in g]) for g in groups.values()], pad, per_row=True)
        else:
            layout = lay_out([merge([row]) for row, _ in ordered], pad, alone=True, per_row=True)
        batch = {**to_batch(layout), "advantages": torch.tensor([value for _, value in ordered])}
        if self.config.num_iterations > 1:
            batch["old"] = self._logprobs(batch)
        if self._measures_kl:
            with self._at_start():
                batch["reference"] = self._logprobs(batch)
        return batch

    @torch.no_grad()
    def _logprobs(self, batch: Mapping[str, Tensor]) -> Tensor:
        model, was_training = self.model, self.model.training
        model.eval()
        with self.compute_loss_context_manager(), self.accelerator.autocast():
            found = token_logprobs(
                model,
                self._prepare_inputs(dict(batch)),
                shared=self.batches.shared,
                config=model.config,
                temperature=self.config.temperature,
            )
        model.train(was_training)
        return found.float()

    @contextmanager
    def _at_start(self) -> Iterator[None]:
        """Within, the model has the weights that the run began with."""
        model = self.accelerator.unwrap_model(self.model)
        if not self._start:
            with model.disable_adapter():
                yield
            return
        trained = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        now = {name: p.detach().clone() for name, p in trained.items()}
        with torch.no_grad():
            for name, p in trained.items():
                p.copy_(self._start[name])
        try:
            yield
        finally:
            with torch.no_grad():
                for name, p in trained.items():
                    p.copy_(now[name])

    # --- what is logged, and when it ends ---

    def _tell(self, name: str, value: float, count: float) -> None:
        held = self._facts.setdefault(name, [0.0, 0.0])
        held[0] += value
        held[1] += count

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        super().log(logs, *args, **kwargs)
        if "loss" not in logs or self.halted:
            return
        step = self.state.global_step
        if self.config.halt_kl and logs.get("kl", 0.0) > self.config.halt_kl:
            self.halted = f"at step {step}: KL divergence {logs['kl']:.3f}, over halt_kl {self.config.halt_kl:g}"
        elif logs.get("same", 0.0) > self.config.halt_same:
            self.halted = f"at step {step}: {logs['same']:.0%} of the samples are one query, over halt_same"
        if self.halted:
            self.control.should_training_stop = True

    def final_facts(self) -> dict[str, Any]:
        if self._trials is not None:
            self._trials.close()
        return {"halted": self.halted} if self.halted else {}


def _sizes(prepared: Prepared) -> tuple[int, int, int]:
    config = prepared.config
    return config.per_device_train_batch_size, config.rows_together(processes()), prepared.tokenizer.pad_token_id


def _differ(group: Sequence[tuple[Sample, float]]) -> bool:
    """Whether the group says which of its answers are better."""
    return len({reward for _, reward in group}) > 1


def _most_common(groups: Mapping[str, Sequence[tuple[Sample, float]]]) -> tuple[float, float]:
    """How many samples are the most common query, of how many that are one.

    (0, 0) for one question, whose samples may be alike, and where fewer than MIN_QUERIES samples are queries.
    """
    if len(groups) < 2:
        return 0.0, 0.0
    queries = Counter(sql for g in groups.values() for one, _ in g if (sql := " ".join(one.sql.split())))
    count = sum(queries.values())
    return (queries.most_common(1)[0][1], count) if count >= MIN_QUERIES else (0.0, 0.0)
