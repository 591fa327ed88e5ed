"""From what `-m` names to a Generator."""

from __future__ import annotations

import hashlib
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import MissingExtraError, NotFoundError, UsageError

if TYPE_CHECKING:
    from .generator import Generator

FORMS = "Known forms: built-in, a local folder, a hub name (owner/name), openai:NAME@BASE_URL, scripted:FILE."
MARKS = ("config.json", "adapter_config.json")  # of a folder with a language model, or an adapter to one
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")


def load_generator(
    spec: str,
    *,
    template: str | None = None,
    adapter: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    batch_size: int = 32,
    context_tokens: int | None = None,
    trust_remote_code: bool = False,
    constrain: bool = False,
    timeout_s: float | None = None,
    threads: int = 0,
) -> Generator:
    """The model that `spec` names.

    `template` names a chat template for a model that ships none, `adapter` a PEFT folder on top of a local or hub
    model; `device` and `dtype` default to what the machine does best; `constrain` lets it write nothing but queries on
    the tables of the prompt. A remote model takes none of these five.
    `timeout_s` is what an endpoint gets for one answer, with one more try where it fails; else its own defaults hold.
    `threads` are those of the built-in model for one answer, 0 for as many as there are cores.
    `batch_size` is prompts computed at once (requests at once are the endpoint's own number).
    Raises NotFoundError for an unknown spec, UsageError for options that do not go with it, MissingExtraError.
    """
    kind, _, rest = spec.partition(":")
    own_folder = parser_folder(spec)
    if spec == "built-in" or own_folder or (kind in ("openai", "scripted") and rest):
        given = {"template": template, "adapter": adapter, "device": device, "dtype": dtype, "constrain": constrain}
        if unused := [name for name, value in given.items() if value]:
            raise UsageError(f"{kind}: models take no {' or '.join(unused)}.")
        if spec == "built-in" or own_folder:
            from .built_in import BuiltInGenerator

            return BuiltInGenerator(own_folder, name=spec, threads=threads)
        return _openai(rest, context_tokens, timeout_s) if kind == "openai" else _scripted(rest)
    source = find_model(spec)
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtraError("A local model needs torch and transformers.", "train")
    from .hf import HfGenerator

    return HfGenerator(
        source,
        name=spec,
        template=template,
        adapter=adapter,
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        context_tokens=context_tokens,
        trust_remote_code=trust_remote_code,
        constrain=constrain,
    )


def parser_folder(spec: str) -> Path | None:
    """The folder of a model tuned from the built-in one; None where `spec` names none."""
    from ..parser.weights import FILE

    folders = (Path(spec).expanduser(), models_folder() / spec)
    return next((folder for folder in folders if spec and (folder / FILE).is_file()), None)


def reads_documents(spec: str) -> bool:
    """Whether the model reads passages and examples in its prompt: the built-in kind reads question and schema only."""
    return spec != "built-in" and parser_folder(spec) is None


def own_model(name: str) -> Path | None:
    """The folder of one of the user's own models, of either kind; None where there is none of that name."""
    from ..parser.weights import FILE

    folder = models_folder() / name
    return folder if name and any((folder / mark).is_file() for mark in (FILE, *MARKS)) else None


def find_model(spec: str) -> str:
    """The folder or hub name that a local `spec` means: a folder, a name in `models_folder()`, or owner/name.

    Raises NotFoundError.
    """
    path = Path(spec).expanduser()
    for folder in (path, models_folder() / spec):
        if spec and folder.is_dir():
            if not any((folder / mark).is_file() for mark in MARKS):
                raise NotFoundError(
                    f"{str(folder)!r} holds no model: neither config.json nor adapter_config.json is there.",
                    "Name the folder that save_pretrained or `sqlwright train` wrote.",
                )
            return str(folder)
    if _HUB_NAME.match(spec):
        return spec
    raise NotFoundError(f"No model {spec!r}: there is no such folder.", FORMS)


def weights_fingerprint(spec: str, adapter: str | None = None) -> str:
    """Changes when the files of a local model or adapter do; "" where nothing of it is a local folder.

    From names, sizes and times of change: reading 14 GB to hash them would take longer than many runs.
    """
    facts = []
    for folder in (Path(spec).expanduser(), models_folder() / spec, Path(adapter).expanduser() if adapter else None):
        if folder is not None and folder.is_dir():
            files = sorted(p for p in folder.iterdir() if p.is_file())
            facts += [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16] if facts else ""


def models_folder() -> Path:
    """Where the user's own models live: SQLWRIGHT_MODELS, else `models` in the user's data folder."""
    import platformdirs

    chosen = os.environ.get("SQLWRIGHT_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("sqlwright")) / "models"


def _openai(rest: str, context_tokens: int | None, timeout_s: float | None) -> Generator:
    model, at, base_url = rest.rpartition("@")
    if not at and not base_url.startswith(("http://", "https://")):
        model, base_url = rest, os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    if not model or not base_url:
        raise UsageError(f"openai:{rest} names no model.", "Write openai:NAME@BASE_URL.")
    from .openai_compatible import OpenAICompatibleGenerator

    if timeout_s is None:
        return OpenAICompatibleGenerator(model, base_url, context_tokens=context_tokens)
    return OpenAICompatibleGenerator(model, base_url, context_tokens=context_tokens, timeout_s=timeout_s, retries=1)


def _scripted(path: str) -> Generator:
    from .scripted import ScriptedGenerator

    return ScriptedGenerator.from_jsonl(Path(path))
