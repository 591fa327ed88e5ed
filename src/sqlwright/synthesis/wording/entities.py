"""The things a question is about, with all that narrows them down: "orders of customers in Paris"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...parser.form import ColumnRef, Compare, Literally
from .english import listing
from .measures import GROUPS
from .modifiers import modifier
from .plan import Plan
from .speaker import Speaker
from .vocabulary import spoken_words

_LEADS = ("whose ", "with ", "that have ", "who have ", "that are ")


@dataclass(frozen=True, slots=True)
class Entity:
    """`one` where it is a single thing; `before` has its adjectives, `after` what follows the noun."""

    before: str
    noun: str
    after: str
    one: bool

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.before, self.noun, self.after) if part)

    @property
    def the(self) -> str:
        return f"the {self.text}"

    def predicate(self) -> str:
        """`after` as what the things do: "have orders", "are in Paris"; "" where it makes no such sentence."""
        after = self.after
        if " and with" in after or " and whose" in after:
            return ""
        for lead, verb in (("that have ", "have"), ("who have ", "have"), ("with ", "have"), ("that are ", "are")):
            if after.startswith(lead):
                if " and " in after and lead == "with ":
                    return ""
                rest = after.removeprefix(lead)
                return f"{_SINGULAR[verb]} {rest}" if self.one else f"{verb} {rest}"
        if after.startswith(
            ("in ", "from ", "older ", "younger ", "named ", "called ", "located ", "living ", "heavier ", "taller ")
        ):
            return f"{'is' if self.one else 'are'} {after}"
        return ""


_SINGULAR = {"have": "has", "are": "is"}


def entity(
    s: Speaker, plan: Plan, table: str, *, one: bool = False, extra: Sequence[str] = (), origin: str = ""
) -> Entity:
    """The rows of `table` under `plan`, `one` for a single one of them.

    `extra` are more words behind the noun, `origin` is the table from whose side they are seen.
    """
    superlative = plan.superlatives.get(table)
    one = one or (superlative is not None and superlative.count == 1)
    found = [modifier(s, c, table) for c in plan.conditions.get(table, ())]
    links = [link(s, plan, table, child) for child in plan.children.get(table, ()) if plan.mentions(child)]
    afters = [m.after for m in found if m.after] + links + list(extra)
    before = [m.before for m in found if m.before]
    if superlative is not None:
        before = [superlative.before, *before] if superlative.before else before
        afters = _ranked(superlative.after, afters)
    noun = s.seen_from(table, origin) if origin and not found and not links else s.table(table)
    return Entity(" ".join(before), noun.one if one else noun.many, joined(_agree(a, one) for a in afters), one)


def _ranked(after: str, afters: list[str]) -> list[str]:
    """Conditions come before the ranking in the query, so they are said of all that are ranked."""
    if not after or not afters:
        return [after] if after else afters
    return [f"{after} among those {joined(afters)}"]


def _agree(after: str, one: bool) -> str:
    if not one:
        return after
    for many, single in (
        ("that have ", "that has "),
        ("who have ", "who has "),
        ("that are ", "that is "),
        ("who do not have ", "who does not have "),
        ("that do not have ", "that does not have "),
    ):
        if after.startswith(many):
            return single + after.removeprefix(many)
    return after


def joined(parts: Iterable[str]) -> str:
    """Modifiers one after the other; a second "whose" or "with" is left out."""
    kept: list[str] = []
    for part in parts:
        lead = next((w for w in _LEADS if part.startswith(w)), "")
        if kept and lead and kept[-1].startswith(lead) and " or " not in part:
            part = part.removeprefix(lead)
            kept.append(part)
        else:
            kept.append(part)
    return listing(kept, "and") if len(kept) < 3 else " and ".join(kept)


def link(s: Speaker, plan: Plan, table: str, child: str) -> str:
    """What ties `child` to `table`, with all that is said about `child`."""
    kind = s.profile.relations.of(table, child)
    below = [t for t in plan.children.get(child, ()) if plan.mentions(t)]
    silent = child not in plan.conditions and child not in plan.named and child not in plan.superlatives
    if silent and len(below) == 1 and s.chance(0.75):
        further = s.profile.relations.of(child, below[0])
        kind = {"<<": "<", "><": "~", ">>": ">"}.get(kind + further, "~")
        return _tie(s, plan, table, below[0], kind, role=s.table(below[0]).one)
    return _tie(s, plan, table, child, kind, role=_role(s, table, child))


def _role(s: Speaker, table: str, child: str) -> str:
    """What `child` is to `table`, from the name of the key: the source airport of a flight."""
    pairs = s.graph.pairs(table, child)
    words = spoken_words(pairs[0][0]) if pairs else []
    while words and words[-1] in ("id", "code", "key", "number", "name"):
        words = words[:-1]
    noun = s.table(child).one
    extra = [w for w in words if w not in spoken_words(table) and len(w) > 1]
    return " ".join(extra) if len(extra) > 1 and extra[-1] in noun.split() else noun


def _tie(s: Speaker, plan: Plan, table: str, child: str, kind: str, role: str) -> str:
    one = _is_one(s, plan, child)
    what = entity(s, plan, child, one=one, origin=table)
    text = what.the if one or child in plan.superlatives else what.text
    if kind == "<":
        return _belongs(s, plan, child, what.after, text, role, table)
    if kind == ">":
        options = [f"that have {text}", f"with {text}", f"{s.who(table)} have {text}"]
        if not one and not what.one:
            single = entity(s, plan, child, one=True, origin=table)
            options += [f"with at least one {single.text}", f"that have at least one {single.text}"][
                : 1 if what.after else 2
            ]
        return s.pick(options)
    options = [f"that have {text}", f"with {text}", f"associated with {text}", f"related to {text}"]
    if role.rsplit(maxsplit=1)[-1] in GROUPS:
        options = [f"in {text}", f"in {text}", *options]
    return s.pick(options)


def _belongs(s: Speaker, plan: Plan, child: str, after: str, text: str, role: str, table: str) -> str:
    """`table` holds the key: an order of a customer."""
    if role != s.table(child).one:
        text = text.replace(s.table(child).one, role, 1) if s.table(child).one in text else text
    named = _name_given(s, plan, child)
    if named and s.chance(0.35):
        options = (
            (f"of {named}", f"by {named}") if s.person(child) else (f"of the {role} {named}", f"for the {role} {named}")
        )
        return s.pick((*options, f"whose {role} is {named}"))
    if after.startswith("whose ") and s.chance(0.4):
        return (
            f"whose {role}'s {after.removeprefix('whose ')}"
            if s.chance(0.5)
            else f"whose {role} {after.removeprefix('whose ')}"
        )
    if role.rsplit(maxsplit=1)[-1] in GROUPS:
        return s.pick((f"in {text}", f"in {text}", f"of {text}", f"that belong to {text}"))
    return s.pick((f"of {text}", f"of {text}", f"for {text}", f"from {text}", f"that belong to {text}"))


def _is_one(s: Speaker, plan: Plan, table: str) -> bool:
    """Whether a condition names a single row of `table`."""
    return any(
        isinstance(c, Compare) and c.operator == "=" and isinstance(c.left, ColumnRef) and s.names_one(c.left)
        for c in plan.conditions.get(table, ())
    )


def _name_given(s: Speaker, plan: Plan, table: str) -> str:
    """The name itself, where it is all that is said about the one row meant."""
    conditions = plan.conditions.get(table, ())
    if (
        len(conditions) != 1
        or table in plan.superlatives
        or any(plan.mentions(c) for c in plan.children.get(table, ()))
    ):
        return ""
    c = conditions[0]
    if not isinstance(c, Compare) or not isinstance(c.left, ColumnRef) or not isinstance(c.right, Literally):
        return ""
    return s.value(c.right, c.left) if _is_one(s, plan, table) and not c.right.numeric else ""
