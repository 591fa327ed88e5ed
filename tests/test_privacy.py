"""Nothing leaves the machine: commands run under strace, in a HOME nobody has used, and live on for half a minute."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from importlib.util import find_spec

import pytest

from sqlwright.telemetry import SWITCHES, turn_off

from .conftest import SHOP
from .training.conftest import PAIRS, PRETRAINING, TUNING
from .watch import STAY_S, Watched, reason_not_to_watch

PUBLIC = ("--public", "rows.jsonl", "--databases", "databases")
QUESTION = "How many customers are there?"
UNWATCHED = reason_not_to_watch()
watched = pytest.mark.skipif(bool(UNWATCHED), reason=UNWATCHED)


COMMANDS = {
    "ask": ("ask", QUESTION, "-d", "shop.sqlite"),
    "adapt": ("adapt", *PUBLIC, "-d", "shop.sqlite", "-n", "100", "--steps", "2"),
    "train": ("train", "both.yaml"),
    "demo": ("demo", "--no-chat"),
}
NEEDS_TORCH = ("adapt", "train")
has_torch, has_gradio = find_spec("torch") is not None, find_spec("gradio") is not None


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


def filled(folder):
    """`folder`, where a command runs, with shop.sqlite and what `train` reads."""
    databases = folder / "databases" / "shop"
    databases.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "shop.sqlite")) as connection:
        connection.executescript(SHOP)
    shutil.copy(folder / "shop.sqlite", databases)
    rows = [{"db_id": "shop", "question": q, "gold_sql": s} for q, s in PAIRS]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    names = {"rows": "rows.jsonl", "databases": "databases", "out": "out"}
    (folder / "both.yaml").write_text((PRETRAINING + "---\n" + TUNING).format(**names), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """All commands at once, since each lives on for STAY_S seconds after it has ended."""
    started = {
        name: Watched(filled(tmp_path_factory.mktemp(name)), *arguments)
        for name, arguments in COMMANDS.items()
        if has_torch or name not in NEEDS_TORCH
    }
    yield started
    for process in started.values():
        if process.process.poll() is None:
            process.stop()


def assert_private(seen):
    assert seen.remote == ()
    assert seen.strange_files == ()


@watched
@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_turns_to_no_other_machine_and_writes_into_our_folders_only(running, name):
    if name not in running:
        pytest.skip("needs the extra train")
    seen = running[name].end()
    assert seen.status == 0, seen.output
    assert_private(seen)


@contextmanager
def server(folder, *arguments):
    """The process and its address, ended when the block ends."""
    process = Watched(folder, *arguments, "--port", "0")
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", process.text())):
            assert process.process.poll() is None, process.text()
            time.sleep(0.1)
        yield process, found[0]
    finally:
        if process.process.poll() is None:
            process.stop()


@watched
@pytest.mark.slow
@pytest.mark.skipif(not has_gradio, reason="needs the extra chat")
def test_the_servers_turn_to_no_other_machine(tmp_path_factory):
    with (
        server(filled(tmp_path_factory.mktemp("serve")), "serve", "-d", "shop.sqlite") as (api, address),
        server(filled(tmp_path_factory.mktemp("chat")), "chat", "-d", "shop.sqlite", "--no-browser") as (page, url),
    ):
        body = {"model": "built-in:shop", "messages": [{"role": "user", "content": QUESTION}]}
        request = urllib.request.Request(
            f"{address}/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            assert "COUNT(*)" in response.read().decode()
        with urllib.request.urlopen(url) as response:
            assert response.status == 200
        time.sleep(STAY_S)
        assert_private(api.stop())
        assert_private(page.stop())


@watched
@pytest.mark.slow
def test_the_watch_sees_what_a_switch_stops_and_a_set_variable_wins(folder):
    seen = Watched(folder, "ask", QUESTION, "-d", "shop.sqlite", ORT_DISABLE_TELEMETRY="0").end()
    assert seen.status == 0, seen.output
    assert seen.remote
    assert any("onnxruntime" in path for path in seen.strange_files)


@watched
def test_the_watch_sees_an_address_a_lookup_and_a_file(folder):
    code = (
        "import socket, pathlib\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('203.0.113.7', 9))\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('127.0.0.1', 53))\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('127.0.0.1', 9))\n"
        "(pathlib.Path.home() / '.cache' / 'other').mkdir(parents=True)\n"
        "(pathlib.Path.home() / '.cache' / 'sqlwright').mkdir()\n"
    )
    seen = Watched(folder, program=code).end()
    assert seen.remote == ("127.0.0.1:53", "203.0.113.7:9")
    assert [path.rpartition("/home/")[2] for path in seen.strange_files] == [".cache/other"]


def test_importing_the_package_sets_every_switch_before_anything_else_is_loaded():
    code = (
        "import sys; before = set(sys.modules); import sqlwright, os, json;"
        "print(json.dumps([dict(os.environ), sorted(set(sys.modules) - before)]))"
    )
    environment = {k: v for k, v in os.environ.items() if k not in SWITCHES}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    found, loaded = json.loads(done.stdout)
    assert {name: found[name] for name in SWITCHES} == SWITCHES
    assert not {"onnxruntime", "huggingface_hub", "gradio", "chromadb", "click"} & set(loaded)


def test_a_variable_that_a_user_set_keeps_its_value(monkeypatch):
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    turn_off()
    assert os.environ["WANDB_ERROR_REPORTING"] == "true"
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
