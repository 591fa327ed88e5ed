"""Where rows go and how they look: pipes, files, several questions, terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import duckdb
import pytest
from click.testing import CliRunner

from sqlwright.cli.main import cli
from sqlwright.core import SqlwrightError

OSLO = "SELECT name FROM customer WHERE city = 'Oslo'"
ANSWERS = {"who lives in oslo": OSLO, "Which items?": "SELECT * FROM item", "Clean up.": "DROP TABLE item"}


@pytest.fixture
def ask(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "answers.jsonl"
    script.write_text("".join(json.dumps({"question": q, "text": sql}) + "\n" for q, sql in ANSWERS.items()))

    def asked(*arguments, **given):
        options = ["-d", str(shop), "-m", f"scripted:{script}", "--no-retrieve"]
        done = CliRunner().invoke(cli, ["ask", *arguments, *options], **given)
        if done.exception and not isinstance(done.exception, SystemExit | SqlwrightError):
            raise done.exception
        return done

    return asked


@pytest.fixture
def run(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, ["run", *arguments, "-d", str(shop)])


def test_a_question_needs_no_quotation_marks(ask):
    assert ask("who", "lives", "in", "oslo").stdout == "name\nBo\n"
    assert ask("who lives", "in oslo").stdout == "name\nBo\n"


def test_a_pipe_gets_the_rows_and_stderr_the_query_and_the_receipt(ask):
    done = ask("who lives in oslo")
    assert done.stdout == "name\nBo\n"
    assert done.stderr.splitlines()[:5] == [OSLO, "", "1 row", "", "from    customer"]


def test_the_option_names_the_format(ask, run):
    assert ask("who lives in oslo", "--csv").stdout == "name\nBo\n"
    assert run("SELECT '=1' AS x, 2.50 AS y", "--csv").stdout == "x,y\n'=1,2.5\n"
    assert "leading apostrophe" in run("SELECT '=1' AS x", "--csv").stderr
    assert run("SELECT NULL AS x, 'a' AS y", "--tsv").stdout == "x\ty\n\\N\ta\n"
    assert run("SELECT 1 AS x", "--markdown").stdout == "| x |\n| ---: |\n| 1 |\n"
    assert "<td>&lt;b&gt;</td>" in run("SELECT '<b>' AS x", "--html").stdout


def test_the_ending_of_the_file_names_the_format(run, tmp_path):
    done = run("SELECT id, price FROM item", "-o", "items.parquet")
    assert (done.stdout, done.exit_code) == ("", 0)
    assert done.stderr.startswith("items.parquet: 3 rows in ")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM 'items.parquet'")
        assert found.fetchall() == [(1, 1.5), (2, 4.0), (3, 12.25)]
    assert not run("SELECT 1 AS n", "-o", "new/x.csv").exception
    assert (tmp_path / "new/x.csv").read_bytes() == b"n\n1\n"
    run("SELECT 1 AS n", "-o", "x.json")
    assert json.loads((tmp_path / "x.json").read_text())["result"]["rows"] == [[1]]
    run("SELECT 1 AS n", "--csv", "-o", "x.txt")
    assert (tmp_path / "x.txt").read_text() == "n\n1\n"


def test_a_query_that_fails_leaves_the_file_as_it_was(run, tmp_path):
    (tmp_path / "x.csv").write_text("before")
    assert run("SELECT nope FROM item", "-o", "x.csv").exit_code == 1
    assert (tmp_path / "x.csv").read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--csv", "--html"], "One format at a time; found --csv and --html."),
        (["--csv", "--json"], "One format at a time; found --json and --csv."),
        (["--parquet"], "Add -o FILE.parquet"),
        (["-o", "x.xls"], "Known: .csv, .tsv, .md, .html, .parquet, .json."),
        (["-o", "shop.sqlite/x.csv"], "Cannot write"),
    ],
)
def test_an_output_that_makes_no_sense_is_wrong_usage(run, arguments, expected):
    (done := run("SELECT 1", *arguments))
    assert expected in str(done.exception)
    assert done.exception.exit_code == 2


def test_only_the_query_is_printed_for_sql_only(ask, tmp_path):
    assert ask("who lives in oslo", "--sql-only").output == f"{OSLO}\n"
    assert ask("who lives in oslo", "--sql-only", "-o", "q.json").exception is None
    refused = ask("Clean up.", "--sql-only")
    assert (refused.stdout, refused.exit_code) == ("", 1)
    listed = ask("How many tables are there?", "--sql-only")
    assert (listed.stdout, listed.exit_code) == ("", 1)
    assert "rows; --sql-only and --no-run have none" in str(ask("Which items?", "--sql-only", "--csv").exception)


def test_no_query_runs_for_no_run(ask, monkeypatch):
    from sqlwright.db import Database

    monkeypatch.setattr(Database, "run", lambda *_: pytest.fail("a query ran"))
    assert ask("who lives in oslo", "--no-run").output == f"{OSLO}\n"
    answer = json.loads(ask("who lives in oslo", "--no-run", "--json").stdout)
    assert (answer["status"], answer["sql"], answer["result"]) == ("not_run", OSLO, None)
    refused = ask("Clean up.", "--no-run")
    assert (refused.stdout, refused.exit_code) == ("", 1)
    assert refused.stderr.startswith("refused: ")


def test_each_line_of_a_file_is_asked(ask, tmp_path):
    (tmp_path / "q.txt").write_text("who lives in oslo\n\nWhich items?\n")
    text = ask("--file", "q.txt")
    assert text.stdout.splitlines()[:4] == ["who lives in oslo", "name", "Bo", ""]
    assert ask("--file", "-", input="who lives in oslo\n").stdout == "name\nBo\n"
    lines = ask("--file", "q.txt", "--json").stdout.splitlines()
    assert [json.loads(line)["question"] for line in lines] == ["who lives in oslo", "Which items?"]
    assert ask("--file", "q.txt", "--sql-only").stdout == (
        f"-- who lives in oslo\n{OSLO};\n-- Which items?\nSELECT * FROM item;\n"
    )
    assert "not both" in ask("Which items?", "--file", "q.txt").stderr
    assert "Cannot read 'none.txt'" in ask("--file", "none.txt").stderr


def test_several_answers_are_files_in_a_folder(ask, tmp_path):
    (tmp_path / "q.txt").write_text("who lives in oslo\nClean up.\nWhich items?\n")
    assert "Name a folder: -o answers/" in str(ask("--file", "q.txt", "--csv").exception)
    (tmp_path / "folder").mkdir()
    for one_file in (["--file", "q.txt", "--json"], ["Which items?", "--csv"]):
        assert "Name a file." in str(ask(*one_file, "-o", "folder").exception)
    done = ask("--file", "q.txt", "--csv", "-o", "answers")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert sorted(path.name for path in (tmp_path / "answers").iterdir()) == [
        "1-who-lives-in-oslo.csv",
        "3-which-items.csv",
    ]
    ask("--file", "q.txt", "--json", "-o", "answers.jsonl")
    statuses = [json.loads(line)["status"] for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert statuses == ["answered", "refused", "answered"]


def test_a_stored_control_character_does_not_drive_the_terminal(run, monkeypatch):
    monkeypatch.setattr("sqlwright.cli.output.sys.stdout.isatty", lambda: True, raising=False)
    from sqlwright.cli.output import FORMATS, Output, write_table
    from sqlwright.core import ResultTable

    runner = CliRunner()
    with runner.isolation() as (out, *_):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        write_table(ResultTable(("x",), (("\x1b[2J",),)), Output(FORMATS["csv"]))
        assert out.getvalue().decode() == "x\n\N{REPLACEMENT CHARACTER}[2J\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_names_the_command(shell):
    script = CliRunner().invoke(cli, ["completion", shell]).stdout
    assert "_SQLWRIGHT_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_commands_and_connections_are_completed_without_loading_a_command(tmp_path, shop):
    config = tmp_path / "config.yaml"
    config.write_text(f"connections: {{shop: '{shop}', sales: /tmp/x.sqlite}}\n")

    def completed(words):
        code = (
            "import sys; sys.argv = ['sqlwright']; from sqlwright.cli.main import main\n"
            "try: main()\nfinally: print('sqlwright.cli.ask' in sys.modules, file=sys.stderr)"
        )
        line = {"_SQLWRIGHT_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        environment = {**os.environ, **line, "SQLWRIGHT_CONFIG": str(config)}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
        )
        return done.stdout.splitlines()[1::3], done.stderr.splitlines()[-1:]

    assert completed("sqlwright co") == (["compare", "connect", "config", "completion"], ["False"])
    assert completed("sqlwright ask -d s")[0] == ["shop", "sales"]


@pytest.mark.parametrize(("typed", "meant"), [("asks", "Did you mean 'ask'?"), ("how many", "sqlwright ask QUESTION")])
def test_an_unknown_command_names_the_one_that_was_meant(typed, meant):
    done = CliRunner().invoke(cli, [typed])
    assert done.exit_code == 2
    assert meant in done.output
