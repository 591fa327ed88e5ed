"""Conditions as people say them: adjectives, places, dates, missing values, flags, owners."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...parser.form import Compare, Condition, IsNull, IsTrue, Joined, Literally, Negated, Now, Span
from ..concepts import PREDICATES, ColumnConcept, TableConcept
from .asker import Asker
from .clauses import Clause, columns_in, equals, phrase
from .periods import Period, random_period
from .thresholds import age_clause, threshold_clause


def some_clauses(asker: Asker, table: TableConcept, most: int = 2, *, avoid: str = "") -> tuple[Clause, ...]:
    """None, one or two conditions on `table` or a table it refers to."""
    count = min(most, asker.rng.choices((0, 1, 2), (0.45, 0.42, 0.13))[0])
    found: list[Clause] = []
    for _ in range(count):
        clause = any_clause(asker, table, avoid=avoid)
        if clause and all(clause.form != c.form for c in found):
            used = {c.column for c in columns_in(clause.form)}
            if not any(used & {c.column for c in columns_in(f.form)} for f in found):
                found.append(clause)
    return tuple(found)


LABEL_ROWS = 60  # of a table whose names are used like adjectives: rock tracks, Berlin office staff


def any_clause(asker: Asker, table: TableConcept, *, avoid: str = "") -> Clause | None:
    """A random condition of a kind that the table has."""
    makers: list[tuple[float, Callable[[], Clause | None]]] = [
        (3, lambda: category_clause(asker, table)),
        (1.5, lambda: flag_clause(asker, table)),
        (3, lambda: period_clause(asker, table)),
        (2, lambda: threshold_clause(asker, table)),
        (1.2, lambda: missing_clause(asker, table)),
        (1.5, lambda: place_clause(asker, table)),
        (1.5, lambda: owner_clause(asker, table)),
        (0.5, lambda: late_clause(asker, table)),
        (0.6, lambda: contains_clause(asker, table)),
        (0.5, lambda: age_clause(asker, table)),
    ]
    for _ in range(4):
        maker = asker.rng.choices([m for _, m in makers], [w for w, _ in makers])[0]
        clause = maker()
        if clause and (not avoid or all(c.column != avoid for c in columns_in(clause.form))):
            return clause
    return None


def category_clause(asker: Asker, table: TableConcept) -> Clause | None:
    column = asker.some(c for c in asker.columns(table, "category") if c.values)
    if column is None:
        return None
    value = asker.any(column.values)
    said = asker.word(value.words) or value.stored
    form = equals(asker, table, column, value.stored)
    named = asker.word(column.words)
    if asker.chinese:
        text = asker.any([said, said, f"{named}为{said}", f"{named}是{said}"])
        if asker.chance(0.12):
            return Clause(Negated(form), asker.any([f"{named}不是{said}", f"非{said}"]))
        return Clause(form, text)
    if asker.chance(0.12):
        return Clause(
            Negated(form), "", asker.any([f"that are not {said}", f"whose {named} is not {said}", f"not {said}"])
        )
    if asker.chance(0.12) and len(column.values) > 2:
        other = asker.any([v for v in column.values if v is not value])
        also = asker.word(other.words) or other.stored
        both = (Literally(value.stored, column.numeric), Literally(other.stored, column.numeric))
        return Clause(
            Compare("in", asker.column(table, column.column), both),
            asker.any([f"{said} or {also}", f"{said} and {also}"]),
        )
    if asker.chance(0.65):
        return Clause(form, said)
    return Clause(
        form,
        "",
        asker.any([f"with {named} {said}", f"that are {said}", f"in {named} {said}", f"whose {named} is {said}"]),
    )


def flag_clause(asker: Asker, table: TableConcept) -> Clause | None:
    column = asker.some(c for c in table.columns if c.flag and not c.decoy)
    if column is None or column.flag is None:
        return None
    wanted = asker.chance(0.72)
    words = column.flag.true if wanted else column.flag.false
    said = asker.word(words)
    if not said:
        return None
    flag = IsTrue(asker.column(table, column.column))
    form: Condition = flag if wanted else Negated(flag)
    if asker.chinese:
        return Clause(form, said)
    if said.startswith(PREDICATES):
        if said.startswith("has "):
            return Clause(
                form,
                "",
                asker.any(
                    [f"that have {said[4:]}", f"who have {said[4:]}" if table.is_person else f"which have {said[4:]}"]
                ),
            )
        if said.startswith("is "):
            return Clause(form, "", f"that are {said[3:]}")
        return Clause(
            form,
            "",
            f"that {said}"
            if not said.startswith(("was ", "does "))
            else f"that {said.replace('was ', 'were ', 1).replace('does ', 'do ', 1)}",
        )
    if asker.chance(0.12):
        return Clause(form, "", f"that are {said}")
    return Clause(form, said)


def date_columns(asker: Asker, table: TableConcept) -> list[ColumnConcept]:
    """Date columns of events, the main one first and most likely."""
    found = [
        c
        for c in table.columns
        if c.role == "date" and not c.decoy and (c.event.of(asker.language) or c.column == table.event_column)
    ]
    return sorted(found, key=lambda c: c.column != table.event_column)


def period_clause(asker: Asker, table: TableConcept, period: Period | None = None) -> Clause | None:
    columns = date_columns(asker, table)
    if not columns:
        return None
    column = columns[0] if asker.chance(0.75) or len(columns) == 1 else asker.any(columns)
    period = period or random_period(asker)
    if column.date_storage == "year" and period.finer_than_year:
        return None
    form = Span(period.operator, asker.column(table, column.column), period.text)
    main = column.column == table.event_column
    event = asker.word(column.event)
    if asker.chinese:
        if event and (not main or asker.chance(0.5)):
            text = (
                f"{period.said}{event}"
                if period.operator == "within"
                else f"在{period.said}{event}"
                if asker.chance(0.3)
                else f"{period.said}{event}"
            )
            return Clause(form, text)
        return Clause(form, period.said) if main else None
    if event and (not main or asker.chance(0.45)):
        who = (
            "who "
            if table.is_person and asker.chance(0.8)
            else asker.any(["", "that were "])
            if not table.is_person
            else "that "
        )
        if table.is_person and who == "that were ":
            who = "who "
        return Clause(form, "", f"{who}{event} {period.said}")
    return Clause(form, "", period.said) if main else None


def missing_clause(asker: Asker, table: TableConcept, *, present: bool | None = None) -> Clause | None:
    column = asker.some(c for c in table.columns if c.missing and not c.decoy and asker.spoken(c) and c.role != "flag")
    if column is None:
        return None
    name = asker.word(column.words)
    with_value = asker.chance(0.4) if present is None else present
    form: Condition = IsNull(asker.column(table, column.column))
    event = asker.word(column.event)
    if asker.chinese:
        if column.role == "date" and event:
            return (
                Clause(Negated(form), f"已{event}")
                if with_value
                else Clause(form, asker.any([f"还没有{event}", f"未{event}", f"尚未{event}"]))
            )
        if with_value:
            return Clause(Negated(form), asker.any([f"有{name}", f"填写了{name}"]))
        return Clause(form, asker.any([said.format(name) for said in _MISSING_CHINESE]))
    if column.role == "date" and event:
        who = "who" if table.is_person else "that"
        if not with_value and event in _NOT_OVER and asker.chance(0.6):
            return Clause(form, "", asker.any(_NOT_OVER[event]))
        if " " not in event and not table.is_person and asker.chance(0.4):  # paid, unpaid
            return (
                Clause(Negated(form), event)
                if with_value
                else Clause(form, asker.any([f"un{event}", f"not yet {event}"]))
            )
        if with_value:
            return Clause(
                Negated(form),
                "",
                asker.any(
                    [f"{who} have been {event}" if not table.is_person else f"{who} {event}", f"that already {event}"]
                ),
            )
        return Clause(
            form,
            "",
            asker.any(
                [
                    f"not {event} yet",
                    f"{who} never {event}",
                    f"not yet {event}",
                    f"without {name}",
                    f"{who} have not {event}",
                ]
            ),
        )
    if with_value:
        return Clause(Negated(form), "", asker.any([f"with {name}", f"that have {name}", f"with a known {name}"]))
    return Clause(
        form,
        "",
        asker.any([said.format(name) for said in _MISSING_ENGLISH]),
    )


_MISSING_ENGLISH = (
    "without {}",
    "with no {}",
    "missing {}",
    "that have no {}",
    "where the {} is missing",
    "whose {} is unknown",
    "without a {}",
    "that do not have a {}",
    "with no {} filled in",
    "with no {} on file",
    "whose {} is not filled in",
    "with an empty {}",
    "that have not given us a {}",
    "with no known {}",
    "that lack a {}",
    "with no {} listed",
)
_MISSING_CHINESE = (
    "没有{}",
    "缺少{}",
    "{}为空",
    "未填写{}",
    "没填{}",
    "没有登记{}",
    "{}未知",
    "没留{}",
    "{}缺失",
    "未提供{}",
)
# What has not happened yet, by the word for what happens.
_NOT_OVER = {
    "ended": ("that are still running", "still running", "that have not ended", "that are still ongoing"),
    "finished": ("that are still running", "not finished", "that are unfinished"),
    "closed": ("still open", "that are still open", "that are not closed"),
    "left": ("that are still with us", "still employed", "that have not left"),
    "returned": ("that are still out", "not returned yet", "that have not been returned"),
    "resolved": ("still unresolved", "that are unresolved", "that are still open"),
    "completed": ("still incomplete", "that are not complete", "not completed"),
    "paid": ("still unpaid", "that are unpaid", "not paid", "still to be paid"),
    "shipped": ("that have not shipped", "still waiting to be shipped", "unshipped"),
    "delivered": ("still undelivered", "not delivered yet"),
    "cancelled": ("that were never cancelled", "not cancelled"),
}

_PLACES = ("city", "country", "region", "town", "state", "province", "location", "district")


def place_clause(asker: Asker, table: TableConcept) -> Clause | None:
    """In or from a stored city, country or region."""
    column = asker.some(
        c
        for c in table.columns
        if c.examples and not c.decoy and c.role in ("category", "text", "name") and _is_place(c)
    )
    if column is None:
        return None
    value = asker.any(column.examples)
    said = value
    for concept in column.values:
        if concept.stored == value:
            said = asker.word(concept.words) or value
    form = equals(asker, table, column, value)
    if asker.chinese:
        return Clause(form, asker.any([said, f"{said}", f"来自{said}" if table.is_person else f"位于{said}"]))
    return Clause(form, "", asker.any([f"in {said}", f"from {said}", f"in {said}"]))


def _is_place(column: ColumnConcept) -> bool:
    return any(p in w for w in column.words.english for p in _PLACES)


def owner_clause(asker: Asker, table: TableConcept) -> Clause | None:
    """A condition on the table that this one refers to: orders of VIP customers, tickets by Anna Smith."""
    found = asker.some(asker.joined_parents(table))
    if found is None:
        return None
    column, parent = found
    name = next((c for c in parent.columns if parent.name_columns == (c.column,) and c.examples), None)
    if name and asker.chance(0.5):
        value = asker.any(name.examples)
        form: Condition = equals(asker, parent, name, value)
        if asker.chinese or (parent.rows <= LABEL_ROWS and not parent.is_person and asker.chance(0.5)):
            return Clause(form, value if asker.chinese or asker.chance(0.4) else value.lower())
        relation = asker.word(column.relation)
        return Clause(
            form, "", f"{asker.any(relation.split('; ')) if relation else asker.any(['of', 'for', 'by'])} {value}"
        )
    clause = asker.any([category_clause, flag_clause, place_clause, period_clause])(asker, parent)
    if clause is None:
        return None
    text = phrase(asker, parent, (clause,))
    if asker.chinese:
        return Clause(clause.form, text)
    relation = asker.word(column.relation)
    return Clause(
        clause.form,
        "",
        f"{relation if relation and asker.chance(0.6) else asker.any(['of', 'from', 'by', 'for'])} {text}",
    )


def contains_clause(asker: Asker, table: TableConcept) -> Clause | None:
    """A word in a name, an address or a list: "with lamp in the name", "whose email contains gmail"."""
    column = asker.some(
        c
        for c in table.columns
        if c.role in ("name", "text", "email", "url")
        and c.examples
        and asker.spoken(c)
        and not c.decoy
        and not c.numeric
    )
    if column is None:
        return None
    example = asker.any(column.examples)
    words = [w for w in re.split(r"[^\w]+", example) if len(w) > 2 and not w.isdigit() and len(w) < len(example)]
    if asker.chance(0.2) and len(example) > 3 and example.isascii():
        start = example[: asker.any([1, 2, 3])]
        text = asker.one_of(
            f"whose {asker.word(column.words)} starts with {start} | with a {asker.word(column.words)} beginning with {start}",
            f"{asker.word(column.words)}以{start}开头",
        )
        form = Compare("starts", asker.column(table, column.column), Literally(start))
        return Clause(form, text) if asker.chinese else Clause(form, "", text)
    if not words:
        return None
    word, name = asker.any(words), asker.word(column.words)
    said = word.lower() if asker.chance(0.5) else word
    quoted = f"'{said}'" if asker.chance(0.25) else said
    form = Compare("contains", asker.column(table, column.column), Literally(said))
    text = asker.one_of(
        f"with {quoted} in the {name} | whose {name} contains {quoted} | containing {quoted} in {name}",
        f"{name}包含{quoted} | {name}中有{quoted}",
    )
    return Clause(form, text) if asker.chinese else Clause(form, "", text)


def late_clause(asker: Asker, table: TableConcept) -> Clause | None:
    late = asker.some(table.lates)
    if late is None or not asker.word(late.words):
        return None
    due = Compare("<", asker.column(table, late.due), Now())
    done = asker.column(table, late.done)
    open_: Condition
    if late.done_values:
        column = table.column(late.done)
        values = tuple(Literally(v, column.numeric) for v in late.done_values)
        open_ = Negated(Compare("=", done, values[0])) if len(values) == 1 else Negated(Compare("in", done, values))
    elif table.column(late.done).role == "flag":
        open_ = Negated(IsTrue(done))
    else:
        open_ = IsNull(done)
    return Clause(Joined("and", (due, open_)), asker.word(late.words))
