"""`sqlwright train`: the runs of one file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..training.language_model_config import LanguageModelConfig

SHOWN = ("loss", "eval_loss", "eval_execution_accuracy", "learning_rate", "tokens_per_s")


@click.command("train", short_help="Train a model from one YAML file.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--dry-run", is_flag=True, help="Read data, show the first example and what the run will take; no training."
)
def command(config: Path, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Train as CONFIG says; KEY=VALUE on the command line wins.

    The stage in CONFIG chooses what is trained: the built-in parser, or a language model. A file may describe several
    runs, which follow one another: KEY=VALUE is about the last of them, 1.KEY=VALUE about the first.

    The same command goes on where it was stopped, and prints the folder that -m takes.
    """
    from ..core import ConfigError
    from ..training.config import load_configs
    from ..training.parser_config import ParserConfig

    made: set[str] = set()
    for run in load_configs(config, overrides):
        if dry_run and run.model_name_or_path in made and not Path(run.model_name_or_path).is_dir():
            click.echo(
                f"\n{run.output_dir}: tunes what the run before makes; run it first, or see it with the real run."
            )
            continue
        made.add(run.output_dir)
        if isinstance(run, ParserConfig):
            if dry_run:
                raise ConfigError("--dry-run is for language models; the parser's run says what it reads as it starts.")
            from ..training.parser import train_parser

            click.echo(str(train_parser(run, tell)))
        elif dry_run:
            _dry_run(run)
        else:
            from ..training.run import train_language_model

            click.echo(str(train_language_model(run, Progress(run.logging_steps))))


def tell(row: Mapping[str, Any]) -> None:
    click.echo(
        "  ".join(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()),
        err=True,
    )


class Progress:
    """What a run tells, on the screen: sentences, a line every `logging_steps`, and a bar where somebody watches."""

    def __init__(self, logging_steps: int) -> None:
        self.logging_steps = logging_steps
        self.losses: list[float] = []
        self.score = ""
        self.bar_shown = False

    def __call__(self, row: Mapping[str, Any]) -> None:
        if "say" in row:
            self._line(row["say"])
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


def _dry_run(config: LanguageModelConfig) -> None:
    from ..training.forecast import forecast
    from ..training.prepare import prepare
    from ..training.run import banner

    prepared = prepare(config)
    for line in banner(prepared):
        click.echo(line)
    click.echo("\nThe first example; what is trained stands in green:\n")
    for text, trained in prepared.first_example():
        click.secho(text, nl=False, fg="green" if trained else None, dim=not trained)
    click.echo("\n")
    for line in forecast(prepared).lines():
        click.echo(line)
