"""Training rows of the built-in model in the words of analysts, about databases of invented products."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..core import Hints
from ..core.language import Language
from ..data.prompting import Context, PromptOptions
from ..db import Database, open_database
from ..parser.linear import linearize
from ..parser.rows import MAX_TOKENS, UNANSWERABLE, Row
from ..prompts import link_names
from ..synthesis.analyst.generate import generate
from ..synthesis.products import Realized, load_product, product_names, realize

CHINESE_SHARE = 0.45
FOREIGN = 4  # questions about another product, for each database: its tables cannot answer them
SMALL_TALK = 2
SCALE = 0.5  # of the rows that a product's file asks for
_TALK = (
    "hello; hi there; thanks; who are you?; what can you do; what's the weather today; tell me a joke; good morning; "
    "help; 你好; 谢谢; 你是谁; 今天天气怎么样; 你能做什么; test; ok; why?; 写一首诗; how are you"
).split("; ")


def product_rows(
    seeds: Sequence[int], questions: int, options: PromptOptions, products: Sequence[str] = ()
) -> Iterator[tuple[Context, list[Row]]]:
    """For each product (all unless `products` names some) and seed the context and about `questions` rows.

    The same arguments give the same rows, but for queries near their time limit.
    """
    asked: list[tuple[str, str]] = []
    for name in products or product_names():
        for seed in seeds:
            context, rows = _rows(name, seed, questions, options, [q for other, q in asked if other != name])
            rng = random.Random(f"{name}/{seed}")  # noqa: S311
            kept = [r.question for r in rows if r.tokens != UNANSWERABLE]
            asked += [(name, question) for question in rng.sample(kept, min(12, len(kept)))]
            yield context, rows


def _rows(
    name: str, seed: int, questions: int, options: PromptOptions, foreign: Sequence[str]
) -> tuple[Context, list[Row]]:
    db_id = f"{name}-{seed}"
    with tempfile.TemporaryDirectory() as folder:
        made = realize(load_product(name), seed, Path(folder) / f"{db_id}.sqlite", scale=SCALE)
        with open_database(str(made.path)) as database:
            context = Context.of(database, options)
            chinese = round(CHINESE_SHARE * questions)
            rows = [
                *_asked(made, context, database, db_id, "en", questions - chinese),
                *_asked(made, context, database, db_id, "zh", chinese),
            ]
    rng = random.Random(db_id)  # noqa: S311
    refused = [*rng.sample(_TALK, SMALL_TALK), *rng.sample(foreign, min(FOREIGN, len(foreign)))]
    for i, question in enumerate(refused):
        rows.append(Row(f"{db_id}-no-{i}", db_id, question, UNANSWERABLE, _hints(question, context)))
    return replace(context, values=None), rows


def _asked(
    made: Realized, context: Context, database: Database, db_id: str, language: Language, count: int
) -> Iterator[Row]:
    rng = random.Random(f"{db_id}/{language}")  # noqa: S311
    pairs = generate(database, context.schema, made.concepts, context.profile, count, rng, language)
    for i, pair in enumerate(pairs):
        tokens = linearize(pair.query)
        if len(tokens) <= MAX_TOKENS:
            yield Row(f"{db_id}-{language}-{i}", db_id, pair.question, tokens, _hints(pair.question, context))


def _hints(question: str, context: Context) -> Hints:
    return Hints(link_names(question, context.schema), context.values.search(question) if context.values else ())
