"""Every import is declared in pyproject.toml, and the base install does what it promises without the extras."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sqlwright.core.extras import EXTRA_OF

from .conftest import ROOT

PACKAGE = ROOT / "src" / "sqlwright"
DISTRIBUTION = {"PIL": "pillow", "pydantic_core": "pydantic", "yaml": "pyyaml"}  # import: package
OF_USERS = {"vllm", "xllamacpp"}  # used where a user has installed it, declared nowhere
IN_SEVERAL = {
    **dict.fromkeys(("anyio", "fastapi", "starlette", "uvicorn", "h11"), ("chat", "serve")),
    **dict.fromkeys(("pydantic", "pydantic_core"), ("serve", "train")),
    "typing_extensions": ("serve",),
    "sqlalchemy": ("postgres", "mysql"),
}


@cache
def imported() -> dict[str, Path]:
    """Top-level names of other packages that the source imports, at any depth, each with a file that does."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found.update((name.partition(".")[0], path.relative_to(PACKAGE)) for name in names)
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | {"sqlwright"}}


@pytest.fixture(scope="module")
def declared():
    """Distributions by extra; "" is the base."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: {re.split(r"[\s\[<>=!~;]", text, maxsplit=1)[0].lower().replace("_", "-") for text in texts}
        for extra, texts in groups.items()
    }


def distribution(name):
    return DISTRIBUTION.get(name, name).lower().replace("_", "-")


def test_an_import_is_declared_in_the_base_or_in_the_extra_that_its_error_names(declared):
    for name, path in imported().items():
        extras = IN_SEVERAL.get(name) or [EXTRA_OF.get(name, "")]
        if name not in OF_USERS:
            for extra in extras:
                assert distribution(name) in declared[extra], f"{path} imports {name}, {extra or 'base'} has it not"


def test_an_extra_is_named_only_for_what_the_base_lacks(declared):
    assert not {distribution(name) for name in EXTRA_OF} & declared[""]


def test_nothing_is_declared_in_the_base_that_nothing_imports(declared):
    assert declared[""] <= {distribution(name) for name in imported()}


@pytest.fixture
def base(shop, tmp_path):
    """A folder with a data set; `run` starts a command that finds no package outside of the base install."""
    folder = tmp_path / "base"
    folder.mkdir()
    gold = {
        "How many customers are there?": "SELECT count(*) FROM customer",
        "Who lives in Oslo?": "SELECT name FROM customer WHERE city = 'Oslo'",
    }
    rows = [{"db_id": "shop", "question": question, "gold_sql": sql} for question, sql in gold.items()]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    (folder / "databases" / "shop").mkdir(parents=True)
    (folder / "databases" / "shop" / "shop.sqlite").write_bytes(Path(shop).read_bytes())
    absent = sorted({*EXTRA_OF, "sqlalchemy"})

    def run(*arguments):
        code = (
            f"import sys\nfor name in {absent!r}:\n    sys.modules[name] = None\n"
            "from sqlwright.cli.main import main\nmain()"
        )
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)

    run.folder = folder
    return run


def test_the_base_install_asks_predicts_and_evaluates(base):
    asked = base("ask", "How many customers are there?", "-d", "databases/shop/shop.sqlite", "--no-log")
    assert (asked.returncode, "3" in asked.stdout) == (0, True), asked.stderr
    files = ("--data", "data.jsonl", "--databases", "databases")
    predicted = base("predict", "-m", "built-in", *files, "-o", "pred.jsonl")
    assert predicted.returncode == 0, predicted.stderr
    done = base("evaluate", "pred.jsonl", *files, "--json", "report.json", "--html", "report.html", "--workers", "1")
    assert done.returncode == 0, done.stderr
    report = json.loads((base.folder / "report.json").read_text())
    assert (report["n"], report["execution_accuracy"], report["bleu"], report["rouge_l"]) == (2, 1.0, None, None)
    assert "2 items without BLEU and ROUGE-L: pip install 'sqlwright[prove]' adds them." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("ask", "Who?", "-d", "databases/shop/shop.sqlite", "-m", "openai:m@http://127.0.0.1:9/v1"), "openai"),
        (("ask", "Who?", "-d", "postgresql://u@127.0.0.1:9/shop"), "postgres"),
        (("ask", "Who?", "-d", "mysql://u@127.0.0.1:9/shop"), "mysql"),
        (("ask", "Who?", "-d", "databases/shop/shop.sqlite", "-m", "owner/name"), "train"),
        (("chat", "-d", "databases/shop/shop.sqlite"), "chat"),
        (("serve", "-d", "databases/shop/shop.sqlite"), "serve"),
    ],
)
def test_what_needs_an_extra_names_it(base, arguments, extra):
    done = base(*arguments)
    assert done.returncode == 2
    assert f"pip install 'sqlwright[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
