"""The nouns of the protocol."""

from __future__ import annotations

import pytest

from sqlwright.core import ConfigError, GenerationError
from sqlwright.generation import Completion, Sampling, SomeFailedError
from sqlwright.generation.generator import all_or_raise


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.5}, {"n": 0}, {"max_new_tokens": 0}]
)
def test_a_setting_out_of_range_is_named(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Sampling(**wrong)


def test_one_failed_prompt_keeps_the_others():
    done, failed = (Completion("SELECT 1"),), GenerationError("too long", "shorten it")
    with pytest.raises(SomeFailedError, match=r"1 of 2 prompts failed: too long") as raised:
        all_or_raise([done, failed])
    assert raised.value.results == [done, failed]
    assert raised.value.hint == "shorten it"


def test_completions_without_failure_come_back():
    assert all_or_raise([(Completion("a"),), (Completion("b"),)]) == [(Completion("a"),), (Completion("b"),)]
