"""Comparisons by size or time: "more than 5", "between 2 and 9", "ordered after 2024-01-31"."""

from __future__ import annotations

from ...parser.form import Between, ColumnRef, Compare, Expression, Literally
from .english import PARTICIPLES, article, plural
from .expressions import measure_for, name_of
from .measures import plain_measure
from .speaker import Speaker

_AT_LEAST = ("at least", "no less than", "greater than or equal to")
_AT_MOST = ("at most", "no more than", "less than or equal to")


def threshold(s: Speaker, c: Compare, ref: ColumnRef, literal: Literally, table: str) -> str:
    noun, value = s.column(ref).one, s.value(literal)
    plain = plain_measure(noun, person=s.person(table))
    if (
        plain is not None
        and plain.alone
        and c.operator in ("<", ">")
        and len(plain.above[0].split()) == 2
        and s.chance(0.5)
    ):
        return f"{s.pick(plain.above if c.operator == '>' else plain.below)} {value}"
    if s.is_time(ref):
        return time_threshold(s, c.operator, noun, value)
    words = threshold_words(s, c.operator, ref)
    if plural(noun) == noun or noun.split()[0] == "number":
        return s.pick(
            (f"with {words} {value} {noun}", f"that have {words} {value} {noun}", f"whose {noun} is {words} {value}")
            if plural(noun) == noun
            else (f"whose {noun} is {words} {value}", f"with {article(noun)} {words} {value}")
        )
    late = {">=": "or more", "<=": "or less"}.get(c.operator, "")
    if late and s.chance(0.25):
        return f"with {article(noun)} of {value} {late}"
    of = "of " if words.split()[0] in ("at", "more", "less", "no") and s.chance(0.7) else ""
    return s.pick(
        (
            f"whose {noun} is {words} {value}",
            f"with {article(noun)} {of}{words} {value}",
            f"with {noun} {words} {value}",
        )
    )


def time_threshold(s: Speaker, operator: str, noun: str, value: str) -> str:
    words = {
        ">": ("after",) if participle(noun) else ("after", "later than"),
        "<": ("before",) if participle(noun) else ("before", "earlier than"),
        ">=": ("on or after", "since") if "-" in value else ("in or after", "since"),
        "<=": ("on or before", "no later than") if "-" in value else ("in or before", "up to"),
    }.get(operator, ("after",))
    word = s.pick(words)
    if done := participle(noun):
        return s.pick((f"{done} {word}", f"that {were(done)} {word}")) + f" {value}"
    if noun in ("year", "date"):
        return s.pick((f"{words[0]} {value}", f"whose {noun} is {word} {value}", f"from {words[0]} {value}"))
    return s.pick((f"whose {noun} is {word} {value}", f"with {article(noun)} {word} {value}"))


def threshold_words(s: Speaker, operator: str, node: Expression) -> str:
    """What stands before the number: "more than", "at least"."""
    measure = measure_for(s, node)
    if operator == ">=":
        return s.pick(_AT_LEAST[:2] if s.chance(0.8) else _AT_LEAST)
    if operator == "<=":
        return s.pick(_AT_MOST[:2] if s.chance(0.8) else _AT_MOST)
    if operator == "=":
        return s.pick(("exactly", "equal to"))
    if operator == "!=":
        return "not"
    return s.pick(measure.above if operator == ">" else measure.below)


def between(s: Speaker, condition: Between) -> str:
    ref = condition.value if isinstance(condition.value, ColumnRef) else None
    noun = name_of(s, condition.value)
    low, high = (s.value(v) if isinstance(v, Literally) else name_of(s, v) for v in (condition.low, condition.high))
    if ref is not None and s.is_time(ref):
        return s.pick(
            (f"between {low} and {high}", f"from {low} to {high}", f"whose {noun} is between {low} and {high}")
        )
    if plural(noun) == noun:
        return f"with between {low} and {high} {noun}"
    return s.pick(
        (
            f"whose {noun} is between {low} and {high}",
            f"with {article(noun)} between {low} and {high}",
            f"with {noun} from {low} to {high}",
            f"whose {noun} lies between {low} and {high}",
        )
    )


def participle(noun: str) -> str:
    """Of "date ordered", "year awarded"; "" for any other noun."""
    words = noun.split()
    return words[1] if len(words) == 2 and words[0] in ("date", "year") and words[1].endswith(PARTICIPLES) else ""


def were(done: str, verb: str = "were") -> str:
    """As a predicate: things were ordered, but people left."""
    return done if done in ("left", "won") else f"{verb} {done}"
