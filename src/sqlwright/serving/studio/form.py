"""The form of a training stage, made from the schema of its settings, and YAML files made from the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core import ConfigError, NotFoundError, UsageError
from ...core.atomic import atomic_text
from .trade_offs import COMMON, STAGE, trade_offs
from .trade_offs import groups as titled_groups
from .workspace import Workspace

OF_BASES = ("model_name_or_path", "finetuning_type", "compare_base", "template")  # stage pt has none
MAX_YAML_CHARS = 200_000
WIDTH = 100  # of a comment in the YAML

# Files to begin with: what is filled in for a stage. Others have their defaults.
STARTS: Mapping[str, Mapping[str, Any]] = {
    "try": {
        "stage": "pt",
        "dataset": ["demo", "synthetic:500"],
        "databases": "demo",
        "output_dir": "runs/first",
        "architecture": {
            "hidden_size": 128,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 352,
        },
        "vocabulary": 1024,
        "schema_style": "names",
        "samples": 0,
        "hints": False,
        "cutoff_len": 4096,
        "per_device_train_batch_size": 32,
        "group_size": 32,
        "learning_rate": 0.003,
        "warmup": 20,
        "max_steps": 200,
        "eval_steps": 100,
        "eval_samples": 16,
        "save_steps": 50,
        "max_new_tokens": 64,
    },
    "lora": {
        "stage": "sft",
        "model_name_or_path": "Qwen/Qwen2.5-Coder-1.5B-Instruct",
        "dataset": ["demo"],
        "databases": "demo",
        "output_dir": "runs/tuned",
        "num_train_epochs": 3.0,
        "eval_steps": 50,
        "compare_base": True,
    },
}


def stages() -> dict[str, str]:
    """Each stage with its summary, from the registry. Raises MissingExtraError without pydantic."""
    from ...training.stages import STAGES

    return {name: stage.summary for name, stage in STAGES.items()}


def form_of(stage: str) -> list[dict[str, Any]]:
    """The fields of `stage`, in the order of its settings. Raises ConfigError for an unknown stage."""
    from ...training.settings.language_model import ADAPTER_ONLY, QLORA_ONLY
    from ...training.settings.load import json_schema

    schema = json_schema(stage)
    required = set(schema["required"])
    hidden = {"stage", *((*OF_BASES, *ADAPTER_ONLY, *QLORA_ONLY) if stage == "pt" else ())}
    needs = {**dict.fromkeys(ADAPTER_ONLY, ("lora", "qlora")), **dict.fromkeys(QLORA_ONLY, ("qlora",))}
    return [
        {**_field(key, prop, key in required, schema.get("$defs", {})), "needs": needs.get(key, [])}
        for key, prop in schema["properties"].items()
        if key not in hidden and not prop.get("deprecated")
    ]


def groups() -> list[dict[str, Any]]:
    return [{"name": name, "title": list(title)} for name, title in titled_groups().items()]


def _field(key: str, prop: Mapping[str, Any], required: bool, defs: Mapping[str, Any]) -> dict[str, Any]:
    described = str(prop.get("description", ""))
    group, *texts = trade_offs().get(key, (STAGE, _sentence(described), _sentence(described)))
    default = prop.get("default")
    kind, more = _kind(prop, defs)
    return {
        "key": key,
        "group": group,
        "about": texts,
        "kind": kind,
        "default": default,
        "required": required,
        "common": key in COMMON or required or key not in trade_offs(),
        **more,
    }


def _kind(prop: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """How a setting is filled in: text, whole, number, flag, choice, names, or yaml for whatever has another form."""
    if "$ref" in prop:
        prop = {**defs.get(str(prop["$ref"]).rpartition("/")[2], {}), **prop}
    bounds = {
        name: prop[key]
        for name, key in (("least", "minimum"), ("above", "exclusiveMinimum"), ("most", "maximum"))
        if key in prop
    }
    if "enum" in prop:
        return "choice", {"choices": prop["enum"]}
    options = [option.get("type") for option in prop.get("anyOf", ())]
    if options == ["array", "string"]:
        return "names", {}
    if options == ["boolean", "null"]:
        return "choice", {"choices": [None, True, False]}
    kinds = {"string": "text", "integer": "whole", "number": "number", "boolean": "flag"}
    return kinds.get(str(prop.get("type")), "yaml"), bounds


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text and not text.endswith(".") else text


def check(values: Mapping[str, Any], workspace: Workspace) -> list[dict[str, str]]:
    """What is wrong with the settings `values`: messages, each with the setting it is about or ""."""
    from ...training.settings.load import config_from

    try:
        config = config_from(dict(values))
        workspace.refuse_outside(config.to_dict())
    except (ConfigError, NotFoundError) as error:
        return _problems(error, values)
    except UsageError as error:
        return [{"key": "", "message": str(error)}]
    return []


def _problems(error: UsageError, values: Mapping[str, Any]) -> list[dict[str, str]]:
    text = str(error)
    lines = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")] or [text]
    known = {field["key"] for field in form_of(str(values.get("stage")))} if values.get("stage") in stages() else set()
    found = []
    for line in lines:
        if line.startswith("Missing: "):
            names = line.removeprefix("Missing: ").partition(".")[0].split(", ")
            found += [{"key": name, "message": f"{name} is missing. Fill it in."} for name in names]
            continue
        word = re.match(r"`?(\w+)", line)
        found.append({"key": word[1] if word and word[1] in known else "", "message": line})
    return found


def to_yaml(values: Mapping[str, Any]) -> str:
    """A configuration file: what differs from the defaults, each with what it trades for what."""
    import yaml

    stage = str(values.get("stage", ""))
    fields = {field["key"]: field for field in form_of(stage)} if stage in stages() else {}
    lines = [f"stage: {stage}"]
    for key, value in values.items():
        field = fields.get(key)
        if key == "stage" or (field and not field["required"] and value == field["default"]):
            continue
        written = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000)
        text = f"{key}: {written.removesuffix('...' + chr(10)).rstrip()}"
        about = str(field["about"][0]).partition(". ")[0].rstrip(".") if field else ""
        lines.append(f"{text} # {about}" if about and "\n" not in text and len(about) <= WIDTH else text)
    return "\n".join(lines) + "\n"


def read_yaml(text: str) -> dict[str, Any]:
    """The runs that a YAML file describes, in the settings' own names, and what it said that has no effect.

    Raises ConfigError, also for settings that are not accepted.
    """
    import tempfile

    from ...training.settings.load import load_configs

    if len(text) > MAX_YAML_CHARS:
        raise ConfigError(f"The file has {len(text):,} characters; at most {MAX_YAML_CHARS:,} are read.")
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            runs = load_configs(path, on_note=notes.append)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(path), "the file")) from None
    return {"runs": [_without_defaults(run.to_dict()) for run in runs], "notes": notes}


def _without_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    from ...training.settings.load import json_schema

    schema = json_schema(values["stage"])
    defaults = {key: prop.get("default") for key, prop in schema["properties"].items() if key not in schema["required"]}
    return {key: value for key, value in values.items() if key not in defaults or value != defaults[key]}


def save_config(workspace: Workspace, name: str, values: Mapping[str, Any]) -> str:
    """Write `values` as configs/NAME.yaml and return that path; an earlier file of the name is replaced."""
    stem = re.sub(r"[^\w.-]+", "-", name.removesuffix(".yaml"), flags=re.UNICODE).strip("-.")[:80]
    if not stem:
        raise UsageError("The configuration needs a name.", "For example: tuned.")
    path = f"configs/{stem}.yaml"
    with atomic_text(workspace.root / path) as file:
        file.write(to_yaml(values))
    return path
