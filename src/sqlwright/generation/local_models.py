"""What a model's files say of it, without loading it: folders of the user and the Hugging Face cache."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import NotFoundError
from ..parser.weights import FILE as PARSER_FILE
from ..parser.weights import SCALE
from ..prompts.templates import load_chat_template
from .find import find_model, models_folder, parser_folder
from .registry import BUILT_IN, databases_of

if TYPE_CHECKING:
    from .nearby import NearbyServer

MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_WEIGHTS = ("*.safetensors", "*.bin", "*.gguf")
_CAUSAL = ("ForCausalLM", "LMHeadModel")


@dataclass(frozen=True, slots=True)
class LocalModel:
    """`name` is what -m takes. `kind` is "model", "adapter" or "parser": the built-in model, or one tuned from it; or
    the kind of server that has it ("ollama" ...), whose address is `path`.

    An adapter has `base`, `lora_r` and `lora_alpha`. `databases` are those that the model answers by default.

    `parameters` counts the numbers stored here, from the headers of safetensors files; None where there are none, or
    where quantization packs several into one. `template` says whether the tokenizer brings a chat template.
    """

    name: str
    path: str
    kind: str
    architecture: str
    parameters: int | None
    dtype: str
    quantization: str
    context_tokens: int | None
    template: bool
    size_bytes: int
    base: str = ""
    lora_r: int | None = None
    lora_alpha: float | None = None
    databases: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def list_models() -> list[LocalModel]:
    """The user's own models first, of either kind, then language models in the Hugging Face cache, each by name."""
    own = models_folder()
    folders = [(p.name, p) for p in sorted(own.iterdir()) if p.is_dir()] if own.is_dir() else []
    return [
        describe_model(path, name)
        for name, path in [*folders, *_cached()]
        if (path / PARSER_FILE).is_file() or (_is_language_model(path) and any(_weights(path)))
    ]


def served_models(servers: Iterable[NearbyServer]) -> list[LocalModel]:
    """The models of servers on this machine: `kind` is the server's, `path` its address."""
    return [
        LocalModel(
            name=model.spec,
            path=server.base_url,
            kind=server.kind,
            architecture="",
            parameters=model.parameters,
            dtype="",
            quantization="",
            context_tokens=model.context_tokens,
            template=True,
            size_bytes=0,
        )
        for server in servers
        for model in server.models
    ]


def show_model(spec: str) -> LocalModel:
    """Raises NotFoundError for a model that is neither a folder nor in the cache."""
    if spec == BUILT_IN:
        from ..parser.graph_cache import BUILT_IN as PACKAGED

        return describe_model(PACKAGED, spec)
    if (parser := parser_folder(spec)) is not None:
        return describe_model(parser, spec)
    found = find_model(spec)
    if Path(found).is_dir():
        return describe_model(Path(found), spec)
    for name, path in _cached():
        if name == found:
            return describe_model(path, name)
    raise NotFoundError(
        f"{spec!r} is not in the Hugging Face cache at {str(hub_cache())!r}.",
        "It is fetched on first use, or by: hf download " + spec,
    )


def describe_model(folder: Path, name: str) -> LocalModel:
    """Raises NotFoundError for a folder that is no model."""
    if (folder / PARSER_FILE).is_file():
        return _described_parser(folder, name)
    config, adapter = _json(folder / "config.json"), _json(folder / "adapter_config.json")
    if not config and not adapter:
        raise NotFoundError(f"{str(folder)!r} is not a model: expected config.json or adapter_config.json in it.")
    nested = config.get("text_config")
    text = nested if isinstance(nested, dict) else config
    counts = _stored(folder)
    quantized = config.get("quantization_config")
    context = text.get("max_position_embeddings") or text.get("n_positions")
    most = counts.most_common(1)
    return LocalModel(
        name=name,
        path=str(folder),
        kind="adapter" if adapter else "model",
        architecture=next(iter(config.get("architectures") or []), "") or str(adapter.get("peft_type", "")),
        parameters=sum(counts.values()) if counts and not quantized else None,
        dtype=str(text.get("dtype") or text.get("torch_dtype") or (most[0][0] if most else "")),
        quantization=str(quantized.get("quant_method", "yes")) if isinstance(quantized, dict) else "",
        context_tokens=context if isinstance(context, int) else None,
        template=load_chat_template(folder) is not None,
        size_bytes=sum(p.stat().st_size for p in folder.iterdir() if p.is_file()),
        base=str(adapter.get("base_model_name_or_path") or ""),
        lora_r=adapter.get("r"),
        lora_alpha=adapter.get("lora_alpha"),
        databases=databases_of(name),
    )


def _described_parser(folder: Path, name: str) -> LocalModel:
    """Parameters without the scales of quantized weights."""
    counts = _stored(folder, but=SCALE)
    return LocalModel(
        name=name,
        path=str(folder),
        kind="parser",
        architecture="pointer parser",
        parameters=sum(counts.values()) if counts else None,
        dtype=counts.most_common(1)[0][0] if counts else "",
        quantization="",
        context_tokens=None,
        template=False,
        size_bytes=sum(p.stat().st_size for p in folder.iterdir() if p.is_file()),
        base="" if name == BUILT_IN else BUILT_IN,
        databases=databases_of(name),
    )


def hub_cache() -> Path:
    """As huggingface_hub finds it: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or Path(cache) / "huggingface"
    return Path(home).expanduser() / "hub"


def _cached() -> Iterator[tuple[str, Path]]:
    """Hub name and snapshot folder of each model in the cache: the one `main` points at, else the newest."""
    cache = hub_cache()
    for folder in sorted(cache.glob("models--*")):
        snapshots = [p for p in (folder / "snapshots").glob("*") if p.is_dir()]
        main = folder / "refs" / "main"
        pointed = main.read_text(encoding="utf-8").strip() if main.is_file() else ""
        chosen = [p for p in snapshots if p.name == pointed] or sorted(snapshots, key=lambda p: p.stat().st_mtime)
        if chosen:
            yield folder.name.removeprefix("models--").replace("--", "/"), chosen[-1]


def _is_language_model(folder: Path) -> bool:
    architectures = _json(folder / "config.json").get("architectures") or []
    if any(str(a).endswith(_CAUSAL) for a in architectures):
        return True
    return _json(folder / "adapter_config.json").get("task_type") == "CAUSAL_LM"


def _weights(folder: Path) -> Iterator[Path]:
    for pattern in _WEIGHTS:
        yield from folder.glob(pattern)


def _stored(folder: Path, but: str = "\0") -> Counter[str]:
    """How many numbers of each dtype the safetensors files hold, by their headers; without tensors that end in `but`.

    https://github.com/huggingface/safetensors#format: 8 bytes with the header's length, little-endian, then JSON.
    """
    counts: Counter[str] = Counter()
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = file.read(length) if 0 < length <= MAX_HEADER_BYTES else b""
        try:
            tensors = json.loads(header)
            for name, tensor in tensors.items():
                if name != "__metadata__" and not name.endswith(but):
                    counts[tensor["dtype"]] += math.prod(tensor["shape"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return Counter()  # a damaged file: nothing is known
    return counts


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
