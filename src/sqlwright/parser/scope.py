"""What the tokens written so far have opened and used: one frame for each SELECT that is not finished.

`after` moves a state on by one token. It checks nothing: which token may come is decided in `well_typed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .grammar import COLUMN, PERIOD, START, TABLE, VALUE, Stack, class_of, unfold
from .tokens import COMPARISONS, DATE_PARTS, INSTANCES, OUTPUTS, PERIODS, WORDS
from .type_facts import ANY, DATE, DATED, FIRST_ITEM, NUMBER, TEXT, Parts, TypeFacts

# What an expression to come may be.
CONSTANT, QUERY, NAME, TODAY = 1, 2, 4, 8
PATTERNS = ("like", "contains", "starts", "ends")
FREE_CONDITIONS = 2  # join conditions that may come before those that FROM owes

Use = tuple[int, int]  # table, which use of it in this SELECT


class Frame(NamedTuple):
    """One open SELECT, or a set operation (`clause` is then "set").

    `need` are kinds of its outputs, of all of them where `exact`. `kinds` and `may` say what the expression to come can
    be. `last`, `column` (an id, 0 where it is more than a column) and `constant` say what the one just written is,
    `left` and `left_column` what a comparison's left side is. `item` are the tokens of the item being written, `seen`
    the finished items of this clause. `named` is the table or column just pointed at, `instance` which use.
    """

    need: tuple[int, ...] = ()
    exact: bool = False
    role: str = ""  # of a nested query: "value", "source" or "exists"
    clause: str = "select"
    outputs: tuple[int, ...] = ()
    # The expression
    kinds: int = ANY
    may: int = NAME
    operator: str = ""
    last: int = ANY
    column: int = 0
    constant: bool = False
    left: int = ANY
    left_column: int = 0
    left_instance: int = 1
    aggregated: bool = False  # whether the one just written is or holds an aggregate
    inside: bool = False  # an aggregate's argument is being written
    item: tuple[int, ...] = ()
    seen: frozenset[tuple[int, ...]] = frozenset()
    held: tuple[tuple[str, tuple[int, ...]], ...] = ()  # clause and item around a condition inside an expression
    # The SELECT
    aggregates: bool = False
    plain: bool = False
    grouped: bool = False
    times: frozenset[int] = frozenset()  # the words for parts of dates and periods that outputs begin with
    median: bool = False  # one that the engine has no function for
    ordered: bool = False
    # FROM
    groups: frozenset[frozenset[int]] = frozenset()  # parts of the schema in use, those together that a condition joins
    used: frozenset[Use] = frozenset()
    unjoined: frozenset[Use] = frozenset()  # second uses that FROM still has to join
    named: int = 0
    instance: int = 1
    equating: int = 0  # the first column of the join condition being written; -1 before it
    equating_instance: int = 0
    conditions: int = 0  # join conditions written
    repeats: bool = False  # FROM names the table again, so a word for which use must follow
    joins: bool = False  # the join condition being written joins one of `unjoined`
    outs: tuple[int, ...] = ()  # kinds that outputs of the derived table must have
    source: tuple[int, ...] | None = None  # kinds of its outputs; () while it is open

    @property
    def parts(self) -> Parts:
        """The parts of the schema in use; None where nothing is."""
        return frozenset().union(*self.groups) if self.groups else None

    @property
    def mixed(self) -> bool:
        """Aggregates beside plain columns, and no group yet."""
        return self.aggregates and self.plain and not self.grouped

    @property
    def must_join(self) -> bool:
        """Whether the second column of this join condition must be of a use that FROM still owes."""
        late = self.conditions >= FREE_CONDITIONS
        return self.equating > 0 and bool(self.unjoined) and not self.joins and late

    @property
    def must_connect(self) -> bool:
        """Whether this join condition must connect parts of the schema that are still apart."""
        return len(self.groups) > 1 and not self.unjoined and self.conditions >= FREE_CONDITIONS

    @property
    def names_a_use(self) -> bool:
        """Whether a word for another use of the table must follow: without it the item would repeat another one."""
        if not self.named:
            return False
        if self.clause == "from":
            same = self.equating == self.named and self.equating_instance == 1
            return self.repeats or same or self.must_join
        if self.operator and self.named == self.left_column and self.left_instance == 1:
            return True
        return self.clause in ("select", "group", "order") and self.item in self.seen


class State(NamedTuple):
    """`given` are the kinds of the outputs of the query that closed last.

    `wants` is about a query that opens next: kinds of its outputs, whether of all of them, and its role.
    """

    stack: Stack
    frames: tuple[Frame, ...] = ()
    wants: tuple[tuple[int, ...], bool, str] = ((), False, "")
    given: tuple[int, ...] = ()

    @property
    def finished(self) -> bool:
        return not self.stack

    @property
    def frame(self) -> Frame:
        return self.frames[-1] if self.frames else _OUTSIDE

    def with_frame(self, frame: Frame) -> State:
        return self._replace(frames=(*self.frames[:-1], frame))


_OUTSIDE = Frame(clause="")
BEGIN = State(START)


def after(state: State, token: int, facts: TypeFacts) -> State:
    """The state after `token`, which the grammar must allow."""
    name = class_name(token, facts)
    before, following, stack = unfold(state.stack, name)
    state = passed(state, before, facts)
    if state.frames:
        state = state.with_frame(_written(state.frame, token, name, facts))
    return passed(state._replace(stack=stack), following, facts, token)


def passed(state: State, marks: tuple[str, ...], facts: TypeFacts, token: int = 0) -> State:
    """`state` with the grammar's marks taken note of; `token` is the one just written."""
    for mark in marks:
        if mark in _FIXED:
            state = state.with_frame(state.frame._replace(**_FIXED[mark]))
        elif mark in _FRAME_MARKS:
            state = state.with_frame(_FRAME_MARKS[mark](state.frame, token, facts))
        else:
            state = _STATE_MARKS[mark](state)
    return state


_WORD_CLASSES = ("", *(class_of(w) for w in WORDS))


def class_name(token: int, facts: TypeFacts) -> str:
    return _WORD_CLASSES[token] if token < FIRST_ITEM else class_of(facts.pointers[token - FIRST_ITEM])


def word(token: int) -> str:
    return WORDS[token - 1]


# A token


def _written(f: Frame, token: int, name: str, facts: TypeFacts) -> Frame:
    f = f._replace(item=(*f.item, token))
    if name in (COLUMN, TABLE):
        return _pointed(f, token, name == TABLE, facts)
    if name == "instance":
        use = (int(facts.tables[f.named]), INSTANCES.index(word(token)) + 2)
        known = use in f.used
        unjoined = f.unjoined - {use} if f.clause == "from" else f.unjoined if known else f.unjoined | {use}
        joins = f.joins or use in f.unjoined
        return f._replace(
            used=f.used | {use},
            unjoined=unjoined,
            joins=joins,
            instance=use[1],
            named=0,
            repeats=False,
            seen=_listed(f),
        )
    if name in (PERIOD, "now"):
        return f._replace(last=DATE, column=0, constant=True, named=0)
    if name in (VALUE, "one"):
        kinds = NUMBER if name == "one" else int(facts.kinds[token])
        return f._replace(last=kinds, column=0, constant=True, named=0)
    if name == "output":
        return _output(f, OUTPUTS.index(word(token)))
    return f._replace(named=0)


def _listed(f: Frame) -> frozenset[tuple[int, ...]]:
    """FROM has no end of an item that one could wait for."""
    return f.seen | {f.item[-2:]} if f.clause == "from" else f.seen


def _pointed(f: Frame, token: int, is_table: bool, facts: TypeFacts) -> Frame:
    use = (int(facts.tables[token]), 1)
    plain = f.plain or (f.clause == "select" and not f.inside)
    repeats = f.clause == "from" and is_table and (token,) in f.seen
    seen = f.seen | {(token,)} if f.clause == "from" and is_table else f.seen
    return f._replace(
        last=ANY if is_table else int(facts.kinds[token]),
        column=0 if is_table else token,
        constant=False,
        aggregated=f.inside,
        plain=plain,
        named=token,
        instance=1,
        used=f.used | {use},
        unjoined=f.unjoined - {use},
        groups=_grouped(f, token, facts),
        seen=seen,
        repeats=repeats,
    )


def _grouped(f: Frame, token: int, facts: TypeFacts) -> frozenset[frozenset[int]]:
    part = int(facts.parts[token])
    if f.equating < 0:
        return f.groups  # the second column of the condition brings the first along
    touched = {part, int(facts.parts[f.equating])} if f.equating else {part}
    apart = {g for g in f.groups if not g & touched}
    return frozenset(apart | {frozenset(touched).union(*(f.groups - apart))})


def _output(f: Frame, position: int) -> Frame:
    outs, last = f.outs, ANY
    if f.source:
        last = f.source[position]
    else:
        wanted = [*outs, *[ANY] * (position + 1 - len(outs))]
        wanted[position] = wanted[position] & f.kinds or wanted[position]
        outs = tuple(wanted)
    plain = f.plain or (f.clause == "select" and not f.inside)
    return f._replace(outs=outs, last=last, column=0, constant=False, aggregated=f.inside, plain=plain, named=0)


# The grammar's marks

_FRESH = {"item": (), "seen": frozenset[tuple[int, ...]](), "operator": "", "kinds": ANY, "may": NAME}
_FIXED: dict[str, dict[str, Any]] = {
    "@from": {**_FRESH, "clause": "from"},
    "@where": {**_FRESH, "clause": "where"},
    "@group": {**_FRESH, "clause": "group", "grouped": True},
    "@having": {**_FRESH, "clause": "having"},
    "@order": {**_FRESH, "clause": "order", "ordered": True},
    "@per": {**_FRESH, "clause": "group"},
    "@limit": {**_FRESH, "clause": "limit", "operator": "limit", "may": CONSTANT},
    "@left": {"kinds": ANY, "may": NAME, "operator": "", "item": (), "aggregated": False},
    "@any": {"kinds": ANY, "may": NAME},
    "@numeric": {"kinds": NUMBER, "may": NAME, "operator": ""},
    "@textual": {"kinds": TEXT, "may": NAME, "operator": ""},
    "@dated": {"kinds": DATED, "may": NAME, "operator": ""},
    "@later": {"kinds": DATED, "may": NAME | TODAY, "operator": ""},
    "@bounds": {"kinds": NUMBER, "may": CONSTANT, "operator": ""},
    "@span": {"operator": "span"},
    "@window": {"kinds": NUMBER, "may": NAME, "operator": ""},
    "@date": {"last": DATE, "column": 0, "constant": False, "named": 0},
    "@operand": {"kinds": NUMBER, "may": CONSTANT | QUERY | NAME, "operator": ""},
    "@number": {"last": NUMBER, "column": 0, "constant": False, "named": 0},
    "@text": {"last": TEXT, "column": 0, "constant": False, "named": 0},
    "@aggregated": {"inside": False, "aggregated": True, "column": 0, "constant": False, "named": 0},
    "@on": {"item": (), "equating": -1, "joins": False},
    "@existing": {},
}


def _item(f: Frame, _: int, __: TypeFacts) -> Frame:
    place = len(f.outputs)
    kinds = f.need[place] if f.clause == "select" and place < len(f.need) else ANY
    return f._replace(item=(), kinds=kinds, may=NAME, operator="", aggregated=False)


def _done(f: Frame, _: int, facts: TypeFacts) -> Frame:
    outputs, times = f.outputs, f.times
    if f.clause == "select":
        if f.item[0] < FIRST_ITEM and word(f.item[0]) in (*DATE_PARTS, *PERIODS):
            times |= {f.item[0]}
        star = f.item[0] >= FIRST_ITEM and facts.of_class[TABLE][f.item[0]]
        outputs += facts.widths[int(facts.tables[f.item[0]])] if star else (f.last,)
    return f._replace(outputs=outputs, times=times, seen=f.seen | {f.item}, item=())


def _aggregate(f: Frame, token: int, facts: TypeFacts) -> Frame:
    # SQLite takes the other columns of a lone MIN or MAX from the row that holds it.
    alone = facts.bare_columns and word(token) in ("min", "max")
    return f._replace(
        median=f.median or (word(token) == "median" and not facts.has_median),
        inside=True,
        aggregates=f.aggregates or (f.clause == "select" and not alone),
        may=NAME,
        operator="",
    )


def _other_operand(f: Frame, _: int, __: TypeFacts) -> Frame:
    may = QUERY | NAME | (0 if f.constant else CONSTANT)
    return f._replace(kinds=NUMBER, may=may, operator="")


def _compared(f: Frame, _: int, __: TypeFacts) -> Frame:
    return f._replace(left=f.last, left_column=f.column, left_instance=f.instance, item=())


def _right(f: Frame, token: int, __: TypeFacts) -> Frame:
    """Between's second bound has no operator of its own: it is like the first."""
    operator = word(token) if 0 < token < FIRST_ITEM and word(token) in COMPARISONS else "between"
    may = CONSTANT if operator in PATTERNS else CONSTANT | QUERY | NAME
    if f.left & DATED and operator in ("<", "<=", ">", ">="):
        may |= TODAY
    return f._replace(kinds=f.left, may=may, operator=operator, item=())


def _members(f: Frame, _: int, __: TypeFacts) -> Frame:
    return f._replace(kinds=f.left, may=CONSTANT | QUERY, operator="in", item=())


def _equal(f: Frame, _: int, __: TypeFacts) -> Frame:
    return f._replace(equating=f.item[0], equating_instance=f.instance, kinds=f.last, named=0)


def _test(f: Frame, _: int, __: TypeFacts) -> Frame:
    """A condition inside an expression is written as one of WHERE."""
    return f._replace(held=(*f.held, (f.clause, f.item)), clause="where", item=(), inside=False)


def _tested(f: Frame, _: int, __: TypeFacts) -> Frame:
    clause, item = f.held[-1]
    return f._replace(held=f.held[:-1], clause=clause, item=(*item, -1), kinds=ANY, may=NAME, operator="", named=0)


_FRAME_MARKS: dict[str, Callable[[Frame, int, TypeFacts], Frame]] = {
    "@item": _item,
    "@done": _done,
    "@aggregate": _aggregate,
    "@other_operand": _other_operand,
    "@compared": _compared,
    "@right": _right,
    "@members": _members,
    "@equal": _equal,
    "@test": _test,
    "@tested": _tested,
    "@equated": lambda f, _, __: f._replace(equating=0, conditions=f.conditions + 1),
}


def _open(state: State, clause: str) -> State:
    need, exact, role = state.wants
    return state._replace(frames=(*state.frames, Frame(need, exact, role, clause)))


def _close(state: State) -> State:
    return state._replace(frames=state.frames[:-1], given=state.frame.outputs)


def _other_side(state: State) -> State:
    """The second query has as many outputs as the first, of its kinds."""
    wants = (state.given, True, state.frame.role)
    return state.with_frame(state.frame._replace(outputs=state.given))._replace(wants=wants)


def _scalar(state: State) -> State:
    f = state.frame
    # A query among the tokens of an item is one mark, since its own tokens stand in its own frame.
    return state.with_frame(f._replace(last=state.given[0], column=0, constant=False, item=(*f.item, -1), named=0))


_STATE_MARKS: dict[str, Callable[[State], State]] = {
    "@select": lambda s: _open(s, "select"),
    "@end": _close,
    "@set": lambda s: _open(s, "set"),
    "@other_side": _other_side,
    "@joined": lambda s: s._replace(frames=s.frames[:-1]),
    "@nested": lambda s: s._replace(wants=((s.frame.kinds,), True, "value")),
    "@scalar": _scalar,
    "@exists": lambda s: s._replace(wants=((), False, "exists")),
    "@source": lambda s: s.with_frame(s.frame._replace(source=()))._replace(wants=(s.frame.outs, False, "source")),
    "@derived": lambda s: s.with_frame(s.frame._replace(source=s.given)),
}
