"""`sqlwright adapt`: a model tuned to one database, with its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import database_option, echo_json, json_option

if TYPE_CHECKING:
    from ..core import Example
    from ..training.adapt.adapt import Adaptation
    from ..training.adapt.tuner import Tuner


@click.command("adapt", short_help="Tune a model to a database, and prove it.")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@database_option
@click.option(
    "--model",
    "base",
    default="built-in",
    show_default=True,
    help="The model to tune: built-in, a folder or a hub name.",
)
@click.option("--pairs", metavar="FILE", help="Verified questions; by default those that `remember` was taught.")
@click.option(
    "--test", metavar="FILE", help="Questions to judge by; by default a quarter of the pairs if there are at least 40."
)
@click.option("--public", metavar="FILE", help="Public questions, against forgetting; by default those of the demo.")
@click.option("--databases", type=click.Path(path_type=Path), help="Folder with the databases of --public.")
@click.option(
    "-n",
    "synthetic",
    type=click.IntRange(min=100),
    default=1500,
    show_default=True,
    help="Synthetic questions to learn from.",
)
@click.option(
    "--held-out", type=click.IntRange(min=10), default=120, show_default=True, help="Synthetic questions to judge by."
)
@click.option("--steps", type=click.IntRange(min=1), default=None, help="Training steps.")
@click.option("--name", default="", help="Name of the model; by default the database's and a hash of its schema.")
@click.option("--seed", default=0, show_default=True)
@json_option
def command(
    overrides: tuple[str, ...],
    database: str,
    base: str,
    pairs: str | None,
    test: str | None,
    public: str | None,
    databases: Path | None,
    synthetic: int,
    held_out: int,
    steps: int | None,
    name: str,
    seed: int,
    as_json: bool,
) -> None:
    """Tune a model to a database, and compare it with the model before tuning on held-out questions.

    It learns from questions made from the database, from the verified pairs, and from public questions, which prevent
    forgetting. If the tuned model is not worse, `ask -d` uses it from then on. The same command resumes a run that was
    stopped. With --model, KEY=VALUE overrides a training setting.
    """
    from ..training.adapt.adapt import AdaptOptions, adapt
    from ..training.adapt.inputs import public_questions, remembered, tuner_for

    public_set = public_questions(database, public, databases, seed)
    tuner = tuner_for(base, overrides, steps, seed)
    done = adapt(
        database,
        pairs=_read(pairs) if pairs else remembered(database),
        test=_read(test),
        public=public_set,
        tuner=tuner,
        options=AdaptOptions(synthetic=synthetic, synthetic_test=held_out, seed=seed),
        name=name,
        on_log=_told_of(tuner),
    )
    if as_json:
        echo_json(done.to_dict())
    else:
        click.echo(text(done, database))


def _read(path: str | None) -> list[Example]:
    from ..data import read_examples

    return list(read_examples(path)) if path else []


def _told_of(tuner: Tuner) -> Callable[[Mapping[str, Any]], None]:
    """What a run tells, in lines on stderr."""
    from ..training.adapt.parser import ParserTuner
    from .train import TrainProgress, duration

    if not isinstance(tuner, ParserTuner):
        return TrainProgress(tuner.settings().get("logging_steps", 10))

    def tell(row: Mapping[str, Any]) -> None:
        if "say" in row:
            click.echo(row["say"], err=True)
        elif "loss" in row:
            left_s = (tuner.max_steps - row["step"]) * tuner.batch_size / max(row["rows_per_s"], 0.01)
            done = f"step {row['step']:>4} of {tuner.max_steps}"
            click.echo(f"{done}  loss {row['loss']:.3f}  {duration(left_s)} left", err=True)

    return tell


def text(done: Adaptation, database: str) -> str:
    """The page's numbers for a terminal."""
    from ..training.adapt.summary import scores_text

    used = (
        f'sqlwright ask "..." -d {database}' if done.promoted else f'sqlwright ask "..." -d {database} -m {done.name}'
    )
    state = "From now on used by" if done.promoted else "Not registered; to try it"
    return f"{scores_text(done)}\n\n{done.reason}\n{state}: {used}\nPage: {done.page}"
