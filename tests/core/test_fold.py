from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.core.fold import fold, identifier_words, singular


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  New \t York\n", "new york"),
        ("São Paulo", "sao paulo"),
        ("Ｎｅｗ　Ｙｏｒｋ", "new york"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Tromsø", "tromso"),
        ("O’Neil", "o'neil"),
        ("北京", "北京"),
        ("ガ", "ガ"),
        ("ｶﾞ", "ガ"),
        ("한국", "한국"),
        ("", ""),
    ],
)
def test_case_width_accents_and_spaces_do_not_count(text, folded):
    assert fold(text) == folded


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("cities", "city"),
        ("movies", "movie"),
        ("boxes", "box"),
        ("churches", "church"),
        ("classes", "class"),
        ("heroes", "hero"),
        ("statuses", "status"),
        ("houses", "house"),
        ("employees", "employee"),
        ("prices", "price"),
        ("singers", "singer"),
        ("people", "person"),
        ("salespeople", "salesperson"),
        ("women", "woman"),
        ("dogs", "dog"),
    ],
)
def test_plurals_become_singular(plural, one):
    assert singular(plural) == one


@pytest.mark.parametrize("word", ["status", "address", "analysis", "series", "news", "bus", "is", "gas", "北京"])
def test_words_that_only_look_plural_stay(word):
    assert singular(word) == word


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("home_city", ("home", "city")),
        ("HomeCity_ID2", ("home", "city", "id", "2")),
        ("XMLParser", ("xml", "parser")),
        ("Total Sales ($)", ("total", "sales")),
        ("城市_名称", ("城市", "名称")),
        ("añoNuevo", ("ano", "nuevo")),
    ],
)
def test_a_name_is_split_into_its_words(name, words):
    assert identifier_words(name) == words
