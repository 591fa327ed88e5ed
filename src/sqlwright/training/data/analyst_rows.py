"""Training rows of the built-in model in the words of analysts, about invented products and about given databases."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ...core import Hints, Schema, Turn
from ...core.language import Language
from ...data import DatabaseFolder
from ...data.prompting import Context, PromptOptions
from ...db import Database, open_database
from ...parser.linear import linearize
from ...parser.rows import MAX_TOKENS, UNANSWERABLE, ParserRow
from ...parser.tokens import Token
from ...prompts import link_names
from ...synthesis.analyst.generate import AnalystPair, generate
from ...synthesis.concepts import Concepts
from ...synthesis.derive_concepts import concepts_of
from ...synthesis.products import load_product, product_names, realize
from .translated_rows import Translation, with_translated_words

CHINESE_SHARE = 0.45
FOREIGN = 4  # questions about another product, for each database: its tables cannot answer them
SMALL_TALK = 2
FOLLOW_UP_SHARE = 0.15  # of the questions that could go on from the one before
UNRELATED = 12  # every so many questions stand behind another one in a dialogue and have nothing to do with it
MAX_TURNS = 2
SCALE = 0.5  # of the rows that a product's file asks for
_TALK = (
    "hello; hi there; thanks; who are you?; what can you do; what's the weather today; tell me a joke; good morning; "
    "help; 你好; 谢谢; 你是谁; 今天天气怎么样; 你能做什么; test; ok; why?; 写一首诗; how are you"
).split("; ")


def product_rows(
    seeds: Sequence[int], questions: int, options: PromptOptions, products: Sequence[str] = ()
) -> Iterator[tuple[Context, list[ParserRow]]]:
    """For each product (all unless `products` names some) and seed the context and about `questions` rows.

    The same arguments give the same rows, but for queries near their time limit.
    """
    asked: list[tuple[str, str]] = []
    for name in products or product_names():
        for seed in seeds:
            context, rows = _of_product(name, seed, questions, options)
            rng = random.Random(f"{name}/{seed}")  # noqa: S311
            foreign = [question for other, question in asked if other != name]
            asked += [(name, row.question) for row in rng.sample(rows, min(12, len(rows)))]
            yield context, rows + _refused(context, foreign)


def database_rows(
    databases: DatabaseFolder,
    names: Sequence[str],
    questions: int,
    options: PromptOptions,
    translations: Mapping[str, Translation] = MappingProxyType({}),
) -> Iterator[tuple[Context, list[ParserRow]]]:
    """For each database the context and up to `questions` rows in English, in words derived from its names.

    Where there is a translation, as many in Chinese as CHINESE_SHARE says come to them.
    """
    for name in names:
        with databases.open(name) as database:
            context = Context.of(database, options)
            counted = replace(context, schema=_with_row_counts(context, database))
            concepts = concepts_of(counted.schema, context.profile)
            rows = list(_asked(concepts, context, database, name, "en", questions))
            if name in translations:
                chinese = round(CHINESE_SHARE * questions / (1 - CHINESE_SHARE))
                words = with_translated_words(concepts, translations[name])
                rows += _asked(words, context, database, name, "zh", chinese)
        yield replace(context, values=None), rows


def _with_row_counts(context: Context, database: Database) -> Schema:
    counts = {table.full_name: table.row_count for table in database.schema(row_counts=True)}
    tables = tuple(replace(table, row_count=counts[table.full_name]) for table in context.schema)
    return replace(context.schema, tables=tables)


def _of_product(name: str, seed: int, questions: int, options: PromptOptions) -> tuple[Context, list[ParserRow]]:
    db_id, chinese = f"{name}-{seed}", round(CHINESE_SHARE * questions)
    with tempfile.TemporaryDirectory() as folder:
        made = realize(load_product(name), seed, Path(folder) / f"{db_id}.sqlite", scale=SCALE)
        with open_database(str(made.path)) as database:
            context = Context.of(database, options)
            rows = [
                *_asked(made.concepts, context, database, db_id, "en", questions - chinese),
                *_asked(made.concepts, context, database, db_id, "zh", chinese),
            ]
    return replace(context, values=None), rows


def _refused(context: Context, foreign: Sequence[str]) -> list[ParserRow]:
    """Small talk, and questions about another product."""
    db_id = context.schema.db_id
    rng = random.Random(db_id)  # noqa: S311
    questions = [*rng.sample(_TALK, SMALL_TALK), *rng.sample(foreign, min(FOREIGN, len(foreign)))]
    return [
        ParserRow(f"{db_id}-no-{i}", db_id, question, UNANSWERABLE, _hints(question, context))
        for i, question in enumerate(questions)
    ]


def _asked(
    concepts: Concepts, context: Context, database: Database, db_id: str, language: Language, count: int
) -> Iterator[ParserRow]:
    rng = random.Random(f"{db_id}/{language}")  # noqa: S311
    earlier: list[AnalystPair] = []
    pairs = generate(
        database, context.schema, concepts, context.profile, count, rng, language, follow_ups=FOLLOW_UP_SHARE
    )
    for i, pair in enumerate(pairs):
        tokens = linearize(pair.query)
        if len(tokens) <= MAX_TOKENS:
            hints = _hints(pair.question, context)
            yield ParserRow(
                f"{db_id}-{language}-{i}", db_id, pair.question, tokens, hints, *_dialogue(pair, i, earlier)
            )
        earlier.append(pair)


def _dialogue(
    pair: AnalystPair, number: int, earlier: Sequence[AnalystPair]
) -> tuple[tuple[Turn, ...], tuple[Token, ...]]:
    """The turns before a question and the last of their queries. A few questions follow one they have no part in."""
    before = pair.before
    if before is None and earlier and number % UNRELATED == 0:
        before = earlier[-1]
    if before is None:
        return (), ()
    turns = [Turn(before.question, before.sql)]
    while before.before and len(turns) < MAX_TURNS:
        before = before.before
        turns.insert(0, Turn(before.question, before.sql))
    return tuple(turns), linearize((pair.before or earlier[-1]).query)


def _hints(question: str, context: Context) -> Hints:
    return Hints(link_names(question, context.schema), context.values.search(question) if context.values else ())
