"""`sqlwright train`: one run from one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click


@click.command("train", short_help="Train the built-in parser from one YAML file.")
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
def command(config: Path, overrides: tuple[str, ...]) -> None:
    """Train as CONFIG says; KEY=VALUE on the command line wins.

    The same command goes on where it was stopped, and prints the folder that -m takes.
    """
    from ..training.config import load_config
    from ..training.parser import train_parser

    click.echo(str(train_parser(load_config(config, overrides), tell)))


def tell(row: Mapping[str, Any]) -> None:
    click.echo(
        "  ".join(f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()),
        err=True,
    )
