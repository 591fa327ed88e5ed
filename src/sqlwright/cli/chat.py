"""`sqlwright chat`: ask databases on a page in the browser."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from ..core import MissingExtraError
from .options import (
    SettingOption,
    answering_options,
    databases_option,
    limits_options,
    log_options,
    open_log,
)
from .serve import named_targets

if TYPE_CHECKING:
    from ..answering.audit import AuditLog
    from ..core import Language, QueryLimits
    from ..serving import Service, ServiceOptions
    from ..serving.access import AccessOptions

PORT = 8630


@click.command("chat", short_help="Ask on a page in the browser.")
@databases_option
@click.option(
    "-m",
    "--model",
    "models",
    cls=SettingOption,
    setting="model",
    multiple=True,
    metavar="MODEL",
    help="What `ask -m` takes; may be repeated, the first answers until another is chosen on the page.",
)
@answering_options
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Port; 0 chooses a free one."
)
@click.option(
    "--token",
    envvar="SQLWRIGHT_TOKEN",
    default="",
    help="Token that visitors of the page need; better in SQLWRIGHT_TOKEN.",
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the page when it opens.",
)
@limits_options
@log_options
def command(
    databases: tuple[str, ...],
    models: tuple[str, ...],
    host: str,
    port: int,
    token: str,
    browser: bool,
    language: Language,
    at_once: int,
    answer_timeout: float,
    limits: QueryLimits,
    no_log: bool,
    log_rows: bool,
) -> None:
    """Open a page that answers questions about databases, read-only and inside limits."""
    need_extra()  # first: the modules below need a part of it
    from ..serving import ServiceOptions
    from ..serving.access import AccessOptions

    options = ServiceOptions(limits, at_once, answer_timeout_s=answer_timeout)
    with open_log(no_log, log_rows) as log:
        open_page(
            databases,
            models,
            options,
            log,
            access=AccessOptions(host, token),
            port=port,
            browser=browser,
            language=language,
        )


def need_extra() -> None:
    """Raises MissingExtraError."""
    if find_spec("gradio") is None:
        raise MissingExtraError("The chat page needs gradio.", "chat")


def open_page(
    databases: tuple[str, ...],
    models: tuple[str, ...] = (),
    options: ServiceOptions | None = None,
    log: AuditLog | None = None,
    *,
    access: AccessOptions | None = None,
    port: int = PORT,
    browser: bool = True,
    language: Language = "en",
) -> None:
    """Serve the page until Ctrl-C; with `browser` open it where there is a screen."""
    from ..generation.registry import BUILT_IN
    from ..serving import Service
    from ..serving.access import AccessOptions
    from ..serving.page.sessions import Visitors
    from ..serving.page.uploads import Uploads
    from ..serving.server import run_server

    access, visitors = access or AccessOptions(), Visitors(language)

    def started(url: str) -> None:
        _tell(service, url)
        if browser and has_screen():
            click.launch(f"{url}/?token={access.token}" if access.token else url)

    with _without_gc() as built, closing(Uploads()) as uploads:
        service = Service.open(named_targets(databases), models[0] if models else None, options, log)
        try:
            for name in (*models[1:], BUILT_IN, *_nearby()):  # these keep everything here: one can always be chosen
                service.add_model(name)
            from ..serving.page.app import build_app

            app = build_app(service, access, visitors, uploads)
            built()
            run_server(app, access.host, port, started)
        finally:
            visitors.close()
            service.close()


def _nearby() -> tuple[str, ...]:
    """The models of servers on this machine, where the package that asks them is installed."""
    from ..generation.nearby import nearby_servers

    if find_spec("openai") is None:
        return ()
    return tuple(model.spec for server in nearby_servers() for model in server.models)


def _tell(service: Service, url: str) -> None:
    hosts = service.remote_hosts
    click.echo(f"Asking {', '.join(service.connections)} at {url} (Ctrl-C ends it)", err=True)
    what = f"questions, schemas and sample values go to {', '.join(hosts)}" if hosts else "nothing"
    click.echo(f"leaves  {what}", err=True)


@contextmanager
def _without_gc() -> Iterator[Callable[[], None]]:
    """No garbage collection until the page is built, or fails to be; what is yielded says that it is.

    So many classes and functions come to life at the start that a fifth of it would go to looking for garbage.
    """

    def built() -> None:
        gc.freeze()
        gc.enable()

    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield built
    finally:
        if was_enabled:
            gc.enable()


def has_screen() -> bool:
    """Without one a browser for terminals would open in this one."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
