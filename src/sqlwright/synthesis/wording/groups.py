"""GROUP BY in words: "for each city", "the customer with the most orders"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...parser.form import Aggregated, ColumnRef, Expression, Select
from .english import listing, number_word, plural
from .entities import entity
from .expressions import name_of
from .grouping import Grouping, group_label, grouping_of
from .having import picking
from .measures import GROUPS
from .ordering import order_words
from .outputs import aggregate_label, counts_rows, outputs
from .plan import Plan, Superlative
from .speaker import Phrase, Speaker

Worded = tuple[Phrase, list[str]]  # what a query gives, and whole sentences that ask for it

_ASK = ("give", "show", "list", "tell me")
_SHOW = ("show", "find", "return", "list")
# What things are "in", though it is no thing with a name of its own.
_IN = GROUPS | frozenset(("year", "month", "location", "continent", "class"))


def grouped(s: Speaker, select: Select) -> Worded:
    g = grouping_of(s, select)
    posts = picking(s, select, g)
    suffix = order_words(s, select) if select.limit is None else ""
    if not g.aggregates:
        rows = g.of_focus or any(isinstance(k, ColumnRef) and k.column == "*" for k in g.keys)
        return _rows(s, select, g, posts, suffix) if rows else _values(s, select, g, posts, suffix)
    if g.of_focus:
        return _rows_and_numbers(s, select, g, posts, suffix)
    return _values_and_numbers(s, select, g, posts, suffix)


def _number(s: Speaker, select: Select) -> str:
    """Of a LIMIT over 1, with a blank behind it."""
    if select.limit is None or select.limit == 1:
        return ""
    return f"{number_word(select.limit) if s.chance(0.4) else select.limit} "


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


# Groups are rows: the customers with the most orders.


def _rows(s: Speaker, select: Select, g: Grouping, posts: Sequence[str], suffix: str) -> Worded:
    plan, extra = _picked(s, select, g, posts)
    if not posts:
        extra = [f"that have {g.things.text}"]
    phrase = outputs(s, plan, g.keys, extra=extra)
    asked = [] if suffix else _which_rows(s, g.plan, g.keys, posts, select.limit == 1)
    return Phrase(_joined(phrase.text, suffix), phrase.plural), asked


def _picked(s: Speaker, select: Select, g: Grouping, posts: Sequence[str]) -> tuple[Plan, list[str]]:
    """The plan with the LIMIT as a superlative, and the other posts."""
    if select.limit is None or not posts:
        return g.plan, list(posts)
    found = Superlative(_number(s, select).strip(), posts[-1], select.limit)
    return replace(g.plan, superlatives={g.plan.focus: found}), list(posts[:-1])


def _which_rows(s: Speaker, plan: Plan, keys: Sequence[Expression], posts: Sequence[str], one: bool) -> list[str]:
    things = entity(s, plan, plan.focus, one=one, extra=posts)
    predicate = things.predicate()
    if not predicate or things.before or len(keys) != 1:
        return []
    name = name_of(s, keys[0])
    asked = f"which {things.noun} {predicate}?"
    if name == "name":
        return [asked]
    return [f"{asked} {s.pick(_ASK)} {'its' if one else 'their'} {name if one else plural(name)}."]


def _rows_and_numbers(s: Speaker, select: Select, g: Grouping, posts: Sequence[str], suffix: str) -> Worded:
    numbers = _numbers(s, g)
    if select.limit is not None and posts:
        plan, extra = _picked(s, select, g, posts)
        phrase = outputs(s, plan, g.keys, extra=extra)
        whose = _theirs(s, numbers, "its" if select.limit == 1 else "their")
        return Phrase(f"{phrase.text}{s.pick((' and ', ', along with ', ' as well as '))}{listing(whose)}", True), []
    single = entity(s, g.plan, g.plan.focus, one=True, extra=posts).text
    names = [name_of(s, k) for k in g.keys]
    if not names:
        each = f"for each {single}, {s.pick(_SHOW)} {listing(numbers)}"
        return Phrase(_joined(listing(numbers), s.pick(("of", "for")), f"each {single}", suffix), True), [
            _joined(each, suffix)
        ]
    return _names_and_numbers(s, g, posts, suffix, names, numbers)


def _names_and_numbers(
    s: Speaker, g: Grouping, posts: Sequence[str], suffix: str, names: Sequence[str], numbers: Sequence[str]
) -> Worded:
    focus = g.plan.focus
    many, single = (entity(s, g.plan, focus, one=one, extra=posts).text for one in (False, True))
    nouns = listing([plural(n) for n in names])
    texts = (
        f"the {listing(names)} of each {single} and {listing(numbers)}",
        f"the {nouns} of all {many} and {listing(_theirs(s, numbers, 'their'))}",
        f"the {nouns} of the {many} along with {listing(numbers)} for each",
        f"{listing(numbers)} for each {single}, along with the {s.table(focus).one} {listing(names)}",
    )
    owner = "their" if s.person(focus) else "its"
    asked = [_joined(f"for each {single}, {s.pick(_SHOW)} {owner} {listing(names)} and {listing(numbers)}", suffix)]
    if _is_lone_count(s, g):
        tail = f", {suffix}" if suffix else ""
        follow = f"{s.pick(_ASK)} the {listing(names)} and the count{tail}."
        asked.append(f"how many {g.things.text} does each {single} have? {follow}")
    return Phrase(_joined(s.pick(texts), suffix), True), asked


def _theirs(s: Speaker, numbers: Sequence[str], owner: str) -> list[str]:
    return [n.replace("the ", f"{owner} ", 1) if s.chance(0.3) else n for n in numbers]


# Groups are values: the cities with more than two customers.


def _values(s: Speaker, select: Select, g: Grouping, posts: Sequence[str], suffix: str) -> Worded:
    one = select.limit == 1
    label, post = group_label(s, select, g, one=one), " and ".join(posts)
    if not post:
        return Phrase(_joined(f"the different {label} of {g.things.text}", suffix), True), []
    number = _number(s, select)
    asked = [] if suffix else _which_values(f"{number}{label}", post, one)
    if one and not select.having and (common := _commonness(select)):
        whole = s.pick(("all ", "", "the "))
        asked.append(f"what is the {common} {label} {s.pick(('of', 'among'))} {whole}{g.things.text}?")
    return Phrase(_joined(f"the {number}{label}", post, suffix), not one), asked


def _commonness(select: Select) -> str:
    """The most or the least common, where the count of rows decides; else ""."""
    first = select.order[0] if select.order else None
    if first is None or not isinstance(first.value, Aggregated) or first.value.function != "count":
        return ""
    return "" if first.value.distinct else "most common" if first.descending else "least common"


def _which_values(label: str, post: str, one: bool) -> list[str]:
    for lead in ("with ", "that have ", "that has "):
        if post.startswith(lead):
            return [f"which {label} {'has' if one else 'have'} {post.removeprefix(lead)}?"] * 2
    return []


def _values_and_numbers(s: Speaker, select: Select, g: Grouping, posts: Sequence[str], suffix: str) -> Worded:
    numbers, post = listing(_numbers(s, g)), " and ".join(posts)
    label = group_label(s, select, g, one=True)
    many = group_label(s, select, g, one=False)
    if select.limit is not None:
        noun = label if select.limit == 1 else many
        if not g.keys:
            return Phrase(_joined(numbers, f"of the {_number(s, select)}{noun}", post), len(g.aggregates) > 1), []
        return Phrase(_joined(f"the {_number(s, select)}{noun}", post, "and", numbers), True), []
    where = "in" if label.rsplit(maxsplit=1)[-1] in _IN else "for"
    each = _joined(f"each {label}", post)
    texts = [
        f"{numbers} {s.pick((where, 'for', 'of'))} {each}",
        f"{numbers} {where} {each}" if post else f"{numbers} per {label}",
        f"{_joined(f'the {many}', post)} and {numbers} {where} each",
        f"{each} and {numbers}",
    ]
    several = len(g.aggregates) > 1
    asking = "what are" if several else "what is"
    asked = [_joined(f"for {each}, {s.pick((*_SHOW, asking))} {numbers}", suffix)]
    if _is_lone_count(s, g) and not post:
        tail = f", {suffix}" if suffix else ""
        asked += [
            f"how many {g.things.text} are there {where} {each}{tail}?",
            f"how many {g.things.text} does {each} have{tail}?",
        ]
    chosen = s.pick(texts)
    return Phrase(_joined(chosen, suffix), several or not chosen.startswith(numbers)), asked


def _is_lone_count(s: Speaker, g: Grouping) -> bool:
    only = g.aggregates[0]
    return len(g.aggregates) == 1 and only.function == "count" and counts_rows(s, only)


def _numbers(s: Speaker, g: Grouping) -> list[str]:
    """What is counted or added up in each group."""
    found = []
    for node in g.aggregates:
        if node.function == "count" and counts_rows(s, node):
            found.append(f"the number of {g.things.text}")
            continue
        # The things are said once, with the last number.
        last = node is g.aggregates[-1] and (g.things.after or g.things.before or s.chance(0.6))
        the = "the " if s.chance(0.3) else ""
        found.append(f"the {aggregate_label(s, node)}" + (f" of {the}{g.things.text}" if last else ""))
    return found
