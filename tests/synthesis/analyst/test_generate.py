"""Questions in analysts' words: they run, their conditions matter, and they speak the language they are asked for."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from sqlwright.core import with_inferred_keys
from sqlwright.db import open_database
from sqlwright.parser.grammar import START, advance, allowed, class_of
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.synthesis.analyst.generate import generate
from sqlwright.synthesis.products import load_product, realize


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory):
    made = realize(load_product("helpdesk"), 3, tmp_path_factory.mktemp("made") / "helpdesk.sqlite", scale=0.3)
    with open_database(made.path) as database:
        yield made, database


def pairs(helpdesk, count, language, seed=0):
    made, database = helpdesk
    profile = database.profile()
    schema = with_inferred_keys(database.schema(samples=9), profile)
    return list(generate(database, schema, made.concepts, profile, count, random.Random(seed), language))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_pair_runs_and_its_form_is_in_the_grammar(helpdesk, language):
    found = pairs(helpdesk, 120, language)
    assert len({p.question for p in found}) == len(found) == 120
    assert len(Counter(p.kind for p in found)) >= 12
    for pair in found:
        tokens, stack = linearize(pair.query), START
        for token in tokens:
            assert class_of(token) in allowed(stack), (pair.question, tokens)
            stack = advance(stack, class_of(token))
        assert stack == ()
        assert delinearize(tokens) == pair.query
        outcome = helpdesk[1].run(pair.sql)
        assert outcome.table is not None, (pair.sql, outcome.message())
        assert outcome.table.rows


def test_questions_are_in_their_language(helpdesk):
    chinese = re.compile("[\u4e00-\u9fff]")
    assert all(chinese.search(p.question) for p in pairs(helpdesk, 40, "zh"))
    assert not any(chinese.search(p.question) for p in pairs(helpdesk, 40, "en"))


def test_the_same_seed_gives_the_same_questions(helpdesk):
    assert [p.question for p in pairs(helpdesk, 25, "en", 5)] == [p.question for p in pairs(helpdesk, 25, "en", 5)]
