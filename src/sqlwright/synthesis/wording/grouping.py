"""What the groups of a GROUP BY are, and what is counted in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...parser.form import Aggregated, ColumnRef, Compare, Condition, Expression, Joined, Select
from .english import listing, plural
from .entities import Entity, entity
from .expressions import name_of
from .plan import Plan, plan_of
from .speaker import Speaker

# Of these nouns a name alone says little: "customer name", not "name".
_BARE = frozenset(("name", "id", "type", "code", "status", "title", "description"))


@dataclass(frozen=True, slots=True)
class Grouping:
    """`things` are what each group counts or adds up, of the table `counted`; their conditions are not in `plan`.

    `of_focus` where a group is a row of the plan's focus, as in "each customer"; else it is a value, as in "each city".
    """

    plan: Plan
    keys: tuple[Expression, ...]
    aggregates: tuple[Aggregated, ...]
    things: Entity
    counted: str
    of_focus: bool


def grouping_of(s: Speaker, select: Select) -> Grouping:
    plan = plan_of(select, s.graph)
    keys = tuple(e for e in select.items if not isinstance(e, Aggregated))
    found = tuple(e for e in select.items if isinstance(e, Aggregated))
    counted = _counted(select) or plan.focus
    if counted == plan.focus:
        return Grouping(plan, keys, found, entity(s, plan, counted), counted, of_focus=False)
    if not _groups_are_rows(s, select, counted):
        # Nothing but the counted things is named, so they bear every condition.
        things = entity(s, plan_of(select, s.graph, counted), counted, origin=plan.focus)
        return Grouping(plan, keys, found, things, counted, of_focus=False)
    things = entity(s, plan, counted, origin=plan.focus)
    below = _below(plan, counted)
    rest = replace(
        plan,
        conditions={table: held for table, held in plan.conditions.items() if table not in below},
        named=plan.named - below,
    )
    return Grouping(rest, keys, found, things, counted, of_focus=True)


def _below(plan: Plan, table: str) -> frozenset[str]:
    return frozenset({table}.union(*(_below(plan, t) for t in plan.children.get(table, ()))))


def _counted(select: Select) -> str:
    return next((n.argument.table.table for n in _aggregated(select) if isinstance(n.argument, ColumnRef)), "")


def _aggregated(select: Select) -> Iterator[Aggregated]:
    having = comparisons(select.having)
    for node in (*select.items, *(o.value for o in select.order), *(c.left for c in having)):
        if isinstance(node, Aggregated):
            yield node


def comparisons(condition: Condition | None) -> list[Compare]:
    parts = condition.parts if isinstance(condition, Joined) else (condition,)
    return [p for p in parts if isinstance(p, Compare)]


def _groups_are_rows(s: Speaker, select: Select, counted: str) -> bool:
    for key in select.group:
        if isinstance(key, ColumnRef):
            facts = s.facts(key)
            if key.table.table == counted or s.names_one(key) or (facts is not None and facts.unique):
                return True
    return False


def group_label(s: Speaker, select: Select, g: Grouping, *, one: bool) -> str:
    """The noun of a group: "city", or "customer city" where the counted things are no customers."""
    rows = any(isinstance(k, ColumnRef) and k.column == "*" for k in g.keys)
    shown = g.keys if g.keys and not rows else select.group
    names = [name_of(s, k) for k in shown]
    owner = shown[0].table.table if isinstance(shown[0], ColumnRef) else ""
    if owner and (owner != g.counted or names[0] in _BARE) and not g.of_focus:
        names[0] = f"{s.table(owner).one} {names[0]}"
    return listing([n if one else plural(n) for n in names])
