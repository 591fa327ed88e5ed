"""What a query gives: "the names and ages of all students and the titles of their courses"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...parser.form import Aggregated, ColumnRef, Expression, TableRef
from ..naming import is_name
from ..roles import foreign_key_of, refers_to
from .english import listing, plural
from .entities import Entity, entity
from .expressions import measure_for, name_of
from .plan import Plan, expression_columns
from .speaker import Phrase, Speaker

_DIFFERENT = ("different ", "distinct ", "unique ")
_JOINING = ("and", "and", "along with", "as well as")


def outputs(s: Speaker, plan: Plan, items: Sequence[Expression], *, extra: Sequence[str] = ()) -> Phrase:
    """Of plain columns, with the things of the focus named once."""
    things = entity(s, plan, plan.focus, extra=extra)
    groups = list(_by_table([_as_own(s, e, plan.focus) for e in items], plan.focus))
    own = _own(s, plan, [e for table, found in groups if table == plan.focus for e in found], things)
    others = [_others(s, table, found, things.one) for table, found in groups if table != plan.focus]
    word = s.pick(_JOINING) if len(others) == 1 else "and"
    return Phrase(listing([own.text, *others], word), own.plural or bool(others))


def _as_own(s: Speaker, item: Expression, focus: str) -> Expression:
    """A key of another table that names rows of the focus is the focus's own key."""
    if not isinstance(item, ColumnRef) or item.table.table == focus:
        return item
    key = foreign_key_of(s.schema.table(item.table.table), item.column)
    target = refers_to(s.schema.table(item.table.table), item.column, s.schema)
    known = target is not None and target.full_name == focus and key is not None and key.ref_columns
    return ColumnRef(TableRef(focus), key.ref_columns[0]) if known and key is not None else item


def _by_table(items: Sequence[Expression], focus: str) -> Iterator[tuple[str, list[Expression]]]:
    found: dict[str, list[Expression]] = {focus: []}
    for item in items:
        column = next(expression_columns(item), None)
        found.setdefault(column.table.table if column else focus, []).append(item)
    return iter(found.items())


def _own(s: Speaker, plan: Plan, items: Sequence[Expression], things: Entity) -> Phrase:
    if any(_is_row(e) for e in items):
        return Phrase(_rows(s, things), not things.one)
    distinct = s.pick(_DIFFERENT) if plan.select.distinct else ""
    if is_their_name(s, items) and s.chance(0.12):
        return Phrase(f"the {distinct}{things.text}", not things.one)
    if not things.after and not things.before and len(items) == 1 and s.chance(0.3):
        start = "the " if things.one else s.pick(("the ", "all ", "all the ", ""))
        nouns = _nouns(s, items, one=things.one)
        return Phrase(f"{start}{distinct}{s.table(plan.focus).one} {nouns}", not things.one)
    single = things.one or (not distinct and s.chance(0.2))
    plural_verb = not single or len(items) > 1
    nouns = _nouns(s, items, one=single)
    if things.one:
        return Phrase(f"the {nouns} of the {things.text}", plural_verb)
    if single and not things.after and s.chance(0.5):
        return Phrase(f"the {nouns} of each {_single(s, plan, things)}", plural_verb)
    preposition = "for" if s.chance(0.15) else "of"
    the = "the " if single or s.chance(0.85) else ""
    return Phrase(f"{the}{distinct}{nouns} {preposition} {_whole(s, plan, things, single)}", plural_verb)


def _whole(s: Speaker, plan: Plan, things: Entity, single: bool) -> str:
    """The things in front of their narrowing: all of them, the ones, or each."""
    if plan.superlatives:
        return f"the {things.text}"
    if single and things.after.startswith("whose"):
        return f"each {_single(s, plan, things)} {things.after}"
    return s.pick(("all ", "the ", "") if things.after else ("all ", "the ", "all the ", "")) + things.text


def _single(s: Speaker, plan: Plan, things: Entity) -> str:
    return f"{things.before} {s.table(plan.focus).one}".strip()


def _is_row(e: Expression) -> bool:
    return isinstance(e, ColumnRef) and e.column == "*"


def _rows(s: Speaker, things: Entity) -> str:
    whole = "the" if things.one else s.pick(("all", "the", "all the"))
    return s.pick(
        (
            f"all the information about {whole} {things.text}",
            f"all details of {whole} {things.text}",
            f"all the details of {whole} {things.text}",
            f"{whole} {things.text} with all their details",
        )
    )


def is_their_name(s: Speaker, items: Sequence[Expression]) -> bool:
    """Whether the things themselves are an answer: "the students in Paris" for their names."""
    only = items[0] if len(items) == 1 else None
    if not isinstance(only, ColumnRef) or not is_name(only.column):
        return False
    return s.column(only).one in ("name", "title", "full name")


def _others(s: Speaker, table: str, items: Sequence[Expression], one: bool) -> str:
    noun, nouns = s.table(table), _nouns(s, items, one=one)
    owner = "its" if one else "their"
    if any(_is_row(e) for e in items):
        return f"all details of {owner} {noun.one if one else noun.many}"
    own = noun.one if one else noun.many
    return s.pick(
        (
            f"the {nouns} of {owner} {own}",
            f"{owner} {noun.one} {nouns}",
            f"the {nouns} of the corresponding {own}",
            f"the corresponding {noun.one} {nouns}",
        )
    )


def _nouns(s: Speaker, items: Sequence[Expression], *, one: bool) -> str:
    names = [name_of(s, e) for e in items]
    return listing([n if one else plural(n) for n in names])


def aggregates(s: Speaker, plan: Plan, items: Sequence[Expression]) -> Phrase:
    """Of the whole: "the average and maximum age of all students"."""
    things = entity(s, plan, plan.focus)
    counts = [e for e in items if isinstance(e, Aggregated) and e.function == "count"]
    if len(items) == 1 and counts:
        return Phrase(count_words(s, counts[0], things), False)
    if len(counts) == 1:
        return _count_and_more(s, items, counts[0], things)
    whole = s.pick(("all ", "the ", "", "all the ")) if not things.one else "the "
    return Phrase(f"the {_labels(s, items)} {s.pick(('of', 'of', 'of', 'for'))} {whole}{things.text}", len(items) > 1)


def _count_and_more(s: Speaker, items: Sequence[Expression], count: Aggregated, things: Entity) -> Phrase:
    rest = [e for e in items if e is not count]
    their = s.pick(("their", "the"))
    return Phrase(f"{count_words(s, count, things)} and {their} {_labels(s, rest)}", True)


def _labels(s: Speaker, items: Sequence[Expression]) -> str:
    """The noun once where it is the same: "average and maximum age"."""
    parts = [aggregate_label(s, e) for e in items]
    arguments = {e.argument if isinstance(e, Aggregated) else e for e in items}
    if len(arguments) != 1 or len(items) == 1:
        return " and the ".join(parts) if s.chance(0.3) else listing(parts)
    noun = name_of(s, next(iter(arguments)))
    return f"{listing([p.removesuffix(' ' + noun) for p in parts])} {noun}"


def count_words(s: Speaker, e: Aggregated, things: Entity) -> str:
    """As in "the number of students in Paris", "the number of different cities of students"."""
    total = "total " if s.chance(0.12) else ""
    if counts_rows(s, e):
        return f"the {total}number of {things.text}"
    different = s.pick(_DIFFERENT) if e.distinct else ""
    the = "the " if s.chance(0.4) else ""
    return f"the {total}number of {different}{counted_nouns(s, e)} of {the}{things.text}"


def counts_rows(s: Speaker, e: Aggregated) -> bool:
    """Whether it counts the things themselves: count(*), or count of a key that each row has."""
    ref = e.argument
    if not isinstance(ref, ColumnRef) or ref.column == "*":
        return True
    facts = s.facts(ref)
    return facts is not None and facts.role == "key" and not e.distinct


def counted_nouns(s: Speaker, e: Aggregated) -> str:
    """What a count of a column counts; a key stands for the things it names."""
    if isinstance(e.argument, ColumnRef) and e.distinct and (named := s.named_by(e.argument)):
        return named.many
    return plural(name_of(s, e.argument))


def aggregate_label(s: Speaker, e: Expression) -> str:
    """Without an article."""
    if not isinstance(e, Aggregated):
        return name_of(s, e)
    if e.function == "count":
        return f"number of {'different ' if e.distinct else ''}{counted_nouns(s, e)}"
    noun = name_of(s, e.argument)
    measure = measure_for(s, e.argument)
    most, least = (measure.most[0], measure.least[0]) if measure.most[0] != "most" else ("highest", "lowest")
    label = {
        "avg": ("average", "average", "mean"),
        "sum": ("total", "total", "total"),
        "min": ("minimum", "minimum", least),
        "max": ("maximum", "maximum", most),
    }[e.function]
    return f"{s.pick(label)} {noun}"
