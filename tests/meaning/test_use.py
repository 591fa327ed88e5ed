"""A meaning at work: prompts, the built-in model, receipts, checks and proposals."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sqlwright import ask, load_generator
from sqlwright.answering.meaning_check import check_meaning
from sqlwright.answering.meaning_suggest import suggest_meaning
from sqlwright.cli.main import cli
from sqlwright.core import Column, Profile, Schema, Table
from sqlwright.core.meaning import Measure, NamedCondition, Synonym
from sqlwright.data import Context, PromptOptions
from sqlwright.data.prompting import prompt_for
from sqlwright.generation import ScriptedGenerator
from sqlwright.meaning import meaning_from, with_meaning


@pytest.fixture(scope="module")
def built_in():
    return load_generator("built-in", threads=1)


def notes(answer, code):
    return [note.message for note in answer.notes if note.code == code]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("total sales", [(46.75,)]),
        ("How many members live in the capital of France?", [(1,)]),
        ("member with the highest revenue", [("Ann", "Paris")]),
        ("revenue of large orders in March 2026", [(7.5,)]),
        ("revenue in FY27", [(31.75,)]),
        ("revenue by fiscal year", [(2026, 15.0), (2027, 31.75)]),
        ("各财年的销售额", [(2026, 15.0), (2027, 31.75)]),
        ("number of orders per fiscal quarter", [("FY2026-Q4", 1), ("FY2027-Q1", 3)]),
        ("每个会员的销售额", [("Ann", "Paris", 27.25), ("Bo", "Oslo", 19.5)]),
        ("items that are not pricey", [("pen",)]),
    ],
)
def test_the_built_in_model_answers_in_the_words_of_the_file(database, kept, built_in, question, rows):
    answer = ask(question, database, built_in)
    assert sorted(answer.table.rows) == rows


def test_the_receipt_names_the_definition(database, kept, built_in):
    answer = ask("revenue per member", database, built_in)
    assert notes(answer, "definition") == ["revenue is sum(orders.quantity * item.price), as meaning.yaml defines it."]
    assert notes(answer, "synonyms") == ["Read as meaning.yaml says: member as customer."]
    answer = ask("每个会员的销售额", database, built_in)
    assert notes(answer, "synonyms") == ["按 meaning.yaml 理解：会员 指 customer。"]
    answer = ask("revenue by fiscal year", database, built_in)
    assert notes(answer, "synonyms") == ["Read as meaning.yaml says: fiscal year as February to January."]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT sum(o.quantity * i.price) FROM orders o JOIN item i ON i.id = o.item_id", "definition"),
        ("SELECT count(*) FROM orders", "definition_unused"),
    ],
)
def test_a_receipt_of_a_language_model_says_whether_the_definition_is_in_the_query(database, kept, sql, code):
    answer = ask("revenue", database, ScriptedGenerator({"revenue": sql}))
    assert len(notes(answer, code)) == 1


def test_prompts_show_the_items_that_the_question_names(database, kept):
    context = Context.of(database, PromptOptions())
    text = prompt_for("sales of members in FY26", context, PromptOptions()).messages[-1].content
    assert "- sales: sum(orders.quantity * item.price) over rows of orders, money from orders\n" in text
    assert "- members: the table customer\n- show rows of customer by name, city\n" in text
    assert "- FY26: February 2025 to January 2026\n" in text
    assert "bulk" not in text
    plain = prompt_for("How many items?", context, PromptOptions())
    assert "Meanings" not in plain.messages[-1].content


def test_a_file_that_is_not_valid_is_an_error_and_not_ignored(database, kept, built_in):
    kept.write_text("measures: {m: {expression: sum(prize), grain: item}}", encoding="utf-8")
    with pytest.raises(Exception, match="Did you mean 'price'"):
        ask("How many items?", database, built_in)


def test_stated_joins_come_before_declared_ones():
    flight = Table("flight", (Column("origin"), Column("destination")))
    schema = Schema("air", "sqlite", (flight, Table("airport", (Column("code"),))))
    meaning = meaning_from("joins: [flight.destination -> airport.code]", schema)
    joined, _ = with_meaning(schema, Profile(), meaning)
    assert joined.table("flight").foreign_keys[0].columns == ("destination",)


def test_check_runs_every_definition_and_looks_up_values(database, meaning):
    findings = {f.name: f for f in check_meaning(database, meaning)}
    assert findings["revenue"].says == "46.75"
    assert findings["bulk"].says == "2 rows of orders"
    assert all(f.ok for f in findings.values())
    wrong = meaning_from(
        "columns: {customer.city: {values: {Pariss: [capital]}, synonyms: [price]}}\n"
        "conditions: {never: {expression: quantity > 99, table: orders}}",
        database.schema(),
    )
    found = {f.kind: f.says for f in check_meaning(database, wrong) if not f.ok}
    assert found["value"] == "the column does not hold it; it holds Paris"
    assert found["synonym"] == "is declared for customer.city, but the column item.price has this name"
    assert found["condition"] == "0 rows of orders"


def test_proposals_come_from_comments_labels_and_confirmed_pairs(database):
    columns = (Column("zt", "INTEGER", comment="状态：0 公告中，1 已开标"), Column("ysje", comment="预算金额（万元）"))
    commented = Schema("z", "sqlite", (Table("xm", columns, comment="招标项目"),))
    found = suggest_meaning(commented, Profile()).meaning
    assert set(found.synonyms) == {
        Synonym("招标项目", "xm"),
        Synonym("状态", "xm", "zt"),
        Synonym("预算金额", "xm", "ysje"),
    }
    revenue = "SELECT SUM(o.quantity * o.item_id) FROM orders o"
    bulk = "SELECT COUNT(*) FROM orders WHERE quantity >= 5"
    pairs = [
        ("What is the turnover?", revenue),
        ("turnover by customer", f"{revenue} GROUP BY o.customer_id"),
        ("How many wholesale orders?", bulk),
        ("wholesale orders per customer", f"{bulk} GROUP BY customer_id"),
        ("How many shoppers?", "SELECT COUNT(*) FROM customer"),
        ("shoppers in Oslo", "SELECT name FROM customer WHERE city = 'Oslo'"),
    ]
    found = suggest_meaning(database.schema(), Profile(), pairs).meaning
    assert found.measures == (Measure("turnover", "SUM(quantity * item_id)", "orders"),)
    assert found.conditions == (NamedCondition("wholesale", "quantity >= 5", "orders"),)
    assert Synonym("shopper", "customer") in found.synonyms


def test_the_commands(database, kept, shop, tmp_path):
    def run(*arguments):
        return CliRunner().invoke(cli, ["meaning", *map(str, arguments), "-d", str(shop)])

    assert run("path").stdout.strip() == str(kept)
    checked = run("check")
    assert checked.exit_code == 0, checked.output
    assert "ok   \tmeasure\trevenue\t46.75\n" in checked.stdout
    assert [f["ok"] for f in json.loads(run("check", "--json").stdout)] == [True] * 4
    kept.unlink()
    assert run("check").exit_code != 0
    assert run("suggest").exit_code == 0
    model = tmp_path / "m.yml"
    model.write_text("cubes: [{name: sales, sql_table: orders, measures: [{name: n, type: count}]}]", encoding="utf-8")
    assert "expression: count(*)" in run("import", model).stdout
    assert run("import", model, "--save").exit_code == 0
    assert "n:" in kept.read_text(encoding="utf-8")
    assert run("import", model, "--save").exit_code != 0
