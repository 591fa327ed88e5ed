"""Questions in analysts' words: they run, their conditions matter, and they speak the language they are asked for."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from sqlwright.core import with_inferred_keys
from sqlwright.db import open_database
from sqlwright.parser.grammar import START, advance, allowed, class_of
from sqlwright.parser.linear import delinearize, linearize
from sqlwright.synthesis.analyst.generate import generate
from sqlwright.synthesis.analyst.intents import INTENTS
from sqlwright.synthesis.products import load_product, product_names, realize


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory):
    made = realize(load_product("helpdesk"), 3, tmp_path_factory.mktemp("made") / "helpdesk.sqlite", scale=0.3)
    with open_database(made.path) as database:
        yield made, database


def pairs(helpdesk, count, language, seed=0, **options):
    made, database = helpdesk
    profile = database.profile()
    schema = with_inferred_keys(database.schema(samples=9), profile)
    return list(generate(database, schema, made.concepts, profile, count, random.Random(seed), language, **options))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_pair_runs_and_its_form_is_in_the_grammar(helpdesk, language):
    found = pairs(helpdesk, 160, language, follow_ups=0.2)
    assert len({(p.before and p.before.question, p.question) for p in found}) == len(found) == 160
    assert len(Counter(p.kind for p in found)) >= 15
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


def test_a_follow_up_changes_the_query_before_it(helpdesk):
    found = [p for p in pairs(helpdesk, 80, "en", follow_ups=0.5) if p.before]
    assert len(found) > 15
    assert all(p.kind == "follow_up" and p.query != p.before.query for p in found)
    kept = [p for p in found if p.before.query.where and p.query.where]
    assert sum(set(_parts(p.before.query)) <= set(_parts(p.query)) for p in kept) > len(kept) / 2


def _parts(query):
    return query.where.parts if getattr(query.where, "operator", "") == "and" else (query.where,)


def test_without_follow_ups_every_question_stands_alone(helpdesk):
    assert not any(p.before for p in pairs(helpdesk, 60, "zh"))


def test_the_documentation_counts_the_kinds_of_questions_and_the_products():
    text = (Path(__file__).parents[3] / "docs" / "synthesis.md").read_text(encoding="utf-8")
    assert f"There are {len(INTENTS)} kinds" in text
    assert f"{len(product_names())} invented products" in text
