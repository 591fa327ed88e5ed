"""A question becomes an Answer: one query, guarded and limited, with a receipt that says what happened."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from sqlwright.answering import AskOptions, ask
from sqlwright.cli.ask import print_answer
from sqlwright.core import ConnectError, QueryLimits
from sqlwright.db import open_database
from sqlwright.generation import Completion, Generator, ScriptedGenerator
from sqlwright.generation.generator import Needs
from sqlwright.parser.calibrate import Calibration
from sqlwright.serving.answer_text import answer_text
from sqlwright.serving.page.html import result_html
from sqlwright.serving.page.sessions import Exchange


@pytest.fixture
def database(shop):
    with open_database(shop) as opened:
        yield opened


def answered_by(*texts):
    return ScriptedGenerator(texts)


def test_an_answer_carries_rows_sql_tables_and_filters(database):
    answer = ask("Who lives in Oslo?", database, answered_by("SELECT name FROM customer WHERE city = 'Oslo'"))
    assert answer.status == "answered"
    assert answer.table.rows == (("Bo",),)
    assert answer.tables == ("customer",)
    assert any("Oslo" in text for text in answer.filters)
    assert answer.notes == ()


def test_the_query_is_found_in_the_models_prose(database):
    text = "Sure! Here is the query:\n```sql\nSELECT count(*) FROM orders;\n```\nIt counts the orders."
    answer = ask("How many orders are there?", database, answered_by(text))
    assert answer.table.rows == ((4,),)


def test_a_failing_query_gets_one_repair_turn_with_the_nearest_name(database):
    model = answered_by("SELECT nmae FROM customer", "SELECT name FROM customer")
    answer = ask("List the customers.", database, model)
    assert answer.status == "answered"
    assert [a.outcome.status for a in answer.attempts] == [
        "refused" if not answer.attempts[0].outcome.error else "error",
        "rows",
    ]
    assert "name" in model.prompts[1].messages[-1].content
    assert [n.code for n in answer.notes] == ["repaired"]


def test_repairs_are_bounded(database):
    model = answered_by(*["SELECT nope FROM customer"] * 9)
    answer = ask("List the customers.", database, model, options=AskOptions(repairs=2))
    assert answer.status == "failed"
    assert len(answer.attempts) == 3
    assert "nope" in answer.reason


def test_a_hostile_statement_is_refused_and_never_runs(database, shop):
    before = shop.read_bytes()
    answer = ask("Clean up.", database, answered_by("DROP TABLE orders", "DELETE FROM orders"))
    assert answer.status == "refused"
    assert answer.violations
    assert answer.table is None
    assert shop.read_bytes() == before


def test_an_answer_without_sql_is_refused_with_the_models_own_words(database):
    answer = ask("What is love?", database, answered_by("I cannot answer that from this schema.", ""))
    assert answer.status == "refused"
    assert "cannot answer" in answer.reason or "wrote nothing" in answer.reason


def test_a_value_that_the_column_does_not_hold_is_pointed_out(database):
    answer = ask("Who lives in oslo?", database, answered_by("SELECT name FROM customer WHERE city = 'oslo'"))
    assert [n.code for n in answer.notes] == ["unknown_value", "empty"]
    assert "'Oslo'" in answer.notes[0].message


def test_a_cut_result_says_so(database):
    options = AskOptions(limits=QueryLimits(max_rows=2))
    answer = ask("List the orders.", database, answered_by("SELECT id FROM orders"), options=options)
    assert answer.table.truncated == "rows"
    assert answer.notes[0].code == "truncated"


def test_a_timeout_is_not_repaired(database):
    loop = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    options = AskOptions(limits=QueryLimits(timeout_s=0.3))
    answer = ask("Count for ever.", database, answered_by(loop, "SELECT 1"), options=options)
    assert answer.status == "failed"
    assert len(answer.attempts) == 1
    assert "time limit" in answer.reason


def test_the_receipt_is_json_with_stable_keys(database):
    data = ask("How many?", database, answered_by("SELECT count(*) AS n FROM item")).to_dict()
    json.dumps(data, allow_nan=False)
    assert list(data) == [
        *("question", "status", "reason", "sql", "result", "tables", "filters", "notes", "violations"),
        *("dropped_tables", "sources", "confidence", "readings", "kind", "database", "dialect", "model"),
        *("attempts", "candidates", "remarks", "timings"),
    ]
    assert data["result"]["rows"] == [[3]]


def test_the_query_runs_on_the_tables_that_it_was_written_for(shop, tmp_path):
    """Here the table is renamed while the model is at work, as a migration does."""
    path = shutil.copy(shop, tmp_path / "moving.sqlite")

    class Slow(Generator):
        name, context_tokens, remote_host = "slow", 8_000, ""

        def generate(self, prompts, sampling):
            first = next(iter(prompts[0].schema)).name
            if first == "customer":
                with closing(sqlite3.connect(path)) as connection, connection:
                    connection.execute("ALTER TABLE customer RENAME TO client")
                    connection.execute("CREATE TABLE customer AS SELECT * FROM client WHERE city = 'Oslo'")
            return [(Completion(f"SELECT count(*) FROM {first}"),) for _ in prompts]

    with open_database(path) as database:
        answer = ask("How many?", database, Slow())
        assert (answer.sql, answer.table.rows) == ("SELECT count(*) FROM client", ((3,),))
        assert [note.code for note in answer.notes] == ["reread"]
        assert "read again" in answer.notes[0].message


def test_tables_that_change_all_the_time_end_in_one_sentence(shop, tmp_path):
    path = shutil.copy(shop, tmp_path / "moving.sqlite")

    class Busy(ScriptedGenerator):
        def generate(self, prompts, sampling):
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute(f"CREATE TABLE t{len(self.prompts)} (n)")
            return super().generate(prompts, sampling)

    with open_database(path) as database, pytest.raises(ConnectError, match="changed 3 times"):
        ask("How many?", database, Busy(["SELECT count(*) FROM customer"] * 9))


class Beams(ScriptedGenerator):
    """A model that searches: the same completions, with scores, for every question."""

    def __init__(self, *completions):
        super().__init__([])
        self.completions = completions
        self.needs = Needs(candidates=5, calibration=Calibration())

    def generate(self, prompts, sampling):
        return [self.completions for _ in prompts]


def test_words_that_the_query_does_not_use_are_on_the_receipt(database):
    left_out = Completion("SELECT name FROM customer", score=-0.1, left_out=("Oslo", "2023"))
    model = Beams(left_out, Completion("SELECT name FROM customer WHERE city = 'Oslo'", score=-4.0))
    answer = ask("Names in Oslo in 2023", database, model)
    assert [(n.code, n.message) for n in answer.notes] == [("unused", "Not used: Oslo, 2023.")]
    chinese = ask("2023年 Oslo 的客户", database, Beams(left_out))
    assert [n.message for n in chinese.notes] == ["未用到：Oslo、2023。"]


UNSURE = tuple(
    Completion(f"SELECT {shown} FROM customer WHERE id = {i}", score=-5.0 - 0.1 * i)
    for i, shown in enumerate(["name", "city", "id", "name", "name, id"], 1)
)


def test_an_answer_below_the_threshold_says_first_what_was_understood(database):
    answer = ask("Who is it?", database, Beams(*UNSURE))
    assert answer.confidence < 0.2
    assert answer.notes[0].code == "unsure"
    assert "Understood: name from customer, customer.id is 1" in answer.notes[0].message.replace(
        "id is", "customer.id is"
    )
    assert "in other words" in answer.notes[0].message
    assert answer.to_dict()["result"]["rows"] == [["Ann"]]  # nothing is hidden
    assert "换一种说法" in ask("是谁？", database, Beams(*UNSURE)).notes[0].message


def test_an_answer_above_the_threshold_has_no_such_note(database):
    answer = ask("Names", database, Beams(*UNSURE[:1], Completion("SELECT name FROM customer", score=-0.05)))
    assert answer.confidence > 0.5
    assert answer.notes == ()


def test_without_run_the_likeliest_query_that_the_guard_allows_is_the_answer(database):
    beams = Beams(
        Completion("DROP TABLE customer", score=-0.1),
        Completion("SELECT nope FROM customer", score=-0.3),
        Completion("SELECT name FROM customer", score=-0.2),
    )
    database.run = None  # nothing may run
    answer = ask("Names", database, beams, options=AskOptions(run=False))
    assert (answer.status, answer.sql, answer.table) == ("not_run", "SELECT name FROM customer", None)
    assert answer.tables == ("customer",)
    refused = ask(
        "Names", database, Beams(Completion("DROP TABLE customer", score=-0.1)), options=AskOptions(run=False)
    )
    assert (refused.status, [v.code for v in refused.violations]) == ("refused", ["not_a_query"])


def test_the_unsure_note_stands_above_the_rows(database, capsys):
    answer = ask("Who is it?", database, Beams(*UNSURE))
    print_answer(answer)
    rows, said = capsys.readouterr()
    assert rows == "name\nAnn\n"
    assert said.startswith("Unsure. Understood:")
    assert said.count("Unsure.") == 1
    text = answer_text(answer)
    assert text.index("Note: Unsure.") < text.index("| name |")
    page = result_html(Exchange("Who is it?", answer=answer), "en")
    assert page.index("sw-note-unsure") < page.index("<table>")
