"""Which token may come next so that the query means something: types, scopes and clauses on top of the grammar.

Every rule looks only at what is already written, so what it allows never has to be taken back. The rules were measured
on the gold queries of Spider; tests/parser/test_well_typed.py holds them to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .ending import least_end
from .grammar import COLUMN, PERIOD, TABLE, VALUE, allowed, class_of, unfold
from .layout import WORD_IDS
from .scope import BEGIN, CONSTANT, NAME, PATTERNS, QUERY, TODAY, Frame, State, after, passed
from .tokens import COMPARISONS, INSTANCES, OUTPUTS, WINDOWS, ValuePointer
from .type_facts import DATE, DATED, FIRST_ITEM, FLAG, NUMBER, TEXT, Mask, Parts, TypeFacts

MAX_DEPTH = 4  # SELECTs inside each other
MAX_OPERATIONS = 2  # set operations inside each other
MAX_BRACKETS = 2
MAX_ITEMS = 12
MAX_ARITHMETIC = 4  # in one item: quantity * price * (1 - discount) has three
MAX_SOURCES = 6
RESERVE = 6  # tokens kept back, since what a query still owes is an estimate
TIGHT = 24 + RESERVE  # no token makes the shortest end longer than this

_CLAUSES = frozenset({"from", "where", "group", "having", "order", "limit", "per", "end"})
_OF_CLASS: dict[str, list[int]] = {}
for _word, _id in WORD_IDS.items():
    _OF_CLASS.setdefault(class_of(_word), []).append(_id)
_INSTANCE_IDS = [WORD_IDS[w] for w in INSTANCES]
Words = Sequence[int]
Marks = tuple[str, ...]
_NONE: Words = ()


class WellTyped:
    """The machine for one layout."""

    def __init__(self, facts: TypeFacts) -> None:
        self.facts = facts
        self._positive: Mask = facts.asked_numbers().copy()
        for i, token in enumerate(facts.pointers, FIRST_ITEM):
            self._positive[i] &= isinstance(token, ValuePointer) and token.text.isdecimal() and int(token.text) > 0

    @property
    def begin(self) -> State:
        return BEGIN

    def advance(self, state: State, token: int) -> State:
        return after(state, token, self.facts)

    def options(self, state: State, room: int = 10_000) -> Mask:
        """Over token ids: those that may come next, and leave an end within `room` tokens in all."""
        spare = room - least_end(state)
        found = self._by_class(state, spare)
        if spare < TIGHT:
            found = self._ending(state, found, room - 1 - RESERVE)
        mask = np.zeros(self.facts.size, dtype=np.bool_)
        for tokens in found:
            if isinstance(tokens, np.ndarray):
                mask |= tokens
            else:
                mask[tokens] = True
        return mask

    def _by_class(self, state: State, spare: int) -> list[Mask | Words]:
        passed_states: dict[Marks, State] = {}
        found = []
        for name in ("instance",) if state.frame.names_a_use else allowed(state.stack):
            marks = unfold(state.stack, name).before
            if marks not in passed_states:
                passed_states[marks] = passed(state, marks, self.facts)
            tokens = self._of_class(name, passed_states[marks], marks, spare)
            if tokens is not None:
                found.append(tokens)
        return found

    def _ending(self, state: State, found: list[Mask | Words], room: int) -> list[Mask | Words]:
        """Those of `found` after which the query can end within `room` tokens; the nearest to it where none can."""
        costs: list[tuple[int, Mask | Words]] = []
        for tokens in found:
            if isinstance(tokens, np.ndarray):  # items of one class cost the same
                costs.append((self._least_after(state, int(np.flatnonzero(tokens)[-1])), tokens))
            else:
                costs += [(self._least_after(state, token), [token]) for token in tokens]
        limit = max(room, min((cost for cost, _ in costs), default=0))
        return [tokens for cost, tokens in costs if cost <= limit]

    def _least_after(self, state: State, token: int) -> int:
        return least_end(self.advance(state, token))

    def _of_class(self, name: str, here: State, marks: Marks, spare: int) -> Mask | Words | None:
        """The tokens of one class that the grammar allows; None where none may come."""
        f = here.frame
        if name in _CLAUSES:
            return _OF_CLASS[name] if _may_leave(f, name) else None
        if "@item" in marks and not _takes_item(f):
            return None
        if name in (COLUMN, TABLE, VALUE, PERIOD):
            found = self._pointers(name, here, spare)
            return found if found.any() else None
        if name == "left" and spare < TIGHT:
            return None
        ids = _WORD_RULES[name](self, here, marks) if name in _WORD_RULES else _OF_CLASS[name]
        return ids or None

    # Items

    def _pointers(self, name: str, here: State, spare: int) -> Mask:
        f, tight = here.frame, spare < TIGHT
        if name == VALUE:
            return self._values(f)
        if name == PERIOD:
            return self.facts.of_class[PERIOD]
        if f.outs or f.source is not None:
            return _nothing(self.facts)
        # What no foreign key connects may be named before FROM has ended, and then FROM has to join it.
        near = tight or f.clause not in ("select", "from") or len(f.groups) > 1
        parts = f.parts if near else None
        if name == COLUMN:
            found = self._columns(f, parts, tight)
            outer = here.frames[-2] if len(here.frames) > 1 else f
            if f.role == "value" and f.clause == "select" and not f.inside and outer.operator == "in":
                return self.facts.comparable_keys(outer.left_column, found)
            return found
        return self._sources(f, parts, tight) if f.clause == "from" else self._rows(here, parts, spare)

    def _columns(self, f: Frame, parts: Parts, tight: bool) -> Mask:
        if f.clause == "from":
            return self._equated(f)
        if not f.may & NAME or self._only_aggregates(f):
            return _nothing(self.facts)
        found = self.facts.columns(f.kinds, parts)
        same = f.left_column
        if f.operator and same and f.left_instance == 1 and not self._instances(f, same):
            found = found.copy()
            found[same] = False  # a column beside itself
        return self._new(f, found, tight)

    def _equated(self, f: Frame) -> Mask:
        """Columns of a join condition: of one kind, and one of them in the part of the schema that is in use."""
        facts, parts = self.facts, f.parts
        if f.equating < 0:
            return facts.columns(0, parts if f.must_connect else None)
        if f.must_join:
            return facts.columns(0) & np.isin(facts.tables, [t for t, _ in f.unjoined])
        first = int(facts.parts[f.equating])
        if f.must_connect:
            return facts.columns(0, frozenset().union(*(g for g in f.groups if first not in g)))
        return facts.columns(f.kinds, None if parts is None or first in parts else parts)

    def _new(self, f: Frame, found: Mask, tight: bool) -> Mask:
        """Without tokens that would repeat a finished item."""
        if f.clause not in ("select", "group", "order"):
            return found
        repeated = [t for *head, t in f.seen if tuple(head) == f.item and t >= FIRST_ITEM]
        if repeated:
            found = found.copy()
            for token in repeated:
                found[token] = found[token] and not tight and bool(self._instances(f, token))
        return found

    def _sources(self, f: Frame, parts: Parts, tight: bool) -> Mask:
        """Tables for FROM."""
        if len(f.seen) >= MAX_SOURCES:
            return _nothing(self.facts)
        found: Mask = self.facts.all_tables(parts).copy()
        for table in (item[0] for item in f.seen):
            found[table] = found[table] and not tight and bool(self._instances(f, table))
        return found

    def _rows(self, here: State, parts: Parts, spare: int) -> Mask:
        """Tables whose rows are counted, or shown whole."""
        f, facts = here.frame, self.facts
        found = facts.all_tables(parts)
        if not f.inside:
            if f.clause != "select" or f.role in ("value", "source"):
                return _nothing(facts)
            widths: NDArray[np.int64] = np.array([len(w) for w in facts.widths])[facts.tables.clip(0)]
            if f.exact:
                found = found & (widths <= len(f.need) - len(f.outputs))
            elif any(o.clause == "set" for o in here.frames):
                found = found & (widths < spare - TIGHT)  # the other side may have to spell all of it
        return self._new(f, found, spare < TIGHT)

    def _values(self, f: Frame) -> Mask:
        if not f.may & CONSTANT:
            return _nothing(self.facts)
        if f.operator == "limit":
            return self._positive
        if not f.operator:
            return self.facts.values(NUMBER, 0, "")
        found = self.facts.values(f.left, f.left_column, f.operator)
        if f.operator == "in" and f.item:
            found = found.copy()
            found[[t for t in f.item if t > 0]] = False
        return found

    # Second uses of a table

    def _instances(self, f: Frame, token: int) -> Words:
        """The words for another use of the table that `token` points at or into."""
        table = int(self.facts.tables[token])
        uses = [k for t, k in f.used if t == table]
        if f.must_join:
            known: Iterable[int] = [k for t, k in f.unjoined if t == table]
        elif f.clause in ("select", "from"):
            known = range(2, min(max(uses, default=1) + 1, len(INSTANCES) + 1) + 1)
        else:
            known = [k for k in uses if k > 1]
        if f.equating > 0 and self.facts.tables[f.equating] == table:
            known = [k for k in known if k != f.equating_instance]
        if f.operator and f.left_column == token:
            known = [k for k in known if k != f.left_instance]
        finished = f.seen if f.clause in ("select", "group", "order", "from") else frozenset()
        ids = [_INSTANCE_IDS[k - 2] for k in known]
        head = f.item[:-1] if f.item and f.item[-1] == token else f.item
        if f.clause == "from":
            head = ()
        return [i for i in ids if (*head, token, i) not in finished]

    # Expressions

    def _only_aggregates(self, f: Frame) -> bool:
        """One row comes out, so a column outside an aggregate has no one value; only SQLite lets it order the row."""
        alone = f.aggregates and not f.plain and not f.grouped and not f.inside
        return f.clause == "order" and alone and not self.facts.bare_columns

    def _arguments(self, f: Frame, kinds: int) -> int:
        """How many columns or outputs of `kinds` there are to point at."""
        if f.source:
            return sum(bool(k & kinds) or not kinds for k in f.source)
        if f.outs:
            return len(OUTPUTS)
        return int(self.facts.columns(kinds, f.parts).sum())

    def _has_right(self, here: State, operator: str) -> bool:
        f, facts = here.frame, self.facts
        if operator in PATTERNS and not f.left & (TEXT | DATE):
            return False
        if facts.values(f.left, f.left_column, operator).any():
            return True
        if operator in PATTERNS:
            return False
        if f.left & NUMBER or _may_nest(here):
            return True
        return operator != "in" and int(facts.columns(f.left, f.parts).sum()) > 1


def _nothing(facts: TypeFacts) -> Mask:
    return np.zeros(facts.size, dtype=np.bool_)


def _may_leave(f: Frame, name: str) -> bool:
    """Whether the clause being written may give way to the clause `name`."""
    if f.clause == "select":
        if len(f.outputs) < len(f.need):
            return False
        if _is_open(f):
            return name == "from"
    if _is_open(f):
        return False
    if f.mixed and name in ("having", "order", "limit", "end"):
        return False
    if name == "per":
        return f.ordered
    if f.median and name in ("having", "order", "limit"):
        return False
    return name != "having" or f.grouped


def _is_open(f: Frame) -> bool:
    """Whether FROM still owes something that the items have used."""
    return bool(f.unjoined) or len(f.groups) > 1 or (bool(f.outs) and f.source is None)


def _takes_item(f: Frame) -> bool:
    if f.clause != "select":
        return True
    return len(f.outputs) < len(f.need) if f.exact else len(f.seen) < MAX_ITEMS


def _only_aggregates(f: Frame) -> bool:
    """One row comes out, so a column outside an aggregate has no one value."""
    return f.clause == "order" and f.aggregates and not f.plain and not f.grouped and not f.inside


def _may_nest(state: State) -> bool:
    return sum(f.clause != "set" for f in state.frames) < MAX_DEPTH


# Words: each rule says which of a class may come

Rule = Callable[[WellTyped, State, Marks], Words]


def _if(name: str, condition: Callable[[WellTyped, State], object]) -> Rule:
    ids = _OF_CLASS[name]
    return lambda machine, state, _: ids if condition(machine, state) else _NONE


def _aggregate_fits(state: State) -> bool:
    f = state.frame
    if f.inside or f.median or not f.may & NAME or f.clause not in ("select", "having", "order"):
        return False
    return f.clause != "order" or f.grouped or (f.aggregates and not f.plain)


def _function(name: str, result: int, argument: int) -> Rule:
    """A function from `argument` to `result`."""

    def fits(machine: WellTyped, state: State) -> bool:
        f = state.frame
        if not f.may & NAME or not f.kinds & result:
            return False
        if name == "arithmetic" and sum(token in ids for token in f.item) >= MAX_ARITHMETIC:
            return False
        inside = bool(f.item) and f.item[-1] in ids  # upper of lower, round of abs
        if inside and name != "arithmetic" and f.item[-1] not in _OF_SECONDS:
            return False
        taken = sum(len(s) == len(f.item) + 2 and s[:-2] == f.item and s[-2] in ids for s in f.seen)
        return machine._arguments(f, argument) > taken

    ids = _OF_CLASS[name]
    return _if(name, fits)


def _scale(machine: WellTyped, state: State, marks: Marks) -> Words:
    """Milliseconds become minutes or hours in two steps; no other scale holds a scale."""
    found = _SCALE(machine, state, marks)
    item = state.frame.item
    return [WORD_IDS["per_1000"]] if found and item and item[-1] in _OF_SECONDS else found


def _conditional(name: str) -> Rule:
    """Share and filter, which hold a condition in brackets."""

    def fits(machine: WellTyped, state: State) -> bool:
        f = state.frame
        free = state.stack.count(")") < MAX_BRACKETS and not any(WORD_IDS[w] in f.item for w in ("share", "filter"))
        return free and bool(f.kinds & NUMBER) and not f.outs and f.source is None and _aggregate_fits(state)

    return _if(name, fits)


def _window_fits(machine: WellTyped, state: State) -> bool:
    """Over the groups of the query, so beside what it groups by."""
    f = state.frame
    if f.inside or f.outs or f.source is not None or not f.may & NAME or not f.kinds & NUMBER:
        return False
    if any(WORD_IDS[w] in f.item for w in WINDOWS):
        return False
    return f.plain if f.clause == "select" else f.clause == "order" and f.grouped


def _bucket_fits(machine: WellTyped, state: State) -> bool:
    f = state.frame
    if f.inside or not f.may & NAME or not f.kinds & TEXT or f.clause not in ("select", "group", "order"):
        return False
    return machine._arguments(f, NUMBER) > 0 and bool(machine.facts.values(NUMBER, 0, "").any())


def _aggregate(name: str, result: int, argument: int) -> Rule:
    function = _function(name, result, argument)
    return lambda machine, state, marks: function(machine, state, marks) if _aggregate_fits(state) else _NONE


def _time(name: str, result: int) -> Rule:
    """A part of a date or a period. Groups are those that the outputs show."""
    function = _function(name, result, DATED)

    def ids(machine: WellTyped, state: State, marks: Marks) -> Words:
        f = state.frame
        found = function(machine, state, marks)
        shown = f.clause == "group" and not f.item and f.times
        return [i for i in found if i in f.times] if shown else found

    return ids


_OF_SECONDS = (WORD_IDS["per_60"], WORD_IDS["per_3600"])
_SCALE = _function("scale", NUMBER, NUMBER)
_ANY_TOTAL = _aggregate("total", NUMBER, NUMBER)
_MEDIAN = WORD_IDS["median"]


def _total(machine: WellTyped, state: State, marks: Marks) -> Words:
    """Where the engine has no median, it is written by numbering rows: as an output of its own, not in a subquery."""
    ids, f = _ANY_TOTAL(machine, state, marks), state.frame
    if not ids or machine.facts.has_median:
        return ids
    alone = f.clause == "select" and not f.item and not f.aggregates and not f.role and not f.outs
    return ids if alone and all(o.clause != "set" for o in state.frames) else [i for i in ids if i != _MEDIAN]


def _query(_: WellTyped, state: State, marks: Marks, name: str = "select") -> Words:
    if "@nested" in marks and not (state.frame.may & QUERY and _may_nest(state)):
        return _NONE
    if name == "set" and sum(f.clause == "set" for f in state.frames) >= MAX_OPERATIONS:
        return _NONE
    return _OF_CLASS[name]


def _one(_: WellTyped, state: State, __: Marks) -> Words:
    f = state.frame
    fits = f.may & CONSTANT and (f.kinds & NUMBER) and f.operator not in PATTERNS
    repeated = f.operator == "in" and WORD_IDS["one"] in f.item
    return _OF_CLASS["one"] if fits and not repeated else _NONE


def _outputs(machine: WellTyped, state: State, __: Marks) -> Words:
    """Outputs of the derived table: named in order before it is written, by its width after it."""
    f = state.frame
    if not f.may & NAME or f.used or machine._only_aggregates(f):
        return _NONE
    if f.source:
        found = [n for n, kinds in enumerate(f.source[: len(OUTPUTS)]) if kinds & f.kinds]
    elif f.clause != "select" or not _may_nest(state):
        return _NONE
    else:
        found = list(range(min(len(f.outs) + 1, len(OUTPUTS))))
    ids = [WORD_IDS[OUTPUTS[n]] for n in found]
    finished = f.seen if f.clause in ("select", "group", "order") else frozenset()
    return [i for i in ids if (*f.item, i) not in finished]


def _comparisons(machine: WellTyped, state: State, _: Marks) -> Words:
    return [WORD_IDS[o] for o in COMPARISONS if machine._has_right(state, o)]


def _instance(machine: WellTyped, state: State, _: Marks) -> Words:
    f = state.frame
    return machine._instances(f, f.named) if f.named else _NONE


def _is_source_open(machine: WellTyped, state: State) -> bool:
    f = state.frame
    return bool(f.outs) and f.source is None and _may_nest(state)


def _has_source(machine: WellTyped, state: State) -> bool:
    f = state.frame
    return not f.outs and bool(machine._sources(f, f.parts, True).any())


_WORD_RULES: dict[str, Rule] = {
    "select": _query,
    "set": lambda machine, state, marks: _query(machine, state, marks, "set"),
    "one": _one,
    "output": _outputs,
    "comparison": _comparisons,
    "instance": _instance,
    "count": _aggregate("count", NUMBER, 0),
    "total": _total,
    "extreme": lambda m, s, marks: _aggregate("extreme", s.frame.kinds, s.frame.kinds)(m, s, marks),
    "arithmetic": _function("arithmetic", NUMBER, NUMBER),
    "case": _function("case", TEXT, TEXT),
    "length": _function("length", NUMBER, TEXT),
    "rounding": _function("rounding", NUMBER, NUMBER),
    "part": _time("part", NUMBER),
    "truncation": _time("truncation", DATE),
    "scale": _scale,
    "elapsed": _function("elapsed", NUMBER, DATED),
    "concat": _function("concat", TEXT, TEXT),
    "bucket": _if("bucket", _bucket_fits),
    "window": _if("window", _window_fits),
    "share": _conditional("share"),
    "filter": _conditional("filter"),
    "now": _if("now", lambda _, s: s.frame.may & TODAY),
    "true": _if("true", lambda m, s: s.frame.left_column and m.facts.kinds[s.frame.left_column] & FLAG),
    "span": _if("span", lambda m, s: s.frame.left & DATED and m.facts.of_class[PERIOD].any()),
    "skip": _if("skip", lambda _, s: s.frame.ordered),
    "source": _if("source", _is_source_open),
    "left": _if("left", _has_source),
    "on": _if("on", lambda _, s: not s.frame.outs),
    "exists": _if("exists", lambda _, s: _may_nest(s)),
    "(": _if("(", lambda _, s: s.stack.count(")") < MAX_BRACKETS),
    "null": _if("null", lambda _, s: not (s.frame.aggregated and s.frame.last == NUMBER)),
    "between": _if("between", lambda m, s: m._has_right(s, "between")),
    "in": _if("in", lambda m, s: m._has_right(s, "in")),
}
