"""Which columns may hold keys of which tables, by their names and types."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ...core import Column, Role, Schema, Table
from ...core.fold import singular
from ..engines import ENGINES
from .sample import Samples
from .seen import Seen
from .types import NUMBERS, kind_of
from .words import MEASURE, counts_things, is_chinese, name_words, says

Words = tuple[str, ...]

STRONG, MEDIUM, WEAK = 3, 2, 1
ONLY_FK = "the column is called fk"
_ID_WORDS = frozenset(
    """
    id ids uuid guid pk fk oid key no num nr number code ref uid 编号 编码 代码 号码 标识 序号 号
    """.split()
)
_PREFIXES = frozenset("t tb tbl table dim fact fct stg vw sys app".split())
_GENERIC = frozenset(
    """
    id uuid guid pk key code no number num name title type status state date year description value note comment
    position level rank index version seq sequence line 编号 编码 代码 号码 标识 序号 号 名称 姓名 日期 时间 状态 类型
    """.split()
)
_SELF = frozenset(
    """
    parent manager supervisor superior boss predecessor previous next successor mentor leader lead chief root
    original father mother spouse replied reply referred referrer report reporting responsable vorgesetzter 上级
    父 父级
    """.split()
)
_SELF_ALONE = (("parent",), ("manager",), ("supervisor",), ("report", "to"))
# Roles that a person plays, and the tables that hold persons, the likeliest first.
_STAFF_ROLES = frozenset(
    """
    manager supervisor superior boss leader lead chief head salesperson rep technician clerk seller
    """.split()
)
_USER_ROLES = frozenset(
    """
    owner author creator assignee assigned created updated modified deleted approved reviewed reviewer reporter
    requester editor sender recipient receiver follower followee submitter uploader user member operator handler
    friend male female husband wife winner loser
    """.split()
)
_PERSON_NAMES = frozenset(("first", "last", "full", "surname", "forename", "nick", "nickname", "姓名"))
_STAFF_TABLES = ("employee", "staff", "worker", "personnel", "user", "person", "member")
_USER_TABLES = ("user", "account", "member", "person", "employee", "staff", "customer")
_NOT_CHILDREN: frozenset[Role] = frozenset({"date", "flag", "money", "email", "url", "json", "other", "phone"})
_TABLE_ENDS = ("信息表", "基本信息", "信息", "表")
_MIN_ABBREVIATION = 3
_SPARSE = 3.0  # range of a key's numbers, per number, from which they are not counted from 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """`table.column` may hold values of `parent.key`. `why` is the evidence of the names."""

    table: str
    column: str
    parent: str
    key: str
    strength: int
    why: str
    named_id: bool = True  # the name says that the column holds a key: customer_id, not customer


@dataclass(frozen=True, slots=True)
class _Known:
    """What matching needs to know of a table: `entity` is its name in the singular, without a common prefix."""

    table: Table
    entity: Words
    keys: tuple[str, ...]  # columns that identify its rows alone: the primary key first


class Candidates:
    """All candidates of a schema, found through indexes by name, so that 1,000 tables take a second."""

    def __init__(
        self,
        schema: Schema,
        samples: Samples,
        roles: Mapping[tuple[str, str], Role],
        unique: Collection[tuple[str, str]] = (),
    ) -> None:
        self._samples, self._roles, self._dialect = samples, roles, schema.dialect
        tables = [table for table in schema if not table.is_view]
        prefix = _common_prefix(tables)
        self.known = {
            t.full_name: _Known(t, _entity(t, prefix), tuple(_keys_of(t, _entity(t, prefix), samples, unique)))
            for t in tables
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
        words = _parts(column.name)
        head = _head(words)
        if self._is_own_key(own, column, words, head):
            return []
        named_id = len(head) < sum(not w.isdigit() for w in words)
        found: dict[tuple[str, str], Candidate] = {}
        for parent, key, strength, why in self._matches(own, column, words, head, named_id):
            at = (parent.table.full_name, key)
            if at == (table.full_name, column.name) or not self._compatible(table, column, parent.table, key):
                continue
            if at not in found or found[at].strength < strength:
                found[at] = Candidate(table.full_name, column.name, *at, strength, why, named_id)
        return list(found.values())

    def _is_own_key(self, own: _Known, column: Column, words: Words, head: Words) -> bool:
        """Whether a column identifies the rows of its own table: `id`, `customer_no` of customers.

        The `school_id` of school_details, which may be its primary key, is a key of schools all the same.
        """
        seen = self._samples.get((own.table.full_name, column.name))
        alone = own.table.primary_key == (column.name,)
        if not own.table.primary_key and own.table.columns[0] is column:
            alone = seen is not None and seen.unique
        if head == own.entity or words == own.entity:
            return alone or seen is None or seen.unique or not seen.filled
        if not alone or not head:
            return alone
        exact = any(k is not own for k in self._by_entity.get(head, ()))
        tail = any(k is not own for k in self._by_tail.get(head, ()))
        ends_so, starts_so = head == own.entity[-len(head) :], head == own.entity[: len(head)]
        return (ends_so and not exact) or (starts_so and not exact and not tail)

    def _matches(
        self, own: _Known, column: Column, words: Words, head: Words, named_id: bool
    ) -> Iterator[tuple[_Known, str, int, str]]:
        alone = own.table.primary_key == (column.name,)
        yield from self._prisma(own, column)
        yield from self._same_name(own, column, words, head)
        if not alone:
            yield from self._key_at_the_end(own, column, words)
        if not named_id and (
            counts_things(words) or says(words, MEASURE) or words[-1:] != name_words(column.name)[-1:]
        ):
            return  # a count, a measure or a plural
        for parent, strength, why in self._entities(own, head, named_id, alone):
            for i, key in enumerate(parent.keys):
                # A column that is not the primary key is a parent only where the stored values prove it.
                yield parent, key, strength if not i else min(strength, WEAK), why
        if alone:
            return
        yield from self._roles_of_people(own, head, named_id)
        if words == ("fk",):
            yield from ((k, k.keys[0], WEAK, ONLY_FK) for k in self.known.values() if k.keys and k is not own)
        elif words[-1:] in (("id",), ("uuid",), ("guid",)):
            for parent in self.known.values():
                if parent.keys and parent is not own and self._telling(parent):
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
        if not owners and len(primary) > 1 and not self._has_name(own):
            owners = [k for k in primary if self._has_name(k)]
            owners = owners if len(owners) == 1 else []
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
            if not first and self._is_unique(own, column):
                continue  # an attribute of both tables, such as a default code
            strength = STRONG if sure and first else MEDIUM if sure or (first and named) else WEAK
            yield parent, key, strength, "same name as the key"

    def _is_unique(self, own: _Known, column: Column) -> bool:
        seen = self._samples.get((own.table.full_name, column.name))
        return seen is not None and seen.unique

    def _has_name(self, known: _Known) -> bool:
        return any(self._roles.get((known.table.full_name, c.name)) == "name" for c in known.table.columns)

    def _key_at_the_end(self, own: _Known, column: Column, words: Words) -> Iterator[tuple[_Known, str, int, str]]:
        """`src_apid` where another table has the key `apid`."""
        for start in range(1, len(words)):
            if set(words[start:]) <= _GENERIC or not _says_enough(words[start:]):
                continue
            for parent in self._by_key["".join(words[start:])]:
                if _compact(parent.keys[0]) == "".join(words[start:]):
                    yield parent, parent.keys[0], MEDIUM, "ends with the name of the key"

    def _telling(self, parent: _Known) -> bool:
        """Whether values found in a table's key are no accident: 1, 2, 3 are in the key of any table."""
        seen = self._samples.get((parent.table.full_name, parent.keys[0]))
        if seen is None or not seen.distinct:
            return False
        numbers = seen.numbers()
        return len(numbers) < seen.distinct or max(numbers) - min(numbers) >= _SPARSE * seen.distinct

    def _entities(self, own: _Known, head: Words, named_id: bool, alone: bool) -> Iterator[tuple[_Known, int, str]]:
        """Tables that the column's name without its `id` names; `alone` for the primary key of `own`."""
        if not head:
            return
        found = False
        for start in range(len(head)):
            part = head[start:]
            for parent in self._by_entity.get(part, ()) if _says_enough(part) else ():
                if parent is own and not start:
                    continue
                found = True
                strength = STRONG if named_id else MEDIUM
                yield parent, min(strength, MEDIUM) if start else strength, "names the table"
            if found:
                return
        yield from self._part_of_name(own, head, named_id, alone)

    def _part_of_name(self, own: _Known, head: Words, named_id: bool, alone: bool) -> Iterator[tuple[_Known, int, str]]:
        """Tables of which the column's name has the last word, the first word or the first letters."""
        found = False
        for start in range(len(head)):
            for parent in self._by_tail.get(head[start:], ()) if _says_enough(head[start:]) else ():
                if parent is not own:
                    found = True
                    yield parent, WEAK if start else MEDIUM, "names the table by its last word"
            if found:
                return
        compact = "".join(head)
        if alone or len(compact) < _MIN_ABBREVIATION or len(head) > 1:
            return
        for parent in self._by_letter.get(compact[:1], ()):
            entity = "".join(parent.entity)
            if parent is not own and (entity.startswith(compact) or parent.entity[0] == head[0]):
                yield parent, MEDIUM if named_id else WEAK, "abbreviates the table's name"
            elif parent is not own and named_id and _is_skeleton(compact, entity):
                yield parent, WEAK, "abbreviates the table's name"

    def _roles_of_people(self, own: _Known, head: Words, named_id: bool) -> Iterator[tuple[_Known, str, int, str]]:
        said = set(head)
        if own.keys and said & _SELF and (named_id or head[-1:] == ("by",) or head in _SELF_ALONE):
            entity = own.entity[-1:] or ("",)
            staff = said & _STAFF_ROLES and entity[0] not in _STAFF_TABLES and not self._holds_people(own)
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

    def _holds_people(self, own: _Known) -> bool:
        """Whether a table is likely one of persons, and the only one: agents with full names, and no employees."""
        staff = any(k.entity[-1:] == (name,) for k in self.known.values() for name in _STAFF_TABLES)
        return not staff and any(_PERSON_NAMES & set(name_words(column.name)) for column in own.table.columns)

    def _compatible(self, table: Table, column: Column, parent: Table, key: str) -> bool:
        own = _kind(self._samples.get((table.full_name, column.name)), column)
        other = _kind(self._samples.get((parent.full_name, key)), parent.column(key))
        if not own or not other or own == other:
            return True
        # SQLite and MySQL compare a text with a number by the number.
        return ENGINES[self._dialect].compares_mixed and "list" not in (own, other)


def _kind(seen: Seen | None, column: Column) -> str:
    kind = (seen.kind if seen else "") or kind_of(column.type)
    return "number" if kind in NUMBERS else kind


def _parts(name: str) -> Words:
    """Words in the singular; Chinese, which has no spaces, character by character but for words such as 编号."""
    parts: list[str] = []
    for word in name_words(name):
        parts += word if is_chinese(word) and word not in _ID_WORDS | _GENERIC else [singular(word)]
    return tuple(parts)


def _says_enough(part: Words) -> bool:
    """One Chinese character alone names nothing: 员 of 球员."""
    return len(part) > 1 or not is_chinese(part[0])


def _head(words: Words) -> Words:
    """The words without `id`, `fk`, `no` and the like at either end, and without a number behind them."""
    start, end = 0, len(words)
    while end > 1 and words[end - 1].isdigit():
        end -= 1
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
    name = next((table.name[: -len(e)] for e in _TABLE_ENDS if table.name.endswith(e) and table.name != e), table.name)
    words = _parts(name)
    while len(words) > 1 and (words[0] in _PREFIXES or words[0] == prefix):
        words = words[1:]
    return words


def _keys_of(table: Table, entity: Words, samples: Samples, unique: Collection[tuple[str, str]]) -> Iterator[str]:
    """The primary key where it is one column, then other columns whose values all differ."""
    primary = table.primary_key[0] if len(table.primary_key) == 1 else ""
    if primary:
        yield primary
    rest = [c.name for c in table.columns if c.name != primary]
    unread = not any(s.filled for c in table.columns if (s := samples.get((table.full_name, c.name))))
    rest = [n for n in rest if (table.full_name, n) in unique or (unread and not table.primary_key)]

    def rank(name: str) -> int:
        words = _parts(name)
        head = _head(words)
        if len(head) < len(words) and head in ((), entity):
            return 0
        return 1 if words == entity else 2 if len(head) < len(words) else 3

    ranked = sorted(rest, key=rank)
    yield from (name for name in ranked if not unread or rank(name) == 0)


def _is_skeleton(short: str, long: str) -> bool:
    """Whether `short` is `long` with letters left out, the first letter kept: dpt for department."""
    letters = iter(long)
    return short[:1] == long[:1] and all(c in letters for c in short)
