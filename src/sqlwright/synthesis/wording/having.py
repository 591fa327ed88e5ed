"""What picks some of the groups: HAVING, and ORDER BY with LIMIT."""

from __future__ import annotations

from ...parser.form import Aggregated, ColumnRef, Compare, Literally, Nested, Select
from .english import article, number_word, plural, singular_phrase
from .expressions import name_of
from .grouping import Grouping, comparisons
from .ordering import extreme, superlative
from .outputs import aggregate_label, counted_nouns
from .speaker import Speaker
from .thresholds import threshold_words

_COUNTS = {
    ">": ("more than", "more than", "over"),
    ">=": ("at least", "at least", "no less than"),
    "<": ("fewer than", "less than"),
    "<=": ("at most", "no more than"),
    "=": ("exactly", "exactly"),
}
_MOST = ("most", "most", "largest number of", "highest number of")
_FEWEST = ("fewest", "least number of", "smallest number of", "lowest number of")


def picking(s: Speaker, select: Select, g: Grouping) -> list[str]:
    """What stands behind the noun of a group; where there is a LIMIT, the last is what it goes by."""
    posts = [_having(s, c, g, select.limit == 1) for c in comparisons(select.having)]
    if select.limit is not None and select.order:
        posts.append(_most(s, select, g))
    return posts


def _most(s: Speaker, select: Select, g: Grouping) -> str:
    first = select.order[0]
    node = first.value
    if isinstance(node, Aggregated) and node.function == "count":
        many = s.pick(_MOST if first.descending else _FEWEST)
        return f"{'that has' if s.chance(0.2) and select.limit == 1 else 'with'} the {many} {_things(s, node, g)}"
    if isinstance(node, Aggregated):
        return f"with the {extreme(s, first)}{_of_things(g)}"
    return superlative(s, first, 1, g.plan.focus).after or f"with the {extreme(s, first)}"


def _of_things(g: Grouping) -> str:
    """The things an aggregate is taken of, where a condition narrows them down."""
    return f" of {g.things.text}" if g.things.after or g.things.before else ""


def _things(s: Speaker, node: Aggregated, g: Grouping) -> str:
    """What a count counts."""
    if node.distinct and isinstance(node.argument, ColumnRef) and node.argument.column != "*":
        return f"different {counted_nouns(s, node)}{_of_things(g)}"
    return g.things.text


def _having(s: Speaker, c: Compare, g: Grouping, one: bool) -> str:
    node = c.left
    if isinstance(node, Aggregated) and node.function == "count" and isinstance(c.right, Literally):
        return _having_count(s, c, node, c.right, g, one)
    words = threshold_words(s, c.operator, node.argument if isinstance(node, Aggregated) else node)
    label = aggregate_label(s, node)
    right = _right(s, c)
    if isinstance(node, Aggregated) and _of_things(g):
        return f"whose {label}{_of_things(g)} is {words} {right}"
    return s.pick((f"whose {label} is {words} {right}", f"with {article(label)} {words} {right}"))


def _right(s: Speaker, c: Compare) -> str:
    if isinstance(c.right, Nested):
        return s.nested(c.right.query).text
    return "" if isinstance(c.right, tuple) else name_of(s, c.right)


def _having_count(s: Speaker, c: Compare, node: Aggregated, right: Literally, g: Grouping, one: bool) -> str:
    number = int(right.text) if right.text.isdigit() else 0
    things = _things(s, node, g)
    noun = g.things.noun
    if number == 1 and things.startswith(noun) and noun == plural(noun):
        things = things.replace(noun, singular_phrase(noun), 1)
    many = number_word(number) if s.chance(0.35) else right.text
    if c.operator == ">=" and s.chance(0.25):
        return f"with {many} or more {things}"
    verb = f"that {'has' if one else 'have'}" if s.chance(0.5) else "with"
    return f"{verb} {s.pick(_COUNTS.get(c.operator, ('other than',)))} {many} {things}"
