"""Every phrase of a receipt exists in both languages, with the same facts in it."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from sqlwright.core import language_of
from sqlwright.core.words import WORDS, listed, say


def facts(phrase):
    return {name for _, name, _, _ in Formatter().parse(phrase) if name is not None}


@pytest.mark.parametrize("code", WORDS)
def test_a_phrase_has_the_same_facts_in_both_languages(code):
    english, chinese = WORDS[code]
    # "{text}" alone passes a sentence on; a Chinese phrase may stand for the whole of it.
    assert facts(chinese) == facts(english) or (english == "{text}" and not facts(chinese))
    assert not re.search(r"[\u3400-\u9fff]", english)
    assert re.search(r"[\u3400-\u9fff、，（]", chinese)


def test_braces_in_a_fact_are_only_braces():
    assert say("is", "en", a="{b}", b="{0}") == "{b} is {0}"


def test_lists_are_written_as_the_language_writes_them():
    assert (listed("ab", "en"), listed("ab", "zh")) == ("a, b", "a、b")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many customers?", "en"),
        ("有多少客户？", "zh"),
        ("How many customers live in 上海?", "zh"),
        ("顧客は何人いますか", "en"),
        ("Сколько клиентов?", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(text, language):
    assert language_of(text) == language
