"""`sqlwright studio`: data, training, proof and use of models in the browser."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from ..core import MissingExtraError

PORT = 8631
FOLDER = "~/sqlwright-studio"


@click.command("studio", short_help="Make data, tune, prove and use models in the browser.")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with data or databases that the studio may read as well; may be repeated.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; any but this machine's needs a token.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar="SQLWRIGHT_TOKEN", default="", help="Who opens the page needs it; see SQLWRIGHT_TOKEN.")
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
def command(folder: Path, also: tuple[Path, ...], host: str, port: int, token: str, browser: bool) -> None:
    """Open a page that makes data, tunes, proves and uses models.

    FOLDER holds all of it: data, databases, configs, runs, proofs; by default ~/sqlwright-studio. The page starts
    `sqlwright` commands as processes that go on when the studio ends, and reads what they write.
    """
    for package in ("starlette", "uvicorn", "h11"):
        if find_spec(package) is None:
            raise MissingExtraError(f"The studio needs {package}.", "studio")
    from ..serving.access import AccessOptions
    from ..serving.server import run_server
    from ..serving.studio.app import build_app
    from ..serving.studio.workspace import Workspace
    from .chat import has_screen

    workspace = Workspace.open(folder, also)
    access = AccessOptions(host, token)

    def started(url: str) -> None:
        click.echo(f"The studio is at {url} (Ctrl-C ends it). Its files are in {workspace.root}", err=True)
        click.echo("leaves  nothing; a hub model or data set is fetched where you name one", err=True)
        if browser and has_screen():
            click.launch(f"{url}/?token={token}" if token else url)

    run_server(build_app(workspace, access), access.host, port, started, grace_s=2)
