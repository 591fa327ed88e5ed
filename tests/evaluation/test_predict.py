"""Predictions: what is asked, what is written, and what outlives an interruption."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from sqlwright.core import (
    Column,
    ConfigError,
    ConnectError,
    DataError,
    Example,
    GenerationError,
    NotFoundError,
    Schema,
    SqlwrightError,
    Table,
    Turn,
    UsageError,
)
from sqlwright.data import DatabaseFolder, PromptOptions
from sqlwright.evaluation.predict import batches, predict
from sqlwright.evaluation.predict_options import PredictOptions
from sqlwright.generation import Completion, Generator, PromptError, Sampling, SomeFailedError
from sqlwright.generation.generator import all_or_raise

DDL = "CREATE TABLE singer (id INTEGER, name TEXT)"


class Model(Generator):
    """Writes `SELECT '<question>'`; `fail` says which questions get an error, `calls` holds the questions of each."""

    name, context_tokens, remote_host = "model", 4096, ""

    def __init__(self, fail=lambda question: None):
        self.fail = fail
        self.calls = []
        self.prompts = {}

    def generate(self, prompts, sampling):
        self.calls.append([p.question for p in prompts])
        self.prompts.update((p.question, p) for p in prompts)
        return all_or_raise(
            [
                self.fail(p.question)
                or tuple(
                    Completion(f"```sql\nSELECT '{p.question}'{' ' * i}, {i}\n```", tokens=3) for i in range(sampling.n)
                )
                for p in prompts
            ]
        )

    def count_tokens(self, text):
        return len(text) // 4

    @property
    def asked(self):
        return [question for call in self.calls for question in call]


@pytest.fixture
def folder(shop, tmp_path):
    for name in ("shop", "store"):
        (tmp_path / "databases" / name).mkdir(parents=True)
        shutil.copy(shop, tmp_path / "databases" / name / f"{name}.sqlite")
    return DatabaseFolder(tmp_path / "databases")


def questions(count, *databases):
    return [Example(str(i), databases[i % len(databases)], f"q{i}") for i in range(count)]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def comparable(path):
    """All but the time it took."""
    return [{k: v for k, v in row.items() if k != "latency_s"} for row in lines(path)]


SMALL = PredictOptions(batch_size=2)


def test_a_line_holds_the_question_the_sql_and_where_it_came_from(folder, tmp_path):
    out = tmp_path / "new/pred.jsonl"
    report = predict(Model(), [Example("7", "shop", "多少 customers?")], folder, out)
    (row,) = lines(out)
    assert row.pop("latency_s") >= 0
    assert len(row.pop("prompt_hash")) == 16
    assert row == {
        "id": "7",
        "db_id": "shop",
        "question": "多少 customers?",
        "predicted_sql": "SELECT '多少 customers?', 0",
        "raw_output": "```sql\nSELECT '多少 customers?', 0\n```",
        "model": "model",
    }
    assert (report.total, report.asked, report.failed, report.tokens) == (1, 1, (), 3)


def test_further_candidates_are_listed(folder, tmp_path):
    predict(
        Model(),
        questions(1, "shop"),
        folder,
        tmp_path / "p",
        options=PredictOptions(sampling=Sampling(n=3, temperature=1)),
    )
    (row,) = lines(tmp_path / "p")
    assert row["predicted_sql"] == "SELECT 'q0', 0"
    assert [c.replace(" ", "") for c in row["candidates"]] == ["SELECT'q0',1", "SELECT'q0',2"]


def test_questions_about_one_database_are_asked_together_and_written_in_the_datas_order(folder, tmp_path):
    model = Model()
    predict(model, questions(8, "shop", "store"), folder, tmp_path / "p", options=SMALL)
    assert model.calls == [["q0", "q2"], ["q4", "q6"], ["q1", "q3"], ["q5", "q7"]]
    assert [r["id"] for r in lines(tmp_path / "p")] == [str(i) for i in range(8)]


def test_small_remainders_share_a_batch():
    examples = questions(8, "a") + [Example(f"b{i}", "b", "q") for i in range(9)] + [Example("c", "c", "q")]
    sizes = [len(b) for b in batches(examples, 8)]
    assert sizes == [8, 8, 2]


def test_the_schema_is_the_rows_own_or_the_databases_or_the_tables_files(folder, tmp_path):
    model = Model()
    elsewhere = Schema("gone", "sqlite", (Table("planet", (Column("name", "TEXT"),)),))
    examples = [
        Example("0", "shop", "own", ddl=DDL),
        Example("1", "shop", "file"),
        Example("2", "gone", "tables"),
    ]
    predict(model, examples, folder, tmp_path / "p", schemas={"gone": elsewhere})
    names = {q: [t.name for t in p.schema] for q, p in model.prompts.items()}
    assert names == {"own": ["singer"], "file": ["customer", "item", "orders"], "tables": ["planet"]}


def test_a_missing_schema_is_told_before_anything_is_asked(folder, tmp_path):
    model = Model()
    with pytest.raises(NotFoundError, match=r"1 of 2 questions have no schema: gone\. Pass --databases"):
        predict(model, [Example("0", "shop", "q"), Example("1", "gone", "q")], folder, tmp_path / "p")
    assert model.calls == []
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("examples", [[], [Example("1", "shop", "a"), Example("1", "shop", "b")]])
def test_no_question_or_an_id_twice_is_an_error_of_the_data(folder, tmp_path, examples):
    with pytest.raises(DataError):
        predict(Model(), examples, folder, tmp_path / "p")


def test_a_database_that_cannot_be_read_fails_its_questions_alone(folder, tmp_path):
    folder.path("store").write_bytes(b"SQLite format 3\0 and no more")
    report = predict(Model(), questions(4, "shop", "store"), folder, tmp_path / "p")
    assert [name for name, _ in report.failed] == ["1", "3"]


def test_hints_point_at_names_and_stored_values_unless_switched_off(folder, tmp_path):
    model = Model()
    example = Example("0", "shop", "Which customer lives in Oslo?")
    predict(model, [example], folder, tmp_path / "with")
    hints = model.prompts[example.question].hints
    assert "Oslo" in {v.value for v in hints.values}
    assert "customer" in {n.table for n in hints.names}
    predict(model, [example], folder, tmp_path / "without", options=PredictOptions(prompt=PromptOptions(hints=False)))
    assert model.prompts[example.question].hints.values == ()


def dialogue():
    history = [Turn("one", "SELECT 'gold 1'"), Turn("two", "SELECT 'gold 2'")]
    return [
        Example(f"d-{i}", "shop", q, dialogue_id="d", turn=i, history=tuple(history[:i]))
        for i, q in enumerate(["one", "two", "three"])
    ]


def test_earlier_turns_carry_gold_sql_or_the_models_own(folder, tmp_path):
    model = Model()
    predict(model, dialogue(), folder, tmp_path / "gold")
    assert [t.sql for t in model.prompts["three"].history] == ["SELECT 'gold 1'", "SELECT 'gold 2'"]
    predict(model, dialogue(), folder, tmp_path / "own", options=PredictOptions(history="predicted"))
    assert [t.sql for t in model.prompts["three"].history] == ["SELECT 'one', 0", "SELECT 'two', 0"]
    assert model.calls[-3:] == [["one"], ["two"], ["three"]]


def test_a_finished_file_asks_nothing_again(folder, tmp_path):
    predict(Model(), questions(3, "shop"), folder, tmp_path / "p")
    before = (tmp_path / "p").read_bytes()
    model = Model()
    assert predict(model, questions(3, "shop"), folder, tmp_path / "p").asked == 0
    assert model.calls == []
    assert (tmp_path / "p").read_bytes() == before


def test_a_torn_last_line_is_cut_and_its_batch_asked_again(folder, tmp_path):
    examples = questions(6, "shop")
    predict(Model(), examples, folder, tmp_path / "whole", options=SMALL)
    shutil.copy(tmp_path / "whole.run.json", tmp_path / "torn.run.json")
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "torn").write_bytes(whole[: whole.index(b"\n", whole.index(b'"q2"')) + 20])
    model = Model()
    predict(model, examples, folder, tmp_path / "torn", options=SMALL)
    assert model.calls == [["q2", "q3"], ["q4", "q5"]]
    assert comparable(tmp_path / "torn") == comparable(tmp_path / "whole")


def test_an_unreadable_line_in_the_middle_is_named(folder, tmp_path):
    predict(Model(), questions(3, "shop"), folder, tmp_path / "p")
    text = (tmp_path / "p").read_text().splitlines()
    (tmp_path / "p").write_text("\n".join([text[0], "{oops", text[2]]) + "\n")
    with pytest.raises(DataError) as raised:
        predict(Model(), questions(3, "shop"), folder, tmp_path / "p")
    assert raised.value.line == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"options": PredictOptions(sampling=Sampling(temperature=0.5))}, r"sampling\.temperature was 0\.0, now 0\.5"),
        ({"options": PredictOptions(prompt=PromptOptions(preset="llama2-sql"))}, "preset was"),
        ({"run": {"weights": "other"}}, "weights was null"),
        ({"examples": questions(2, "shop")}, "n was 3, now 2"),
    ],
)
def test_a_file_of_another_run_is_not_continued(folder, tmp_path, change, named):
    predict(Model(), questions(3, "shop"), folder, tmp_path / "p")
    before = (tmp_path / "p").read_bytes()
    other = {"examples": questions(3, "shop"), "databases": folder, "out": tmp_path / "p", **change}
    with pytest.raises(UsageError, match=named):
        predict(Model(), **other)
    assert (tmp_path / "p").read_bytes() == before
    assert predict(Model(), **other, overwrite=True).asked == len(other["examples"])


def test_the_batch_size_may_change_between_runs(folder, tmp_path):
    predict(Model(), questions(3, "shop"), folder, tmp_path / "p", options=SMALL)
    assert predict(Model(), questions(3, "shop"), folder, tmp_path / "p").asked == 0


def test_a_file_that_predict_did_not_write_is_left_alone(folder, tmp_path):
    (tmp_path / "p").write_text("mine\n")
    with pytest.raises(UsageError, match="cannot be continued"):
        predict(Model(), questions(1, "shop"), folder, tmp_path / "p")
    assert (tmp_path / "p").read_text() == "mine\n"


def test_a_failed_question_keeps_a_line_and_is_asked_again_alone(folder, tmp_path):
    flaky = Model(lambda q: GenerationError("answered 500", "look") if q == "q1" else None)
    report = predict(flaky, questions(4, "shop"), folder, tmp_path / "p")
    assert report.failed == (("1", "answered 500 look"),)
    row = lines(tmp_path / "p")[1]
    assert (row["id"], row["predicted_sql"], row["error"]) == ("1", "", "answered 500 look")
    model = Model()
    assert predict(model, questions(4, "shop"), folder, tmp_path / "p").failed == ()
    assert model.calls == [["q1"]]
    assert [r["id"] for r in lines(tmp_path / "p")] == ["0", "1", "2", "3"]


def test_a_model_that_answers_nothing_ends_the_run(folder, tmp_path):
    model = Model(lambda q: GenerationError("answered 500"))
    with pytest.raises(GenerationError, match="answers nothing: answered 500"):
        predict(model, questions(8, "shop"), folder, tmp_path / "p", options=SMALL)
    assert len(model.calls) == 1


def test_a_model_that_stops_answering_ends_the_run_after_a_second_batch(folder, tmp_path):
    model = Model(lambda q: GenerationError("answered 500") if q > "q1" else None)
    with pytest.raises(GenerationError, match="answers nothing"):
        predict(model, questions(8, "shop"), folder, tmp_path / "p", options=SMALL)
    assert len(model.calls) == 3
    assert [r["id"] for r in lines(tmp_path / "p") if "error" not in r] == ["0", "1"]


def test_prompts_the_model_cannot_take_do_not_end_the_run(folder, tmp_path):
    model = Model(lambda q: PromptError("too long") if q < "q4" else None)
    report = predict(model, questions(6, "shop"), folder, tmp_path / "p", options=SMALL)
    assert len(report.failed) == 4


def test_a_schema_beyond_the_context_fails_its_question(folder, tmp_path):
    model = Model()
    model.context_tokens = 512 + 40
    report = predict(model, questions(1, "shop"), folder, tmp_path / "p", options=PredictOptions(sampling=Sampling()))
    assert "budget" in report.failed[0][1]


@pytest.mark.parametrize("error", [ConnectError("gone"), KeyboardInterrupt()])
def test_what_was_finished_stays_when_the_server_goes_or_the_user_stops(folder, tmp_path, error):
    class Stopping(Model):
        def generate(self, prompts, sampling):
            if len(self.calls) == 2:
                raise error
            return super().generate(prompts, sampling)

    examples = questions(8, "shop", "store")
    with pytest.raises(type(error)):
        predict(Stopping(), examples, folder, tmp_path / "p", options=SMALL)
    assert [r["id"] for r in lines(tmp_path / "p")] == ["0", "2", "4", "6"]
    model = Model()
    predict(model, examples, folder, tmp_path / "p", options=SMALL)
    assert model.asked == ["q1", "q3", "q5", "q7"]
    predict(Model(), examples, folder, tmp_path / "whole", options=SMALL)
    assert comparable(tmp_path / "p") == comparable(tmp_path / "whole")


def test_a_disk_that_is_full_keeps_whole_lines(folder, tmp_path):
    """A limit on the size of files stands in for the disk: the write stops in the middle of a line, as it would."""
    resource = pytest.importorskip("resource")
    examples = questions(8, "shop", "store")
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
            predict(Model(), examples, folder, tmp_path / "p", options=SMALL)
        except SqlwrightError as error:
            code = 7 if "p': File too large" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    kept = lines(tmp_path / "p")
    assert 0 < len(kept) < 8
    report = predict(Model(), examples, folder, tmp_path / "p", options=SMALL)
    assert report.failed == ()
    predict(Model(), examples, folder, tmp_path / "whole", options=SMALL)
    assert comparable(tmp_path / "p") == comparable(tmp_path / "whole")


def test_a_place_that_cannot_be_written_is_one_sentence(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SqlwrightError, match="Cannot write"):
        predict(Model(), questions(1, "shop"), folder, tmp_path / "file/p")
    with pytest.raises(UsageError, match="is a folder"):
        predict(Model(), questions(1, "shop"), folder, tmp_path, overwrite=True)


def test_an_answer_as_long_as_the_context_is_refused_before_anything_is_asked(folder, tmp_path):
    with pytest.raises(ConfigError, match="leaves no room"):
        predict(
            Model(),
            questions(1, "shop"),
            folder,
            tmp_path / "p",
            options=PredictOptions(sampling=Sampling(max_new_tokens=4096)),
        )


def test_progress_tells_what_is_kept_done_and_failed(folder, tmp_path):
    seen = []
    flaky = Model(lambda q: GenerationError("no") if q == "q1" else None)
    predict(flaky, questions(4, "shop"), folder, tmp_path / "p", options=SMALL, on_progress=seen.append)
    assert [(p.total, p.kept, p.done, p.failed) for p in seen] == [(4, 0, 0, 0), (4, 0, 2, 1), (4, 0, 4, 1)]
    seen.clear()
    predict(Model(), questions(4, "shop"), folder, tmp_path / "p", options=SMALL, on_progress=seen.append)
    assert [(p.kept, p.done, p.failed) for p in seen] == [(3, 3, 0), (3, 4, 0)]


def test_some_failed_is_an_error_a_single_question_can_show():
    error = SomeFailedError([GenerationError("too long", "shorten")])
    assert (error.message, error.hint) == ("too long", "shorten")
