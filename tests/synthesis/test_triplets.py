"""A triplet counts once its context has been built and its answer has run under the guard."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from sqlwright.generation import ScriptedGenerator
from sqlwright.synthesis import Triplet, generate_triplets
from sqlwright.synthesis.triplets import check_triplet, read_triplets, triplet_prompt

CONTEXT = "CREATE TABLE lake (id INTEGER PRIMARY KEY, name TEXT, depth REAL)"
GOOD = {"question": "How deep is the deepest lake?", "context": CONTEXT, "answer": "SELECT MAX(depth) FROM lake"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"Here you are:\n```json\n{json.dumps(GOOD, indent=2)}\n```\nAnything else?",
        json.dumps([GOOD]),
        json.dumps({"triplets": [GOOD]}),
        json.dumps({k.title(): v for k, v in GOOD.items()}),
        json.dumps(GOOD).replace("TABLE lake", "TABLE\nlake"),  # a raw line break within a string
        json.dumps({**GOOD, "context": [CONTEXT]}),
        "{oops " + json.dumps(GOOD),
    ],
)
def test_triplets_are_read_from_whatever_stands_around_them(text):
    triplets, faults = read_triplets(text)
    assert [(t.question, t.answer) for t in triplets] == [(GOOD["question"], GOOD["answer"])]
    assert not faults


def test_what_is_no_triplet_is_named():
    assert read_triplets("I cannot do that.") == ([], ["no_json"])
    assert read_triplets('{"question": "?"}') == ([], ["field_missing"])


@pytest.mark.parametrize(
    ("context", "answer", "fault"),
    [
        (CONTEXT, "SELECT name FROM lake", ""),
        ("no tables here", "SELECT 1", "context_unreadable"),
        (CONTEXT, "SELECT size FROM lake", "answer_refused answer_fails"),
        (CONTEXT, "DROP TABLE lake", "answer_refused"),
        (CONTEXT, "SELECT name FROM sea", "answer_refused answer_fails"),
        (CONTEXT + "; INSERT INTO lake VALUES (1, 'a', 2)", "SELECT COUNT(*) FROM lake", ""),
        (CONTEXT + "; ATTACH '/tmp/x.db' AS x", "SELECT COUNT(*) FROM lake", "context_unreadable"),
        (CONTEXT + "; INSERT INTO sea VALUES (1)", "SELECT COUNT(*) FROM lake", "context_fails"),
    ],
)
def test_context_and_answer_are_tried(context, answer, fault):
    assert check_triplet(Triplet("?", context, answer)) in fault.split(" ")


def test_rejects_are_counted_by_cause_and_good_ones_carry_their_schema():
    second = {**GOOD, "question": "Name every lake."}
    texts = [
        json.dumps(GOOD),
        "no",
        json.dumps(GOOD),
        json.dumps({**GOOD, "answer": "DELETE FROM lake"}),
        json.dumps(second),
    ]
    rejections = Counter()
    made = list(generate_triplets(ScriptedGenerator(texts), 2, batch_size=3, rejections=rejections))
    assert [e.question for e in made] == [GOOD["question"], second["question"]]
    assert all(e.ddl == CONTEXT and not e.db_id for e in made)
    assert len({e.id for e in made}) == 2
    assert rejections["no_json"] == rejections["repeated"] == rejections["answer_refused"] == 1


def test_a_model_that_gives_nothing_is_asked_three_times_per_triplet_and_no_more():
    model = ScriptedGenerator(["no"] * 100)
    assert list(generate_triplets(model, 4)) == []
    assert len(model.prompts) == 12


def test_prompts_differ_and_show_one_example():
    rng = random.Random(0)
    prompts = [triplet_prompt(rng) for _ in range(20)]
    assert len({p.question for p in prompts}) > 15
    assert [m.role for m in prompts[0].messages] == ["user", "assistant", "user"]
    assert not read_triplets(prompts[0].messages[1].content)[1]


def test_the_example_in_the_prompt_is_itself_sound():
    (shown,), _ = read_triplets(triplet_prompt(random.Random(0)).messages[1].content)
    assert check_triplet(shown) == ""
