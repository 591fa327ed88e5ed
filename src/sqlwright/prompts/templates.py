"""Chat templates: those we bring for models that ship none, and those a tokenizer folder holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..core import ConfigError, DataError, NotFoundError, closest

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """`source` is Jinja as transformers reads it. `stops` are the texts that end an answer."""

    name: str
    source: str
    bos_token: str = ""
    eos_token: str = ""
    stops: tuple[str, ...] = ()


# name -> (file, bos, eos, what else ends an answer)
_NAMED: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "alpaca": ("alpaca", "<s>", "</s>", ("### Instruction:",)),
    "chatml": ("chatml", "", "<|im_end|>", ("<|endoftext|>",)),
    "codellama": ("llama-2", "<s>", "</s>", ()),
    "decilm": ("decilm", "<s>", "</s>", ("### User:", "### System:")),
    "gemma": ("gemma", "<bos>", "<eos>", ("<end_of_turn>",)),
    "llama-2": ("llama-2", "<s>", "</s>", ()),
    "llama-3": ("llama-3", "<|begin_of_text|>", "<|eot_id|>", ("<|end_of_text|>",)),
    "mistral": ("mistral", "<s>", "</s>", ()),
    "qwen": ("qwen", "", "<|im_end|>", ("<|endoftext|>",)),
}
TEMPLATE_NAMES = tuple(_NAMED)


@cache
def named_template(name: str) -> ChatTemplate:
    """One of TEMPLATE_NAMES; `llama2` finds `llama-2`. Raises ConfigError, with the closest name."""
    for known, (file, bos, eos, others) in _NAMED.items():
        if known.replace("-", "") == name.casefold().replace("-", "").replace("_", ""):
            source = (_FOLDER / f"{file}.jinja").read_text(encoding="utf-8").removesuffix("\n")
            return ChatTemplate(known, source, bos, eos, (eos, *others))
    raise ConfigError(f"No chat template {name!r}.", closest(name, _NAMED))


def resolve_template(tokenizer: str | Path | Mapping[str, Any], name: str | None = None) -> ChatTemplate:
    """The template of a tokenizer: its own, unless `name` asks for one of ours.

    `tokenizer` is a folder or the content of a tokenizer_config.json; its bos and eos tokens are used in either case.
    Raises ConfigError where there is no template and no name.
    """
    config = tokenizer if isinstance(tokenizer, Mapping) else _read_config(Path(tokenizer))
    own = _own_source(config) if isinstance(tokenizer, Mapping) else load_chat_template(tokenizer)
    bos, eos = _token(config.get("bos_token")), _token(config.get("eos_token"))
    if name:
        template = named_template(name)
        # A null bos_token is a fact too: the tokenizer has none.
        bos = bos if "bos_token" in config else template.bos_token
        eos = eos or template.eos_token
        return replace(template, bos_token=bos, eos_token=eos, stops=_distinct(eos, *template.stops))
    if own is None:
        raise ConfigError(
            "This tokenizer has no chat template.",
            f"Pass template=NAME, for example template=llama-2. Known: {', '.join(TEMPLATE_NAMES)}.",
        )
    return ChatTemplate("tokenizer", own, bos, eos, _distinct(eos))


def load_chat_template(folder: str | Path) -> str | None:
    """The template a tokenizer folder holds, by the order of transformers: its own file, then the config; or None.

    Raises NotFoundError for a folder that is not there.
    """
    path = Path(folder)
    config = _read_config(path)
    if (path / "chat_template.jinja").is_file():
        return (path / "chat_template.jinja").read_text(encoding="utf-8")
    if (path / "chat_template.json").is_file():
        return _own_source(_read_json(path / "chat_template.json"))
    return _own_source(config)


def _own_source(config: Mapping[str, Any]) -> str | None:
    """`chat_template` is a text, or a list of named ones of which "default" is the plain conversation."""
    source = config.get("chat_template")
    if isinstance(source, list):
        by_name = {entry.get("name"): entry.get("template") for entry in source if isinstance(entry, dict)}
        source = by_name.get("default")
    return source if isinstance(source, str) and source else None


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise NotFoundError(f"No tokenizer folder {str(folder)!r}.", "Give the folder of a downloaded model.")
    config: dict[str, Any] = {}
    for file in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / file).is_file():
            config.update(_read_json(folder / file))
    return config


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"not JSON: {error}", path=path) from error
    if not isinstance(data, dict):
        raise DataError("expected a JSON object", path=path)
    return data


def _token(value: Any) -> str:
    """A special token is a text or an AddedToken written as an object."""
    text = value.get("content") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _distinct(*stops: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for s in stops if s))
