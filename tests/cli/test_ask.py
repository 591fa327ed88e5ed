"""`sqlwright ask`: the receipt in a terminal, in the language of the question."""

from __future__ import annotations

import json
import sqlite3

import pytest
from click.testing import CliRunner

from sqlwright.cli.ask import receipt_lines
from sqlwright.cli.main import cli
from sqlwright.core import Answer, Reading, ResultTable

OSLO = "SELECT name FROM customer WHERE city = 'Oslo' ORDER BY name LIMIT 3"


def asked(shop, tmp_path, *arguments):
    script = tmp_path / "answers.jsonl"
    rows = [{"question": q, "text": OSLO} for q in ("Who lives in Oslo?", "谁住在 Oslo？")]
    script.write_text("\n".join(json.dumps(row) for row in rows))
    return CliRunner().invoke(cli, ["ask", *arguments, "-d", str(shop), "-m", f"scripted:{script}", "--no-retrieve"])


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["Who lives in Oslo?"], ["from    customer", "with    city is 'Oslo'", "        top 3 by name, lowest first"]),
        (["谁住在 Oslo？"], ["来自    customer", "条件    city 为 'Oslo'", "        按 name 从低到高取前 3 行"]),
        (["谁住在 Oslo？", "--language", "en"], ["from    customer", "with    city is 'Oslo'"]),
        (["Who lives in Oslo?", "--language", "zh"], ["来自    customer", "条件    city 为 'Oslo'"]),
    ],
)
def test_the_receipt_is_in_the_language_of_the_question_or_the_one_named(shop, tmp_path, arguments, lines):
    found = asked(shop, tmp_path, *arguments).output.splitlines()
    start = found.index(lines[0])
    assert found[start : start + len(lines)] == lines


def test_the_catalogue_answers_without_a_model(shop, tmp_path):
    text = asked(shop, tmp_path, "How many tables are there?")
    assert text.exit_code == 0
    assert text.output.splitlines()[0].split() == ["tables"]
    assert "from    the catalog, without a model" in text.output
    data = json.loads(asked(shop, tmp_path, "How many tables are there?", "--json").output)
    assert (data["kind"], data["sql"], data["result"]["rows"]) == ("catalogue", "", [[3]])


def test_a_reading_has_one_line_with_its_share_and_its_result():
    number, names = ResultTable(("n",), ((7,),)), ResultTable(("name",), (("Ann",), ("Bo",)))
    readings = (Reading("SELECT 1", number, 0.374, "also reads stock"), Reading("SELECT 2", names, 0.1, "says\nmore"))
    answer = Answer("?", "answered", "shop", "sqlite", "m", "SELECT 3", number, confidence=0.5, readings=readings)
    assert receipt_lines(answer)[1:3] == ["or      37%: also reads stock (7)", "or      10%: says more (2 rows)"]
    assert receipt_lines(answer, "zh")[1] == "或者    37%：also reads stock（7）"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["谁？"], "脚本中没有问题 '谁？' 的答案。"),
        (["Who?"], "The script has no answer for 'Who?'."),
        (["Who?", "--language", "zh"], "脚本中没有问题 'Who?' 的答案。"),
        (["谁？", "--language", "en"], "The script has no answer for '谁？'."),
    ],
)
def test_an_error_is_in_the_language_of_the_receipt(shop, tmp_path, arguments, says):
    told = asked(shop, tmp_path, *arguments)
    assert (told.exit_code, told.output) == (1, f"error: {says}\n")
    data = json.loads(asked(shop, tmp_path, *arguments, "--json").output)
    assert (data["status"], data["reason"]) == ("failed", says)


def asked_of_two(shop, tmp_path, *arguments):
    clinic, script = tmp_path / "clinic.sqlite", tmp_path / "answers.jsonl"
    with sqlite3.connect(clinic) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS patient (id INTEGER PRIMARY KEY, ward TEXT)")
        connection.execute("INSERT OR IGNORE INTO patient VALUES (1, 'north'), (2, 'south')")
    connection.close()
    texts = {"How many patients?": "SELECT COUNT(*) FROM patient", "Who lives in Oslo?": OSLO}
    script.write_text("\n".join(json.dumps({"question": q, "text": sql}) for q, sql in texts.items()))
    databases = ["-d", str(shop), "-d", f"hospital={clinic}"]
    return CliRunner().invoke(cli, ["ask", *arguments, *databases, "-m", f"scripted:{script}", "--no-retrieve"])


def test_with_several_databases_the_receipt_says_which_was_asked_and_why(shop, tmp_path):
    text = asked_of_two(shop, tmp_path, "How many patients?")
    assert text.exit_code == 0, text.output
    assert "\n2\n" in text.output
    assert "in      hospital, the nearest of 2 databases: the question names patient" in text.output
    data = json.loads(asked_of_two(shop, tmp_path, "Who lives in Oslo?", "--json").output)
    assert (data["database"], data["result"]["rows"]) == ("shop", [["Bo"]])
    assert [c["database"] for c in data["candidates"]] == ["shop", "hospital"]
    assert data["candidates"][0]["mentions"] == ["customer.city = Oslo"]


def test_with_several_databases_and_none_that_fits_the_command_fails(shop, tmp_path):
    text = asked_of_two(shop, tmp_path, "Why is the sky blue?")
    assert text.exit_code == 1
    assert "refused: None of the 2 databases seems to hold the answer: shop, hospital." in text.output


def test_how_a_file_was_read_is_part_of_the_answer(tmp_path):
    sales = tmp_path / "sales.csv"
    sales.write_text("price,share\n$5,12%\n$7,9%\n")
    text = CliRunner().invoke(cli, ["ask", "Which tables are there?", "-d", str(sales), "--json"])
    data = json.loads(text.stdout)
    assert data["remarks"] == [line.removeprefix("note: ") for line in text.stderr.splitlines()]
    assert "sales.price: read as numbers; numbers without $" in data["remarks"]
