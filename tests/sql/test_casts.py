"""Types that a PostgreSQL query may name are plain data: no domain, no reg type, no table's row."""

from __future__ import annotations

import pytest
from sqlglot import parse_one

from sqlwright.sql import default_policy
from sqlwright.sql.casts import check_casts


def refused(sql, engine="postgres"):
    return [v.code for v in check_casts(list(parse_one(sql, dialect=engine).walk()), default_policy(engine))]


@pytest.mark.parametrize(
    "type_",
    """
    smallint int2 integer bigint numeric numeric(10,2) decimal real float8 double⋅precision money boolean text text[]
    int[] char(3) varchar character⋅varying(3) bpchar citext "char" "text" bytea bit(3) uuid date time timestamp
    timestamptz timestamptz(3) timestamp⋅with⋅time⋅zone time⋅without⋅time⋅zone interval interval⋅day⋅to⋅second
    json jsonb jsonpath xml inet cidr macaddr tsquery tsvector int4range daterange tstzrange datemultirange point
    polygon hstore geometry geometry(Point,4326) geography vector(3) ltree
    """.split(),
)
def test_a_cast_to_plain_data_is_read(type_):
    type_ = type_.replace("⋅", " ")
    assert refused(f"SELECT x::{type_}, CAST(x AS {type_}) FROM t") == []


@pytest.mark.parametrize(
    "type_",
    """
    regclass regrole regtype pg_catalog.regclass[] "regclass" oid aclitem cstring record anyelement pg_authid t
    checked checked[] "checked" public.checked a.b.c mood _text datetime struct(a⋅int)
    """.split(),
)
def test_a_cast_to_another_type_is_refused(type_):
    type_ = type_.replace("⋅", " ")
    assert set(refused(f"SELECT x::{type_} FROM t")) == {"not_allowed"}
    assert set(refused(f"SELECT CAST(x AS {type_}) FROM t")) == {"not_allowed"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT regclass '1260'",
        "SELECT ARRAY['1260']::pg_catalog.regclass[]",
        "SELECT * FROM json_to_record('{}') AS x(a checked)",
        "SELECT * FROM jsonb_populate_record(NULL::pg_authid, '{}')",
        "SELECT a FROM t ORDER BY (SELECT 'x'::checked)",
    ],
)
def test_a_type_is_refused_wherever_it_stands(sql):
    assert refused(sql) == ["not_allowed"]


def test_other_engines_types_hold_no_code():
    assert refused("SELECT x::mood FROM t", "duckdb") == []
