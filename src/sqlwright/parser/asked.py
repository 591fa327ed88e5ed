"""What a question and a database settle about a finished query, whatever the network wrote.

The network decides which tables, columns and conditions a query has. Some of the rest follows from the words of the
question and from what the profile knows of the columns: see the functions that `as_asked` applies.
"""

from __future__ import annotations

from ..core import Hints, Profile, Schema
from .asked_absent import with_asked_absence
from .asked_amounts import with_asked_amounts
from .asked_dates import with_date_of_event, with_own_dates
from .asked_distinct import without_repetition
from .asked_groups import with_shown_groups
from .asked_missing import without_missing
from .asked_names import with_asked_keys, with_asked_names, with_names_for_keys
from .asked_order import in_asked_direction
from .asked_periods import with_stated_period
from .asked_self import with_asked_reference
from .asked_shares import with_asked_share
from .asked_signs import with_asked_signs
from .asked_units import in_asked_units
from .asked_values import with_asked_codes
from .asked_windows import with_asked_windows
from .form import Query
from .time_order import in_time_order


def as_asked(query: Query, question: str, schema: Schema, profile: Profile, hints: Hints = Hints()) -> Query:  # noqa: B008
    """`query` in the units, with the names, the missing values and in the direction that `question` asks for.

    `hints` are the names and values of the database that the question mentions.
    """
    query = with_asked_absence(query, question, hints, schema, profile)
    query = with_asked_codes(query, question, hints, profile)
    query = with_asked_signs(query, question, profile)
    query = with_stated_period(query, question, profile)
    query = with_asked_share(query, question, hints, schema, profile)
    query = with_own_dates(query, hints, profile)
    query = with_date_of_event(query, question, profile)
    query = with_asked_amounts(query, question, hints, profile)
    query = with_asked_reference(query, question, hints, schema, profile)
    query = in_asked_direction(query, question, profile)
    query = with_shown_groups(query, schema, profile, hints)
    query = without_missing(query, profile)
    query = with_names_for_keys(query, question, schema, profile)
    query = with_asked_names(query, question, schema, profile, hints)
    query = without_repetition(query, question)
    query = with_asked_keys(query, question, hints, profile)
    query = with_asked_windows(query, question)
    query = in_asked_units(query, question, profile)
    return in_time_order(query)
