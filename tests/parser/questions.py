"""Layouts for tests, without a real tokenizer: word pieces do not matter to what can be said."""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from sqlwright.core import Hints, ValueMatch
from sqlwright.parser.layout import lay_out
from sqlwright.parser.schema_text import Pieces, read_schema

HELD = (ValueMatch("customer", "city", "Oslo", "Oslo"), ValueMatch("item", "name", "pen", "pen"))


def plain_pieces():
    tokenizer = Tokenizer(WordLevel({"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return Pieces(tokenizer)


def shop_layout(schema, question="Who in Oslo bought 3 pen after 2026-02-01 for 4.5 or 'ever'?", values=HELD):
    pieces = plain_pieces()
    return lay_out(question, read_schema(schema, pieces), Hints((), values), pieces)


class RandomStepper:
    """An untrained model: every token gets a random probability, and each call is noted."""

    def __init__(self, seed, width):
        self.rng, self.width, self.calls = np.random.default_rng(seed), width, []

    def advance(self, parents, layouts, last_tokens):
        self.calls.append((parents, layouts, last_tokens))
        scores = self.rng.gumbel(size=(len(layouts), self.width))
        return (scores - np.log(np.exp(scores).sum(1, keepdims=True))).astype(np.float32)
