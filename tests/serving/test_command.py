"""`sqlwright serve`: what it prints, what it refuses, how it ends, and that nothing leaves the machine."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.cli.serve import named_targets
from sqlwright.core import UsageError

from .conftest import ask

COMMAND = [sys.executable, "-c", "from sqlwright.cli.main import main; main()"]

# Looking a name up and connecting are refused for whatever is not this machine, before the program starts.
OFFLINE = """
import ipaddress, socket, sys
def only_here(host):
    if host not in ("localhost", None, "", b"localhost"):
        try:
            here = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
        except ValueError:
            here = False
        if not here:
            raise SystemExit(f"left the machine: {host!r}")
def watched(function, host_of):
    def call(*args, **kwargs):
        only_here(host_of(args))
        return function(*args, **kwargs)
    return call
socket.getaddrinfo = watched(socket.getaddrinfo, lambda args: args[0])
socket.gethostbyname = watched(socket.gethostbyname, lambda args: args[0])
class Socket(socket.socket):
    def connect(self, address):
        only_here(address[0] if isinstance(address, tuple) else None)
        return super().connect(address)
    connect_ex = connect
socket.socket = Socket
from sqlwright.cli.main import main
main()
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.jsonl"
    path.write_text('{"question": "How many items?", "text": "SELECT count(*) FROM item"}\n')
    return f"scripted:{path}"


class Started:
    """A server as a process; `lines` are what it printed until it was ready."""

    def __init__(self, *arguments, program=COMMAND, verb="serve", **environment):
        command = [*program, verb, *map(str, arguments), "--port", "0"]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
        )
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("leaves"):
                break
        found = re.search(r"http://[\d.]+:\d+", self.lines[0] if self.lines else "")
        assert found, self.lines
        self.url = found[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self.process.stderr.close()


def test_it_says_how_to_ask_and_its_curl_line_works(shop, script):
    with Started("-d", shop, "-m", script) as server:
        first, curl, python, mcp, leaves = server.lines
        assert "Serving shop at http://127.0.0.1:" in first
        done = subprocess.run(
            ["sh", "-c", curl.removeprefix("curl").strip().replace("QUESTION", "How many items?")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert '"rows":[[3]]' in done.stdout
        assert "api_key='none'" in python
        assert f"{server.url}/mcp" in mcp
        assert leaves == "leaves  nothing"
        assert ask(server.url, "How many items?").choices


def test_a_remote_model_is_named_as_what_the_questions_leave_for_and_the_token_never_printed(shop):
    with Started("-d", shop, "-m", "openai:m@http://203.0.113.7:8000/v1", SQLWRIGHT_TOKEN="long secret") as server:
        assert server.lines[-1] == "leaves  questions, schemas and sample values go to 203.0.113.7"
        assert "Authorization" in server.lines[1]
        assert "long secret" not in "\n".join(server.lines)


def test_told_to_end_it_finishes_the_question_under_way(shop, tmp_path):
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n"
    path = tmp_path / "slow.jsonl"
    path.write_text(json.dumps({"question": "Count.", "text": count}) + "\n")
    with Started("-d", shop, "-m", f"scripted:{path}", "--timeout", "60") as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        connection.request("GET", "/health")
        connection.getresponse().read()
        body = {"model": "scripted:shop", "messages": [{"role": "user", "content": "Count."}]}
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        assert answer["choices"][0]["message"]["metadata"]["result"]["rows"] == [[3_000_000]]
        assert server.process.wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--host", "0.0.0.0"), "so a token is needed"),
        (("-d", "OTHER/shop.sqlite"), "Two databases are called 'shop'"),
    ],
)
def test_what_it_refuses_to_start_with(shop, script, arguments, sentence):
    runner = CliRunner()
    with pytest.raises(UsageError, match=sentence):
        runner.invoke(cli, ["serve", "-d", str(shop), "-m", script, *arguments], catch_exceptions=False)


def test_a_port_that_is_taken_is_a_usage_error(shop, script):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Cannot listen on 127\.0\.0\.1:{port}"):
            CliRunner().invoke(
                cli, ["serve", "-d", str(shop), "-m", script, "--port", str(port)], catch_exceptions=False
            )


def test_databases_are_named_by_hand_or_after_their_file(tmp_path):
    odd = tmp_path / "a=b.sqlite"
    odd.touch()
    assert named_targets(("my shop.sqlite", "x=folder/y.db", "postgresql://me:p=w@host/sales?a=b", str(odd))) == {
        "my_shop": "my shop.sqlite",
        "x": "folder/y.db",
        "sales": "postgresql://me:p=w@host/sales?a=b",
        "a_b": str(odd),
    }


def test_nothing_leaves_the_machine(shop):
    offline = [sys.executable, "-c", OFFLINE]
    asked = subprocess.run(
        [*offline, "ask", "How many customers are there?", "-d", str(shop)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (asked.returncode, "left the machine" in asked.stderr) == (0, False), asked.stderr
    with Started("-d", shop, program=offline) as server:
        message = ask(server.url, "How many customers are there?", "built-in:shop", timeout=120).choices[0].message
        assert message.metadata["result"]["rows"] == [[3]]


def test_the_block_on_sockets_blocks():
    probe = OFFLINE.partition("from sqlwright")[0] + "socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=60)
    assert "left the machine: '192.0.2.1'" in done.stderr
