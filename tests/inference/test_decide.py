"""One prompt or many: candidates, guard, execution, choice and repair."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, GenerationError, Outcome, QueryLimits, ResultTable, Schema, Table
from sqlwright.generation import Completion, Generator, PromptError, Sampling, ScriptedGenerator, SomeFailedError
from sqlwright.generation.generator import all_or_raise
from sqlwright.inference import Asked, Decision, decide, decide_all
from sqlwright.inference.budget import not_checked
from sqlwright.prompts import build_prompt

SCHEMA = Schema("shop", "sqlite", (Table("customer", (Column("id"), Column("city"))),))


def prompt(question="How many?"):
    return build_prompt(question, SCHEMA)


def run(sql, limits):
    """Fails for a text with "bad"; otherwise the result is the text itself."""
    if "bad" in sql or not sql:
        return Outcome("error", sql, error="no such column: bad", elapsed_s=0.5)
    return Outcome("rows", sql, ResultTable(("x",), ((sql,),)), elapsed_s=0.5)


def test_one_call_of_the_model_for_all_prompts_and_one_for_all_repairs():
    calls = []

    class Counted(ScriptedGenerator):
        def generate(self, prompts, sampling):
            calls.append([p.question for p in prompts])
            return super().generate(prompts, sampling)

    model = Counted(["SELECT bad", "SELECT 1", "SELECT bad", "SELECT 2", "SELECT bad"])
    found = decide_all([Asked(prompt(q), run) for q in ("a", "b", "c")], model, Sampling())
    assert calls == [["a", "b", "c"], ["a", "c"]]
    assert [d.sql for d in found] == ["SELECT 2", "SELECT 1", "SELECT bad"]
    assert [[a.outcome.status for a in d.attempts] for d in found] == [["error", "rows"], ["rows"], ["error", "error"]]
    assert [d.ok for d in found] == [True, True, False]


def test_the_decision_keeps_the_first_prompt_and_counts_every_token():
    model = ScriptedGenerator(["SELECT bad", "SELECT 2"])
    decision = decide(prompt(), model, run, Sampling())
    assert decision.prompt == prompt()
    assert len(model.prompts[1].messages) == len(prompt().messages) + 2
    assert decision.tokens > 3


def test_a_prompt_without_a_text_fails_alone():
    model = ScriptedGenerator({"a": "SELECT 1"})
    found = decide_all([Asked(prompt(q), run) for q in ("a", "b")], model, Sampling())
    assert isinstance(found[0], Decision)
    assert isinstance(found[1], GenerationError)
    with pytest.raises(SomeFailedError):
        decide(prompt("b"), model, run, Sampling())


class FailsAtRepair(Generator):
    name, context_tokens, remote_host = "model", 4_096, ""

    def __init__(self, error):
        self.error, self.calls = error, 0

    def generate(self, prompts, sampling):
        self.calls += 1
        wrong = (Completion("SELECT bad"),)
        return all_or_raise([wrong if self.calls == 1 else self.error for _ in prompts])


def test_a_repair_that_does_not_fit_leaves_the_failed_query():
    model = FailsAtRepair(PromptError("the prompt is too long"))
    decision = decide(prompt(), model, run, Sampling(), repairs=3)
    assert (decision.sql, decision.ok, len(decision.attempts)) == ("SELECT bad", False, 1)
    assert model.calls == 2


def test_a_model_that_is_gone_at_the_repair_is_an_error():
    with pytest.raises(GenerationError, match="gone"):
        decide(prompt(), FailsAtRepair(GenerationError("gone")), run, Sampling())


def test_repairs_share_the_time_of_one_question():
    given = []

    def watched(sql, limits):
        given.append(limits.timeout_s)
        return run(sql, limits)

    decide(prompt(), ScriptedGenerator(["SELECT bad"] * 3), watched, Sampling(), limits=QueryLimits(2), repairs=2)
    assert given == [2, 1.5, 1]


def test_samples_that_all_fail_are_repaired_and_the_other_candidates_are_listed():
    model = ScriptedGenerator([["SELECT bad", "SELECT bad, 1"], ["SELECT 1", "```sql\nSELECT 2\n```", "SELECT 2"]])
    decision = decide(prompt(), model, run, Sampling(n=3, temperature=1.0))
    assert (decision.sql, round(decision.confidence, 3)) == ("SELECT 2", 0.667)
    assert decision.attempts[-1].raw_output == "```sql\nSELECT 2\n```"
    assert decision.candidates == ("SELECT 1", "SELECT 2")
    assert [other.sql for other in decision.others] == ["SELECT 1"]


def test_where_nothing_is_run_the_likeliest_that_is_allowed_is_taken():
    def guarded(sql, limits):
        return Outcome("refused", sql) if sql.startswith("DROP") else Outcome("not_run", sql)

    class Searcher(FailsAtRepair):
        def generate(self, prompts, sampling):
            texts = (("DROP TABLE t", -0.1), ("SELECT 1", -2.0), ("SELECT 2", -1.0))
            return [tuple(Completion(text, score=score) for text, score in texts) for _ in prompts]

    assert decide(prompt(), Searcher(None), guarded, Sampling(n=3)).sql == "SELECT 2"
    assert decide(prompt(), ScriptedGenerator(["SELECT bad"]), not_checked, Sampling()).sql == "SELECT bad"


def test_the_step_after_the_model_can_stop_it_before_a_query_runs():
    def step(name):
        if name == "generate_s":
            raise KeyboardInterrupt

    ran = []
    asked = Asked(prompt(), lambda sql, limits: ran.append(sql))
    with pytest.raises(KeyboardInterrupt):
        decide_all([asked], ScriptedGenerator(["SELECT 1"]), Sampling(), step=step)
    assert ran == []
