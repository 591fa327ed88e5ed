"""The command line as another program sees it: exit codes, streams, start-up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sqlwright.cli.main import COMMANDS

SLOW_MODULES = "torch transformers sqlglot duckdb sqlalchemy openai rich tokenizers numpy jinja2".split()


def sqlwright(*arguments, **options):
    command = [sys.executable, "-c", "from sqlwright.cli.main import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_loads_nothing_slow(name):
    code = (
        "import sys; from sqlwright.cli.main import cli\n"
        f"cli([{name!r}, '-h'], standalone_mode=False)\n"
        f"print([m for m in {SLOW_MODULES!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage:")
    assert done.stderr.strip() == "[]"


def test_help_names_every_command():
    done = sqlwright("-h")
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


def test_an_unknown_command_is_wrong_usage():
    assert sqlwright("askk").returncode == 2


def test_a_missing_file_is_wrong_usage_and_one_sentence(tmp_path):
    done = sqlwright("schema", "-d", tmp_path / "absent.sqlite")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "absent.sqlite" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": 1, "engine": "sqlite", "sql": "SELECT 1"}\n' * 3000)
    command = f"{sys.executable} -c 'from sqlwright.cli.main import main; main()' check --file {rows} | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
