"""Which columns may hold keys of which tables, by their names and types."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...core import Column, Role, Schema, Table
from ...core.fold import singular
from .sample import Samples
from .seen import Seen
from .types import NUMBERS, kind_of
from .words import name_words

Words = tuple[str, ...]

STRONG, MEDIUM, WEAK = 3, 2, 1
_ID_WORDS = frozenset("id ids uuid guid pk fk oid key no num nr number code ref uid".split())
_PREFIXES = frozenset("t tb tbl table dim fact fct stg vw sys app".split())
_GENERIC = frozenset(
    "id uuid guid pk key code no number num name title type status state date year description value note comment "
    "position level rank index version seq sequence line".split()
)
_SELF = frozenset(
    "parent manager supervisor superior boss predecessor previous next successor mentor leader lead chief root original "
    "father mother spouse replied reply referred referrer report reporting responsable vorgesetzter 上级 父 父级".split()
)
# Roles that a person plays, and the tables that hold persons, the likeliest first.
_STAFF_ROLES = frozenset("manager supervisor superior boss leader lead chief head salesperson rep technician clerk seller".split())
_USER_ROLES = frozenset(
    "owner author creator assignee assigned created updated modified deleted approved reviewed reviewer reporter requester "
    "editor sender recipient receiver follower followee submitter uploader user member operator handler".split()
)
_STAFF_TABLES = ("employee", "staff", "worker", "personnel", "user", "person", "member")
_USER_TABLES = ("user", "account", "member", "person", "employee", "staff", "customer")
_NOT_CHILDREN: frozenset[Role] = frozenset({"date", "flag", "money", "email", "url", "json", "other", "phone"})
_MIN_ABBREVIATION = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """`table.column` may hold values of `parent.key`. `why` is the evidence of the names."""

    table: str
    column: str
    parent: str
    key: str
    strength: int
    why: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What matching needs to know of a table: `entity` is its name in the singular, without a common prefix."""

    table: Table
    entity: Words
    keys: tuple[str, ...]  # columns that identify its rows alone: the primary key first


class Candidates:
    """All candidates of a schema, found through indexes by name, so that 1,000 tables take a second."""

    def __init__(self, schema: Schema, samples: Samples, roles: Mapping[tuple[str, str], Role]) -> None:
        self._samples, self._roles, self._dialect = samples, roles, schema.dialect
        tables = [table for table in schema if not table.is_view]
        prefix = _common_prefix(tables)
        self.known = {
            t.full_name: _Known(t, _entity(t, prefix), tuple(_keys_of(t, _entity(t, prefix), samples))) for t in tables
        }
        self._by_entity: defaultdict[Words, list[_Known]] = defaultdict(list)
        self._by_tail: defaultdict[Words, list[_Known]] = defaultdict(list)
        self._by_key: defaultdict[str, list[_Known]] = defaultdict(list)
        self._by_letter: defaultdict[str, list[_Known]] = defaultdict(list)
        for known in self.known.values():
            if not known.keys:
                continue
            self._by_entity[known.entity].append(known)
            self._by_letter["".join(known.entity)[:1]].append(known)
            for start in range(1, len(known.entity)):
                self._by_tail[known.entity[start:]].append(known)
            for key in known.keys:
                self._by_key[_compact(key)].append(known)

    def of(self, table: Table, column: Column) -> list[Candidate]:
        """Every candidate of one column, none where the column cannot be a foreign key."""
        own = self.known.get(table.full_name)
        if own is None or self._roles.get((table.full_name, column.name)) in _NOT_CHILDREN:
            return []
        words = tuple(singular(w) for w in name_words(column.name))
        head = _head(words)
        alone = table.primary_key == (column.name,)
        if alone and (head in ((), own.entity) or _compact(column.name) == _compact("".join(own.entity))):
            return []
        found: dict[tuple[str, str], Candidate] = {}
        for parent, key, strength, why in self._matches(own, column, words, head):
            at = (parent.table.full_name, key)
            if at == (table.full_name, column.name) or not self._compatible(table, column, parent.table, key):
                continue
            if at not in found or found[at].strength < strength:
                found[at] = Candidate(table.full_name, column.name, *at, strength, why)
        return list(found.values())

    def _matches(
        self, own: _Known, column: Column, words: Words, head: Words
    ) -> Iterator[tuple[_Known, str, int, str]]:
        named_id = len(head) < len(words)
        yield from self._prisma(own, column)
        yield from self._same_name(own, column, words, head)
        if own.table.primary_key == (column.name,) and not head:
            return
        for parent, strength, why in self._entities(own, head, named_id):
            for i, key in enumerate(parent.keys):
                # A column that is not the primary key is a parent only where the stored values prove it.
                yield parent, key, strength if not i else min(strength, WEAK), why
        yield from self._roles_of_people(own, head, named_id)
        if not head or named_id:
            for parent in self.known.values():
                if parent.keys and parent is not own:
                    yield parent, parent.keys[0], WEAK, "no other table holds the values"

    def _prisma(self, own: _Known, column: Column) -> Iterator[tuple[_Known, str, int, str]]:
        """The columns A and B of `_GroupToUser`."""
        name = own.table.name
        if not name.startswith("_") or "To" not in name or column.name not in ("A", "B"):
            return
        sides = dict(zip("AB", name[1:].split("To", 1), strict=True))
        for parent in self.known.values():
            if parent.table.name.casefold() == sides[column.name].casefold() and parent.keys:
                yield parent, parent.keys[0], STRONG, f"side {column.name} of the join table {name}"

    def _same_name(
        self, own: _Known, column: Column, words: Words, head: Words
    ) -> Iterator[tuple[_Known, str, int, str]]:
        if set(words) <= _GENERIC:
            return
        holders = [k for k in self._by_key[_compact(column.name)] if k is not own]
        primary = [k for k in holders if _compact(k.keys[0]) == _compact(column.name)]
        owners = [k for k in holders if k.entity == head]
        for parent in holders:
            key = next(k for k in parent.keys if _compact(k) == _compact(column.name))
            first = parent.keys[0] == key
            sure = parent in owners if owners else (len(primary) == 1 and first)
            child_is_key = own.table.primary_key == (column.name,)
            if child_is_key and not (sure and (owners or len(head) < len(words))):
                continue
            if child_is_key and not owners:
                continue
            named = len(head) < len(words) or parent in owners
            strength = STRONG if sure and first else MEDIUM if sure or (first and named) else WEAK
            yield parent, key, strength, "same name as the key"

    def _entities(self, own: _Known, head: Words, named_id: bool) -> Iterator[tuple[_Known, int, str]]:
        """Tables that the column's name without its `id` names."""
        if not head:
            return
        found = False
        for start in range(len(head)):
            part = head[start:]
            for parent in self._by_entity.get(part, ()):
                if parent is own and not start:
                    continue
                found = True
                strength = STRONG if named_id else MEDIUM
                yield parent, strength if not start else min(strength, MEDIUM + named_id - (parent is own)), "names the table"
            if found:
                return
        for start in range(len(head)):
            for parent in self._by_tail.get(head[start:], ()):
                if parent is not own:
                    found = True
                    yield parent, MEDIUM, "names the table by its last word"
            if found:
                return
        compact = "".join(head)
        if len(compact) < _MIN_ABBREVIATION:
            return
        for parent in self._by_letter.get(compact[:1], ()):
            entity = "".join(parent.entity)
            if parent is not own and (entity.startswith(compact) or parent.entity[0] == head[0]):
                yield parent, MEDIUM if named_id else WEAK, "abbreviates the table's name"
            elif parent is not own and named_id and _is_skeleton(compact, entity):
                yield parent, WEAK, "abbreviates the table's name"

    def _roles_of_people(self, own: _Known, head: Words, named_id: bool) -> Iterator[tuple[_Known, str, int, str]]:
        said = set(head)
        if own.keys and said & _SELF and (named_id or head in (("parent",), ("manager",), ("supervisor",), ("report", "to"))):
            entity = own.entity[-1:] or ("",)
            staff = said & _STAFF_ROLES and entity[0] not in _STAFF_TABLES
            if not staff:
                yield own, own.keys[0], MEDIUM, "points at another row of its own table"
        elif own.keys and head == ("report", "to"):
            yield own, own.keys[0], MEDIUM, "points at another row of its own table"
        for roles, names in ((_STAFF_ROLES, _STAFF_TABLES), (_USER_ROLES, _USER_TABLES)):
            if not said & roles or not (named_id or head[-1:] in (("by",), ("to",)) or len(head) == 1):
                continue
            for name in names:
                people = [k for k in self.known.values() if k.keys and k.entity[-1:] == (name,)]
                people.sort(key=lambda k: len(k.entity))
                if people:
                    yield people[0], people[0].keys[0], MEDIUM, "a person's role"
                    break

    def _compatible(self, table: Table, column: Column, parent: Table, key: str) -> bool:
        own = _kind(self._samples.get((table.full_name, column.name)), column)
        other = _kind(self._samples.get((parent.full_name, key)), parent.column(key))
        if not own or not other or own == other:
            return True
        # SQLite and MySQL compare a text with a number by the number.
        return self._dialect in ("sqlite", "mysql") and "list" not in (own, other)


def _kind(seen: Seen | None, column: Column) -> str:
    kind = (seen.kind if seen else "") or kind_of(column.type)
    return "number" if kind in NUMBERS else kind


def _head(words: Words) -> Words:
    """The words without `id`, `fk`, `no` and the like at either end."""
    start, end = 0, len(words)
    while end > start and words[end - 1] in _ID_WORDS:
        end -= 1
    while start < end and words[start] in ("id", "fk", "ref", "uuid"):
        start += 1
    return words[start:end]


def _compact(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _common_prefix(tables: list[Table]) -> str:
    """The first word that most tables share: `moz` of moz_places and moz_origins."""
    firsts = Counter(name_words(t.name)[0] for t in tables if len(name_words(t.name)) > 1)
    if not firsts:
        return ""
    word, count = firsts.most_common(1)[0]
    return word if count >= 3 and count >= 0.6 * len(tables) else ""


def _entity(table: Table, prefix: str) -> Words:
    words = tuple(singular(w) for w in name_words(table.name))
    while len(words) > 1 and (words[0] in _PREFIXES or words[0] == prefix):
        words = words[1:]
    return words


def _keys_of(table: Table, entity: Words, samples: Samples) -> Iterator[str]:
    """The primary key where it is one column, then other columns whose values all differ in the sample."""
    primary = table.primary_key[0] if len(table.primary_key) == 1 else ""
    if primary:
        yield primary
    rest = [c.name for c in table.columns if c.name != primary]
    unread = not any(s.filled for c in table.columns if (s := samples.get((table.full_name, c.name))))
    rest = [n for n in rest if _is_unique(samples.get((table.full_name, n))) or (unread and not table.primary_key)]

    def rank(name: str) -> int:
        words = tuple(singular(w) for w in name_words(name))
        head = _head(words)
        if len(head) < len(words) and head in ((), entity):
            return 0
        return 1 if words == entity else 2 if len(head) < len(words) else 3

    ranked = sorted(rest, key=rank)
    yield from (name for name in ranked if not unread or rank(name) == 0)


def _is_unique(seen: Seen | None) -> bool:
    return seen is not None and seen.unique and seen.kind in ("integer", "text", "")


def _is_skeleton(short: str, long: str) -> bool:
    """Whether `short` is `long` with letters left out, the first letter kept: dpt for department."""
    letters = iter(long)
    return short[:1] == long[:1] and all(c in letters for c in short)
