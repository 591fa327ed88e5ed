"""What comes by the standard input: questions and statements, in UTF-8 or not, one or several."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from sqlwright.cli.main import main; main()"]


def run(*arguments, stdin):
    return subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=300)


@pytest.fixture
def model(tmp_path):
    script = tmp_path / "answers.jsonl"
    rows = [("Who lives in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"), ("Clean up.", "DROP TABLE item")]
    script.write_text("".join(json.dumps({"question": q, "text": sql}) + "\n" for q, sql in rows))
    return f"scripted:{script}"


@pytest.mark.parametrize("verb", [["ask"], ["run", "-"]])
def test_bytes_that_are_not_utf8_are_an_error_in_one_sentence(shop, verb):
    done = run(*verb, "-d", shop, stdin="first line\nWer wohnt in Köln?".encode("latin-1"))
    assert done.returncode == 2
    assert done.stdout == b""
    error = done.stderr.decode()
    assert "not UTF-8: line 2 has the byte 0xf6" in error
    assert "Traceback" not in error


def test_utf8_is_read_whatever_the_locale_says(shop):
    done = subprocess.run(
        [*COMMAND, "run", "-", "-d", str(shop), "--json"],
        input="SELECT 'é漢' AS x".encode(),
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"},
    )
    assert json.loads(done.stdout)["result"]["rows"] == [["é漢"]]


def test_each_line_is_a_question_and_all_are_answered(shop, model):
    questions = b"Who lives in Oslo?\n\nClean up.\nHow many tables are there?\n"
    done = run("ask", "-d", shop, "-m", model, "--no-retrieve", "--json", stdin=questions)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(a["question"], a["status"]) for a in answers] == [
        ("Who lives in Oslo?", "answered"),
        ("Clean up.", "refused"),
        ("How many tables are there?", "answered"),
    ]
    assert done.returncode == 1
    text = run("ask", "-d", shop, "-m", model, "--no-retrieve", stdin=questions).stdout.decode()
    assert text.index("Who lives in Oslo?") < text.index("Bo") < text.index("How many tables")


def test_one_line_is_answered_as_before(shop, model):
    done = run("ask", "-d", shop, "-m", model, "--no-retrieve", "--json", stdin=b"\xef\xbb\xbf Who lives in Oslo? \n")
    assert json.loads(done.stdout)["question"] == "Who lives in Oslo?"
    assert done.stdout.startswith(b"{\n")
    assert done.returncode == 0


def test_a_question_that_the_model_does_not_take_is_json_too(shop):
    done = run("ask", "Кто живёт в Осло?", "-d", shop, "-m", "built-in", "--json", stdin=b"")
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["sql"], answer["result"]) == ("refused", "", None)
    assert "does not read Russian" in answer["reason"]
    assert done.returncode == 1
    text = run("ask", "Кто живёт в Осло?", "-d", shop, "-m", "built-in", stdin=b"")
    assert (text.returncode, text.stdout) == (1, b"")
    assert b"does not read Russian" in text.stderr
