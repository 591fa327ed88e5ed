"""A query from a shape: tables that are related as it says, columns that suit their uses, values that are stored."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from ..core import SqlwrightError
from ..parser.form import Query
from ..parser.linear import delinearize
from ..parser.tokens import ColumnPointer, TablePointer, Token, ValuePointer
from .naming import is_calendar, is_code, is_flag, is_name
from .profile import ColumnProfile, Profile
from .roles import is_key, refers_to
from .shapes import Shape
from .slots import ColumnSlot, Slots, Use, ValueSlot, slots_of, table_number
from .values import aggregate_value, count_value, limit_value, stored_value

FEW_NUMBERS = 30  # rows are grouped by a number, such as a year, that takes no more values

Columns = dict[str, ColumnPointer]


def fill(shape: Shape, profile: Profile, rng: random.Random) -> Query | None:
    """None where this choice of tables and columns does not work out; another try may."""
    slots = slots_of(shape)
    tables = choose_tables(shape, profile, rng)
    if tables is None or not _counts_rows(slots, tables, profile):
        return None
    columns = _choose_columns(slots, tables, profile, rng)
    if columns is None:
        return None
    values = _choose_values(slots, columns, profile, rng)
    if values is None:
        return None
    tokens = [_token(at, word, tables, columns, values) for at, word in enumerate(shape.tokens)]
    try:
        return delinearize(tokens)
    except SqlwrightError:
        return None


def _token(at: int, word: str, tables: Sequence[str], columns: Columns, values: dict[int, ValuePointer]) -> Token:
    if at in values:
        return values[at]
    if word in columns:
        return columns[word]
    number = table_number(word)
    return word if number is None else TablePointer(tables[number])


def choose_tables(shape: Shape, profile: Profile, rng: random.Random) -> tuple[str, ...] | None:
    chosen = [rng.choice(sorted(profile.rows))]
    for entry in shape.relations:
        kind, base = entry[2], chosen[int(entry[4])]
        others = [t for t in profile.rows if t not in chosen]
        fitting = [t for t in others if profile.relations.of(t, base) == kind]
        if not fitting:
            return None
        chosen.append(rng.choice(fitting))
    return tuple(chosen)


def _counts_rows(slots: Slots, tables: Sequence[str], profile: Profile) -> bool:
    """A count of joined rows counts those of the table that holds the keys; others' come several times."""
    for counted, among in slots.counted:
        others = [tables[n] for n in among if n != counted]
        if any(profile.relations.of(o, tables[counted]) == "<" for o in others):
            return False
    return True


def _choose_columns(slots: Slots, tables: Sequence[str], profile: Profile, rng: random.Random) -> Columns | None:
    chosen: Columns = {}
    for slot in slots.columns:
        taken = {p.column for p in chosen.values() if p.table == tables[slot.table]}
        found = _choose_column(slot, taken, tables, profile, rng)
        if found is None:
            return None
        chosen[slot.word] = ColumnPointer(found.table.full_name, found.column.name)
    return chosen


def _choose_column(
    slot: ColumnSlot, taken: set[str], tables: Sequence[str], profile: Profile, rng: random.Random
) -> ColumnProfile | None:
    candidates = [p for p in _candidates(slot, tables, profile) if p.column.name not in taken]
    weights = [suitability(p, slot.uses) for p in candidates]
    if not any(weights):
        return None
    return rng.choices(candidates, weights)[0]


def _candidates(slot: ColumnSlot, tables: Sequence[str], profile: Profile) -> Iterator[ColumnProfile]:
    table = profile.schema.table(tables[slot.table])
    return (found for found in profile.of(table.full_name) if _fits(found, slot, tables, profile))


def _fits(found: ColumnProfile, slot: ColumnSlot, tables: Sequence[str], profile: Profile) -> bool:
    table, name = found.table, found.column.name
    if slot.role == "pk":
        return table.primary_key == (name,)
    if slot.role != "fk":
        # Spider stores dates as text: where text is put in order, a date suits as well.
        return found.role == slot.role or (found.role == "date" and slot.role == "text")
    target = refers_to(table, name, profile.schema)
    if slot.target is None:
        # A key of a table that stands before is another slot.
        before = target is not None and target.full_name in tables[: slot.table]
        return is_key(table, found.column) and table.primary_key != (name,) and not before
    if target is not None:
        return target.full_name == tables[slot.target]
    pairs = profile.relations.graph.pairs(table.full_name, tables[slot.target])
    return bool(pairs) and name == pairs[0][0]


def suitability(profile: ColumnProfile, uses: Sequence[Use]) -> float:
    """How likely a person is to use the column so; 0 for never."""
    weight = 1.0
    for use in uses:
        weight *= _suits(profile, use)
    return weight


def _suits(profile: ColumnProfile, use: Use) -> float:
    if use.computed and (profile.role != "number" or is_code(profile.column.name)):
        return 0.0
    if use.aggregate in ("sum", "avg"):
        name = profile.column.name
        if profile.distinct < 3:
            return 0.01
        return 0.0 if profile.role != "number" or is_code(name) or is_calendar(name) else 1.0
    if use.aggregate in ("min", "max"):
        return 0.0 if profile.role not in ("number", "date") or is_code(profile.column.name) else 1.0
    if use.operator:
        return _suits_operator(profile, use.operator)
    if use.clause == "group":
        return _suits_group(profile)
    if use.clause == "order" and profile.role == "date":
        return 2.0
    if use.clause == "order":
        return (
            0.05 if is_flag(profile.column.name) else 0.1 if profile.long_text or is_code(profile.column.name) else 1.0
        )
    if use.aggregate:
        return 1.0 if profile.repeats else 0.3
    return _suits_output(profile)


def _suits_operator(profile: ColumnProfile, operator: str) -> float:
    code = is_code(profile.column.name)
    if operator in ("<", "<=", ">", ">=", "between"):
        return 0.0 if profile.role not in ("number", "date") or profile.distinct < 3 or code else 1.0
    if operator in ("contains", "starts", "ends", "like"):
        return 0.0 if profile.role != "text" or profile.distinct < 3 else 2.0 if is_name(profile.column.name) else 0.7
    if operator == "null":
        return 1.0 if profile.filled < profile.rows else 0.0
    if operator in ("=", "!=") and not profile.values:
        return 0.0
    if profile.role == "number" and not profile.repeats:
        return 0.1
    if profile.role == "text" and not is_name(profile.column.name) and not profile.repeats:
        return 0.15
    return 0.4 if profile.role == "key" else 1.0


def _suits_group(profile: ColumnProfile) -> float:
    if profile.role == "key":
        return 1.0
    if profile.long_text or profile.distinct < 2:
        return 0.0
    if is_flag(profile.column.name):
        return 0.2
    if (profile.role == "number" or profile.spelled_numbers) and profile.distinct > FEW_NUMBERS:
        return 0.0
    return (1.0 if profile.role == "text" else 0.4) if profile.repeats else 0.05


def _suits_output(profile: ColumnProfile) -> float:
    if profile.distinct < 2 or is_flag(profile.column.name):
        return 0.1
    if is_name(profile.column.name):
        return 4.0
    return 0.4 if profile.long_text else 1.0


def _choose_values(
    slots: Slots, columns: Columns, profile: Profile, rng: random.Random
) -> dict[int, ValuePointer] | None:
    chosen: dict[int, ValuePointer] = {}
    taken: dict[str, set[str]] = {}
    for slot in slots.values:
        known = taken.setdefault(slot.word, set())
        value = _choose_value(slot, columns, known, profile, rng)
        if value is None or value.text in known:
            return None
        known.add(value.text)
        chosen[slot.at] = value
    return _ordered(slots, chosen)


def _choose_value(
    slot: ValueSlot, columns: Columns, taken: set[str], profile: Profile, rng: random.Random
) -> ValuePointer | None:
    if slot.operator == "limit":
        found = limit_value(rng)
    elif slot.aggregate == "count":
        found = count_value(slot.operator, rng)
    elif slot.word not in columns:
        return None
    else:
        pointer = columns[slot.word]
        column = profile.columns[pointer.table, pointer.column]
        drawn = aggregate_value(column, rng) if slot.aggregate else stored_value(column, slot.operator, taken, rng)
        if drawn is None:
            return None
        found = drawn
    return ValuePointer(found.text, found.numeric)


def _ordered(slots: Slots, chosen: dict[int, ValuePointer]) -> dict[int, ValuePointer]:
    """BETWEEN takes the smaller value first."""
    for first, second in zip(slots.values, slots.values[1:], strict=False):
        if first.operator == second.operator == "between" and first.at + 1 == second.at:
            low, high = chosen[first.at], chosen[second.at]
            if _key(low) > _key(high):
                chosen[first.at], chosen[second.at] = high, low
    return chosen


def _key(value: ValuePointer) -> tuple[float, str]:
    return (float(value.text), "") if value.numeric else (0.0, value.text)
