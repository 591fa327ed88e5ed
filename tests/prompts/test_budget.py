from __future__ import annotations

import pytest

from sqlwright.core import Column, ConfigError, ForeignKey, Hints, NameMatch, Schema, Table, Turn, ValueMatch
from sqlwright.prompts import build_prompt, estimate_tokens, render_ddl


def table(name: str, *columns: str, refs: str = "", width: int = 0) -> Table:
    names = ("id", *columns, *(f"filler_{i}" for i in range(width)))
    keys = (ForeignKey((f"{refs}_id",), refs, ("id",)),) if refs else ()
    return Table(name, tuple(Column(n, "TEXT", samples=("abc",)) for n in names), ("id",), keys)


def a_thousand_tables() -> Schema:
    return Schema("big", "sqlite", tuple(table(f"zz{i}", f"xx{i}", width=8) for i in range(1000)))


def size(prompt) -> int:
    return sum(estimate_tokens(m.content) for m in prompt.messages)


def with_tables(*extra: Table) -> Schema:
    base = a_thousand_tables()
    return Schema("big", "sqlite", (*base.tables[:500], *extra, *base.tables[500:]))


def test_a_schema_that_fits_is_not_cut(shop_schema):
    whole = build_prompt("How many customers?", shop_schema)
    roomy = build_prompt("How many customers?", shop_schema, max_tokens=5000)
    assert roomy.messages == whole.messages
    assert roomy.dropped_tables == ()


@pytest.mark.parametrize("style", ["ddl", "compact"])
@pytest.mark.parametrize("max_tokens", [400, 1000, 4000])
def test_the_prompt_stays_in_its_budget_and_names_what_it_dropped(max_tokens, style):
    schema = a_thousand_tables()
    prompt = build_prompt("What is xx7?", schema, max_tokens=max_tokens, style=style)
    assert size(prompt) <= max_tokens
    assert len(prompt.schema) + len(prompt.dropped_tables) == 1000
    assert "zz7" in [t.name for t in prompt.schema]


def test_named_tables_stay_and_keep_their_place():
    schema = with_tables(table("singer", "genre"), table("concert", "venue"))
    prompt = build_prompt("Which singer gave a concert?", schema, max_tokens=700)
    names = [t.name for t in prompt.schema]
    assert {"singer", "concert"} <= set(names)
    assert names == [t.name for t in schema if t.name in names]


def test_the_table_that_joins_two_named_ones_stays():
    link = Table(
        "pq",
        (Column("s", "TEXT"), Column("c", "TEXT")),
        foreign_keys=(ForeignKey(("s",), "singer", ("id",)), ForeignKey(("c",), "concert", ("id",))),
    )
    schema = with_tables(table("singer"), table("concert"), link)
    prompt = build_prompt("Which singer gave a concert?", schema, max_tokens=330)
    assert {"singer", "concert", "pq"} <= {t.name for t in prompt.schema}
    assert "REFERENCES singer (id)" in prompt.messages[0].content


def test_a_stored_value_and_the_history_make_their_tables_relevant():
    schema = with_tables(table("place", "label"), table("visit", "day"))
    values = Hints(values=(ValueMatch("place", "label", "Oslo", "Oslo"),))
    assert "place" in [t.name for t in build_prompt("Oslo?", schema, hints=values, max_tokens=330).schema]
    followed = build_prompt("Only the first.", schema, history=[Turn("All?", "SELECT day FROM visit")], max_tokens=330)
    assert "visit" in [t.name for t in followed.schema]


def test_no_key_points_at_a_table_that_was_dropped():
    schema = with_tables(table("singer", "zz3_id", refs="zz3"))
    prompt = build_prompt("Which singer?", schema, max_tokens=230)
    assert "singer" in [t.name for t in prompt.schema]
    assert "zz3" in prompt.dropped_tables
    assert "REFERENCES" not in prompt.messages[0].content


def test_a_wide_table_loses_unneeded_columns_but_neither_keys_nor_named_ones():
    schema = Schema(
        "d", "sqlite", (table("owner", "label"), table("wide", "owner_id", "price", refs="owner", width=400))
    )
    prompt = build_prompt("What is the price of each wide thing of an owner?", schema, max_tokens=400)
    assert size(prompt) <= 400
    assert prompt.dropped_tables == ()
    assert [c.name for c in prompt.schema.table("wide").columns] == ["id", "owner_id", "price"]


def test_samples_and_comments_go_before_the_last_table_does():
    column = Column("price", "TEXT", comment="c" * 100, samples=("s" * 40,) * 3)
    schema = Schema("d", "sqlite", (Table("thing", (column,)),))
    full = build_prompt("price of the thing?", schema)
    bare = build_prompt("price of the thing?", schema, max_tokens=size(full) - 20)
    assert bare.schema.tables[0].columns == (Column("price", "TEXT"),)


def test_nothing_that_fits_is_an_error_that_says_how_much_it_takes():
    with pytest.raises(ConfigError, match=r"leaves -?\d+.*takes \d+"):
        build_prompt("What is xx7?", a_thousand_tables(), max_tokens=85)


def test_the_shown_text_is_the_kept_schema_whole():
    prompt = build_prompt("What is xx7?", a_thousand_tables(), max_tokens=900)
    assert prompt.messages[0].content.endswith(render_ddl(prompt.schema))


def test_the_callers_tokenizer_decides():
    prompt = build_prompt("What is xx7?", a_thousand_tables(), max_tokens=3000, count_tokens=len)
    assert sum(len(m.content) for m in prompt.messages) <= 3000
    assert prompt.dropped_tables


def test_no_hint_points_at_a_column_that_was_dropped():
    hints = Hints(names=(NameMatch("zz900", "xx900", "x", 0.9), NameMatch("zz3", "xx3", "x", 0.01)))
    prompt = build_prompt("What?", a_thousand_tables(), hints=hints, max_tokens=300)
    assert "zz3" in prompt.dropped_tables
    assert prompt.messages[-1].content.startswith("Columns that may matter: zz900.xx900\n")
