"""What people ask: one function for each kind of question, which gives its query and its words in two languages.

Each takes an `Asker` and returns None where the database has nothing to ask so. Words are templates with the noun
phrases of the concepts; `surface` then varies case, punctuation and spelling. INTENTS is the registry.
"""

from __future__ import annotations

from collections.abc import Callable

from ..asked import Asked
from ..asker import Asker
from .aggregates import ages, aggregate, average_count, count_or_total_by, distribution, plain_total, split_counts
from .contrasts import amounts_in_units, by_adjective, named_rate, values_compared
from .lists import above_average, count_rows, distinct_values, list_rows, lookup
from .measures import compared_columns, computed_extreme, computed_total, row_amounts
from .pairs import rows_with_parent, self_pairs
from .rankings import best_per_group, peak_period, top_by_total, top_rows
from .relations import distinct_parents, with_rows, without_rows
from .shares import rate_by_value, share_of
from .times import duration, late_rows, over_time

# How often each kind is drawn.
INTENTS: tuple[tuple[Callable[[Asker], Asked | None], float], ...] = (
    (count_rows, 10),
    (list_rows, 11),
    (aggregate, 8),
    (count_or_total_by, 15),
    (distribution, 3),
    (top_by_total, 8),
    (top_rows, 7),
    (share_of, 7),
    (rate_by_value, 2.5),
    (named_rate, 4),
    (values_compared, 1.5),
    (row_amounts, 4),
    (computed_extreme, 1.5),
    (computed_total, 1.5),
    (compared_columns, 3),
    (rows_with_parent, 3),
    (self_pairs, 8),
    (amounts_in_units, 3),
    (by_adjective, 4),
    (without_rows, 6),
    (with_rows, 5),
    (distinct_parents, 2.5),
    (duration, 5),
    (late_rows, 1.5),
    (best_per_group, 3),
    (over_time, 4),
    (split_counts, 1.2),
    (average_count, 1),
    (lookup, 4),
    (distinct_values, 2.5),
    (plain_total, 4),
    (peak_period, 2),
    (above_average, 1),
    (ages, 1.5),
)
