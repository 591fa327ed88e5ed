"""`sqlwright adapt`: a model tuned to one database, with its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .columns import aligned
from .options import database_option, echo_json, json_option

if TYPE_CHECKING:
    from ..core import Example
    from ..training.adapt import Adaptation
    from ..training.adapt_data import Public
    from ..training.adapt_parser import Tuning


@click.command("adapt", short_help="Tune the built-in model to a database, and prove it.")
@database_option
@click.option("--pairs", metavar="FILE", help="Verified questions; by default those that `remember` was taught.")
@click.option("--test", metavar="FILE", help="Questions to judge by; by default a quarter of the pairs, from 40 on.")
@click.option("--public", metavar="FILE", help="Public questions to keep in mind; the demo database's by default.")
@click.option("--databases", type=click.Path(path_type=Path), help="Folder with the databases of --public.")
@click.option("-n", "synthetic", type=click.IntRange(min=100), default=1500, show_default=True, help="Pairs to make.")
@click.option("--steps", type=click.IntRange(min=1), default=None, help="Training steps.")
@click.option("--name", default="", help="Name of the model; by default the database's and a hash of its schema.")
@click.option("--seed", default=0, show_default=True)
@json_option
def command(
    database: str,
    pairs: str | None,
    test: str | None,
    public: str | None,
    databases: Path | None,
    synthetic: int,
    steps: int | None,
    name: str,
    seed: int,
    as_json: bool,
) -> None:
    """Tune the built-in model to a database and compare it with what it was, on questions kept apart.

    It learns from questions made from the database, from the verified pairs, and from public questions, so that
    nothing is forgotten. Where the tuned model is not worse, `ask -d` uses it from then on. The same command goes on
    where it was stopped.
    """
    from ..core import UsageError
    from ..training.adapt import AdaptOptions, adapt
    from ..training.adapt_parser import Tuning

    if databases and not public:
        raise UsageError("--databases is where the databases of --public are.", "Pass --public FILE.")
    tuning = Tuning(seed=seed) if steps is None else Tuning(seed=seed, max_steps=steps)
    done = adapt(
        database,
        pairs=_read(pairs) if pairs else _remembered(database),
        test=_read(test),
        public=_public(database, public, databases, seed),
        options=AdaptOptions(synthetic=synthetic, seed=seed, tuning=tuning),
        name=name,
        on_log=_teller(tuning),
    )
    if as_json:
        echo_json(done.to_dict())
    else:
        click.echo(text(done, database))


def _read(path: str | None) -> list[Example]:
    from ..data import read_examples

    return list(read_examples(path)) if path else []


def _remembered(target: str) -> tuple[Example, ...]:
    from ..db import open_database
    from ..retrieval import verified_pairs

    with open_database(target) as database:
        return verified_pairs(database)


def _public(target: str, path: str | None, databases: Path | None, seed: int) -> Public | None:
    from ..data import DatabaseFolder
    from ..training.adapt_data import public_from, public_from_demo

    if path:
        folder = DatabaseFolder(databases or Path(path).parent)
        return public_from(Path(path).name, _read(path), folder, seed=seed)
    return public_from_demo(target, seed)


def _teller(tuning: Tuning) -> Callable[[Mapping[str, Any]], None]:
    """What a run tells, in lines on stderr."""
    from .train import duration

    def tell(row: Mapping[str, Any]) -> None:
        if "say" in row:
            click.echo(row["say"], err=True)
        elif "loss" in row:
            left_s = (tuning.max_steps - row["step"]) * tuning.batch_size / max(row["rows_per_s"], 0.01)
            done = f"step {row['step']:>4} of {tuning.max_steps}"
            click.echo(f"{done}  loss {row['loss']:.3f}  {duration(left_s)} left", err=True)

    return tell


def text(done: Adaptation, database: str) -> str:
    """The page's numbers for a terminal."""
    rows = []
    for s in done.sets:
        before, after = s.scores
        paired = s.difference.paired
        gain = f"{100 * paired.difference:+.1f} [{100 * paired.interval.low:+.1f}, {100 * paired.interval.high:+.1f}]"
        won_lost = f"{paired.only_second} won, {paired.only_first} lost"
        rows.append((s.name, str(paired.n), str(before), str(after), gain, won_lost, f"{paired.p_value:.3f}"))
    head = ("execution accuracy", "n", "before", "after", "points", "questions", "McNemar p")
    used = (
        f'sqlwright ask "..." -d {database}' if done.promoted else f'sqlwright ask "..." -d {database} -m {done.name}'
    )
    state = "From now on used by" if done.promoted else "Not registered; to try it"
    return f"{aligned(head, rows, left=1)}\n\n{done.reason}\n{state}: {used}\nPage: {done.page}"
