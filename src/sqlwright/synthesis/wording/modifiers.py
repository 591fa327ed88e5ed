"""Conditions on one thing as the words that narrow it down: "older than 30", "in Paris", "whose price is above 5"."""

from __future__ import annotations

from dataclasses import dataclass

from ...parser.form import (
    Aggregated,
    Between,
    ColumnRef,
    Compare,
    Condition,
    Expression,
    IsNull,
    Joined,
    Literally,
    Negated,
    Nested,
    Select,
)
from ..naming import is_flag, is_name
from .english import article, listing, plural
from .expressions import measure_for, name_of
from .measures import plain_measure
from .speaker import Speaker
from .thresholds import between, participle, threshold, threshold_words, were

_PLACES = frozenset(
    "city country state county region district town village continent location province area hometown neighborhood "
    "headquarters headquarter nationality".split()
)
_KINDS = frozenset("type category color colour status gender sex genre nationality style level class".split())
_CLAUSES = ("whose ", "with ", "without ", "that ", "who ", "except ", "not ")
_YES = frozenset(("1", "t", "y", "true", "yes"))
_NO = frozenset(("0", "f", "n", "false", "no"))


@dataclass(frozen=True, slots=True)
class Modifier:
    """`before` stands in front of the noun, `after` behind it."""

    before: str = ""
    after: str = ""


def modifier(s: Speaker, condition: Condition, table: str) -> Modifier:
    """For the noun of `table`, in the plural or the singular alike."""
    if isinstance(condition, Joined):
        return _joined(s, condition, table)
    if isinstance(condition, Negated):
        return Modifier(after=_negated(s, condition.condition, table))
    if isinstance(condition, Between):
        return Modifier(after=between(s, condition))
    if isinstance(condition, IsNull):
        return Modifier(after=_missing(s, condition.value))
    if isinstance(condition, Compare):
        return _compare(s, condition, table)
    return Modifier()


def _joined(s: Speaker, condition: Joined, table: str) -> Modifier:
    same = _same_column(condition)
    if same is not None and condition.operator == "or":
        values = [p.right for p in condition.parts if isinstance(p, Compare)]
        return Modifier(after=_one_of(s, same, [v for v in values if isinstance(v, Literally)]))
    parts = [modifier(s, part, table) for part in condition.parts]
    texts = [m.after or f"that are {m.before}" for m in parts]
    if len({text.split()[0] for text in texts}) > 1:
        # A second condition of another build would read as part of the first.
        texts = [t if t.startswith(_CLAUSES) else f"that are {t}" for t in texts]
    either = (
        "either "
        if condition.operator == "or" and s.chance(0.2) and all(t.split()[0] == "whose" for t in texts)
        else ""
    )
    return Modifier(after=either + listing(texts, condition.operator))


def _same_column(condition: Joined) -> ColumnRef | None:
    columns = {p.left for p in condition.parts if isinstance(p, Compare) and p.operator == "=" and _constant(p.right)}
    alike = all(isinstance(p, Compare) and p.operator == "=" and _constant(p.right) for p in condition.parts)
    only = next(iter(columns)) if alike and len(columns) == 1 else None
    return only if isinstance(only, ColumnRef) else None


def _constant(node: object) -> bool:
    return isinstance(node, Literally)


def _one_of(s: Speaker, ref: ColumnRef, values: list[Literally]) -> str:
    noun = s.column(ref).one
    texts = listing([s.value(v, ref) for v in values], "or")
    either = "either " if s.chance(0.35) else ""
    options = [f"whose {noun} is {either}{texts}", f"with {noun} {texts}", f"with {either}{noun} {texts}"]
    if is_place(noun):
        options += [f"in {either}{texts}", f"from {texts}"]
    elif is_name(ref.column):
        options += [f"named {either}{texts}", f"called {texts}"]
    return s.pick(options)


def _compare(s: Speaker, c: Compare, table: str) -> Modifier:
    if isinstance(c.right, tuple):
        values = [s.value(v, c.left if isinstance(c.left, ColumnRef) else None) for v in c.right]
        return Modifier(after=f"whose {name_of(s, c.left)} is {listing(values, 'or')}")
    if isinstance(c.right, Nested):
        return _nested(s, c, c.right, table)
    if not isinstance(c.left, ColumnRef) or not isinstance(c.right, Literally):
        right = name_of(s, c.right) if not isinstance(c.right, Literally) else s.value(c.right)
        return Modifier(after=f"whose {name_of(s, c.left)} is {threshold_words(s, c.operator, c.left)} {right}")
    if c.operator in ("contains", "starts", "ends", "like"):
        return Modifier(after=_like(s, c.operator, c.left, c.right))
    if c.operator == "=":
        return _equal(s, c.left, c.right, table)
    if c.operator == "!=":
        return Modifier(after=_unequal(s, c.left, c.right))
    return Modifier(after=threshold(s, c, c.left, c.right, table))


def _equal(s: Speaker, ref: ColumnRef, literal: Literally, table: str) -> Modifier:
    noun, value = s.column(ref).one, s.value(literal, ref)
    last = noun.split()[-1]
    if flag := _flag(s, ref, literal):
        return Modifier(after=flag)
    if last in _KINDS and _adjective(value) and s.chance(0.4):
        return Modifier(before=value)
    if _adjective(value) and s.meaning(literal.text, ref) and s.chance(0.3):
        return Modifier(before=value) if last != "name" else Modifier(after=f"that are {value}")
    if s.is_time(ref):
        return Modifier(after=s.pick([f"whose {noun} is {value}", *_at_time(noun, value), *_at_time(noun, value)]))
    options = [f"whose {noun} is {value}"] * 2 + [f"with {noun} {value}"]
    if not literal.numeric:
        options += [f"with the {noun} {value}", f"with {value} as {'their' if s.person(table) else 'the'} {noun}"]
    if is_name(ref.column) and noun in ("name", "title", "full name"):
        options += [f"named {value}", f"called {value}", f"with the name {value}"] * 2
    elif is_place(noun):
        options += [f"in {value}", f"from {value}", f"in the {noun} {value}"] * 2
        options += [f"living in {value}"] if s.person(table) and "address" not in noun else [f"located in {value}"]
    elif last in _KINDS and not literal.numeric:
        options += [f"of {noun} {value}", f"of the {noun} {value}"] * 2
    elif literal.numeric and literal.text.isdigit() and plural(noun) == noun and last != "id":
        options += [f"with {value} {noun}", f"that have {value} {noun}"] * 2
    elif literal.numeric:
        options += [f"with {article(noun)} of {value}"]
    return Modifier(after=s.pick(options))


def _at_time(noun: str, value: str) -> list[str]:
    if noun == "year":
        return [f"in {value}", f"from {value}", f"from the year {value}"]
    if noun.endswith(" year"):
        return [f"with {noun} {value}"]
    if noun == "date":
        return [f"on {value}", f"dated {value}"]
    if done := participle(noun):
        on = "in" if noun.startswith("year") else "on"
        return [f"{done} {on} {value}", f"that {were(done)} {on} {value}"]
    return [f"with {noun} {value}", f"with the {noun} {value}"]


def _flag(s: Speaker, ref: ColumnRef, literal: Literally) -> str:
    """A yes-or-no column in words; "" for any other."""
    text = literal.text.casefold()
    words = s.vocabulary.columns[ref.table.table, ref.column][0].one.split()
    if meaning := s.meaning(literal.text, ref):
        text = meaning.casefold()
    known = is_flag(ref.column) or meaning
    if not known or len(words) < 2 or text not in _YES | _NO:
        return ""
    if meaning and words[0] not in ("is", "has"):
        words = ["is", *words]
    if words[-1] in ("yn", "flag"):
        words = ["is", *words[:-1]]
    rest = " ".join(words[1:])
    if words[0] == "is":
        return f"that are {'' if text in _YES else 'not '}{rest}"
    return f"that {'have' if text in _YES else 'do not have'} {article(rest)}"


def _unequal(s: Speaker, ref: ColumnRef, literal: Literally) -> str:
    noun, value = s.column(ref).one, s.value(literal, ref)
    options = [f"whose {noun} is not {value}"] * 3 + [f"with {article(noun)} other than {value}"]
    options += [f"whose {noun} is different from {value}"]
    if is_place(noun):
        options += [f"not in {value}", f"that are not from {value}", f"outside {value}"]
    elif is_name(ref.column) and noun == "name":
        options += [f"not named {value}", f"that are not called {value}"]
    return s.pick(options)


def _like(s: Speaker, operator: str, ref: ColumnRef, literal: Literally) -> str:
    noun = s.column(ref).one
    text = s.quoted(literal.text) if s.chance(0.75) else literal.text
    letters = "letter" if len(literal.text) == 1 else "letters" if len(literal.text) < 4 else "word"
    if letters == "letters" and " " in literal.text:
        letters = "text"
    kind = s.pick(("", f"the {letters} ", "the substring " if operator == "contains" else f"the {letters} "))
    if operator == "contains":
        return s.pick(
            (
                f"whose {noun} contains {kind}{text}",
                f"with {kind}{text} in {'their' if s.person(ref.table.table) else 'the'} {noun}",
                f"whose {noun} includes {kind}{text}",
                f"that have {kind}{text} in their {noun}",
            )
        )
    if operator == "like":
        return f"whose {noun} is like {s.quoted(literal.text)}"
    kind = kind.replace("substring", letters)
    verb = s.pick(("starts", "begins")) if operator == "starts" else "ends"
    bare = {"starts": "starting", "begins": "beginning", "ends": "ending"}[verb]
    return s.pick((f"whose {noun} {verb} with {kind}{text}", f"with {article(noun)} {bare} with {kind}{text}"))


def _missing(s: Speaker, node: Expression) -> str:
    noun = name_of(s, node)
    meaning = s.meaning("NULL", node) if isinstance(node, ColumnRef) else ""
    if meaning.startswith(("still ", "not ")) and len(meaning.split()) == 2 and s.chance(0.6):
        return f"that are {meaning}"
    return s.pick(
        (
            f"without {article(noun)}",
            f"with no {noun}",
            f"whose {noun} is missing",
            f"that have no {noun} recorded",
            f"whose {noun} is not known",
        )
    )


def _negated(s: Speaker, condition: Condition, table: str) -> str:
    if isinstance(condition, IsNull):
        noun = name_of(s, condition.value)
        return s.pick((f"that have {article(noun)}", f"whose {noun} is known", f"with {article(noun)} recorded"))
    if isinstance(condition, Compare) and isinstance(condition.right, Nested):
        noun = name_of(s, condition.left)
        if rows := related_rows(s, condition, table):
            return without(s, rows, table)
        return f"whose {noun} is not among {s.nested(condition.right.query).text}"
    if isinstance(condition, Compare) and condition.operator in ("contains", "starts", "ends"):
        noun = name_of(s, condition.left)
        verb = {"contains": "contain", "starts": "start with", "ends": "end with"}[condition.operator]
        text = s.quoted(condition.right.text) if isinstance(condition.right, Literally) else ""
        return f"whose {noun} does not {verb} {text}"
    inner = modifier(s, condition, table)
    return f"except those {inner.after or 'that are ' + inner.before}"


def _nested(s: Speaker, c: Compare, nested: Nested, table: str) -> Modifier:
    noun, query = name_of(s, c.left), nested.query
    if isinstance(query, Select) and len(query.items) == 1 and isinstance(query.items[0], Aggregated):
        found = query.items[0]
        if found.argument == c.left and query.where is None:
            return Modifier(after=_beside_extreme(s, c, found, noun, table))
    inner = s.nested(query)
    if c.operator == "in" and (rows := related_rows(s, c, table)):
        return Modifier(after=s.pick((f"that have {rows}", f"with {rows}", f"{s.who(table)} have {rows}")))
    if c.operator == "in":
        return Modifier(after=f"whose {noun} is {'among' if inner.plural else 'the same as'} {inner.text}")
    if c.operator == "=":
        return Modifier(
            after=s.pick((f"whose {noun} is {inner.text}", f"with the same {noun} as {inner.text}"))
            if not inner.plural
            else f"whose {noun} is that of {inner.text}"
        )
    if c.operator == "!=":
        return Modifier(after=f"whose {noun} is different from {inner.text}")
    return Modifier(after=f"whose {noun} is {threshold_words(s, c.operator, c.left)} {inner.text}")


def related_rows(s: Speaker, c: Compare, table: str) -> str:
    """`key IN (SELECT key of another table ...)`: those rows; "" for any other condition."""
    query = c.right.query if isinstance(c.right, Nested) else None
    if not isinstance(query, Select) or len(query.items) != 1 or query.group or query.limit is not None:
        return ""
    left, right = c.left, query.items[0]
    if not isinstance(left, ColumnRef) or not isinstance(right, ColumnRef) or right.table.table == table:
        return ""
    connected = (left.column, right.column) in s.graph.pairs(table, right.table.table)
    return s.rows(query, table) if connected else ""


def without(s: Speaker, rows: str, table: str) -> str:
    """Of things that `rows` are not related to."""
    who = s.who(table)
    return s.pick(
        (
            f"{who} have no {rows}",
            f"without any {rows}",
            f"{who} do not have any {rows}",
            f"without {rows}",
            f"with no {rows}",
        )
    )


def _beside_extreme(s: Speaker, c: Compare, found: Aggregated, noun: str, table: str) -> str:
    """`x > (SELECT avg(x))` and `x = (SELECT max(x))`, over the same table."""
    measure = measure_for(s, c.left)
    plain = plain_measure(noun, person=s.person(table))
    if found.function in ("max", "min") and c.operator == "=":
        words = measure.most if found.function == "max" else measure.least
        return s.pick((f"with the {s.pick(words)} {noun}", f"that have the {s.pick(words)} {noun}"))
    label = {"avg": "average", "max": s.pick(measure.most), "min": s.pick(measure.least)}.get(
        found.function, found.function
    )
    if found.function == "avg" and c.operator in ("<", ">") and plain is not None and len(plain.above[0].split()) == 2:
        return s.pick(
            (
                f"{(plain.above if c.operator == '>' else plain.below)[0]} average",
                f"{(plain.above if c.operator == '>' else plain.below)[0]} the average {noun}",
            )
        )
    if found.function == "avg" and c.operator in ("<", ">") and s.chance(0.4):
        return f"with {s.pick(('above', 'above') if c.operator == '>' else ('below', 'below'))} average {noun}"
    return (
        f"whose {noun} is {threshold_words(s, c.operator, c.left)} the {label} {noun}"
        if s.chance(0.6)
        else (f"with {article(noun)} {threshold_words(s, c.operator, c.left)} the {label}")
    )


def is_place(noun: str) -> bool:
    return noun.rsplit(maxsplit=1)[-1] in _PLACES and noun.rsplit(maxsplit=1)[-1] not in ("area", "nationality")


def _adjective(value: str) -> bool:
    return value.isalpha() and len(value) > 2 and value[0] not in "\"'"
