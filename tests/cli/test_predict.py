"""`sqlwright predict` as a program: real files, a real server, real kills."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.models import chat_server, llama, lora, model_reply  # noqa: F401

COUNT = 40
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}  # on toys, threads only wait for each other


@pytest.fixture
def task(shop, tmp_path):
    """Two databases and forty questions in Spider's form."""
    for name in ("shop", "store"):
        (tmp_path / "databases" / name).mkdir(parents=True)
        shutil.copy(shop, tmp_path / "databases" / name / f"{name}.sqlite")
    rows = [
        {"db_id": ("shop", "store")[i % 2], "question": f"How many items cost more than {i}?", "query": "SELECT 1"}
        for i in range(COUNT)
    ]
    (tmp_path / "dev.json").write_text(json.dumps(rows))
    return tmp_path


def command(task, model, out, *options):
    code = "from sqlwright.cli.main import main; main()"
    paths = ["--data", task / "dev.json", "--databases", task / "databases", "-o", task / out]
    return [sys.executable, "-c", code, "predict", "-m", *map(str, [model, *paths, *options])]


def predict(task, model, out, *options):
    return subprocess.run(
        command(task, model, out, *options), capture_output=True, text=True, check=False, timeout=300, env=ENVIRONMENT
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def comparable(path):
    return [{k: v for k, v in row.items() if k != "latency_s"} for row in lines(path)]


def answer(body):
    return f"```sql\nSELECT {len(body['messages'][-1]['content'])}\n```"


def slow_answer(body):
    time.sleep(0.05)
    return answer(body)


def stop_in_the_middle(task, model, out, signal_number, *options):
    """Start, wait until a few predictions are written, send the signal."""
    process = subprocess.Popen(
        command(task, model, out, *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if (task / out).exists() and (task / out).read_bytes().count(b"\n") >= 6:
            process.send_signal(signal_number)
            break
        time.sleep(0.01)
    stderr = process.communicate(timeout=60)[1]
    return process.returncode, stderr, (task / out).read_bytes().count(b"\n")


def test_predictions_are_written_and_nothing_goes_to_stdout(task):
    with chat_server(answer) as server:
        done = predict(task, f"openai:tiny@{server.url}", "pred.jsonl")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"{COUNT} of {COUNT} predictions" in done.stderr
    rows = lines(task / "pred.jsonl")
    assert [r["id"] for r in rows] == [str(i) for i in range(COUNT)]
    assert all(r["predicted_sql"].startswith("SELECT ") for r in rows)
    assert rows[0]["model"] == f"openai:tiny@{server.url}"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_run_cut_short_and_started_again_gives_the_uninterrupted_file(task, signal_number):
    with chat_server(slow_answer) as server:
        model = f"openai:tiny@{server.url}"
        code, stderr, kept = stop_in_the_middle(task, model, "cut.jsonl", signal_number, "--batch-size", 3)
        assert 6 <= kept < COUNT
        asked_before = len(server.requests)
        if signal_number == signal.SIGINT:
            assert code == 130
            assert "Run the same command to go on." in stderr
            assert "Traceback" not in stderr
        again = predict(task, model, "cut.jsonl", "--batch-size", 3)
        assert again.returncode == 0, again.stderr
        assert len(server.requests) - asked_before <= COUNT - kept + 3
        predict(task, model, "whole.jsonl", "--batch-size", 3)
    assert comparable(task / "cut.jsonl") == comparable(task / "whole.jsonl")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_run_of_a_local_model_gives_the_uninterrupted_file(task, llama):  # noqa: F811
    options = ("--batch-size", 3, "--max-new-tokens", 24, "--limit", 24)
    _, _, kept = stop_in_the_middle(task, llama, "cut.jsonl", signal.SIGKILL, *options)
    assert 6 <= kept < 24
    assert predict(task, llama, "cut.jsonl", *options).returncode == 0
    assert predict(task, llama, "whole.jsonl", *options).returncode == 0
    assert comparable(task / "cut.jsonl") == comparable(task / "whole.jsonl")


def test_a_server_that_fails_is_one_sentence_and_exit_1(task):
    with chat_server(answer, mode="html") as server:
        done = predict(task, f"openai:tiny@{server.url}", "pred.jsonl")
        assert done.returncode == 1
        assert "error: The model answers nothing" in done.stderr
        assert "Traceback" not in done.stderr
        server.mode = "ok"
        assert predict(task, f"openai:tiny@{server.url}", "pred.jsonl").returncode == 0
    assert not [r for r in lines(task / "pred.jsonl") if "error" in r]


def test_questions_that_fail_are_told_and_asked_again_the_next_time(task):
    def moody(body):
        if not well and "than 7?" in body["messages"][-1]["content"]:
            return None
        return answer(body)

    well = []
    with chat_server(moody) as server:
        done = predict(task, f"openai:tiny@{server.url}", "pred.jsonl")
        assert done.returncode == 1
        assert "39 of 40 predictions" in done.stderr
        assert "failed 7:" in done.stderr
        well.append(True)
        before = len(server.requests)
        assert predict(task, f"openai:tiny@{server.url}", "pred.jsonl").returncode == 0
        assert len(server.requests) == before + 1


def test_no_server_is_exit_1_and_names_the_address(task):
    done = predict(task, "openai:tiny@http://127.0.0.1:9/v1", "pred.jsonl")
    assert done.returncode == 1
    assert "error: No connection to http://127.0.0.1:9/v1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("no-such-model", (), "No model 'no-such-model'"),
        ("built-in", ("--template", "qwen"), "take no template"),
        ("openai:m@http://127.0.0.1:9", ("--temperature", "-1"), "temperature has to be"),
        ("openai:m@http://127.0.0.1:9", ("--template", "qwen"), "take no template"),
        ("openai:m@http://127.0.0.1:9", ("--databases", "absent"), "absent"),
        ("openai:m@http://127.0.0.1:9", ("--history", "silver"), "silver"),
    ],
)
def test_wrong_usage_is_exit_2_and_one_sentence(task, model, options, message):
    done = predict(task, model, "pred.jsonl", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_limit_samples_and_candidates(task):
    with chat_server(answer) as server:
        done = predict(task, f"openai:tiny@{server.url}", "pred.jsonl", "--limit", 3, "-n", 3, "--temperature", 1)
    assert done.returncode == 0, done.stderr
    rows = lines(task / "pred.jsonl")
    assert [len(r["candidates"]) for r in rows] == [2, 2, 2]


def test_a_query_that_fails_is_repaired_as_often_as_asked_for(task):
    def corrected(body):
        return (
            "SELECT count(*) FROM item" if "did not run" in body["messages"][-1]["content"] else "SELECT nope FROM item"
        )

    with chat_server(corrected) as server:
        model = f"openai:tiny@{server.url}"
        assert predict(task, model, "repaired.jsonl", "--limit", 2).returncode == 0
        assert predict(task, model, "once.jsonl", "--limit", 2, "--repairs", 0).returncode == 0
    repaired, once = lines(task / "repaired.jsonl"), lines(task / "once.jsonl")
    assert [(r["predicted_sql"], r["repairs"]) for r in repaired] == [("SELECT count(*) FROM item", 1)] * 2
    assert [(r["predicted_sql"], "repairs" in r) for r in once] == [("SELECT nope FROM item", False)] * 2


def test_what_was_taught_is_used_where_it_is_asked_for(task, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "SQLWRIGHT_KNOWLEDGE", str(task / "knowledge"))
    question, sql = "How many items cost more than 0?", "SELECT count(*) FROM item WHERE price > 0"
    teach = [*command(task, "", "")[:3], "remember", question, sql, "-d", str(task / "databases/shop/shop.sqlite")]
    subprocess.run(teach, check=True, capture_output=True, timeout=300, env=ENVIRONMENT)
    with chat_server(answer) as server:
        model = f"openai:tiny@{server.url}"
        done = predict(task, model, "taught.jsonl", "--limit", 4, "--retrieve")
        assert done.returncode == 0, done.stderr
        assert predict(task, model, "taught.jsonl", "--limit", 4, "--retrieve", "--retrieve-top-k", 1).returncode == 2
        assert predict(task, model, "untaught.jsonl", "--limit", 4).returncode == 0
    taught, untaught = lines(task / "taught.jsonl"), lines(task / "untaught.jsonl")
    assert [r.get("kind") for r in taught] == ["verified", None, "verified", None]  # the other database knows nothing
    assert [r["predicted_sql"] for r in taught][::2] == [sql, sql.replace("0", "2")]
    assert all(r["predicted_sql"] != sql and "kind" not in r for r in untaught)


def test_another_setting_does_not_continue_a_file(task):
    with chat_server(answer) as server:
        model = f"openai:tiny@{server.url}"
        assert predict(task, model, "pred.jsonl", "--limit", 2).returncode == 0
        done = predict(task, model, "pred.jsonl", "--limit", 2, "--temperature", 0.5)
        assert done.returncode == 2
        assert "--overwrite" in done.stderr
        assert predict(task, model, "pred.jsonl", "--limit", 2, "--temperature", 0.5, "--overwrite").returncode == 0


def test_a_local_model_with_its_adapter_answers(task, lora):  # noqa: F811
    done = predict(task, lora, "pred.jsonl", "--limit", 4, "--max-new-tokens", 8)
    assert done.returncode == 0, done.stderr
    assert len(lines(task / "pred.jsonl")) == 4
    assert "tokens" in done.stderr


def test_a_server_and_the_same_model_at_hand_write_the_same(task, llama):  # noqa: F811
    from sqlwright.generation import load_generator

    options = ("--limit", 4, "--max-new-tokens", 8, "--dtype", "float32")
    assert predict(task, llama, "local.jsonl", *options).returncode == 0
    with chat_server(model_reply(load_generator(str(llama), dtype="float32"))) as server:
        done = predict(task, f"openai:tiny@{server.url}", "served.jsonl", *options[:4])
    assert done.returncode == 0, done.stderr
    local, served = lines(task / "local.jsonl"), lines(task / "served.jsonl")
    assert [r["raw_output"] for r in local] == [r["raw_output"] for r in served]
    assert [r["prompt_hash"] for r in local] == [r["prompt_hash"] for r in served]
