"""What a question and a database settle about a finished query, whatever the network wrote.

The network decides which tables, columns and conditions a query has. Some of the rest follows from the words of the
question and from what the profile knows of the columns: see the functions that `as_asked` applies.
"""

from __future__ import annotations

from ..core import Profile, Schema
from .asked_groups import with_shown_groups
from .asked_missing import without_missing
from .asked_names import with_asked_names, with_names_for_keys
from .asked_order import in_asked_direction
from .asked_units import in_asked_units
from .form import Query
from .time_order import in_time_order


def as_asked(query: Query, question: str, schema: Schema, profile: Profile) -> Query:
    """`query` in the units, with the names and in the direction that `question` asks for."""
    query = in_asked_direction(query, question, profile)
    query = with_shown_groups(query, schema, profile)
    query = without_missing(query, profile)
    query = with_names_for_keys(query, question, schema, profile)
    query = with_asked_names(query, question, schema, profile)
    query = in_asked_units(query, question, profile)
    return in_time_order(query)
