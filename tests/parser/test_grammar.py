"""The grammar says which class of token may come, and how short the rest can be."""

from __future__ import annotations

import pytest

from sqlwright.parser.grammar import RULES, START, TERMINALS, advance, allowed, class_of, least_tokens, unfold
from sqlwright.parser.tokens import WORDS


def stack_after(text):
    stack = START
    for name in text.split():
        stack = advance(stack, name)
    return stack


def test_every_symbol_of_a_rule_is_known():
    symbols = {s for alternatives in RULES.values() for a in alternatives for s in a}
    assert {s for s in symbols if not s.startswith("@")} <= {*RULES, *TERMINALS}
    assert {class_of(w) for w in WORDS} <= TERMINALS


def test_a_sequence_is_a_query_or_a_refusal():
    assert allowed(START) == {"select", "set", "unanswerable"}
    assert advance(START, "unanswerable") == ()
    assert "unanswerable" not in allowed(stack_after("select"))


@pytest.mark.parametrize(
    ("written", "least"),
    [
        ("", 1),
        ("select", 2),
        ("select <column>", 1),
        ("select <column> where", 3),
        ("select arithmetic", 3),
        ("set", 6),
        ("select <column> where <column> in select", 3),
        ("select <column> end", 0),
    ],
)
def test_the_shortest_end_is_known(written, least):
    assert least_tokens(stack_after(written)) == least


def test_marks_are_passed_with_the_token_they_stand_beside():
    unfolded = unfold(stack_after("select <column>"), "where")
    assert unfolded.before == ("@done",)
    assert unfolded.after == ("@where",)


def test_a_token_that_is_not_allowed_is_an_error_that_names_the_others():
    with pytest.raises(ValueError, match="allowed: select, set, unanswerable"):
        advance(START, "where")
