"""What `models pull`, `models push` and `data pull` share: license and size are shown before anything is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from .options import SettingOption

if TYPE_CHECKING:
    from ..hubs import Hub, HubName, Remote

F = TypeVar("F", bound=Callable[..., Any])

mirror_option = click.option(
    "--mirror",
    cls=SettingOption,
    setting="hub_mirror",
    metavar="URL",
    help="Another server with the hub's interface. Also: sqlwright config hub_mirror URL.",
)


def hub_options(function: F) -> F:
    """Adds --mirror, --revision and --yes."""
    function = click.option("--yes", is_flag=True, help="Do not ask before the download.")(function)
    function = click.option("--revision", default="", metavar="R", help="A branch, tag or commit.")(function)
    return mirror_option(function)


def fetched(
    kind: Literal["model", "dataset"],
    name: str,
    where: HubName,
    mirror: str | None,
    revision: str,
    folder: Path,
    *,
    yes: bool,
    overwrite: bool,
) -> Path:
    """Show what it is, ask, and download it. Raises what `hubs.fetch` raises."""
    from ..core import UsageError
    from ..hubs import fetch, hub_named

    if folder.exists() and not overwrite:  # before the network is used
        raise UsageError(f"{str(folder)!r} is there already.", "Pass --overwrite to make it anew.")
    hub = hub_named(where, mirror or "")
    remote = hub.find(kind, name, revision)
    _show(remote, hub)
    _ask("Download it?", yes)
    return fetch(hub, remote, folder, overwrite=overwrite)


def pushed(
    folder: Path, name: str, where: HubName, mirror: str | None, *, private: bool, license_name: str, yes: bool
) -> str:
    """Show which files go where, ask, and upload them; returns the address."""
    from ..hubs import hub_named, publish, published_files

    files = published_files(folder)
    hub = hub_named(where, mirror or "")
    size = sum((folder / file).stat().st_size for file in files)
    click.echo(f"to        {name} at {hub.host}, {'private' if private else 'public'}", err=True)
    click.echo(f"files     {', '.join(files)} ({_megabytes(size)})", err=True)
    _ask("Upload them?", yes)
    return publish(hub, folder, name, private=private, license_name=license_name)


def _show(remote: Remote, hub: Hub) -> None:
    from ..hubs.fetch import wanted_files

    files = wanted_files(remote)
    license_name = remote.license or "none stated: ask its owner before you use it"
    click.echo(f"{remote.name}, revision {remote.revision[:12]}", err=True)
    click.echo(f"license   {license_name}, {remote.url}", err=True)
    click.echo(f"from      {hub.host}, {len(files)} files, {_megabytes(sum(f.size for f in files))}", err=True)


def _ask(question: str, yes: bool) -> None:
    from ..core import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Expected a yes, and nobody can answer here.", "Pass --yes.")
    click.confirm(question, abort=True, err=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
