"""`sqlwright evaluate`: score predictions by running them."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import ray_options

if TYPE_CHECKING:
    from ..evaluation.evaluate import Engine


@click.command()
@click.argument("predictions", metavar="PRED.jsonl")
@click.option("--data", required=True, metavar="FILE", help="Questions with gold SQL, in any known format.")
@click.option(
    "--databases",
    metavar="DIR",
    help="Folder of DIR/<db_id>/<db_id>.sqlite; not needed if rows carry their tables, or for text scores alone.",
)
@click.option("--json", "json_out", metavar="OUT", help="Write the whole report as JSON; - prints it.")
@click.option("--html", "html_out", metavar="OUT", help="Write the report as one HTML file.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0.05), metavar="S", help="Seconds a query may run. [30]"
)
@ray_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Judge the first N questions only.")
@click.option("--tables", metavar="FILE", help="A tables.json in Spider's format, for exact set match.")
@click.option("--copies", is_flag=True, help="Run what is right on changed copies of its database too.")
@click.option("--format", "data_format", metavar="NAME", help="Format of --data, if it is not recognized.")
@click.option("--embedding", metavar="MODEL", help="Also the embedding distance, by a local model or openai:NAME@URL.")
@click.option("--langsmith", metavar="PROJECT", help="Also store data set and experiment in LangSmith.")
@click.option("--wandb", metavar="PROJECT", help="Also log scores and a table of predictions to Weights & Biases.")
def command(
    predictions: str,
    data: str,
    databases: str | None,
    json_out: str | None,
    html_out: str | None,
    timeout_s: float | None,
    engine: Engine,
    workers: int | None,
    ray_address: str | None,
    limit: int | None,
    tables: str | None,
    copies: bool,
    data_format: str | None,
    embedding: str | None,
    langsmith: str | None,
    wandb: str | None,
) -> None:
    """Score predictions by running them, read-only, against the gold SQL.

    PRED.jsonl has a line {"id", "predicted_sql"} per question; a question without one counts as wrong.
    """
    from ..evaluation.workers import warm_up

    if engine == "local":
        warm_up("sqlwright.evaluation.judge")
    from ..evaluation.compare import DEFAULT_LIMITS
    from ..evaluation.evaluate import evaluate
    from ..evaluation.report import write_report

    for target in (json_out, html_out):
        _refuse_missing_folder(target)
    with _Progress() as progress:
        report = evaluate(
            predictions,
            data,
            databases,
            limits=replace(DEFAULT_LIMITS, timeout_s=timeout_s) if timeout_s else DEFAULT_LIMITS,
            workers=workers,
            engine=engine,
            ray_address=ray_address,
            embedding=embedding,
            tables=tables,
            copies=copies,
            data_format=data_format,
            limit=limit,
            command=shlex.join(["sqlwright", *sys.argv[1:]]),
            on_start=progress.start,
            on_done=progress.step,
        )
    if html_out:
        from ..evaluation.html import render_html, write_page

        write_page(render_html(report), html_out)
    if json_out and json_out != "-":
        write_report(report, json_out)
    if json_out == "-":
        from ..evaluation.report import report_json

        click.echo(report_json(report).encode("utf-8", "backslashreplace"), nl=False)
    else:
        click.echo(str(report))
    for written in (json_out, html_out):
        if written and written != "-":
            click.echo(f"Wrote {written}", err=True)
    if langsmith:
        from ..evaluation.langsmith import langsmith_host, store_experiment

        click.echo(f"Sends {len(report.items)} questions with their SQL to LangSmith at {langsmith_host()}.", err=True)
        stored = store_experiment(report, langsmith, say=lambda text: click.echo(text, err=True))
        click.echo(f"Experiment {stored.project} on data set {stored.dataset}: {stored.runs} runs.", err=True)
    if wandb:
        from ..evaluation.wandb_table import log_to_wandb

        click.echo(f"Wrote {log_to_wandb(report, wandb)}", err=True)


def _refuse_missing_folder(target: str | None) -> None:
    """Before the work, not after it."""
    from ..core import NotFoundError

    if target and target != "-" and not Path(target).absolute().parent.is_dir():
        raise NotFoundError(f"No folder {str(Path(target).parent)!r} to write {target!r} to.")


class _Progress:
    """A bar on stderr while items run; nothing where stderr is no terminal."""

    def __enter__(self) -> _Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("Running"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar.start()
        self._task = self._bar.add_task("Running", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, total: int) -> None:
        self._bar.update(self._task, total=total)

    def step(self) -> None:
        self._bar.advance(self._task)
