"""The studio's server: its door, what a request may name, its form, its files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from sqlwright.core import UsageError
from sqlwright.serving.access import AccessOptions
from sqlwright.serving.studio import commands, form, pairs
from sqlwright.serving.studio.app import STATIC, build_app
from sqlwright.serving.studio.fields import Fields
from sqlwright.serving.studio.reports import ITEMS
from sqlwright.serving.studio.runs import detail, thinned
from sqlwright.serving.studio.trade_offs import groups, trade_offs
from sqlwright.serving.studio.workspace import Workspace
from sqlwright.training.settings.load import config_from, load_configs
from sqlwright.training.stages import STAGES

ROWS = [
    {"id": "1", "db_id": "shop", "question": "How many items?", "gold_sql": "SELECT count(*) FROM item"},
    {"id": "2", "db_id": "shop", "question": "Who?", "gold_sql": "SELECT name FROM customer", "evidence": "who: name"},
]


@pytest.fixture
def workspace(tmp_path, shop):
    found = Workspace.open(tmp_path / "studio")
    (found.root / "databases" / "shop.sqlite").write_bytes(shop.read_bytes())
    (found.root / "data" / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    (tmp_path / "secret.jsonl").write_text('{"question": "secret", "gold_sql": "SELECT 1"}')
    return found


@pytest.fixture
def client(workspace):
    with TestClient(build_app(workspace, AccessOptions()), base_url="http://127.0.0.1") as opened:
        yield opened


# --- the door ---


def test_only_this_machine_asks_and_only_the_studios_own_files_are_loaded(client):
    page = client.get("/")
    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403
    origin = {"origin": "http://evil.example", "content-type": "application/json"}
    assert client.post("/api/start-job", headers=origin, content="{}").status_code == 403


def test_a_form_of_another_page_starts_nothing(client):
    body = json.dumps({"kind": "split", "fields": {"file": "data/rows.jsonl"}})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.post("/api/start-job", content=body, headers={"content-type": kind}).status_code == 415
    assert client.get("/api/jobs").json() == []


def test_with_a_token_the_link_is_exchanged_for_a_cookie(workspace):
    with TestClient(build_app(workspace, AccessOptions("0.0.0.0", "long secret")), base_url="http://studio") as client:
        assert client.get("/api/files").status_code == 401
        assert client.get("/?token=long%20secret").status_code == 200  # after the redirect, by the cookie
        assert client.get("/api/files").status_code == 200


# --- what a request may name ---


@pytest.mark.parametrize(
    "path", ["../secret.jsonl", "/etc/hostname", "data/../../secret.jsonl", "~/x", "-x", "", "data/link.jsonl", "a\0b"]
)
def test_no_file_outside_of_the_folder_is_opened(client, workspace, path):
    (workspace.root / "data" / "link.jsonl").symlink_to(workspace.root.parent / "secret.jsonl")
    for kind, fields in (
        ("inspect", {"files": [path]}),
        ("split", {"file": path}),
        ("train", {"config": path}),
        ("compare", {"reports": [path, path]}),
        ("run", {"database": path, "sql": "SELECT 1"}),
        ("prove", {"models": ["built-in"], "data": path}),
    ):
        answer = client.post("/api/command", json={"kind": kind, "fields": fields})
        assert answer.status_code == 400 or answer.status_code == 404, (kind, answer.json())
        assert "commands" not in answer.json()
    for call in ("pairs", "report", "run"):
        assert client.get(f"/api/{call}", params={"path": path}).status_code in (400, 404)
    for call in ("/report", "/download"):
        assert client.get(call, params={"path": path}).status_code in (400, 404)


def test_settings_may_not_name_a_place_outside_either(client):
    values = {**form.STARTS["try"], "output_dir": "runs/x"}
    for key, value in (("output_dir", "/tmp/x"), ("databases", "../.."), ("dataset", ["demo", "/etc/passwd"])):
        found = client.post("/api/check-config", json={"values": {**values, key: value}}).json()["problems"]
        assert "outside of the studio's folder" in found[0]["message"]
    assert client.post("/api/check-config", json={"values": values}).json()["problems"] == []


@pytest.mark.parametrize("model", ["/etc", "../x", "-m", "scripted:/etc/passwd", "~/model", "", "a@/../../x"])
def test_a_model_is_not_read_from_outside_either(workspace, model):
    with pytest.raises(UsageError):
        workspace.model(model)


@pytest.mark.parametrize("model", ["built-in", "runs/mine", "owner/name", "openai:m@http://127.0.0.1:1/v1"])
def test_models_that_may_be_named(workspace, model):
    assert workspace.model(model) == model


def test_a_servers_address_is_refused_since_it_may_hold_a_password(workspace):
    with pytest.raises(UsageError, match="password"):
        workspace.database("postgresql://reader:pw@host/db")


def test_another_folder_is_read_where_the_studio_was_started_with_it(tmp_path, workspace):
    also = tmp_path / "more"
    also.mkdir()
    (also / "more.jsonl").write_text("{}")
    opened = Workspace.open(workspace.root, (also,))
    assert opened.inside(str(also / "more.jsonl")) == str(also / "more.jsonl")
    assert str(also / "more.jsonl") in [file["path"] for file in opened.files("data")]


# --- commands ---


def test_every_kind_gives_commands_that_exist(workspace):
    (workspace.root / "configs" / "try.yaml").write_text(form.to_yaml(form.STARTS["try"]))
    given = {
        "files": ["data/rows.jsonl"],
        "file": "data/rows.jsonl",
        "data": "data/rows.jsonl",
        "database": "databases/shop.sqlite",
        "databases": ["databases/shop.sqlite"],
        "sql": "SELECT 1",
        "config": "configs/try.yaml",
        "model": "built-in",
        "models": ["built-in"],
        "reports": ["data/rows.jsonl", "data/rows.jsonl"],
        "question": "--help",
    }
    for kind in commands.PLANS:
        fields = {**given, "databases": given["databases"] if kind == "chat" else "databases"}
        for arguments in commands.plan_of(kind, workspace, Fields(fields)).commands:
            check_arguments(arguments)


def check_arguments(arguments):
    """Parse them as the command line does, without running anything."""
    import click

    from sqlwright.cli.main import cli

    command, rest = cli, list(arguments)
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), rest[0])
        assert command is not None, arguments
        rest = rest[1:]
    command.make_context(arguments[0], rest, resilient_parsing=True)
    taken, left, _ = command.make_parser(click.Context(command)).parse_args(rest)
    assert not left
    assert "help" not in taken  # a question that looks like an option is a question


def test_a_name_that_is_taken_gets_a_number(workspace):
    assert workspace.new_name("rows", "data", ".jsonl") == "data/rows-2.jsonl"
    assert workspace.new_name("../../etc/x y", "data", ".jsonl") == "data/etc-x-y.jsonl"


# --- the form ---


@pytest.mark.parametrize("stage", STAGES)
def test_the_form_has_every_setting_of_a_stage_and_says_what_it_trades(stage):
    fields = form.form_of(stage)
    shown = {field["key"] for field in fields}
    hidden = STAGES[stage].config.model_fields.keys() - shown
    assert hidden == {"stage"} if stage != "pt" else {"stage", "lora_rank"} <= hidden
    assert all(field["about"][0] for field in fields)
    assert {field["group"] for field in fields} <= groups().keys()


def test_a_stage_that_comes_later_is_in_the_form_without_a_word_here(monkeypatch):
    from pydantic import Field

    from sqlwright.training.settings.run_config import RunConfig
    from sqlwright.training.stages.stage import Stage

    class Config(RunConfig):
        stage: str = "later"
        beta: float = Field(0.1, gt=0, description="how near to the reference the model stays")

    monkeypatch.setitem(STAGES, "later", Stage("learn from preferences", Config, None, None))
    assert form.stages()["later"] == "learn from preferences"
    beta = next(field for field in form.form_of("later") if field["key"] == "beta")
    assert (beta["group"], beta["kind"], beta["default"], beta["above"]) == ("stage", "number", 0.1, 0)
    assert beta["about"][0] == "How near to the reference the model stays."


def test_every_trade_off_is_about_a_setting_and_in_both_languages():
    known = {key for stage in STAGES.values() for key in stage.config.model_fields}
    assert trade_offs().keys() <= known
    for key, (_, english, chinese) in trade_offs().items():
        assert english.endswith("."), key
        assert re.search("[\u4e00-\u9fff]", chinese), key


@pytest.mark.parametrize("start", form.STARTS.values(), ids=form.STARTS)
def test_a_form_and_its_yaml_say_the_same(start, tmp_path):
    path = tmp_path / "saved.yaml"
    path.write_text(form.to_yaml(start))
    assert load_configs(path) == (config_from(start),)
    assert form.read_yaml(path.read_text())["runs"] == [yaml.safe_load(path.read_text())]


def test_problems_are_told_beside_their_settings(workspace):
    found = form.check({"stage": "sft", "dataset": ["demo"], "learning_rate": -1, "lora_rnk": 3}, workspace)
    assert {problem["key"] for problem in found} == {"output_dir", "model_name_or_path", "learning_rate", ""}
    assert "lora_rank" in next(problem["message"] for problem in found if not problem["key"])


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_configuration_of_the_project_can_be_begun_with(path):
    assert form.read_yaml(path.read_text())["runs"]


# --- files, pairs, runs, reports ---


def test_an_upload_is_stored_under_a_name_of_its_own(client, workspace):
    for wanted in ("data/mine.jsonl", "data/mine-2.jsonl"):
        assert client.put("/api/files/data/mine.jsonl", content=b"{}\n").json() == {"path": wanted}
        assert (workspace.root / wanted).stat().st_mode & 0o077 == 0
    for folder, name, status in (("data", "x.sh", 400), ("data", "x.jsonl", 400), ("jobs", "x.jsonl", 404)):
        content = b"" if name == "x.jsonl" else b"{}"
        assert client.put(f"/api/files/{folder}/{name}", content=content).status_code == status
    assert client.put("/api/files/data/..%2f..%2fx.jsonl", content=b"{}").status_code in (404, 405)
    assert not [p for p in (workspace.root / "data").iterdir() if p.name.startswith(".")]


def test_pairs_are_approved_into_a_file_of_their_own(workspace):
    name = "data/rows.jsonl"
    changed = [{"id": "1", "question": "Count the items."}, {"id": "2"}]
    assert pairs.approve(workspace, name, changed) == {"approved": 2, "file": "data/rows.approved.jsonl"}
    kept = [json.loads(line) for line in (workspace.root / "data/rows.approved.jsonl").read_text().splitlines()]
    assert [(row["question"], row["db_id"]) for row in kept] == [("Count the items.", "shop"), ("Who?", "shop")]
    assert kept[1]["evidence"] == "who: name"
    pairs.approve(workspace, name, [{"id": "2", "approved": False}])
    page = pairs.read_pairs(workspace, name, 0)
    assert [pair["approved"] is not None for pair in page["pairs"]] == [True, False]
    assert json.loads((workspace.root / name).read_text().splitlines()[0]) == ROWS[0]  # the file itself is as it was
    with pytest.raises(UsageError, match="There is no pair 'x'"):
        pairs.approve(workspace, name, [{"id": "x"}])
    with pytest.raises(UsageError, match="needs a question and SQL"):
        pairs.approve(workspace, name, [{"id": "1", "gold_sql": " "}])


def test_a_run_that_is_being_written_is_read_as_far_as_it_goes(workspace):
    folder = workspace.root / "runs" / "mine"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"config": {"stage": "sft"}, "steps": 4}))
    (folder / "metrics.jsonl").write_text(
        '{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.5, "margin": 0.5}\n{"step": 3, "lo'
    )
    found = detail(workspace, "runs/mine", [])
    assert (found["step"], found["steps"], found["loss"], found["state"]) == (2, 4, 1.5, "stopped")
    assert found["curves"] == {"loss": [(1, 2.0), (2, 1.5)], "margin": [(2, 0.5)]}


def test_a_long_curve_keeps_its_last_point():
    points = [(n, float(n)) for n in range(5000)]
    assert len(thinned(points)) <= 601
    assert thinned(points)[-1] == points[-1]


def test_a_report_is_shown_in_a_frame_without_rights(client, workspace):
    (workspace.root / "proofs" / "x.html").write_text("<script>1</script>")
    page = client.get("/report", params={"path": "proofs/x.html"})
    assert page.headers["content-security-policy"] == "sandbox allow-scripts; frame-ancestors 'self'"
    assert client.get("/report", params={"path": "data/rows.jsonl"}).status_code == 400


def test_a_report_is_read_by_cause(client, workspace):
    items = [{"id": str(n), "cause": "correct" if n % 2 else "wrong columns"} for n in range(3 * ITEMS)]
    report = {"execution_accuracy": 0.5, "n": len(items), "by_cause": {"wrong columns": 75}, "items": items}
    (workspace.root / "proofs" / "one").mkdir()
    (workspace.root / "proofs" / "one" / "m.report.json").write_text(json.dumps(report))
    name = client.get("/api/reports").json()["reports"][0]["path"]
    page = client.get("/api/report", params={"path": name, "cause": "wrong columns", "start": ITEMS}).json()
    assert (page["matching"], [item["id"] for item in page["items"]]) == (75, [str(n) for n in range(100, 150, 2)])


# --- the page ---


def test_the_page_writes_text_and_never_markup():
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )


def test_every_word_of_the_page_is_there_in_both_languages():
    words = (STATIC / "words.js").read_text(encoding="utf-8")
    known = set(re.findall(r"['\s,{]([\w-]+)'?: \[", words))
    used = {code for path in STATIC.glob("*.js") for code in re.findall(r"\bt\('([\w-]+)'", path.read_text("utf-8"))}
    assert used
    assert used <= known
    for code, english, chinese in re.findall(r"'?([\w-]+)'?: \['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\]", words):
        assert english, code
        assert chinese, code
