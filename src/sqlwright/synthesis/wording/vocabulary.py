"""The nouns that a person uses for tables and columns, from their names and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core import Column, Schema, Table
from ...core.fold import fold, identifier_words, singular
from ..roles import foreign_key_of, role_of
from .english import PARTICIPLES, plural, singular_phrase

_ABBREVIATIONS = {
    "abbrev": "abbreviation",
    "addr": "address",
    "amt": "amount",
    "avg": "average",
    "cat": "category",
    "cnt": "count",
    "cust": "customer",
    "dept": "department",
    "desc": "description",
    "dob": "date of birth",
    "dst": "destination",
    "emp": "employee",
    "fname": "first name",
    "lname": "last name",
    "loc": "location",
    "max": "maximum",
    "min": "minimum",
    "mgr": "manager",
    "msg": "message",
    "no": "number",
    "nr": "number",
    "num": "number",
    "org": "organization",
    "pct": "percentage",
    "prod": "product",
    "qty": "quantity",
    "ref": "reference",
    "src": "source",
    "stu": "student",
    "tel": "phone number",
    "yr": "year",
    "firstname": "first name",
    "lastname": "last name",
    "fullname": "full name",
    "birthdate": "birth date",
    "birthday": "birthday",
    "zipcode": "zip code",
    "postcode": "post code",
    "maxoccupancy": "maximum occupancy",
    "username": "user name",
}
_DOERS = {
    "composed": "composer",
    "created": "creator",
    "directed": "director",
    "hosted": "host",
    "managed": "manager",
    "owned": "owner",
    "produced": "producer",
    "published": "publisher",
    "reported": "reporter",
    "taught": "teacher",
    "written": "writer",
}
_TAILS = re.compile(r"([a-z]{3,})(id|name|date|code|type|price|number)\Z")
_WHOLE = frozenset(
    "paid valid grid rapid solid fluid liquid android asteroid void raid update candidate surname".split()
)
_PREFIXES = frozenset("tbl tb ref dim fact vw".split())
_COMMENT = re.compile(r"[^\W\d_][^\n.;:,()\[\]{}|=/]{1,38}\Z")
_COMMENT_WORDS = 4
_CODE = re.compile(r"(?:^|[;,:]\s*|\s-+\s*)([A-Za-z0-9_+-]{1,12})\s*=\s*([^\W\d_][^,;=.()]{1,38}?)(?=\s*(?:[,;.(]|$))")
_PREPOSITIONS = frozenset("in on at by for from to with per of as only such see always never".split())


@dataclass(frozen=True, slots=True)
class Noun:
    one: str
    many: str

    @classmethod
    def of(cls, one: str) -> Noun:
        return cls(one, plural(one))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Nouns to choose from, the usual one first.

    `meanings` has, by column, what its comment says that codes stand for: `P = private` gives "private" for "P".
    """

    tables: dict[str, tuple[Noun, ...]]
    columns: dict[tuple[str, str], tuple[Noun, ...]]
    meanings: dict[tuple[str, str], dict[str, str]]


def build_vocabulary(schema: Schema) -> Vocabulary:
    known = _known_words(schema)
    tables = {t.full_name: _table_nouns(t, known) for t in schema}
    columns = {(t.full_name, c.name): _column_nouns(t, c, known) for t in schema for c in t.columns}
    meanings = {(t.full_name, c.name): found for t in schema for c in t.columns if (found := coded(c.comment))}
    return Vocabulary(tables, columns, meanings)


def coded(comment: str) -> dict[str, str]:
    """The codes that a comment explains, as in `S = shop, O = outlet`."""
    return {code: " ".join(meaning.split()) for code, meaning in _CODE.findall(comment)}


def _known_words(schema: Schema) -> frozenset[str]:
    names = [t.name for t in schema] + [c.name for t in schema for c in t.columns]
    return frozenset(w for name in names for w in identifier_words(name) if len(w) > 2)


def _table_nouns(table: Table, known: frozenset[str]) -> tuple[Noun, ...]:
    words = spoken_words(table.name, known)
    if len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    found = [Noun.of(singular_phrase(" ".join(words)) or table.name)]
    if comment := spoken_comment(table.comment, words):
        found.insert(0, Noun.of(singular_phrase(comment)))
    return tuple(dict.fromkeys(found))


def _column_nouns(table: Table, column: Column, known: frozenset[str]) -> tuple[Noun, ...]:
    words, own = spoken_words(column.name, known), spoken_words(table.name, known)
    short = _plainer(_without_table(words, own)) if foreign_key_of(table, column.name) is None else words
    if [singular(w) for w in short] == [singular(w) for w in own] and role_of(table, column) == "text":
        short = ["name"]  # the column Airline of the table airlines
    found = [Noun.of(" ".join(short)) if short else Noun.of(column.name)]
    if comment := spoken_comment(column.comment, words):
        found.insert(0, Noun.of(" ".join(_without_table(comment.split(), own))))
    raw = " ".join(identifier_words(column.name))
    if raw and not raw.endswith((" on", " at", " by")):
        found.append(Noun.of(raw))
    return tuple(dict.fromkeys(found))


def spoken_words(name: str, known: frozenset[str] = frozenset()) -> list[str]:
    """The words of a name, abbreviations written out: `dept_no` is department number.

    A word that is two of the `known` ones is taken apart: `countrylanguage` where country and language are known.
    """
    return [part for word in identifier_words(name) for half in _halves(word, known) for part in _spoken(half)]


def _halves(word: str, known: frozenset[str]) -> list[str]:
    for cut in range(3, len(word) - 2):
        if word[:cut] in known and word[cut:] in known:
            return [word[:cut], word[cut:]]
    return [word]


def _spoken(word: str) -> list[str]:
    if word in _ABBREVIATIONS:
        return _ABBREVIATIONS[word].split()
    match = _TAILS.match(word)
    if match and word not in _WHOLE and not word.endswith(("date", "type")):
        return [*_spoken(match[1]), match[2]]
    return [word]


def _without_table(words: list[str], table: list[str]) -> list[str]:
    """`student name` in the table of students is a name."""
    bare = [singular(w) for w in table]
    for size in range(len(bare), 0, -1):
        for own in (bare[:size], bare[-size:]):
            if len(words) > size and [singular(w) for w in words[:size]] == own and words[size] not in ("of", "to"):
                return words[size:]
    return words


def _plainer(words: list[str]) -> list[str]:
    """`ordered_on` is the date ordered, `written_by` the writer."""
    if len(words) == 2 and words[1] in ("on", "at") and words[0].endswith(PARTICIPLES):
        return ["date", words[0]]
    if len(words) == 2 and words[1] == "by" and words[0] in _DOERS:
        return [_DOERS[words[0]]]
    return words


def spoken_comment(comment: str, words: list[str]) -> str:
    """A comment that says the name, of these words, in plainer ones; "" for any other: sentences, units, codes."""
    text = " ".join(comment.split())
    if not text or len(text.split()) > _COMMENT_WORDS or not _COMMENT.match(text):
        return ""
    folded = fold(text)
    for start in ("the ", "a ", "an "):
        folded = folded.removeprefix(start)
    said = folded.split()
    if not said or said[0] in _PREPOSITIONS:
        return ""
    cryptic = all(len(w) < 4 or w.isdigit() for w in words)
    alike = any(a[:3] == b[:3] for a in said for b in words if len(a) > 2 and len(b) > 2)
    return folded if alike or (cryptic and len(said) > 1) else ""
