"""One question's choices: which noun a table goes by, how a value is quoted."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...core import Schema
from ...parser.form import ColumnRef, Literally, Query, Select
from ...parser.joins import JoinGraph
from ..naming import is_name
from ..profile import ColumnProfile, Profile
from ..roles import refers_to
from .english import number_word, plural
from .measures import is_person
from .vocabulary import Noun, Vocabulary

T = TypeVar("T")
_SPELLED_NUMBERS = 10  # up to this people often write the word
_GENDERS = {"f": "female", "m": "male"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase that says what a query gives; `plural` for its verb."""

    text: str
    plural: bool


@dataclass
class Speaker:
    """`nested` words a query that stands inside another one, `rows` the rows that a SELECT picks of its first table."""

    profile: Profile
    vocabulary: Vocabulary
    rng: random.Random
    nested: Callable[[Query], Phrase]
    rows: Callable[[Select, str], str]
    quotes: str = ""
    _chosen: dict[tuple[str, str], Noun] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        return self.profile.schema

    @property
    def graph(self) -> JoinGraph:
        return self.profile.relations.graph

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, options: Sequence[T]) -> T:
        return options[self.rng.randrange(len(options))]

    def table(self, name: str) -> Noun:
        """The same noun all through the question."""
        return self._noun((name, ""), self.vocabulary.tables[name])

    def column(self, ref: ColumnRef) -> Noun:
        found = self.vocabulary.columns[ref.table.table, ref.column]
        noun = self._noun((ref.table.table, ref.column), found)
        if noun.one.endswith(" id") and self.chance(0.15):
            target = refers_to(self.schema.table(ref.table.table), ref.column, self.schema)
            if target is not None:
                return Noun.of(noun.one.removesuffix(" id"))
        return noun

    def _noun(self, key: tuple[str, str], options: Sequence[Noun]) -> Noun:
        if key not in self._chosen:
            # The first is the usual one; a name as it is written is heard now and then.
            usual = len(options) == 1 or self.chance(0.75)
            self._chosen[key] = options[0] if usual else self.pick(options[1:])
        return self._chosen[key]

    def named_by(self, ref: ColumnRef) -> Noun | None:
        """The things that a key's values stand for; None for a column that is no key."""
        table = self.schema.table(ref.table.table)
        if table.primary_key == (ref.column,):
            return self.table(table.full_name)
        target = refers_to(table, ref.column, self.schema)
        if target is None:
            return None
        if target is table or sum(key.ref_table == target.full_name for key in table.foreign_keys) > 1:
            return Noun.of(self.column(ref).one.removesuffix(" id"))  # the manager; the source or the destination
        return self.table(target.full_name)

    def seen_from(self, table: str, origin: str) -> Noun:
        """A table that connects two others is the other one: a student's enrolments are courses.

        It does where its columns, or its primary key, are nothing but their two keys.
        """
        found = self.schema.table(table)
        for names in ([c.name for c in found.columns], found.primary_key):
            targets = [refers_to(found, name, self.schema) for name in names]
            others = [t.full_name for t in targets if t is not None and t.full_name != origin]
            if origin != table and len(targets) == 2 and None not in targets and len(others) == 1:
                return self.table(others[0])
        return self.table(table)

    def person(self, table: str) -> bool:
        return is_person(self.table(table).one)

    def who(self, table: str) -> str:
        """The relative pronoun."""
        return "who" if self.person(table) and self.chance(0.7) else "that"

    def facts(self, ref: ColumnRef) -> ColumnProfile | None:
        return self.profile.columns.get((ref.table.table, ref.column))

    def is_time(self, ref: ColumnRef) -> bool:
        found = self.facts(ref)
        last = self.vocabulary.columns[ref.table.table, ref.column][0].one.split()[-1:]
        return (found is not None and found.role == "date") or last in (["year"], ["date"])

    def names_one(self, ref: ColumnRef) -> bool:
        """Whether a value of the column means one row of its table."""
        found = self.facts(ref)
        return found is not None and found.unique and (is_name(ref.column) or found.role == "key")

    def value(self, literal: Literally, ref: ColumnRef | None = None) -> str:
        """As a person writes it; quoted where the words would run into the sentence."""
        if ref is not None and (meaning := self.meaning(literal.text, ref)) and self.chance(0.75):
            return meaning
        if literal.numeric:
            facts = self.facts(ref) if ref is not None else None
            return literal.text if facts is not None and facts.role == "key" else self.number(literal.text)
        if ref is not None and (gender := self._gender(literal.text, ref)):
            return gender
        odd = literal.text[:1].islower() or not literal.text[:1].isalnum() or len(literal.text.split()) > 3
        if literal.text.replace("-", "").replace(":", "").replace(" ", "").isdigit():
            odd = False
        if not self.chance(0.55 if odd else 0.25):
            return literal.text
        return self.quoted(literal.text)

    def meaning(self, code: str, ref: ColumnRef) -> str:
        """What the column's comment says that a code stands for; "" where it says nothing."""
        return self.vocabulary.meanings.get((ref.table.table, ref.column), {}).get(code, "")

    def quoted(self, text: str) -> str:
        if not self.quotes:
            self.quotes = self.pick(('"', '"', "'"))
        mark = self.quotes if self.quotes not in text else "'" if self.quotes == '"' else '"'
        return f"{mark}{text}{mark}" if mark not in text else text

    def number(self, text: str) -> str:
        if text.isdigit() and int(text) <= _SPELLED_NUMBERS and self.chance(0.2):
            return number_word(int(text))
        return text

    def _gender(self, text: str, ref: ColumnRef) -> str:
        words = self.vocabulary.columns[ref.table.table, ref.column][0].one.split()
        return _GENDERS.get(text.lower(), "") if words[-1:] in (["sex"], ["gender"]) and self.chance(0.8) else ""


def counted(noun: Noun, number: int) -> str:
    return noun.one if number == 1 else plural(noun.one)
