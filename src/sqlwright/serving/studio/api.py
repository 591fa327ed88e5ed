"""The calls of the studio's page: each reads the folder, writes a file of it, or starts a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ...core import MissingExtraError, NotFoundError, UsageError
from . import form, jobs, machine, pairs, reports, runs
from .commands import plan_of
from .fields import Fields
from .workspace import DEMO, Workspace

Given = Mapping[str, Any]
WHOLE = ("data", "configs", "models", "proofs", "runs")  # folders whose files may be downloaded


def start(workspace: Workspace, _: Given) -> Any:
    """What the page needs once."""
    try:
        stages, missing = form.stages(), ""
    except MissingExtraError as error:
        stages, missing = {}, str(error)
    from ...synthesis.clauses import CLAUSES

    return {
        "version": metadata.version("sqlwright"),
        "folder": str(workspace.root),
        "machine": machine.describe(workspace.root),
        "stages": stages,
        "missing": missing,
        "groups": form.groups(),
        "starts": form.STARTS,
        "clauses": list(CLAUSES),
    }


def files(workspace: Workspace, _: Given) -> Any:
    """What may be chosen: data sets, configurations, databases, models, reports, pages."""
    known = jobs.list_jobs(workspace.root / "jobs")
    return {
        "data": workspace.files("data"),
        "configs": workspace.files("configs"),
        "databases": [DEMO, *(f["path"] for f in workspace.files("databases")), *_connections()],
        "folders": _database_folders(workspace),
        "models": _models(workspace, runs.list_runs(workspace, known)),
        "exports": sorted(f"models/{p.name}" for p in (workspace.root / "models").iterdir() if p.is_dir()),
    }


def list_jobs(workspace: Workspace, _: Given) -> Any:
    return [job.to_dict() for job in jobs.list_jobs(workspace.root / "jobs")]


def job(workspace: Workspace, given: Given) -> Any:
    """A job with its memory, the log after `from` bytes (without one for "none"), and its JSON once it has ended."""
    folder, job_id = workspace.root / "jobs", str(given.get("id", ""))
    found = jobs.read_job(folder, job_id)
    start_at = str(given.get("from", ""))
    log = None if start_at == "none" else jobs.read_log(folder, job_id, int(start_at) if start_at.isdecimal() else None)
    ended = found.state not in ("waiting", "running")
    return {
        **found.to_dict(),
        "log": log,
        "usage": runs.thinned(jobs.read_usage(folder, job_id)),
        "result": jobs.read_result(folder, job_id) if ended else None,
    }


def command(workspace: Workspace, given: Given) -> Any:
    """The commands that a button would start, without starting them."""
    return {"commands": _plan(workspace, given).shown()}


def start_job(workspace: Workspace, given: Given) -> Any:
    return jobs.start_job(workspace.root / "jobs", _plan(workspace, given)).to_dict()


def stop_job(workspace: Workspace, given: Given) -> Any:
    fields = Fields(given)
    jobs.ask_to_stop(workspace.root / "jobs", fields.text("id"), at_once=fields.flag("at_once"))
    return {}


def form_fields(_: Workspace, given: Given) -> Any:
    return form.form_of(str(given.get("stage", "")))


def check_config(workspace: Workspace, given: Given) -> Any:
    values = _values(given)
    return {"problems": form.check(values, workspace), "yaml": form.to_yaml(values)}


def read_config(workspace: Workspace, given: Given) -> Any:
    """The runs of a file in the folder, or of pasted text."""
    fields = Fields(given)
    text = fields.text("text", "")
    if not text:
        text = (workspace.root / workspace.inside(fields.text("path"))).read_text(encoding="utf-8", errors="replace")
    return form.read_yaml(text)


def save_config(workspace: Workspace, given: Given) -> Any:
    values = _values(given)
    if found := form.check(values, workspace):
        raise UsageError("These settings are not accepted yet.", " ".join(problem["message"] for problem in found[:3]))
    return {"path": form.save_config(workspace, Fields(given).text("name"), values)}


def list_runs(workspace: Workspace, _: Given) -> Any:
    return runs.list_runs(workspace, jobs.list_jobs(workspace.root / "jobs"))


def run(workspace: Workspace, given: Given) -> Any:
    name = workspace.inside(str(given.get("path", "")), must_exist=False)
    return runs.detail(workspace, name, jobs.list_jobs(workspace.root / "jobs"))


def resume_run(workspace: Workspace, given: Given) -> Any:
    """Start the command again that made a run, or one from its settings where it was started elsewhere."""
    name = workspace.inside(Fields(given).text("path"))
    known = jobs.list_jobs(workspace.root / "jobs")
    earlier = next((j for j in known if name in j.plan.get("runs", ())), None)
    if earlier and earlier.state in ("waiting", "running"):
        raise UsageError(f"{name} is running already.", "Stop it first.")
    config = earlier.plan["commands"][0][1] if earlier else ""
    if not config or not (workspace.root / config).is_file():
        values = jobs.read_json(workspace.root / name / "run.json").get("config")
        if not values:
            raise NotFoundError(f"{name} does not say how it was made.", "Start it from its YAML file.")
        config = form.save_config(workspace, Path(name).name, values)
    return jobs.start_job(workspace.root / "jobs", plan_of("train", workspace, Fields({"config": config}))).to_dict()


def list_reports(workspace: Workspace, _: Given) -> Any:
    return {"reports": reports.list_reports(workspace), "pages": reports.list_pages(workspace)}


def report(workspace: Workspace, given: Given) -> Any:
    start_at = str(given.get("start", "0"))
    first = int(start_at) if start_at.isdecimal() else 0
    return reports.read_report(workspace, str(given.get("path", "")), str(given.get("cause", "")), first)


def list_pairs(workspace: Workspace, given: Given) -> Any:
    start_at = str(given.get("start", "0"))
    return pairs.read_pairs(workspace, str(given.get("path", "")), int(start_at) if start_at.isdecimal() else 0)


def approve(workspace: Workspace, given: Given) -> Any:
    changes = given.get("changes")
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise UsageError("changes has to be a list of pairs.")
    return pairs.approve(workspace, Fields(given).text("path"), changes)


GETS: Mapping[str, Callable[[Workspace, Any], Any]] = {
    "start": start,
    "files": files,
    "jobs": list_jobs,
    "job": job,
    "form": form_fields,
    "runs": list_runs,
    "run": run,
    "reports": list_reports,
    "report": report,
    "pairs": list_pairs,
}
POSTS: Mapping[str, Callable[[Workspace, Any], Any]] = {
    "command": command,
    "start-job": start_job,
    "stop-job": stop_job,
    "check-config": check_config,
    "read-config": read_config,
    "save-config": save_config,
    "resume-run": resume_run,
    "approve": approve,
}


def page_file(workspace: Workspace, name: str) -> Path:
    """A report to show: an HTML file of the folders of runs and proofs, or of a model made by `adapt`."""
    from ...generation.find import models_folder

    path = Path(name)
    if path.is_absolute():
        resolved, own = path.resolve(), models_folder().resolve()
        if own not in resolved.parents:
            raise UsageError(f"{name!r} is not a report of the studio.")
    else:
        resolved = workspace.root / workspace.inside(name)
        if Path(workspace.inside(name)).parts[0] not in ("runs", "proofs"):
            raise UsageError(f"{name!r} is not a report of the studio.", "Reports are in runs and proofs.")
    if resolved.suffix != ".html" or not resolved.is_file():
        raise NotFoundError(f"There is no report {name!r}.")
    return resolved


def download_file(workspace: Workspace, name: str) -> Path:
    inside = workspace.inside(name)
    path = (workspace.root / inside).resolve()
    if Path(inside).is_absolute() or Path(inside).parts[0] not in WHOLE or not path.is_file():
        raise NotFoundError(f"There is no file {name!r} to download.", f"Known folders: {', '.join(WHOLE)}.")
    return path


def _plan(workspace: Workspace, given: Given) -> jobs.Plan:
    fields = given.get("fields")
    if not isinstance(fields, dict):
        raise UsageError("fields has to be an object.")
    return plan_of(Fields(given).text("kind"), workspace, Fields(fields))


def _values(given: Given) -> dict[str, Any]:
    values = given.get("values")
    if not isinstance(values, dict):
        raise UsageError("values has to be an object of settings.")
    return values


def _connections() -> list[str]:
    """Names of connections. Their addresses stay here."""
    from ...core import ConfigError
    from ...settings import read_settings

    try:
        return sorted(read_settings().connections)
    except ConfigError:
        return []


def _database_folders(workspace: Workspace) -> list[str]:
    """What --databases may name: the demo, the folder, and those of its folders that hold database files."""
    found = {str(Path(file["path"]).parent) for file in workspace.files("databases")}
    nested = {str(Path(folder).parent) for folder in found if folder != "databases"}  # FOLDER/<db_id>/<db_id>.sqlite
    return [DEMO, "databases", *sorted((found | nested) - {"databases", "."})]


def _models(workspace: Workspace, known_runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models by what -m takes: the built-in one, finished runs, models here, the user's own and cached ones."""
    from ...generation.local_models import list_models

    found = [{"name": "built-in", "kind": "parser", "base": "", "databases": []}]
    found += [
        {"name": r["path"], "kind": "run", "base": r["model"], "databases": []} for r in known_runs if r["finished"]
    ]
    for model in list_models():
        found.append({"name": model.name, "kind": model.kind, "base": model.base, "databases": list(model.databases)})
    for folder in sorted((workspace.root / "models").iterdir()):
        if (folder / "config.json").is_file():
            found.append({"name": f"models/{folder.name}", "kind": "model", "base": "", "databases": []})
    return found
