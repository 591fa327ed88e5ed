"""DuckDB: duckdb.org/docs/stable/sql/data_types/literal_types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .rules import RESERVED_EVERYWHERE, Clauses, DialectRules, words
from .tokens import DOLLAR, DOUBLE, ESCAPED, JOINED, LINE_COMMENT, token_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp


class _Syntax:
    """`PIVOT t ON a USING sum(b) ORDER BY 1 LIMIT 5`."""

    def _parse_simplified_pivot(self: Any, is_unpivot: bool | None = None) -> exp.Pivot:
        pivot: exp.Pivot = super()._parse_simplified_pivot(is_unpivot)  # type: ignore[misc]
        for key, parse in (("order", self._parse_order), ("limit", self._parse_limit), ("offset", self._parse_offset)):
            if (clause := parse()) is not None:
                pivot.set(key, clause)
        return pivot


def _summarize(words: Sequence[str], nodes: Sequence[exp.Expr]) -> Clauses:
    from sqlglot import exp

    places = [i for i, word in enumerate(words) if word == "summarize"]
    return Clauses(places, len(places), sum(isinstance(n, exp.Summarize) for n in nodes))


RULES = DialectRules(
    "duckdb",
    tokens=token_pattern(
        string=JOINED,
        name=DOUBLE,
        ops="+-*/<>=~!@#%^&|?.,;:()[]{}",
        comment=LINE_COMMENT,
        prefixes=rf"[eE]{ESCAPED}",
        dollar=DOLLAR,
    ),
    heads=("select", "with", "from", "pivot", "unpivot", "summarize"),
    minus=re.compile(
        r"pg_(?!typeof\Z|size_pretty\Z).*|_.*|inet_.*|txid_.*|current_setting|getvariable|getenv|setseed|write_log|error"
        r"|json_serialize_(plan|sql)|json_deserialize_sql|parse_duckdb_log_message|.*_privilege|query|query_table"
    ),
    plus=words("""
        cast try_cast coalesce ifnull nullif percentile_cont percentile_disc extract position overlay substring
        trim try exists grouping grouping_id columns unpack struct_pack list_value array_value map row array struct
        tuple values interval current_date current_time current_timestamp localtime localtimestamp now today
        get_current_timestamp transaction_timestamp random uuid gen_random_uuid uuidv4 uuidv7
    """),
    table_functions=frozenset(
        "range generate_series unnest json_each json_tree generate_subscripts regexp_split_to_table".split()
    ),
    reserved=words(
        RESERVED_EVERYWHERE
        + """
    analyse analyze any asc asymmetric both cast check collate column constraint default deferrable desc
    describe do end false fetch for foreign initially intersect lambda lateral leading offset only pivot
    pivot_longer pivot_wider placing primary qualify references returning show some summarize symmetric trailing
    true unique unpivot variadic window
        """
    ),
    # It reads the file f.csv for the table csv in the schema f, so only the default schema is left, and a Python
    # variable for a table that is not there: the names that data frames commonly have are refused, and
    # `python_enable_replacements=false` does the rest.
    system_tables=re.compile(
        r"sqlite_.*|pragma_.*|duckdb_.*|pg_.*|.*[^\w \-$].*|.*\.(csv|parquet|json|db)|(py_?)?df\d*|df_.*|.*_df"
    ),
    system_schemas=re.compile(r"(?!(main)?\Z).*"),
    default_schema="main",
    name_quotes=(('"', '"'),),
    types="integer int bigint double float real varchar text date timestamp boolean decimal numeric",
    nested_comments=True,
    joined_strings=True,
    from_first=True,
    roots=("Query", "Pivot", "Summarize"),
    clauses=_summarize,
    method_calls=True,
    alias_optional=True,
    syntax=_Syntax,
)
