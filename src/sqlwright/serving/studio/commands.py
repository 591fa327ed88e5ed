"""The commands behind the studio's buttons: from the fields of a form to a plan of `sqlwright` commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core import UsageError
from .fields import Fields
from .jobs import Plan
from .workspace import Workspace

RATIOS = ("8:1:1", "7:3", "9:1", "1:1")
FORMATS = ("safetensors", "gguf")
QUANTIZED = ("", "f32", "f16", "bf16", "q8_0", "q4_0")


def plan_of(kind: str, workspace: Workspace, fields: Fields) -> Plan:
    """The commands that a button stands for. Raises UsageError for fields that do not fit."""
    if kind not in PLANS:
        raise UsageError(f"There is no command {kind!r} here.", f"Known: {', '.join(PLANS)}.")
    return PLANS[kind](workspace, fields)


def _inspect(workspace: Workspace, fields: Fields) -> Plan:
    files = [_data_set(workspace, name) for name in fields.names("files", 1, 6)]
    command = ["data", "inspect", *files, *_databases(workspace, fields), "--json"]
    if tokenizer := fields.text("tokenizer", ""):
        command += ["--tokenizer", workspace.inside(tokenizer)]
    return Plan("inspect", ", ".join(Path(f).name for f in files), (tuple(command),))


def _split(workspace: Workspace, fields: Fields) -> Plan:
    file = workspace.inside(fields.text("file"))
    out = workspace.new_name(fields.text("name", f"{_stem(file)}-split"), "data")
    command = ["data", "split", file, "-o", out, "--ratio", fields.one_of("ratio", RATIOS, RATIOS[0])]
    command += ["--seed", str(fields.whole("seed", 0, 0, 2**31))]
    if fields.flag("by_database"):
        command.append("--by-database")
    return Plan("split", Path(file).name, (tuple(command),), makes=(out,))


def _synthesize(workspace: Workspace, fields: Fields) -> Plan:
    database, count = workspace.database(fields.text("database")), fields.whole("count", 20, 1, 1_000_000)
    out = workspace.new_name(fields.text("name", f"{_stem(database)}-{count}"), "data", ".jsonl")
    command = ["synthesize", "-d", database, "-n", str(count), "-o", out, "--json"]
    command += ["--seed", str(fields.whole("seed", 0, 0, 2**31))]
    command += ["--wordings", str(fields.whole("wordings", 1, 1, 20))]
    for clause in fields.names("without"):
        command += ["--without", clause]
    if held_out := fields.text("held_out", ""):
        command += ["--held-out", workspace.inside(held_out)]
    return Plan("synthesize", f"{_stem(database)}: {count}", (tuple(command),), makes=(out,))


def _run(workspace: Workspace, fields: Fields) -> Plan:
    database = workspace.database(fields.text("database"))
    command = ("run", "-d", database, "--json", "--max-rows", "20", "--", fields.text("sql"))
    return Plan("run", _stem(database), (command,))


def _dry_run(workspace: Workspace, fields: Fields) -> Plan:
    config = workspace.inside(fields.text("config"))
    return Plan("dry-run", _stem(config), (("train", config, "--dry-run", "--json"),))


def _train(workspace: Workspace, fields: Fields) -> Plan:
    from ...training.settings.load import load_configs

    config = workspace.inside(fields.text("config"))
    runs = load_configs(workspace.root / config)
    for run in runs:
        workspace.refuse_outside(run.to_dict())
    outputs = tuple(run.output_dir for run in runs)
    return Plan("train", _stem(config), (("train", config),), queued=True, runs=outputs, makes=outputs)


def _adapt(workspace: Workspace, fields: Fields) -> Plan:
    database = workspace.database(fields.text("database"))
    command = ["adapt", "-d", database, "--json", "-n", str(fields.whole("count", 1500, 100, 1_000_000))]
    if (model := fields.text("model", "built-in")) != "built-in":
        command += ["--model", workspace.model(model)]
    if steps := fields.whole("steps", 0, 0, 1_000_000):
        command += ["--steps", str(steps)]
    if name := fields.text("name", ""):
        command += ["--name", _name(name)]
    return Plan("adapt", _stem(database), (tuple(command),), queued=True)


def _prove(workspace: Workspace, fields: Fields) -> Plan:
    """Predict and evaluate each model on the same questions; of several, the comparison at the end."""
    models = [workspace.model(name) for name in fields.names("models", 1, 6)]
    data, databases = _data_set(workspace, fields.text("data")), _databases(workspace, fields)
    out = workspace.new_name(fields.text("name", f"{_stem(data)}"), "proofs")
    limit = ["--limit", str(count)] if (count := fields.whole("limit", 0, 0, 10_000_000)) else []
    commands: list[tuple[str, ...]] = []
    reports: list[str] = []
    for model in models:
        place = f"{out}/{_free(model, reports)}"
        predicted = ("predict", "-m", model, "--data", data, *databases, "-o", f"{place}.jsonl", *limit)
        judged = ("--json", f"{place}.report.json", "--html", f"{place}.html", *limit)
        commands += [predicted, ("evaluate", f"{place}.jsonl", "--data", data, *databases, *judged)]
        reports.append(f"{place}.report.json")
    if len(reports) > 1:
        commands.append(("compare", *reports, "--html", f"{out}/comparison.html"))
    return Plan("prove", Path(out).name, tuple(commands), queued=True, makes=(out,))


def _compare(workspace: Workspace, fields: Fields) -> Plan:
    reports = [workspace.inside(name) for name in fields.names("reports", 2, 12)]
    out = workspace.new_name(fields.text("name", "comparison"), "proofs", ".html")
    command = ["compare", *reports, "--json", "--html", out]
    if fields.flag("common"):
        command.append("--common")
    return Plan("compare", Path(out).stem, (tuple(command),), makes=(out,))


def _sweep(workspace: Workspace, fields: Fields) -> Plan:
    model, data = workspace.model(fields.text("model")), _data_set(workspace, fields.text("data"))
    out = workspace.new_name(fields.text("name", f"sweep-{Path(model).name}"), "proofs")
    command = ["sweep", "-m", model, "--data", data, *_databases(workspace, fields), "-o", out, "--json"]
    for option, default in (("temperature", "0,0.7"), ("top_k", "0"), ("top_p", "1")):
        command += [f"--{option.replace('_', '-')}", _numbers(option, fields.text(option, default))]
    if count := fields.whole("limit", 0, 0, 10_000_000):
        command += ["--limit", str(count)]
    return Plan("sweep", Path(out).name, (tuple(command),), queued=True, makes=(out,))


def _ask(workspace: Workspace, fields: Fields) -> Plan:
    database, model = workspace.database(fields.text("database")), workspace.model(fields.text("model"))
    command = ("ask", "-d", database, "-m", model, "--json", "--", fields.text("question"))
    return Plan("ask", Path(model).name, (command,))


def _export(workspace: Workspace, fields: Fields) -> Plan:
    model = workspace.model(fields.text("model"))
    chosen = fields.one_of("format", FORMATS, FORMATS[0])
    out = workspace.new_name(fields.text("name", f"{Path(model).name}-{chosen}"), "models")
    command = ["export", model, "-o", out, "--format", chosen, "--json"]
    if numbers := fields.one_of("quantize", QUANTIZED, ""):
        command += ["--quantize", numbers]
    if (workspace.root / "databases").is_dir() and (data := fields.text("data", "")):
        command += ["--data", _data_set(workspace, data), *_databases(workspace, fields)]
    return Plan("export", Path(out).name, (tuple(command),), queued=True, makes=(out,))


def _register(workspace: Workspace, fields: Fields) -> Plan:
    model, database = workspace.model(fields.text("model")), workspace.database(fields.text("database"))
    command = ["models", "use", model, "-d", database, "--json"]
    if name := fields.text("name", ""):
        command += ["--name", _name(name)]
    return Plan("register", f"{Path(model).name}, {_stem(database)}", (tuple(command),))


def _chat(workspace: Workspace, fields: Fields) -> Plan:
    databases = [workspace.database(name) for name in fields.names("databases", 1)]
    models = [workspace.model(name) for name in fields.names("models")]
    command = ["chat", "--no-browser", "--port", "0"]
    command += [part for name in databases for part in ("-d", name)]
    command += [part for name in models for part in ("-m", name)]
    return Plan("chat", ", ".join(map(_stem, databases)), (tuple(command),))


PLANS: Mapping[str, Callable[[Workspace, Fields], Plan]] = {
    "inspect": _inspect,
    "split": _split,
    "synthesize": _synthesize,
    "run": _run,
    "dry-run": _dry_run,
    "train": _train,
    "adapt": _adapt,
    "prove": _prove,
    "compare": _compare,
    "sweep": _sweep,
    "ask": _ask,
    "export": _export,
    "register": _register,
    "chat": _chat,
}


def _data_set(workspace: Workspace, text: str) -> str:
    """A file here, or a hub source (hf:OWNER/NAME), which is fetched over the network."""
    if re.fullmatch(r"(hf|modelscope):[\w.-]+/[\w.-]+", text):
        return text
    return workspace.inside(text)


def _databases(workspace: Workspace, fields: Fields) -> tuple[str, ...]:
    folder = fields.text("databases", "")
    return ("--databases", workspace.databases_folder(folder)) if folder else ()


def _numbers(name: str, text: str) -> str:
    if not re.fullmatch(r"[\d.]+(,[\d.]+){0,15}", text.replace(" ", "")):
        raise UsageError(f"{name} has to be numbers with commas between them; found {text!r}.")
    return text.replace(" ", "")


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,79}", text):
        raise UsageError(f"A name has letters, digits, '.', '-' and '_'; found {text!r}.")
    return text


def _stem(path: str) -> str:
    return Path(path).stem


def _free(model: str, reports: list[str]) -> str:
    """The file name for a model's results, another one than those in `reports`."""
    stem = re.sub(r"[^\w.-]+", "-", Path(model).name) or "model"
    taken = {Path(report).name.removesuffix(".report.json") for report in reports}
    return next(name for n in range(1, 99) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)
