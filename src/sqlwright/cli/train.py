"""`sqlwright train`: the runs of one file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..training.stages import DryRun


@click.command("train", short_help="Train a model from one YAML file.")
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--dry-run", is_flag=True, help="Read the data, show the first example, forecast memory and time; no training."
)
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: print a JSON list with an object for each run.")
@click.option(
    "--json-schema",
    "schema_of",
    is_flag=False,
    flag_value="all",
    metavar="[STAGE]",
    help="Print the JSON schema of CONFIG, of one stage or of all, for an editor; no training.",
)
def command(
    config: Path | None, overrides: tuple[str, ...], dry_run: bool, as_json: bool, schema_of: str | None
) -> None:
    """Run the trainings that CONFIG describes; KEY=VALUE overrides a setting.

    The stage in CONFIG chooses what is trained: the built-in parser, or a language model. A file may describe several
    runs, which follow one another: KEY=VALUE is about the last of them, 1.KEY=VALUE about the first.

    The same command resumes a run that was stopped. It prints the folder that -m takes.
    """
    from ..training.settings.load import json_schema, load_configs
    from ..training.stages import STAGES

    if schema_of is not None:
        click.echo(json.dumps(json_schema(None if schema_of == "all" else schema_of), indent=2, ensure_ascii=False))
        return
    if config is None:
        raise click.UsageError("Missing argument 'CONFIG'.")
    if as_json and not dry_run:
        raise click.UsageError("--json is for --dry-run.")
    made: set[str] = set()
    described: list[dict[str, Any]] = []
    for run in load_configs(config, overrides, on_note=lambda text: click.echo(text, err=True)):
        if dry_run and run.model_name_or_path in made and not Path(run.model_name_or_path).is_dir():
            click.echo(
                f"\n{run.output_dir}: tunes what the run before makes; run it first, or see it with the real run.",
                err=as_json,
            )
            continue
        made.add(run.output_dir)
        stage = STAGES[run.stage]
        if as_json:
            described.append({"output_dir": run.output_dir, **asdict(stage.dry_run(run))})
        elif dry_run:
            _show(stage.dry_run(run))
        else:
            click.echo(str(stage.train(run, TrainProgress(run.logging_steps))))
    if as_json:
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))


class TrainProgress:
    """Progress on the screen: sentences, counts, a line every `logging_steps`, and a bar in a terminal."""

    def __init__(self, logging_steps: int) -> None:
        self.logging_steps = logging_steps
        self.losses: list[float] = []
        self.score = ""
        self.bar_shown = False

    def __call__(self, row: Mapping[str, Any]) -> None:
        if "say" in row:
            self._line(row["say"])
            return
        if "max_steps" not in row:
            self._line("  ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()))
            return
        step, last = row["step"], row["max_steps"]
        if "eval_loss" in row or "eval_execution_accuracy" in row:
            right = row.get("eval_execution_accuracy")
            self.score = "" if right is None else f"  score {right:.1%}"
            self._line(f"step {step:>6}  held out: loss {row.get('eval_loss', float('nan')):.4f}{self.score}")
            return
        self.losses.append(row["loss"])
        line = f"{row['loss']:.4f}{self.score}  {row['tokens_per_s']:,} tokens/s  {duration(row['left_s'])} left"
        if step % self.logging_steps == 0 or step == last:
            mean = sum(self.losses) / len(self.losses)
            self._line(f"step {step:>6}  loss {mean:.4f}  rate {row['learning_rate']:.2e}  {line.partition('  ')[2]}")
            self.losses.clear()
        self._bar(step, last, line)

    def _bar(self, step: int, last: int, line: str) -> None:
        if not sys.stderr.isatty():
            return
        filled = 24 * step // max(last, 1)
        click.echo(f"\r\x1b[K{'━' * filled}{'╌' * (24 - filled)} {step}/{last}  loss {line}", err=True, nl=False)
        self.bar_shown = True

    def _line(self, text: str) -> None:
        click.echo(("\r\x1b[K" if self.bar_shown else "") + text, err=True)
        self.bar_shown = False


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {rest} s" if minutes else f"{rest} s"


def _show(found: DryRun) -> None:
    for line in found.parameters:
        click.echo(line)
    click.echo("\nThe first example; green text is trained:\n")
    for text, trained in found.example:
        click.secho(text, nl=False, fg="green" if trained else None, dim=not trained)
    click.echo("\n")
    for line in found.forecast:
        click.echo(line)
