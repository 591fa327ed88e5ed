"""MySQL and MariaDB: dev.mysql.com/doc/refman/8.4/en/language-structure.html."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .rules import RESERVED_EVERYWHERE, Clauses, DialectRules, words
from .tokens import BACKQUOTE, BITS, BYTES, ESCAPED, ESCAPED_DOUBLE, PLAIN_NUMBER, WORD_CHAR, token_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp


_HINTS, _KEYS = frozenset({"use", "force", "ignore"}), frozenset({"index", "key"})


class _Syntax:
    """`JSON_TABLE(... COLUMNS (x INT PATH '$.x' DEFAULT '0' ON EMPTY NULL ON ERROR))`."""

    def _parse_json_column_def(self: Any) -> exp.JSONColumnDef:
        column: exp.JSONColumnDef = super()._parse_json_column_def()  # type: ignore[misc]
        empty = self._parse_on_handling("EMPTY", "NULL", "ERROR")
        error = self._parse_on_handling("ERROR", "NULL", "ERROR")
        if empty or error:
            from sqlglot import exp

            column.set("on_condition", exp.OnCondition(empty=empty, error=error))
        return column


def _index_hints(words: Sequence[str], nodes: Sequence[exp.Expr]) -> Clauses:
    """STRAIGHT_JOIN and `USE INDEX (i)`."""
    from sqlglot import exp

    joins = [i for i, word in enumerate(words) if word == "straight_join"]
    hints = [i for i, (a, b) in enumerate(pairwise(words)) if a in _HINTS and b in _KEYS]
    places = [*joins, *hints, *(i + 1 for i in hints)]
    parsed = sum(isinstance(n, exp.IndexTableHint) or _is_straight(n) for n in nodes)
    return Clauses(places, len(joins) + len(hints), parsed)


def _is_straight(node: exp.Expr) -> bool:
    """A join of that kind, or the modifier behind SELECT."""
    from sqlglot import exp

    if isinstance(node, exp.Join):
        return node.kind == "STRAIGHT_JOIN"
    return isinstance(node, exp.Var) and node.arg_key == "operation_modifiers" and node.name == "STRAIGHT_JOIN"


RULES = DialectRules(
    "mysql",
    tokens=token_pattern(
        string=rf"{ESCAPED}|{ESCAPED_DOUBLE}",
        name=BACKQUOTE,
        ops="+-*/<>=~!%^&|.,;()",
        comment=r"--(?=[\x00-\x20]|\Z)[^\n]*|\#[^\n]*",
        prefixes=rf"{BYTES}|{BITS}|[nN]{ESCAPED}",
        number=PLAIN_NUMBER,
        word=rf"\d+{WORD_CHAR}+",  # a name may start with a digit
    ),
    heads=("select", "with"),
    plus=words("""
        avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop
        stddev_samp sum var_pop var_samp variance any_value grouping median percentile_cont percentile_disc
        cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
        abs acos asin atan atan2 ceil ceiling conv cos cot crc32 degrees exp floor ln log log10 log2 mod pi pow power
        radians rand round sign sin sqrt tan truncate
        adddate addtime convert_tz curdate current_date current_time current_timestamp curtime date date_add
        date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear extract from_days from_unixtime
        get_format hour last_day localtime localtimestamp makedate maketime microsecond minute month monthname now
        period_add period_diff quarter sec_to_time second str_to_date subdate subtime sysdate time time_format
        time_to_sec timediff timestamp timestampadd timestampdiff to_char to_days to_seconds unix_timestamp utc_date
        utc_time utc_timestamp week weekday weekofyear year yearweek add_months months_between
        ascii bin bit_length bit_count char char_length character_length chr concat concat_ws elt export_set field
        find_in_set format from_base64 hex initcap insert instr lcase left length lengthb locate lower lpad ltrim
        make_set mid natural_sort_key oct octet_length ord position quote regexp_instr regexp_like regexp_replace
        regexp_substr repeat replace reverse right rpad rtrim sformat soundex space strcmp substr substring
        substring_index to_base64 trim ucase unhex upper weight_string match against
        if ifnull nullif coalesce greatest least isnull interval nvl nvl2 decode_oracle decode exists row values
        cast convert binary decimal charset coercibility collation
        json_array json_array_append json_array_insert json_array_intersect json_compact json_contains
        json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_key_value
        json_keys json_length json_loose json_merge json_merge_patch json_merge_preserve json_normalize json_object
        json_object_filter_keys json_object_to_array json_overlaps json_pretty json_query json_quote json_remove
        json_replace json_schema_valid json_search json_set json_table json_type json_unquote json_valid json_value
        aes_decrypt aes_encrypt md5 sha sha1 sha2 compress uncompress uncompressed_length random_bytes uuid uuid_short
        bin_to_uuid uuid_to_bin is_uuid inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 is_ipv4_compat
        is_ipv4_mapped database schema version
        st_area st_asgeojson st_astext st_aswkt st_buffer st_centroid st_contains st_crosses st_difference st_dimension
        st_disjoint st_distance st_distance_sphere st_envelope st_equals st_geomfromtext st_geometrytype
        st_geomfromgeojson st_intersection st_intersects st_isempty st_isvalid st_latitude st_length st_longitude
        st_numpoints st_overlaps st_pointfromtext st_pointn st_srid st_startpoint st_endpoint st_touches st_union
        st_within st_x st_y point linestring polygon
    """),
    table_functions=frozenset({"json_table"}),
    reserved=words(
        RESERVED_EVERYWHERE
        + """
    alter analyze between by call change check condition constraint cross database delete describe div drop
    exists explain for force high_priority ignore index inner insert interval is key kill like load lock loop
    low_priority match mod natural outer outfile procedure purge regexp release rename replace require return
    set show sql_big_result sql_buffer_result sql_cache sql_calc_found_rows sql_no_cache sql_small_result
    straight_join terminated trigger undo unlock update usage use values window write xor
        """
    ),
    system_schemas=re.compile(r"information_schema|performance_schema|mysql|sys"),
    default_schema="",
    name_quotes=(("`", "`"),),
    types="signed unsigned decimal char date datetime time",
    has_catalogue=False,
    hint_comments=True,
    backslash_strings=True,
    clauses=_index_hints,
    names="kept",
    free_tables=frozenset({"dual"}),
    recursive_arms="each",
    double_quotes="text",
    syntax=_Syntax,
)
