"""The command line as another program sees it: exit codes, streams, start-up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sqlwright.cli.main import COMMANDS
from sqlwright.core.extras import EXTRA_OF

from ..conftest import ROOT

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


@pytest.mark.parametrize(("missing", "extra"), [("torch", "train"), ("transformers", "train")])
def test_a_command_without_its_extra_says_what_to_install(tmp_path, missing, extra):
    (tmp_path / "run.yaml").write_text(
        "stage: sft\nmodel_name_or_path: owner/name\ndataset: [demo]\ndatabases: demo\noutput_dir: out\n"
    )
    code = f"import sys; sys.modules[{missing!r}] = None; from sqlwright.cli.main import main; main()"
    for arguments in (["train", "run.yaml", "--dry-run"], ["train", "run.yaml"]):
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300)
        assert done.returncode == 2, done.stderr
        assert f"sqlwright[{extra}]" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_extra_that_pyproject_knows_is_named_for_each_optional_package():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRA_OF.values()) <= set(extras)


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": 1, "engine": "sqlite", "sql": "SELECT 1"}\n' * 3000)
    command = f"{sys.executable} -c 'from sqlwright.cli.main import main; main()' check --file {rows} | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
