"""The network on onnxruntime: a schema read once, then one pass a question and one step a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import DataError, NotFoundError, Profile, Schema
from .batch import decoder_positions
from .layout import Layout
from .schema_text import Pieces, SchemaText, read_schema, without_views
from .tokens import WORDS
from .unigram import Unigram
from .weights import FILE, read_facts

TOKENIZER = "tokenizer.json"
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PreparedSchema:
    """A schema's text, and the vectors of the items read so far, by segment."""

    text: SchemaText
    states: dict[int, Floats] = field(default_factory=dict, repr=False)


class Network:
    """The graphs of one folder, as `export.save_parser` writes them. Raises NotFoundError, DataError."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        from .graph_cache import load_sessions  # slow import below it

        if not (folder / FILE).is_file():
            raise NotFoundError(f"{str(folder)!r} holds no parser: {FILE} is not there.")
        self.facts = read_facts(folder / FILE)
        words = self.facts["words"]
        if words != list(WORDS[: len(words)]):
            raise DataError("the parser was trained for another version of the form", path=folder / FILE)
        self.later_words = len(WORDS) - len(words)  # those the form gained after this model was trained
        self._read, self._join, self._decode = load_sessions(folder, threads)
        self.pieces = load_pieces(folder)
        config = self.facts["config"]
        self.depth, self.heads = config["decoder_layers"], config["heads"]
        self.head = config["width"] // config["heads"]

    def prepare(self, schema: Schema, profile: Profile = Profile()) -> PreparedSchema:  # noqa: B008
        return PreparedSchema(read_schema(without_views(schema), self.pieces, profile))

    def read(self, pieces: Sequence[int]) -> Floats:
        """(L,) to (L, D)."""
        found: Floats = self._read.run(None, {"pieces": np.asarray(pieces, dtype=np.int64)})[0]
        return found

    def item_vectors(self, prepared: PreparedSchema, chosen: Ints) -> Floats:
        """(n, D): the mean of each item's pieces. Segments not read before are read now."""
        text, states = prepared.text, prepared.states
        for segment in {text.items[i].segment for i in chosen} - states.keys():
            states[segment] = self.read(text.segments[segment])
        items = (text.items[i] for i in chosen)
        return np.stack([states[i.segment][i.start : i.end].mean(0) for i in items])

    def stepper(self, layout: Layout, prepared: PreparedSchema) -> QuestionStepper:
        """The question read with its items, ready to be decoded."""
        question = self.read(layout.pieces)
        values = [question[start:end].mean(0) for start, end in layout.value_spans]
        items = np.concatenate([self.item_vectors(prepared, layout.chosen), *(v[None] for v in values)])
        inputs = {
            "question": question,
            "items": items,
            "features": layout.features.astype(np.int64),
            "relations": layout.relations.astype(np.int64),
        }
        memory, item_input, item_keys = self._join.run(None, inputs)
        fixed = {"memory": memory, "item_input": item_input, "item_keys": item_keys}
        return QuestionStepper(self, fixed, layout.last_query)

    def decode(self, fixed: dict[str, Floats], tokens: Ints, positions: Ints, past: Floats) -> tuple[Floats, Floats]:
        length, before = tokens.shape[1], past.shape[4]
        causal = np.triu(np.full((length, before + length), -np.inf, dtype=np.float32), before + 1)
        known = len(WORDS) - self.later_words
        if self.later_words:
            tokens = np.where(tokens > len(WORDS), tokens - self.later_words, tokens)
        inputs: dict[str, Any] = {"tokens": tokens, "positions": positions, "causal": causal, "past": past, **fixed}
        scores, present = self._decode.run(None, inputs)
        if self.later_words:
            never = np.full((len(scores), self.later_words), -np.inf, dtype=np.float32)
            scores = np.concatenate([scores[:, : known + 1], never, scores[:, known + 1 :]], 1)
        return scores, present


def load_pieces(folder: Path) -> Pieces:
    """The pieces that a model was trained with; `tokenizers` is needed only where it has another kind than ours."""
    return Pieces(Unigram.read(folder / TOKENIZER) or load_pieces_tokenizer(folder))


def load_pieces_tokenizer(folder: Path) -> Any:
    """Whole texts: what the file says of lengths is MiniLM's own use of it."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class QuestionStepper:
    """`decode.Stepper` for one question."""

    def __init__(self, network: Network, fixed: dict[str, Floats], last_query: Sequence[int]) -> None:
        self.network, self.fixed, self.last_query = network, fixed, last_query
        self.past = np.zeros((network.depth, 2, 1, network.heads, 0, network.head), dtype=np.float32)
        self.written = -1

    def advance(self, parents: Ints, layouts: Ints, last_tokens: Ints) -> Floats:
        before = self.last_query if self.written < 0 else ()
        tokens = np.array([[*before, t] for t in last_tokens], dtype=np.int64)
        self.written += 1
        places = decoder_positions(len(before), 1) if before else [self.written]
        positions = np.tile(np.array(places, dtype=np.int64), (len(tokens), 1))
        past = self.past[:, :, parents] if self.written else self.past
        scores, self.past = self.network.decode(self.fixed, tokens, positions, past)
        return scores
