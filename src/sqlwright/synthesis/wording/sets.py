"""INTERSECT, EXCEPT and UNION in words: "both ... and", "but not", "either ... or"."""

from __future__ import annotations

from ...parser.form import ColumnRef, Select, SetOperation
from ..naming import is_name
from .english import listing, plural, singular_phrase
from .entities import Entity, entity
from .expressions import name_of
from .modifiers import is_place, without
from .outputs import outputs
from .plan import Plan, plan_of
from .speaker import Phrase, Speaker


def set_operation(s: Speaker, query: SetOperation) -> Phrase:
    left, right = query.left, query.right
    if (
        not isinstance(left, Select)
        or not isinstance(right, Select)
        or left.group
        or right.group
        or left.order
        or right.order
    ):
        return _general(s, query)
    one, other = plan_of(left, s.graph), plan_of(right, s.graph)
    columns = [e for e in left.items if isinstance(e, ColumnRef)]
    # Two rows may share a name, yet "but not" speaks of who bears it.
    names = any(s.names_one(c) or (query.operator != "intersect" and is_name(c.column)) for c in columns)
    if (
        query.operator == "except"
        and _is_bare(left, one)
        and (names or one.focus != other.focus)
        and (rows := _rows_without(s, left, right, one, other))
    ):
        return outputs(s, one, left.items, extra=[without(s, rows, one.focus)])
    if left.items != right.items:
        return _general(s, query)
    # The same dice for both sides, so that they are worded alike.
    state = s.rng.getstate()
    first = entity(s, one, one.focus)
    s.rng.setstate(state)
    second = entity(s, other, other.focus)
    words = {"intersect": _both, "except": _but_not}.get(query.operator, _either)
    return words(s, one, first, second, names)


def _is_bare(select: Select, plan: Plan) -> bool:
    return select.where is None and not any(plan.mentions(t) for t in plan.children)


def _rows_without(s: Speaker, left: Select, right: Select, one: Plan, other: Plan) -> str:
    """`all rows EXCEPT those that another table names`: the rows of the other table."""
    if other.focus != one.focus:
        return s.rows(right, one.focus)
    if left.items == right.items and right.where is None and len(other.children.get(other.focus, ())) == 1:
        child = other.children[other.focus][0]
        return entity(s, other, child, origin=one.focus).text if other.mentions(child) else ""
    if (
        left.items == right.items
        and not other.conditions.get(other.focus)
        and len(other.children.get(other.focus, ())) == 1
    ):
        return entity(s, other, other.children[other.focus][0], origin=one.focus).text
    return ""


def _nouns(s: Speaker, plan: Plan) -> str:
    return listing([plural(name_of(s, e)) for e in plan.select.items])


def _after(things: Entity) -> str:
    return things.after or (f"that are {things.before}" if things.before else "")


def _both(s: Speaker, plan: Plan, first: Entity, second: Entity, names: bool) -> Phrase:
    nouns = _nouns(s, plan)
    if not names:
        options = [
            f"the {nouns} of both {first.text} and {second.text}",
            f"the {nouns} shared by {first.text} and {second.text}",
        ]
        if is_place(singular_phrase(nouns)):
            verb = s.pick(("that have", "with"))
            options += [f"the {nouns} {verb} both {first.text} and {second.text}"] * 2
        return Phrase(s.pick(options), True)
    shared, rest, other = _common(_after(first), _after(second))
    many = s.table(plan.focus).many
    options = [
        f"the {nouns} of {many} {_after(first)} and also {_after(second)}",
        f"the {nouns} of the {many} {_after(first)} as well as {_after(second)}",
    ]
    if shared and rest and other:
        options += [f"the {nouns} of {many} {shared} both {rest} and {other}"] * 3
    return Phrase(s.pick(options), True)


def _common(first: str, second: str) -> tuple[str, str, str]:
    """The words both begin with, and the rest of each."""
    a, b = first.split(), second.split()
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return " ".join(a[:n]), " ".join(a[n:]), " ".join(b[n:])


def _but_not(s: Speaker, plan: Plan, first: Entity, second: Entity, names: bool) -> Phrase:
    nouns, many = _nouns(s, plan), s.table(plan.focus).many
    if not _after(first):
        if not names:
            return Phrase(
                s.pick(
                    (
                        f"the {nouns} that do not have any {second.text}",
                        f"the {nouns} without any {second.text}",
                        f"the {nouns} of {many} except those of {second.text}",
                        f"the {nouns} that have no {second.text}",
                    )
                ),
                True,
            )
        return Phrase(
            s.pick(
                (
                    f"the {nouns} of all {many} except those {_after(second)}",
                    f"the {nouns} of {many} other than those {_after(second)}",
                    f"the {nouns} of {many}, excluding the ones {_after(second)}",
                )
            ),
            True,
        )
    if not names:
        return Phrase(
            s.pick(
                (
                    f"the {nouns} of {first.text} but not of {second.text}",
                    f"the {nouns} of {first.text}, except those of {second.text}",
                    f"the {nouns} that have {first.text} but no {second.text}",
                )
            ),
            True,
        )
    shared, rest, other = _common(_after(first), _after(second))
    options = [
        f"the {nouns} of {many} {_after(first)} but not {_after(second)}",
        f"the {nouns} of {many} {_after(first)}, except those {_after(second)}",
    ]
    if shared and rest and other:
        options.append(f"the {nouns} of {many} {shared} {rest} but not {other}")
    return Phrase(s.pick(options), True)


def _either(s: Speaker, plan: Plan, first: Entity, second: Entity, names: bool) -> Phrase:
    nouns, many = _nouns(s, plan), s.table(plan.focus).many
    shared, rest, other = _common(_after(first), _after(second))
    options = [
        f"the {nouns} of {many} {_after(first)} or {_after(second)}",
        f"the {nouns} of {many} either {_after(first)} or {_after(second)}",
    ]
    if shared and rest and other:
        options.append(f"the {nouns} of {many} {shared} either {rest} or {other}")
    return Phrase(s.pick(options), True)


def _general(s: Speaker, query: SetOperation) -> Phrase:
    left, right = s.nested(query.left).text, s.nested(query.right).text
    word = {
        "intersect": ("that are also among",),
        "except": ("that are not among", "excluding"),
        "union": ("together with", "as well as", "and also"),
        "union_all": ("together with", "as well as"),
    }[query.operator]
    return Phrase(f"{left} {s.pick(word)} {right}", True)
