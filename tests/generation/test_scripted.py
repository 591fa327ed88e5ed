"""Scripted answers."""

from __future__ import annotations

import json

import pytest

from sqlwright.core import DataError, NotFoundError
from sqlwright.generation import Sampling, ScriptedGenerator, SomeFailedError


def test_a_mapping_answers_by_question(prompts):
    generator = ScriptedGenerator({prompts[0].question: "SELECT 1", prompts[2].question: ["SELECT 2", "SELECT 3"]})
    answers = generator.generate([prompts[2], prompts[0]], Sampling(n=2))
    assert [[c.text for c in row] for row in answers] == [["SELECT 2", "SELECT 3"], ["SELECT 1"]]
    assert generator.prompts == [prompts[2], prompts[0]]


def test_a_sequence_answers_in_order(prompts):
    generator = ScriptedGenerator(["first", "second"])
    assert generator.generate([prompts[0]], Sampling())[0][0].text == "first"
    assert "".join(generator.stream(prompts[0], Sampling())) == "second"


def test_a_question_outside_the_script_fails_alone(prompts):
    with pytest.raises(SomeFailedError) as raised:
        ScriptedGenerator({prompts[0].question: "SELECT 1"}).generate(prompts[:2], Sampling())
    assert raised.value.results[0][0].text == "SELECT 1"


def test_a_script_is_read_from_json_lines(tmp_path, prompts):
    path = tmp_path / "script.jsonl"
    path.write_text(json.dumps({"question": prompts[0].question, "text": "SELECT 1"}) + "\n\n", encoding="utf-8")
    generator = ScriptedGenerator.from_jsonl(path)
    assert generator.generate(prompts[:1], Sampling())[0][0].text == "SELECT 1"
    assert generator.name == f"scripted:{path}"


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "x"}', "7"])
def test_a_bad_line_is_named(tmp_path, line):
    path = tmp_path / "script.jsonl"
    path.write_text(f'{{"question": "a", "text": "b"}}\n{line}\n')
    with pytest.raises(DataError) as raised:
        ScriptedGenerator.from_jsonl(path)
    assert raised.value.line == 2


def test_a_missing_script_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="absent"):
        ScriptedGenerator.from_jsonl(tmp_path / "absent.jsonl")
