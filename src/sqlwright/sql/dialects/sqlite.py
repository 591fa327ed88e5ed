"""SQLite: sqlite.org/lang_expr.html and tokenize.c."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from .rules import RESERVED_EVERYWHERE, Clauses, DialectRules, words
from .tokens import BACKQUOTE, BYTES, DOUBLE, SINGLE, token_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp


def _indexed(words: Sequence[str], nodes: Sequence[exp.Expr]) -> Clauses:
    """`INDEXED BY i` and `NOT INDEXED`."""
    from sqlglot import exp

    pairs = list(pairwise(words))
    places = [i for i, pair in enumerate(pairs) if pair == ("indexed", "by")]
    places += [i + 1 for i, pair in enumerate(pairs) if pair == ("not", "indexed")]
    parsed = sum(isinstance(n, exp.Table) and n.args.get("indexed") is not None for n in nodes)
    return Clauses(places, len(places), parsed)


RULES = DialectRules(
    "sqlite",
    tokens=token_pattern(
        string=SINGLE,
        name=rf'{DOUBLE}|""|{BACKQUOTE}|\[[^\]]+\]',  # "" is an empty string
        ops="+-*/<>=~!%&|.,;()",
        comment=r"--[^\n]*",
        prefixes=BYTES,
    ),
    heads=("select", "with"),
    minus=re.compile(
        r"sqlite_(?!version\Z).*|load_extension|edit|fts3_tokenizer|writefile|readfile|fsdir|zipfile|sha3_query"
    ),
    plus=words("""
        json json_array json_array_length json_each json_error_position json_extract json_group_array json_group_object
        json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type
        json_valid jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
        jsonb_patch jsonb_remove jsonb_replace jsonb_set
        cast concat concat_ws current_date current_time current_timestamp exists format generate_series if match median
        octet_length percentile percentile_cont percentile_disc random regexp string_agg timediff unhex unistr
        unistr_quote
        bm25 highlight snippet
    """),
    table_functions=frozenset("json_each json_tree generate_series".split()),
    reserved=words(
        RESERVED_EVERYWHERE
        + """
    add alter between check collate commit default delete drop exists index insert is isnull notnull returning
    set transaction unique update values
        """
    ),
    system_tables=re.compile(r"sqlite_.*|pragma_.*|dbstat|bytecode|tables_used|fts5?vocab|completion|fsdir|zipfile"),
    system_schemas=re.compile(r"temp"),
    default_schema="main",
    name_quotes=(('"', '"'), ("`", "`"), ("[", "]")),
    types="integer int real text numeric float char varchar decimal date",
    clauses=_indexed,
    in_reads_tables=True,
    cte_scope="all",
    double_quotes="both",
    alias_optional=True,
)
