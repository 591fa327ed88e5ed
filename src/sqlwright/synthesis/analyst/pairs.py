"""Analyst questions about a live database as examples, in the words of its names, comments and profile."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from ...core import Example, Schema, with_inferred_keys
from ...core.fold import fold
from ...core.language import Language
from ...db import Database
from ...sql import normalize
from ..concepts import Concepts
from ..derive_concepts import concepts_of
from ..pair import Pair, SynthesisOptions
from .generate import AnalystPair, generate

CHINESE_SHARE = 0.5  # of the questions about a database whose names or comments are Chinese


def analyst_pairs(
    database: Database,
    n: int,
    seed: int = 0,
    options: SynthesisOptions | None = None,
    rejections: Counter[str] | None = None,
) -> Iterator[Pair]:
    """Up to `n` pairs; each query was run, and its conditions change the result.

    A database with Chinese names or comments also gets questions in Chinese. Only `options.avoid` and `options.limits`
    are read. The same database and seed give the same pairs, but for queries near the time limit.
    """
    options = options or SynthesisOptions()
    profile = database.profile()
    schema = with_inferred_keys(database.schema(row_counts=True), profile)
    concepts = concepts_of(schema, profile)
    known = _Known(options.avoid, schema)
    dropped: Counter[str] = Counter() if rejections is None else rejections
    number = 0
    for language, count in _shares(concepts, n):
        rng = random.Random(f"{seed}/{language}")  # noqa: S311
        drawn = generate(
            database,
            schema,
            concepts,
            profile,
            count + len(options.avoid),
            rng,
            language,
            limits=options.limits,
            rejected=dropped,
        )
        for pair in islice(known.others(drawn, dropped), count):
            number += 1
            example = Example(f"{database.name}-analyst-{seed}-{number}", database.name, pair.question, pair.sql)
            yield Pair(example, kind=pair.kind)


def _shares(concepts: Concepts, n: int) -> Iterator[tuple[Language, int]]:
    chinese = round(CHINESE_SHARE * n) if any(table.chinese for table in concepts) else 0
    if n - chinese:
        yield "en", n - chinese
    if chinese:
        yield "zh", chinese


class _Known:
    """The questions and statements that no pair may repeat."""

    def __init__(self, examples: tuple[Example, ...], schema: Schema) -> None:
        self.dialect = schema.dialect
        self.questions = {fold(e.question) for e in examples}
        self.statements = {normalize(e.gold_sql, self.dialect) for e in examples}

    def others(self, pairs: Iterable[AnalystPair], dropped: Counter[str]) -> Iterator[AnalystPair]:
        for pair in pairs:
            if self._holds(pair):
                dropped["held_out"] += 1
            else:
                yield pair

    def _holds(self, pair: AnalystPair) -> bool:
        if fold(pair.question) in self.questions:
            return True
        return bool(self.statements) and normalize(pair.sql, self.dialect) in self.statements
