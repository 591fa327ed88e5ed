"""`sqlwright data pull`: the files of a data set on a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from .hubs import fetched, hub_options


@click.command("pull")
@click.argument("name", metavar="OWNER/NAME")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write. [NAME]")
@click.option(
    "--from", "where", type=click.Choice(("huggingface", "modelscope")), default="huggingface", show_default=True
)
@hub_options
@click.option("--overwrite", is_flag=True, help="Replace the folder.")
def pull(
    name: str,
    output: Path | None,
    where: Literal["huggingface", "modelscope"],
    mirror: str | None,
    revision: str,
    yes: bool,
    overwrite: bool,
) -> None:
    """Fetch the files of a data set into a folder, so that it can be read without a network.

    Shows the license and the size, and asks before anything is downloaded. A download that stopped goes on, and
    checksums are checked. To stream rows in place of files, name hf:OWNER/NAME as a FILE.
    """
    folder = output or Path(name.rpartition("/")[2])
    click.echo(str(fetched("dataset", name, where, mirror, revision, folder, yes=yes, overwrite=overwrite)))
