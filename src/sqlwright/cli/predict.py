"""`sqlwright predict`: write a model's SQL for a data set."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core import SqlwrightError
from .options import (
    constrain_option,
    model_option,
    prompt_options,
    ray_options,
    repairs_option,
    rerank_option,
    retrieval_from,
    retrieval_options_with,
)

if TYPE_CHECKING:
    from ..core import Schema
    from ..evaluation.predict import PredictProgress, PredictReport
    from ..evaluation.predict_options import PredictOptions
    from ..evaluation.ray_engine import RayEngine
    from ..generation import Generator
    from ..retrieval import RetrievalOptions

LINES_WHEN_QUIET = 10  # progress lines of a whole run where stderr is no terminal


@click.command("predict", short_help="Write a model's SQL for a data set.")
@model_option
@click.option("--data", required=True, metavar="FILE", help="Questions, in any format that `sqlwright data` reads.")
@click.option("--databases", type=click.Path(path_type=Path), help="Folder with <db_id>/<db_id>.sqlite.")
@click.option("--tables", type=click.Path(path_type=Path), help="Schemas of missing databases: Spider's tables.json.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Predictions, as JSON lines.")
@click.option("--format", "data_format", default=None, help="The data's format, if it is not recognized.")
@click.option("--hub-split", default=None, metavar="NAME", help="Split of a hub source.")
@click.option("--limit", type=click.IntRange(min=1), help="Ask only the first N questions.")
@click.option("--temperature", default=0.0, show_default=True, help="0 takes the likeliest token each time.")
@click.option("--top-k", type=int, default=None)
@click.option("--top-p", type=float, default=None)
@click.option("--max-new-tokens", default=512, show_default=True)
@click.option("--seed", type=int, default=None)
@click.option("-n", "candidates", default=1, show_default=True, help="Candidates; those not chosen are listed.")
@repairs_option
@click.option(
    "--execute/--no-execute", default=True, show_default=True, help="Choose and repair by running the candidates."
)
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Prompts at once.")
@prompt_options
@click.option("--max-tables", type=click.IntRange(min=1), default=None, help="Show no more, the most relevant.")
@click.option("--retrieve/--no-retrieve", default=False, show_default=True, help="Use what `remember` was taught.")
@retrieval_options_with("--retrieve-top-k")
@click.option(
    "--history",
    type=click.Choice(["gold", "predicted"]),
    default="gold",
    show_default=True,
    help="The SQL of a dialogue's earlier turns.",
)
@click.option("--template", default=None, help="Chat template by name, for models that ship none.")
@click.option("--adapter", default=None, help="PEFT adapter folder on top of the model.")
@click.option(
    "--device", default=None, help="cuda, xpu, mps, cpu, or auto (spread over all GPUs); the best one by default."
)
@click.option("--dtype", default=None, help="bfloat16, float16 or float32; the fastest by default.")
@constrain_option
@rerank_option
@click.option("--trust-remote-code", is_flag=True, help="Run the Python code that comes with a model.")
@click.option("--overwrite", is_flag=True, help="Start anew if the file belongs to another run.")
@ray_options
def command(**given: Any) -> None:
    """Write a model's SQL for every question of a data set.

    The same command resumes a run that was stopped, and asks failed questions again.
    """
    from ..data import DatabaseFolder, read_examples
    from ..evaluation.predict import check_questions, predict_on
    from ..evaluation.predict_worker import PredictWorker
    from ..generation import load_generator
    from ..generation.find import weights_fingerprint

    model = given["model"] or "built-in"
    rows = read_examples(given["data"], format=given["data_format"], split=given["hub_split"], on_bad_row=_tell_bad_row)
    examples = list(islice(rows, given["limit"]))
    databases = DatabaseFolder(given["databases"]) if given["databases"] else None
    schemas = _schemas(given["tables"])
    check_questions(examples, databases, schemas)
    model_options = {name: given[name] for name in ("template", "adapter", "device", "dtype", "trust_remote_code")}
    if given["constrain"]:  # only then: a file of a run without it still goes on
        model_options["constrain"] = True
    if given["rerank"]:
        model_options["rerank"] = given["rerank"]
    load = partial(load_generator, model, batch_size=given["batch_size"], **model_options)
    run = {**model_options, "weights": weights_fingerprint(model, given["adapter"])}
    if given["rerank"]:
        run["reward_weights"] = weights_fingerprint(given["rerank"])
    options_of = partial(_options, given)
    engine: RayEngine | PredictWorker
    if given["engine"] == "ray":
        from ..evaluation.ray_engine import RayEngine

        workers, address = given["workers"], given["ray_address"]
        engine = RayEngine(load, databases, schemas, options_of, workers=workers, address=address)
    else:
        generator = load()
        engine = PredictWorker(generator, databases, schemas, options_of(generator))
    with engine, _told(given["out"]) as on_progress:
        report = predict_on(
            engine, examples, given["out"], run=run, overwrite=given["overwrite"], on_progress=on_progress
        )
    _tell(report, given["out"])
    sys.exit(1 if report.failed else 0)


def _options(given: Mapping[str, Any], generator: Generator) -> PredictOptions:
    from ..evaluation.predict_options import PredictOptions
    from ..generation import Sampling
    from ..generation.taught import prompt_options as as_taught

    sampling = Sampling(
        temperature=given["temperature"],
        top_k=given["top_k"],
        top_p=given["top_p"],
        max_new_tokens=given["max_new_tokens"],
        seed=given["seed"],
        n=given["candidates"],
    )
    shown = ("preset", "style", "samples", "hints", "max_tables")
    return PredictOptions(
        sampling=sampling,
        prompt=as_taught(generator, **{name: given[name] for name in shown}),
        repairs=given["repairs"],
        run=given["execute"],
        history=given["history"],
        retrieval=_retrieval(given) if given["retrieve"] else None,
        batch_size=given["batch_size"],
    )


def _retrieval(given: Mapping[str, Any]) -> RetrievalOptions:
    return retrieval_from(given["embedder"], given["store"], given["retrieve_top_k"], given["min_score"])


def _schemas(path: Path | None) -> dict[str, Schema]:
    from ..data import read_schemas

    return read_schemas(path) if path else {}


def _tell_bad_row(error: SqlwrightError) -> None:
    click.echo(f"left out: {error}", err=True)


@contextmanager
def _told(out: Path) -> Iterator[Callable[[PredictProgress], None]]:
    """Progress on stderr; if the run is cut short, what is kept and how to go on."""
    last: list[PredictProgress] = []

    with _bar() if sys.stderr.isatty() else _lines() as show:

        def on_progress(progress: PredictProgress) -> None:
            last[:] = [progress]
            show(progress)

        try:
            yield on_progress
        except (SqlwrightError, KeyboardInterrupt):
            if last:
                at = last[0]
                click.echo(
                    f"Stopped: {at.done - at.failed} of {at.total} predictions are in {out}. "
                    "Run the same command to go on.",
                    err=True,
                )
            raise


@contextmanager
def _bar() -> Iterator[Callable[[PredictProgress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None, rate="")
        rate = _Rate()
        yield lambda p: bar.update(task, total=p.total, completed=p.done, rate=rate.of(p))


@contextmanager
def _lines() -> Iterator[Callable[[PredictProgress], None]]:
    rate, told = _Rate(), [0]

    def show(progress: PredictProgress) -> None:
        tenth, speed = progress.done * LINES_WHEN_QUIET // progress.total, rate.of(progress)
        if tenth > told[0] or (progress.kept and progress.done == progress.kept):
            told[0] = tenth
            click.echo(f"{progress.done} of {progress.total} questions{speed}", err=True)

    yield show


class _Rate:
    """Questions per second, and failures so far, as text."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._start: float | None = None
        self._first = 0

    def of(self, progress: PredictProgress) -> str:
        if self._start is None:
            self._start, self._first = self._clock(), progress.done
        elapsed, done = self._clock() - self._start, progress.done - self._first
        speed = f", {done / elapsed:.1f} per second" if done > 0 and elapsed > 0 else ""
        left = f", {(progress.total - progress.done) * elapsed / done:.0f} s left" if speed else ""
        return speed + left + (f", {progress.failed} failed" if progress.failed else "")


def _tell(report: PredictReport, out: Path) -> None:
    speed = f", {report.asked / report.elapsed_s:.1f} per second" if report.asked and report.elapsed_s else ""
    tokens = f", {report.tokens} tokens" if report.tokens else ""
    click.echo(
        f"{out}: {report.total - len(report.failed)} of {report.total} predictions; "
        f"asked {report.asked} in {report.elapsed_s:.1f} s{speed}{tokens}.",
        err=True,
    )
    for name, reason in report.failed[:5]:
        click.echo(f"failed {name}: {reason}", err=True)
    if len(report.failed) > 5:
        click.echo(f"... and {len(report.failed) - 5} more", err=True)
    if report.failed:
        click.echo("Run the same command to ask the failed ones again.", err=True)
