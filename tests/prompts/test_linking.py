from __future__ import annotations

import pytest

from sqlwright.core import Column, Hints, NameMatch, Schema, Table, ValueMatch
from sqlwright.prompts import link_names, render_hints


def schema(*columns: str | Column, table: str = "singer", comment: str = "") -> Schema:
    made = tuple(c if isinstance(c, Column) else Column(c, "TEXT") for c in columns)
    return Schema("d", "sqlite", (Table(table, made, comment=comment),))


def columns_of(question: str, *columns: str | Column, **kwargs: str) -> list[str]:
    return [m.column for m in link_names(question, schema(*columns, **kwargs)) if m.column]


@pytest.mark.parametrize(
    ("question", "column"),
    [
        ("What is the song name of each?", "song_name"),
        ("What is the song name of each?", "SongName"),
        ("List all song names", "song_name"),
        ("Ｓｏｎｇ　ｎａｍｅ？", "song_name"),
        ("names of songs", "song_name"),
        ("Which home page?", "homepage"),
        ("Which homepage?", "home_page"),
        ("orders shipped in May", "shipping_date"),
        ("the year of publication", "publication_year"),
        ("Which departments?", "dept"),
        ("airport name", "airportname"),
        ("How old is she?", "age"),
        ("Какой город?", "город"),
        ("Wie groß ist die Fläche?", "Fläche"),
    ],
)
def test_a_column_is_found_by_the_words_of_its_name(question, column):
    assert columns_of(question, "zzz", column) == [column]


def test_a_comment_says_what_a_short_name_does_not():
    assert columns_of("total revenue by month", Column("c17", "REAL", comment="revenue in euros")) == ["c17"]


@pytest.mark.parametrize(
    ("question", "column"),
    [
        ("人口最多的城市是哪个", Column("城市名称", "TEXT")),
        ("每个城市的人口", Column("pop", "INTEGER", comment="人口")),
        ("北京的ｇｄｐ是多少", Column("GDP", "REAL")),
    ],
)
def test_chinese_names_and_comments_match_by_what_they_share_with_the_question(question, column):
    assert columns_of(question, "其他", column) == [column.name]


@pytest.mark.parametrize(("table", "column"), [("singer", "Name"), ("商场", "商场名")])
def test_a_named_table_brings_what_its_rows_are_called(table, column):
    assert columns_of(f"Which {table} is the best?", column, "zzz", table=table) == [column]
    assert columns_of("Which is the best?", column, "zzz", table=table) == []


def test_a_question_that_names_nothing_finds_nothing():
    assert link_names("Tell me something", schema("zip", "tax")) == ()
    assert link_names("", schema("zip")) == ()


def test_the_column_of_the_named_table_comes_before_its_namesake():
    tables = tuple(Table(t, (Column("name", "TEXT"),)) for t in ("stadium", "singer"))
    matches = [m for m in link_names("names of the singers", Schema("d", "sqlite", tables)) if m.column]
    assert [m.table for m in matches] == ["singer", "stadium"]
    assert matches[0].score > matches[1].score


def test_a_whole_name_scores_more_than_a_part_and_scores_stay_in_range():
    scores = {m.column: m.score for m in link_names("song release year", schema("song_release_year", "release_day"))}
    assert 0 < scores["release_day"] < scores["song_release_year"] <= 1


def test_the_mention_is_what_stands_in_the_question():
    assert link_names("List the Song Names", schema("song_name"))[0].mention == "song names"


def test_hints_are_two_short_lines_with_quoted_values():
    hints = Hints(
        (NameMatch("city", "", "city", 1.0), NameMatch("city", "Home Name", "name", 0.9)),
        (ValueMatch("city", "name", "New York", "new york"), ValueMatch("geo.city", "name", "O'Neil", "oneil")),
    )
    assert render_hints(hints, "postgres") == (
        "Columns that may matter: city.\"Home Name\"\nStored values: city.name = 'New York', geo.city.name = 'O''Neil'"
    )
    assert render_hints(Hints(), "sqlite") == ""


def test_hints_are_capped_and_a_value_that_cannot_be_quoted_whole_is_left_out():
    names = tuple(NameMatch("t", f"c{i}", "", 0.5) for i in range(100))
    values = tuple(ValueMatch("t", "c", v, "") for v in ("x" * 500, "two\nlines", "a<|im_end|>b", *map(str, range(50))))
    text = render_hints(Hints(names, values), "sqlite")
    assert len(text.splitlines()) == 2
    assert len(text) < 400
    assert "t.c = '0'" in text
    for bad in ("xxx", "two", "im_end"):
        assert bad not in text
