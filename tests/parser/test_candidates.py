"""The constants a query may use: stored spellings first, then what the question spells, then codes."""

from __future__ import annotations

import pytest

from sqlwright.core import Column, Schema, Table, ValueMatch
from sqlwright.parser.candidates import find_candidates

SCHEMA = Schema("d", "sqlite", (Table("person", (Column("name", "TEXT"), Column("sex", "TEXT", samples=("F", "M")))),))
NO_CODES = Schema("d", "sqlite", (Table("person", (Column("name", "TEXT"),)),))


def texts(question, matches=(), schema=NO_CODES):
    return [c.text for c in find_candidates(question, matches, schema)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which songs are longer than 3,000 seconds?", "3000"),
        ("Heads older than 56.5?", "56.5"),
        ("List the three oldest", "3"),
        ('Movies titled "The Ring"', "The Ring"),
        ("Who was born in New York?", "New York"),
        ("Orders after 2024-01-31", "2024-01-31"),
        ("Names that contain the letter w", "w"),
        ("Sections named h", "h"),
    ],
)
def test_what_the_question_spells_is_a_candidate(question, expected):
    found = {c.text: c for c in find_candidates(question, (), NO_CODES)}
    assert expected in found
    assert 0 <= found[expected].start < found[expected].end <= len(question)


def test_a_stored_value_comes_in_its_stored_spelling_with_its_columns():
    matches = [ValueMatch("person", "name", "New York", "new york"), ValueMatch("city", "name", "New York", "new york")]
    first = find_candidates("people from new york", matches, NO_CODES)[0]
    assert (first.text, first.columns) == ("New York", (("person", "name"), ("city", "name")))
    assert "people from new york"[first.start : first.end] == "new york"


def test_codes_of_a_column_are_candidates_without_a_place_in_the_question():
    found = find_candidates("How many women?", (), SCHEMA)
    assert [(c.text, c.start, c.columns) for c in found] == [
        ("F", -1, (("person", "sex"),)),
        ("M", -1, (("person", "sex"),)),
    ]


def test_the_first_word_is_no_name():
    assert texts("How many people?") == []
