"""Errors carry a code and facts, and are worded in the reader's language."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from string import Formatter

import pytest

from sqlwright.core import GenerationError, SqlwrightError
from sqlwright.core.error_words import ERRORS
from sqlwright.core.phrase import phrase
from sqlwright.core.words import WORDS

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "sqlwright"
RAN = phrase("busy", count=7)


def test_an_error_is_worded_from_its_code_and_facts():
    error = SqlwrightError(RAN, phrase("again_hint"))
    assert (error.code, dict(error.facts)) == ("busy", {"count": 7})
    assert error.said("en") == ("7 questions are running or waiting.", "Try again in a moment.")
    assert error.said("zh") == ("有 7 个问题正在处理或等待。", "请稍后再试。")
    assert str(error) == error.text("en") == "7 questions are running or waiting. Try again in a moment."


def test_an_error_without_a_code_is_english_for_everybody():
    error = SqlwrightError("No table 'a'.", "Closest: b.")
    assert (error.code, dict(error.facts)) == ("", {})
    assert error.said("zh") == error.said("en") == (error.message, error.hint) == ("No table 'a'.", "Closest: b.")


def test_a_fact_may_be_a_phrase():
    error = GenerationError(phrase("some_failed", failed=1, all=2, why=phrase("no_tables")))
    assert error.message == "1 of 2 prompts failed: The database has no tables, so there is nothing to ask."
    assert error.text("zh") == "2 个提示中有 1 个失败：数据库中没有表，无法提问。"


def test_an_error_of_another_process_keeps_its_code():
    error = pickle.loads(pickle.dumps(GenerationError(RAN, phrase("again_hint"))))
    assert error.code == "busy"
    assert error.text("zh").startswith("有 7 个问题")


def phrases():
    """Every call `phrase("code", name=...)` of the package: file and line, code, names of the facts."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                codes = [n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant) and n.value in ERRORS]
                names = {k.arg for k in node.keywords}
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.args[0], codes, names


def test_every_phrase_has_words_and_every_fact_a_place():
    used = set()
    for place, argument, codes, names in phrases():
        if isinstance(argument, ast.Constant):
            assert codes, f"{place}: no words for {argument.value!r}"
        used |= set(codes)
        for code in codes:
            wanted = {name for _, name, _, _ in Formatter().parse(ERRORS[code][0]) if name is not None}
            assert names == wanted or None in names, f"{place}: {code} takes {wanted}"
    # The scripts' codes are made from their names.
    assert {code for code in ERRORS if not code.startswith("unread_")} - used == set()


@pytest.mark.parametrize("code", ERRORS)
def test_errors_are_among_the_words_that_exist_in_both_languages(code):
    assert WORDS[code] == ERRORS[code]
