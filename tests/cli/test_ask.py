"""`sqlwright ask`: the receipt in a terminal, in the language of the question."""

from __future__ import annotations

import json

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
