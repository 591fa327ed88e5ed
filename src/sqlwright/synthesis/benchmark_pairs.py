"""Questions in the manner of the public benchmarks: a common shape, filled, run, and put into words."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from ..core import Example, SqlwrightError
from ..core.fold import fold
from ..db import Database
from ..parser.form import Query
from ..parser.to_sql import render_form
from ..sql import normalize
from .check import Checker
from .fill import fill
from .pair import Pair, SynthesisOptions
from .profile import Profile, read_profile
from .shapes import Shape, common_shapes
from .wording import Vocabulary, build_vocabulary, word_question

TRIES_PER_SHAPE = 12  # so that shapes which are hard to fill keep their share
MISSES = 3  # a shape that gives no pair so often in a row is given up: the database has no more for it


def benchmark_pairs(
    database: Database,
    n: int,
    seed: int = 0,
    options: SynthesisOptions | None = None,
    rejections: Counter[str] | None = None,
) -> Iterator[Pair]:
    """Up to `n` pairs; each query was run, and each clause of it matters.

    The same database and seed give the same pairs, but for queries near the time limit, which may come or not. Ends
    early where the database gives no more; why queries were left out is counted in `rejections`.
    Raises SqlwrightError where it gives none at all.
    """
    options = options or SynthesisOptions()
    rejections = Counter() if rejections is None else rejections
    profile = read_profile(database, options.limits)
    if not profile.rows:
        raise SqlwrightError(
            f"No question can be made for {database.name!r}: no table has a row that can be read.",
            "Fill the database first, or check the login's rights with: sqlwright doctor -d DB",
        )
    maker = _Maker(database, profile, options, seed, rejections)
    found = 0
    for found, (query, question, shape) in enumerate(maker.drawn(n), 1):
        sql = render_form(query, profile.schema)
        yield Pair(Example(f"{database.name}-{seed}-{found}", database.name, question, sql), shape)
    if not found and n:
        reasons = ", ".join(f"{reason} {count}" for reason, count in rejections.most_common(4))
        raise SqlwrightError(
            f"No question can be made for {database.name!r}: no query gave a result worth asking for ({reasons}).",
            "It needs tables with a few rows and columns that differ.",
        )


class _Maker:
    def __init__(
        self,
        database: Database,
        profile: Profile,
        options: SynthesisOptions,
        seed: int,
        rejections: Counter[str],
    ) -> None:
        self.profile, self.options, self.seed, self.rejections = profile, options, seed, rejections
        self.rng = random.Random(seed)  # noqa: S311
        self.vocabulary: Vocabulary = build_vocabulary(profile.schema)
        self.checker = Checker(database, profile, options.limits)
        counts = options.shapes or common_shapes()
        self.weights = dict(counts)
        self.misses: Counter[str] = Counter()
        self.statements: Counter[str] = Counter()
        self.questions = {fold(example.question) for example in options.avoid}
        self.avoided = {normalize(example.gold_sql, profile.schema.dialect) for example in options.avoid}

    def drawn(self, n: int) -> Iterator[tuple[Query, str, str]]:
        made = draws = 0
        names, sums = self._draw_from()
        while made < n and names:
            # Each draw has its own dice: a query that sometimes takes too long changes one pair, not all after it.
            draws += 1
            self.rng.seed(f"{self.seed}-{draws}")
            name = self.rng.choices(names, cum_weights=sums)[0]
            if found := self._pair(Shape.named(name)):
                made += 1
                self.misses[name] = 0
                yield *found, name
                continue
            self.misses[name] += 1
            if self.misses[name] >= MISSES:
                del self.weights[name]
                names, sums = self._draw_from()

    def _draw_from(self) -> tuple[list[str], list[int]]:
        """The shapes that are left, and the running sums of their weights."""
        return list(self.weights), list(accumulate(self.weights.values()))

    def _pair(self, shape: Shape) -> tuple[Query, str] | None:
        for _ in range(TRIES_PER_SHAPE):
            query = fill(shape, self.profile, self.rng)
            if query is None:
                self.rejections["no_fitting_columns"] += 1
                continue
            if reason := self._rejection(query):
                self.rejections[reason] += 1
                continue
            question = word_question(query, self.profile, self.vocabulary, self.rng)
            if fold(question) in self.questions:
                self.rejections["repeated_question"] += 1
                continue
            self.questions.add(fold(question))
            self.statements[render_form(query, self.profile.schema)] += 1
            return query, question
        return None

    def _rejection(self, query: Query) -> str | None:
        sql = render_form(query, self.profile.schema)
        if self.statements[sql] >= self.options.wordings:
            return "repeated_query"
        if self.avoided and normalize(sql, self.profile.schema.dialect) in self.avoided:
            return "held_out"
        return self.checker.rejection(query)
