"""Which of several databases a question is about.

In three steps, each taken only where the one before leaves the choice open. Linking compares the words of the question
with the names and the stored values of each database; a word counts more the fewer databases know it. The encoder of
the built-in model compares the question with the names by meaning, also in another language. At last the built-in model
writes a query for each of the nearest databases, and how probable it is decides.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..core import Hints
from ..core.candidate import Candidate
from ..core.fold import fold, identifier_words
from ..data.prompting import Context, prompt_for
from ..generation import Sampling, SomeFailedError
from ..prompts import PromptOptions, link_names
from ..prompts.linking import is_weak, stem
from ..retrieval import Knowledge
from .catalogue import catalogue_table
from .small_talk import small_talk

if TYPE_CHECKING:
    from ..generation.built_in import BuiltInGenerator
    from ..parser.runtime import Floats, PreparedSchema

# The numbers below were chosen on the development questions of benchmarks/analyst: see benchmarks/routing.py.
TABLE, COLUMN, VALUE, NAME = 1.0, 0.85, 1.0, 0.85  # evidence of a word, by what it names; NAME is the database itself
PLAIN_VALUE = 0.7  # of a stored value that the question writes in small letters: it may be any word
WEAK = 0.3  # of a word such as "name", which most databases know
EVERYDAY = 0.1
CLEAR = 1.5  # lead in evidence after which no model is asked
LIKENESS = 3.0  # evidence for each unit of cosine
OPEN = 1.0  # a database that is behind by less is judged by its query
MOST_JUDGED = 3
JUDGED = 0.2  # evidence for each unit of log probability
NO_QUERY = -12.0  # log probability, also of a refusal
CERTAIN = 100.0
SHARPNESS = 1.5  # from differences in evidence to shares
FITS = 0.25  # evidence of a database that a question may be about although the model writes no query
MENTIONS = 6
MAX_PREPARED = 64  # schemas that a judge keeps ready

# Common words of questions. When a name contains one, that is chance.
_EVERYDAY = frozenset(
    map(
        stem,
        """
        a all amount an and are as at average between biggest by cheapest count cumulative day days did do does each
        ever every first for from get give had has have highest hour how in is it just largest last least less list
        long longest lowest many max maximum mean min minimum minute month more most much never next no not number
        of old oldest on one only or other others over own per percent quarter rank record running share show since
        smallest sum tallest than that the their them then there these they this those time times to today top total
        us use was we week were what when where which who whose with without year yesterday you young youngest zero
        """.split(),
    )
) | frozenset("是的有多少几个谁哪每各数量年月日天上下最大小高低人和与在中里这那过了没不")

_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")  # a Chinese character is a word


@dataclass(frozen=True, slots=True)
class Known:
    """A database by its name, what was read of it, and what it was taught."""

    name: str
    context: Context
    knowledge: Knowledge | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """What a question names of one database. `words`: how strongly each word is known there, from 0 to 1.

    `mentions` are the tables, columns and values, best first.
    """

    words: Mapping[str, float]
    mentions: tuple[str, ...]
    hints: Hints


class Judge(Protocol):
    """What a model says of a question and a database."""

    def likeness(self, question: str, known: Known, hints: Hints) -> float:
        """How much the names of the database are about the question, by meaning; in [-1, 1]."""
        ...

    def log_probability(self, question: str, known: Known) -> float:
        """Of the best query; NO_QUERY where it finds none."""
        ...


def route(question: str, databases: Sequence[Known], judge: Judge) -> tuple[Candidate, ...]:
    """The candidates, best first; of equal ones in the order of `databases`. All have share 0 where none fits.

    A database that was taught this very question is the best, then one whose catalog answers it.
    """
    linked = [link(question, known) for known in databases]
    if small_talk(question):
        return _ranked(databases, linked, [0.0] * len(databases))
    certain = _certain(question, databases)
    totals = [value + CERTAIN * sure for value, sure in zip(_evidence(linked), certain, strict=True)]
    if _lead(totals) < CLEAR and not any(certain):
        evidence = list(totals)
        for i, known in enumerate(databases):
            totals[i] += LIKENESS * judge.likeness(question, known, linked[i].hints)
        best = max(totals)
        order = sorted(range(len(databases)), key=lambda i: -totals[i])
        near = [i for i in order if totals[i] > best - OPEN][:MOST_JUDGED]
        unclear = max(evidence) < FITS
        if len(near) > 1 or unclear:
            judged = {i: max(NO_QUERY, judge.log_probability(question, databases[i])) for i in near}
            if unclear and all(value <= NO_QUERY for value in judged.values()):
                return tuple(Candidate(known.name, 0.0) for known in databases)
            totals = [value + JUDGED * judged.get(i, NO_QUERY) for i, value in enumerate(totals)]
    return _ranked(databases, linked, totals)


class BuiltInJudge:
    """The built-in model as a Judge, whichever model answers: it runs here and takes tens of milliseconds.

    Several threads may use one.
    """

    def __init__(self, generator: BuiltInGenerator | None = None) -> None:
        """`generator` is loaded when it is first needed where it is None."""
        self._generator = generator
        self._loading = threading.Lock()
        self._asked: tuple[str, Floats] | None = None
        self._preparing = threading.Lock()
        self._prepared: dict[int, tuple[Context, PreparedSchema]] = {}  # by identity, as ParserModel keeps schemas

    @property
    def generator(self) -> BuiltInGenerator:
        with self._loading:
            if self._generator is None:
                from ..generation.built_in import BuiltInGenerator

                self._generator = BuiltInGenerator(threads=1)
            return self._generator

    def likeness(self, question: str, known: Known, hints: Hints) -> float:
        from ..parser.likeness import likeness, question_vectors

        network = self.generator.model.network
        asked = self._asked
        if asked is None or asked[0] != question:
            asked = self._asked = question, question_vectors(network, question)
        return likeness(network, question, asked[1], self._prepare(known.context), hints)

    def _prepare(self, context: Context) -> PreparedSchema:
        with self._preparing:
            if id(context) not in self._prepared:
                while len(self._prepared) >= MAX_PREPARED:
                    del self._prepared[next(iter(self._prepared))]
                prepared = self.generator.model.prepare(context.schema, context.profile)
                self._prepared[id(context)] = context, prepared
            return self._prepared[id(context)][1]

    def log_probability(self, question: str, known: Known) -> float:
        try:
            prompt = prompt_for(question, known.context, PromptOptions(samples=self.generator.needs.samples))
            best = self.generator.generate([prompt], Sampling())[0][0]
        except SomeFailedError:
            return NO_QUERY
        return NO_QUERY if best.refused or best.score is None else best.score


def link(question: str, known: Known) -> Linked:
    """Names, stored values and the name of the database itself."""
    context = known.context
    hints = Hints(link_names(question, context.schema), context.values.search(question) if context.values else ())
    words: dict[str, float] = {}
    mentions: dict[str, tuple[float, str]] = {}  # the best of what each stretch of the question names
    for word in identifier_words(known.name):
        if len(word) > 1 and stem(word) in {stem(asked) for asked in _WORD.findall(fold(question))}:
            _count(words, word, NAME)
    for name in hints.names:
        weight = name.score * (COLUMN if name.column else TABLE)
        _count(words, name.mention, weight)
        if any(_weight(word) == 1.0 for word in _WORD.findall(fold(name.mention))):
            shown = f"{name.table}.{name.column}" if name.column else name.table
            mentions[name.mention] = max(mentions.get(name.mention, (0.0, "")), (weight, shown))
    for value in hints.values:
        weight = value.score * VALUE * (PLAIN_VALUE if value.mention.islower() else 1.0)
        _count(words, value.mention, weight)
        shown = f"{value.table}.{value.column} = {value.value}"
        mention = fold(value.mention)
        mentions[mention] = max(mentions.get(mention, (0.0, "")), (weight, shown))
    best = sorted(mentions.values(), key=lambda found: -found[0])
    return Linked(words, tuple(dict.fromkeys(shown for _, shown in best))[:MENTIONS], hints)


def _count(words: dict[str, float], mention: str, weight: float) -> None:
    for word in _WORD.findall(fold(mention)):
        key = stem(word)
        words[key] = max(words.get(key, 0.0), weight * _weight(word))


def _weight(word: str) -> float:
    return EVERYDAY if stem(word) in _EVERYDAY else WEAK if is_weak(word) else 1.0


def _evidence(linked: Sequence[Linked]) -> list[float]:
    """For each database the sum over its words, the rarer a word among the databases the more."""
    known: dict[str, float] = {}
    for one in linked:
        for word, strength in one.words.items():
            known[word] = known.get(word, 0.0) + strength
    return [sum(s * math.log(1 + len(linked) / known[word]) for word, s in one.words.items()) for one in linked]


def _certain(question: str, databases: Sequence[Known]) -> list[bool]:
    """The databases that were taught the question; else those whose catalog answers it."""
    taught = [
        known.knowledge is not None
        and known.knowledge.verified(question, known.context.values, known.context.schema.dialect) is not None
        for known in databases
    ]
    if any(taught):
        return taught
    return [catalogue_table(question, known.context.schema) is not None for known in databases]


def _lead(totals: Sequence[float]) -> float:
    first, second = sorted(totals, reverse=True)[:2]
    return first - second


def _ranked(databases: Sequence[Known], linked: Sequence[Linked], totals: Sequence[float]) -> tuple[Candidate, ...]:
    best = max(totals)
    powers = [math.exp((total - best) * SHARPNESS) for total in totals]
    order = sorted(range(len(databases)), key=lambda i: -totals[i])
    return tuple(Candidate(databases[i].name, powers[i] / sum(powers), linked[i].mentions) for i in order)
