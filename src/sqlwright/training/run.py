"""One training run of a language model, top to bottom."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import MissingExtraError, SqlwrightError
from .checkpoint import DONE, begin, checkpoints, write_text
from .data.sources import Data
from .deepspeed import prepare_deepspeed, refuse_abandoned_build
from .forecast import Forecast, forecast
from .on_log import OnLog
from .prepare import Prepared, is_main, prepare, processes
from .settings.language_model import LanguageModelConfig
from .stages import DryRun

if TYPE_CHECKING:
    from .trainer import PrefixTrainer, StopRequest

COMPARED = 6  # rows computed both ways before the start, to see that the model obeys our masks
MAX_LOSS_DIFFERENCE = {"float32": 1e-4, "bfloat16": 3e-2, "float16": 1e-2}  # how near the two losses then have to be


class InterruptedRunError(SqlwrightError):
    """Saved and stopped on request."""

    exit_code = 130


def train_language_model(
    config: LanguageModelConfig, on_log: OnLog = lambda row: None, data: Data | None = None
) -> Path:
    """Run or continue the training that `config` describes; returns the folder of the finished model.

    `data` takes the place of what `config` names to learn from.

    `on_log` is given sentences ({"say": ...}) and each step's numbers. The folder gets the model or adapter with its
    tokenizer and template, run.json (settings, versions, hash of the data), metrics.jsonl, and report.html.

    Raises DataError for data that cannot be learned, InterruptedRunError after Ctrl-C, MissingExtraError without
    torch, and SqlwrightError where the loss is no number or the disk is full, when the last checkpoint stays whole, and
    where DeepSpeed would hang.
    """
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Training needs torch and transformers.", "train") from error
    prepare_deepspeed()
    if config.deepspeed:
        refuse_abandoned_build()
    on_log = on_log if is_main() else lambda row: None
    prepared = prepare(config, data)
    out = Path(config.output_dir)
    if is_main():
        begin(out, prepared.record(), resume=config.resume)
    if (out / DONE).is_file():
        on_log({"say": f"{out} is finished already."})
        return out
    expected = forecast(prepared)
    for line in [*banner(prepared), *expected.lines()]:
        on_log({"say": line})
    trainer = _trainer(prepared, on_log)
    started = time.monotonic()
    _train(trainer, on_log)
    if is_main():
        _finish(trainer, prepared, time.monotonic() - started, expected, on_log)
    trainer.accelerator.wait_for_everyone()
    return out


def dry_run_language_model(config: LanguageModelConfig) -> DryRun:
    """Everything but the training. Raises what `prepare` raises."""
    prepared = prepare(config)
    parameters = tuple(banner(prepared))
    return DryRun(parameters, tuple(prepared.first_example()), tuple(forecast(prepared).lines()))


def banner(prepared: Prepared) -> list[str]:
    """The parameters of the run, as one reads them before one goes for coffee."""
    c, rows = prepared.config, prepared.train.rows
    method: str = c.finetuning_type if c.model_name_or_path else "from scratch"
    if c.finetuning_type in ("lora", "qlora"):
        method += f", rank {c.lora_rank}, alpha {c.lora_alpha}, dropout {c.lora_dropout:g}, {', '.join(c.lora_target)}"
    left = [f"{n} {reason}" for reason, n in prepared.data.left_out.items()]
    if prepared.train.left_out:
        left.append(f"{len(prepared.train.left_out)} too long: {', '.join(prepared.train.left_out[:5])}")
    facts = {
        "model": c.model_name_or_path or f"a new Llama, {len(prepared.tokenizer):,} tokens",
        "method": method,
        "data": f"{len(rows):,} {c.unit} of {', '.join(c.dataset)}; {len(prepared.held_out.rows):,} held out",
        "left out": "; ".join(left),
        "shortened": f"{len(prepared.train.shortened)} rows, by tables" if prepared.train.shortened else "",
        "objective": c.objective_text(),
        "step": f"{c.per_device_train_batch_size} {c.unit} x {c.gradient_accumulation_steps} accumulated "
        f"x {processes()} processes; {c.rows_together(processes())} of one database together",
        "steps": f"{prepared.steps:,}, {prepared.epochs(prepared.steps):.2f} epochs",
        "rate": f"{c.learning_rate:g}, {c.lr_scheduler_type}, warm-up {c.warmup:g}, weight decay {c.weight_decay:g}, "
        f"clip {c.max_grad_norm:g}",
        "sharing": str(prepared.savings()) if c.rows_together(processes()) > 1 else "off: rows are computed one by one",
        "device": _device_text(c),
        "saves": f"every {c.save_steps} steps, {c.save_total_limit} kept; "
        + (f"{c.eval_samples} questions asked every {c.eval_steps} steps" if c.eval_steps else "evaluated at the end"),
        "folder": c.output_dir,
    }
    return [f"{name:<10} {value}" for name, value in facts.items() if value]


def _device_text(config: LanguageModelConfig) -> str:
    from ..generation.hf_loading import best_device
    from .loading import compute_dtype

    device = best_device()
    kind = "cuda" if device == "cpu" and config.fp16 else device  # forecast for a GPU where there is none
    spread = ", layers spread over what there is" if config.device_map else ""
    return f"{device}{spread}, computes in {str(compute_dtype(config, kind)).removeprefix('torch.')}"


def _trainer(prepared: Prepared, on_log: OnLog) -> PrefixTrainer:
    from .arguments import idle_devices, prepare_tracker, training_arguments
    from .fused_lora import fuse_lora
    from .prefix.tree_attention import use_tree_attention
    from .score import Scorer
    from .stop_token import untrained_stop
    from .trainer import Record, StopEarly

    config = prepared.config
    for said in (prepare_tracker(config, os.environ), idle_devices(config.device_map), untrained_stop(prepared)):
        if said:
            on_log({"say": said})
    # Before the model, since DeepSpeed's stage 3 shards it while it is loaded.
    args = training_arguments(config, prepared.steps)
    model = config.load_model(prepared.tokenizer)
    if config.attention == "auto" and config.share_prefix:
        use_tree_attention(model)
    if not (args.deepspeed or args.fsdp):  # a sharded weight is gathered when its own layer is called
        fuse_lora(model)
    scorer = None
    if not (args.deepspeed or args.fsdp):  # a sharded model cannot write on one process
        scorer = Scorer(
            prepared.data.sample(config.eval_samples, config.seed),
            prepared.data.contexts,
            prepared.data.databases,
            prepared.tokenizer,
            prepared.template,
            config.max_new_tokens,
        )
    elif config.eval_steps:
        on_log({"say": "A sharded model is not asked during training; the best checkpoint is chosen by its loss."})
    trainer: PrefixTrainer = config.make_trainer(prepared, model, args, scorer)
    if trainer.batches.shared and (reason := _why_not_shared(trainer)):
        on_log({"say": f"Rows are computed one by one: {reason}."})
        trainer.batches.shared = False
        if trainer.held_out:
            trainer.held_out.shared = False
    trainer.add_callback(Record(trainer, on_log, prepared.epochs))
    if config.early_stopping:
        trainer.add_callback(StopEarly(config.early_stopping))
    return trainer


def _why_not_shared(trainer: PrefixTrainer) -> str:
    """What speaks against merged rows for this model, found in its configuration or by computing a few both ways."""
    from .prefix.loss import departs
    from .prefix.mask import why_not_shared

    model = trainer.model
    if reason := why_not_shared(model.config):
        return reason
    if trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled:
        return ""  # not in one piece before the start
    batches = trainer.batches
    rows = [row for piece in batches.pieces(0) for row in piece][:COMPARED]
    merged, alone = (trainer._prepare_inputs(batches.batch_of([rows], shared=s)) for s in (True, False))
    with trainer.compute_loss_context_manager(), trainer.accelerator.autocast():
        difference = departs(model, merged, alone, model.config, trainer.loss_of)
    mixed = "bfloat16" if trainer.args.bf16 else "float16" if trainer.args.fp16 else ""
    dtype = mixed or str(model.dtype).removeprefix("torch.")
    if difference <= MAX_LOSS_DIFFERENCE.get(dtype, 3e-2):
        return ""
    return f"the model's loss on merged rows differs by {difference:.1e} of itself, so it does not obey their mask"


def _train(trainer: PrefixTrainer, on_log: OnLog) -> None:
    """Train to the end, from the last checkpoint where there is one, and measure the end."""
    from .trainer import StopRequest, evaluations

    request = StopRequest()
    trainer.add_callback(request)
    last = next(reversed(checkpoints(trainer.folder)), None)
    if last:
        on_log({"say": f"Goes on from {last}."})
    with _stoppable(request, on_log):
        trainer.before_training(on_log)
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    if request.wanted:
        step = trainer.state.global_step
        raise InterruptedRunError(
            f"Saved and stopped at step {step} of {trainer.state.max_steps}.", "Run the same command to go on."
        )
    measured = evaluations(trainer.state)
    if trainer.held_out is not None and (not measured or measured[-1]["step"] < trainer.state.global_step):
        trainer.evaluate()
    elif not (trainer.folder / "best").is_dir():
        trainer._keep_best()


@contextmanager
def _stoppable(request: StopRequest, on_log: OnLog) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM asks for an end after this step; the second is obeyed at once."""

    def ask(number: int, frame: Any) -> None:
        if request.wanted:
            raise KeyboardInterrupt
        request.wanted = True
        on_log({"say": "Stops after this step, saved. Press again to stop at once, without saving."})

    before: dict[signal.Signals, Any] = {}
    try:
        for wanted in (signal.SIGINT, signal.SIGTERM):
            before[wanted] = signal.signal(wanted, ask)
    except ValueError:  # not in the main thread, where signals do not arrive either
        pass
    try:
        yield
    finally:
        for asked, handler in before.items():
            signal.signal(asked, handler)


def _finish(trainer: PrefixTrainer, prepared: Prepared, elapsed_s: float, expected: Forecast, on_log: OnLog) -> None:
    """The best model into the run's folder, base and tuned compared, the page; only then is the run done."""
    from ..generation.taught import write_taught
    from .loading import scaling_of
    from .proof import compare_with_base
    from .report import write_run_page

    out, best = trainer.folder, trainer.folder / "best"
    shutil.copytree(best, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("training_args.bin", "README.md"))
    prepared.tokenizer.chat_template = prepared.template.source  # what it was tuned with is what it is asked with
    prepared.tokenizer.save_pretrained(out)
    write_taught(out, prepared.config.prompt_options())
    if (scaling := scaling_of(prepared.config)) and (out / "adapter_config.json").is_file():
        scaling.write(out)
    comparison = compare_with_base(trainer, prepared, on_log) if prepared.config.compare_base else None
    facts = {
        "steps": trainer.state.global_step,
        "elapsed_s": round(elapsed_s, 1),
        "training_s": round(elapsed_s - trainer.evaluating_s, 1),
        "tokens_computed": trainer.tokens,
        "shared": trainer.batches.shared,
        "peak_memory_gb": peak_memory_gb(),
        "forecast": expected.text(),
        "forecast_gb": round(expected.gigabytes, 3),
        "forecast_s": round(expected.seconds, 1),
        "comparison": comparison.ranking.to_dict() if comparison else None,
        **trainer.final_facts(),
    }
    page = write_run_page(prepared, facts, comparison, out)
    write_text(out / DONE, json.dumps(facts, indent=2) + "\n")
    shutil.rmtree(best, ignore_errors=True)
    took = f"took       {facts['training_s']:,.0f} s of training, and {facts['peak_memory_gb']:.2f} GB at most"
    on_log({"say": took})
    on_log({"say": f"forecast   {expected.text()}"})
    on_log({"say": f"{out} is done in {elapsed_s:,.0f} s. The page: {page}"})


def peak_memory_gb() -> float:
    """Of the accelerators where there are any, together, else of this process."""
    import resource
    import sys

    import torch

    if torch.cuda.is_available():
        return sum(map(torch.cuda.max_memory_allocated, range(torch.cuda.device_count()))) / 1e9
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return float(torch.xpu.max_memory_allocated()) / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
