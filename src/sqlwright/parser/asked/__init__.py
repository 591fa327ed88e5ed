"""What a question and a database settle about a finished query, whatever the network wrote.

The network decides which tables, columns and conditions a query has. Some of the rest follows from the words of the
question and from what the profile knows of the columns: see the functions that `as_asked` applies.
"""

from __future__ import annotations

from ...core import Hints, Profile, Schema
from ..form import Query
from ..time_order import in_time_order
from .absence import with_asked_absence
from .amounts import with_asked_amounts
from .columns import with_asked_columns, with_asked_count
from .conditions import with_asked_codes
from .dates import with_date_of_event, with_own_dates
from .durations import in_stated_durations
from .exclusions import with_asked_signs
from .extremes import with_asked_extremes
from .groups import with_groups_of_shown_rows, with_shown_groups, with_shown_periods
from .lists import with_elements
from .missing import without_missing
from .names import with_asked_keys, with_asked_names, with_names_for_keys
from .order import in_asked_direction
from .periods import with_stated_period
from .references import with_asked_reference
from .repetition import without_repetition
from .searched import with_searched_words
from .shares import with_asked_share
from .units import in_asked_units
from .weekdays import with_stated_weekdays
from .windows import with_asked_windows


def as_asked(query: Query, question: str, schema: Schema, profile: Profile, hints: Hints = Hints()) -> Query:  # noqa: B008
    """`query` in the units, with the names, the missing values and in the direction that `question` asks for.

    `hints` are the names and values of the database that the question mentions.
    """
    query = with_asked_absence(query, question, hints, schema, profile)
    query = with_elements(query, hints)
    query = with_searched_words(query, question, hints)
    query = with_asked_codes(query, question, hints, profile)
    query = with_asked_signs(query, question, profile, hints)
    query = with_stated_period(query, question, profile)
    query = with_stated_weekdays(query, question, profile, hints)
    query = with_asked_share(query, question, hints, schema, profile)
    query = with_own_dates(query, hints, profile)
    query = with_date_of_event(query, question, profile)
    query = with_asked_amounts(query, question, hints, schema, profile)
    query = with_asked_reference(query, question, hints, schema, profile)
    query = in_asked_direction(query, question, profile)
    query = with_asked_extremes(query, question, hints)
    query = with_shown_periods(query)
    query = with_shown_groups(query, schema, profile, hints)
    query = with_groups_of_shown_rows(query, schema)
    query = without_missing(query, profile)
    query = with_names_for_keys(query, question, schema, profile, hints)
    query = with_asked_names(query, question, schema, profile, hints)
    query = with_asked_columns(query, question, hints, profile)
    query = without_repetition(query, question, schema, profile)
    query = with_asked_keys(query, question, hints, profile)
    query = with_asked_count(query, question)
    query = with_asked_windows(query, question)
    query = in_stated_durations(in_asked_units(query, question, profile))
    return in_time_order(query)
