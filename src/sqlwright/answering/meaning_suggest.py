"""Propose a meaning from what is known: comments, codes with labels, confirmed pairs, and questions of the log."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from ..core import Profile, Schema, SqlwrightError, Table
from ..core.fold import fold, identifier_words, singular
from ..core.meaning import Meaning, Measure, NamedCondition, Synonym
from ..meaning.expression import resolve
from ..prompts.linking import is_weak, link_names
from ..sql.describe import conjuncts
from ..sql.reading import read_one

MAX_COMMENT_CHARS = 24
MAX_LABELS = 20
LEAST = 2  # pairs in which a word and a part of a query come together
_HEAD = re.compile(r"[：:,，;；(（\[.。]")
_CJK = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words of questions that name nothing.
_ASKING = frozenset(
    """
    show list give find tell get what which who whose when where how many much all any each per every the and for with
    without from that are was were did does have has had our their its total average number count most least highest
    lowest top last first this year month week day since before after between over under more less than by not
    """.split()
)


@dataclass(frozen=True, slots=True)
class Suggested:
    """`meaning` is to be read and edited by a person; `why` says for each item where it comes from."""

    meaning: Meaning
    why: tuple[str, ...] = ()


def suggest_meaning(
    schema: Schema, profile: Profile, pairs: Sequence[tuple[str, str]] = (), questions: Iterable[str] = ()
) -> Suggested:
    """`pairs` are questions with SQL that a person confirmed; `questions` are those of the log that failed."""
    why: list[str] = []
    synonyms = [*_from_comments(schema, why), *_from_labels(profile, why)]
    told = [_Pair.read(question, sql, schema) for question, sql in pairs]
    known = [pair for pair in told if pair is not None]
    measures, conditions = _definitions(known, schema, why)
    names = [*(m.name for m in measures), *(c.name for c in conditions)]
    taken = {word for name in names for word in fold(name).split()}
    synonyms += _tables_of_words(known, taken, why)
    words = _unknown_words(questions, schema)
    if words:
        why.append(f"words of unanswered questions that name nothing yet: {', '.join(words)}")
    unique = tuple(dict.fromkeys(synonyms))
    return Suggested(Meaning(unique, tuple(measures), tuple(conditions)), tuple(why))


def _from_comments(schema: Schema, why: list[str]) -> Iterator[Synonym]:
    """Short comments, and the head of those that go on to explain codes."""
    for table in schema:
        if words := _head(table.comment, table.name):
            why.append(f"{words}: comment of {table.full_name}")
            yield Synonym(words, table.full_name)
        for column in table.columns:
            if words := _head(column.comment, column.name):
                why.append(f"{words}: comment of {table.full_name}.{column.name}")
                yield Synonym(words, table.full_name, column.name)


def _head(comment: str, name: str) -> str:
    head = _HEAD.split(comment.strip(), maxsplit=1)[0].strip()
    few = len(head) <= (MAX_COMMENT_CHARS // 2 if _CJK.search(head) else MAX_COMMENT_CHARS) and len(head.split()) <= 3
    same = fold(head) in (fold(name), " ".join(identifier_words(name)))
    unit = not _CJK.search(head) and len(head.split()) == 1  # "euro" is a unit more often than a name
    return "" if not head or not few or same or unit or not any(map(str.isalpha, head)) else head


def _from_labels(profile: Profile, why: list[str]) -> Iterator[Synonym]:
    for (table, column), found in profile.columns.items():
        if found.role == "flag":
            continue
        for code, label in found.labels[:MAX_LABELS]:
            if fold(code) != fold(label):
                why.append(f"{label}: label of {table}.{column} = {code}")
                yield Synonym(label, table, column, code)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A confirmed pair: the words that name nothing in the schema, the tables, and the parts of the query."""

    words: frozenset[str]
    tables: tuple[str, ...]
    unnamed: frozenset[str]
    measures: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, question: str, sql: str, schema: Schema) -> _Pair | None:
        tree = read_one(sql, schema.dialect)
        if tree is None:
            return None
        tables = _tables(tree, schema)
        linked = {(match.table, match.column) for match in link_names(question, schema) if match.score >= 0.6}
        unnamed = frozenset(name for name in tables.values() if (name, "") not in linked)
        parts = _Parts(tree, tables, schema)
        return cls(
            frozenset(_unknown(question, schema)), tuple(tables.values()), unnamed, parts.measures(), parts.conditions()
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """The computed aggregates and the conditions of a query, about one table each."""

    tree: exp.Expr
    tables: Mapping[str, str]
    schema: Schema

    def measures(self) -> tuple[tuple[str, str], ...]:
        found = [
            n for n in self.tree.find_all(exp.AggFunc) if not isinstance(n.this, (exp.Column, exp.Star, exp.Literal))
        ]
        return self._texts(n for n in found if not n.find_ancestor(exp.AggFunc))

    def conditions(self) -> tuple[tuple[str, str], ...]:
        where = [w.this for w in self.tree.find_all(exp.Where)]
        tests = [test for condition in where for test in conjuncts(condition)]
        return self._texts(test for test in tests if not test.find(exp.Query) and not _compares_dates(test))

    def _texts(self, nodes: Iterable[exp.Expr]) -> tuple[tuple[str, str], ...]:
        """(table, expression) of those that read one table."""
        found = []
        for node in nodes:
            columns = list(node.find_all(exp.Column))
            owners = {self._owner(column) for column in columns}
            if len(owners) != 1 or "" in owners:
                continue
            plain = node.copy()
            for column in plain.find_all(exp.Column):
                column.set("table", None)
                column.set("db", None)
            table, text = owners.pop(), plain.sql(dialect=self.schema.dialect)
            try:
                resolve(text, table, self.schema)
            except SqlwrightError:
                continue
            found.append((table, text))
        return tuple(dict.fromkeys(found))

    def _owner(self, column: exp.Column) -> str:
        if column.table:
            return self.tables.get(column.table.casefold(), "")
        holders = [name for name in set(self.tables.values()) if _holds(self.schema.table(name), column.name)]
        return holders[0] if len(holders) == 1 else ""


def _holds(table: Table, column: str) -> bool:
    return any(c.name.casefold() == column.casefold() for c in table.columns)


def _compares_dates(test: exp.Expr) -> bool:
    """A test against a day or a year belongs to one question, not to a word."""
    return any(re.match(r"\d{4}(-|$)", literal.this) for literal in test.find_all(exp.Literal))


def _tables(tree: exp.Expr, schema: Schema) -> dict[str, str]:
    """Full names of the tables of a query, by alias and by name."""
    found: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        try:
            name = schema.table(f"{table.db}.{table.name}" if table.db else table.name).full_name
        except SqlwrightError:
            continue
        found[table.alias_or_name.casefold()] = name
    return found


def _definitions(pairs: Sequence[_Pair], schema: Schema, why: list[str]) -> tuple[list[Measure], list[NamedCondition]]:
    """Parts of queries that come with one word in several pairs, and with no pair that lacks it."""
    measures = [
        Measure(word, text, table) for word, (table, text) in _named([(p.words, p.measures) for p in pairs], why)
    ]
    taken = {measure.name for measure in measures}
    conditions = [
        NamedCondition(word, text, table)
        for word, (table, text) in _named([(p.words, p.conditions) for p in pairs], why)
        if word not in taken
    ]
    return measures, conditions


def _named(
    told: Sequence[tuple[frozenset[str], tuple[tuple[str, str], ...]]], why: list[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    words_of: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    total: Counter[tuple[str, str]] = Counter()
    of_word: Counter[str] = Counter(word for words, _ in told for word in words)
    for words, parts in told:
        for part in parts:
            total[part] += 1
            words_of[part].update(words)
    used: set[str] = set()
    for part, count in total.most_common():
        best = [(n, w) for w, n in words_of[part].items() if n >= LEAST and n == of_word[w] and w not in used]
        if count >= LEAST and best:
            number, word = max(best, key=lambda found: (found[0], -len(found[1])))
            used.add(word)
            why.append(f"{word}: {part[1]} in {number} confirmed pairs with this word")
            yield word, part


def _tables_of_words(pairs: Sequence[_Pair], taken: set[str], why: list[str]) -> Iterator[Synonym]:
    """A word that comes in several pairs, always with one table that the question does not name."""
    found: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    for pair in pairs:
        for word in pair.words - taken:
            found[word].append(pair.unnamed)
    for word, tables in sorted(found.items()):
        common = frozenset.intersection(*tables)
        if len(tables) >= LEAST and len(common) == 1:
            (table,) = common
            why.append(f"{word}: {len(tables)} confirmed pairs with this word read {table}")
            yield Synonym(word, table)


def _unknown_words(questions: Iterable[str], schema: Schema) -> list[str]:
    counts = Counter(word for question in questions for word in set(_unknown(question, schema)))
    return [word for word, n in counts.most_common(20) if n >= LEAST]


def _unknown(question: str, schema: Schema) -> Iterator[str]:
    """The words of a question that occur in no name of the schema."""
    names = {
        singular(part)
        for table in schema
        for name in (table.name, *(c.name for c in table.columns))
        for part in identifier_words(name)
    }
    for word in _WORD.findall(fold(question)):
        if word not in _ASKING and not is_weak(word) and singular(word) not in names:
            yield singular(word)
