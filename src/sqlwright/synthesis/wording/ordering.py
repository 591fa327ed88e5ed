"""ORDER BY and LIMIT in words: "sorted by age", "the three oldest"."""

from __future__ import annotations

from ...parser.form import Aggregated, ColumnRef, Expression, Ordering, Select
from .english import number_word
from .expressions import measure_for, name_of
from .measures import plain_measure
from .outputs import aggregate_label
from .plan import Superlative, focus_of
from .speaker import Speaker
from .thresholds import participle, were


def superlative(s: Speaker, ordering: Ordering, count: int, table: str) -> Superlative:
    """For the noun of `table`, whose column orders."""
    node = ordering.value
    number = "" if count == 1 else (number_word(count) if s.chance(0.4) else str(count))
    noun = name_of(s, node)
    if isinstance(node, ColumnRef):
        plain = plain_measure(noun, person=s.person(table))
        measure = plain or measure_for(s, node)
        words = measure.most if ordering.descending else measure.least
        if plain is not None and s.chance(0.7):
            return Superlative(f"{number} {s.pick(words)}".strip(), "", count)
        if s.is_time(node) and noun in ("date", "year") and s.chance(0.5):
            return Superlative(f"{number} {s.pick(words)}".strip(), "", count)
        if (done := participle(noun)) and s.chance(0.7):
            verb = "was" if count == 1 else "were"
            how = ("most recently", "last") if ordering.descending else ("first", "earliest")
            return Superlative(number, f"that {were(done, verb)} {s.pick(how)}", count)
        facts = s.facts(node)
        if facts is not None and facts.role == "text":
            first = "last" if ordering.descending else "first"
            return Superlative(f"{first} {number}".strip(), f"in alphabetical order of {noun}", count)
        word = s.pick(measure_for(s, node).most if ordering.descending else measure_for(s, node).least)
        if count > 1 and s.chance(0.3):
            top = "top" if ordering.descending else "bottom"
            return Superlative(f"{top} {number}", f"by {noun}", count)
        return Superlative(number, f"with the {word} {noun}", count)
    return Superlative(number, f"with the {extreme(s, ordering)}", count)


def extreme(s: Speaker, ordering: Ordering) -> str:
    """As in "highest average price", "lowest price"."""
    node = ordering.value
    if isinstance(node, Aggregated) and node.function != "count":
        measure = measure_for(s, node.argument)
        word = (measure.most if ordering.descending else measure.least)[0]
        inner = {"avg": "average ", "sum": "total "}.get(node.function, "")
        if node.function in ("max", "min"):
            return f"{word} {name_of(s, node.argument)}"
        return f"{'highest' if ordering.descending else 'lowest'} {inner}{name_of(s, node.argument)}"
    return f"{'highest' if ordering.descending else 'lowest'} {name_of(s, node)}"


def order_words(s: Speaker, select: Select) -> str:
    """What follows the outputs; "" without ORDER BY."""
    if not select.order:
        return ""
    focus = focus_of(select)
    keys = [_key_name(s, o.value, focus) for o in select.order]
    down = [o.descending for o in select.order]
    first = select.order[0]
    if len(keys) > 1:
        return f"{s.pick(('sorted by', 'ordered by'))} " + " and then by ".join(
            k + (" in descending order" if d else "") for k, d in zip(keys, down, strict=True)
        )
    return _one_order(s, keys[0], first)


def _one_order(s: Speaker, key: str, ordering: Ordering) -> str:
    node, down = ordering.value, ordering.descending
    facts = s.facts(node) if isinstance(node, ColumnRef) else None
    if facts is not None and facts.role == "text" and not s.chance(0.4):
        direction = (
            s.pick(("reverse alphabetical order", "descending alphabetical order")) if down else "alphabetical order"
        )
        return s.pick(
            (f"in {direction} of {key}", f"sorted by {key} in {direction}", f"ordered by {key} in {direction}")
        )
    sort = s.pick(("sorted by", "ordered by", "sorted by"))
    if down:
        return s.pick(
            (
                f"{sort} {key} in descending order",
                f"in descending order of {key}",
                f"{sort} {key} from highest to lowest",
                f"{sort} {key} descending",
            )
        )
    return s.pick(
        (
            f"{sort} {key}",
            f"{sort} {key} in ascending order",
            f"in ascending order of {key}",
            f"{sort} {key} from lowest to highest",
        )
    )


def _key_name(s: Speaker, node: Expression, focus: str) -> str:
    if isinstance(node, Aggregated):
        return f"the {aggregate_label(s, node)}"
    noun = name_of(s, node)
    if isinstance(node, ColumnRef) and node.table.table != focus:
        own = s.table(node.table.table)
        noun = noun if own.one in noun else s.pick((f"{own.one} {noun}", f"the {noun} of their {own.many}"))
    return f"the {noun}" if s.chance(0.25) and not noun.startswith("the ") else noun
