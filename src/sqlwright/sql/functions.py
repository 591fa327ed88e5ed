"""Which functions a query may call: what the engine's catalogue calls free of side effects, minus and plus a few.

The catalogue is read from the connection (`Engine.functions`) or, where there is none, from the list packaged under
`catalogue/`. MySQL has no such catalogue, so its list is written by hand.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ..core import Dialect

# PostgreSQL's type input and output: domain_in runs a person's CHECK, and regclassin, like the other reg types, finds
# names in the catalogue by a number. Types whose functions are named without an underscore are listed.
_POSTGRES_TYPE_IO = (
    r".*_(in|out|send|recv)|.*typmod(in|out)|reg(?!exp_|r_).*"
    r"|(bool|bpchar|bytea|char|cid|float[48]|gtsvector|int[248]|int2vector|name|oid|oidvector|text|tid|tsquery"
    r"|tsvector|unknown|varbit|varchar|xid8?)(in|out|send|recv)"
)
# Free of side effects in the catalogue's sense, and still none of a question's business: they read the server's state
# (acl*: who may do what) or another table through a string or an oid, hold a session, or run SQL or a check that the
# guard has not seen.
_MINUS: dict[Dialect, re.Pattern[str]] = {
    "sqlite": re.compile(
        r"sqlite_(?!version\Z).*|load_extension|edit|fts3_tokenizer|writefile|readfile|fsdir|zipfile|sha3_query"
    ),
    "duckdb": re.compile(
        r"pg_(?!typeof\Z|size_pretty\Z).*|_.*|inet_.*|txid_.*|current_setting|getvariable|getenv|setseed|write_log|error"
        r"|json_serialize_(plan|sql)|json_deserialize_sql|parse_duckdb_log_message|.*_privilege|query|query_table"
    ),
    "postgres": re.compile(
        r"pg_(?!typeof\Z|size_pretty\Z).*|.*_to_xml|.*_to_xml_and_xmlschema|.*_to_xmlschema|txid_.*|current_setting"
        r"|inet_(client|server)_.*|set_config|lo_.*|lo(read|write)|dblink.*|ts_stat|ts_rewrite|to_reg.*|getpgusername"
        r"|.*_privilege|row_security_active|(col|obj|shobj)_description"
        r"|acl.*|makeaclitem|hash_aclitem.*|format_type|oidvectortypes|satisfies_hash_partition|.*_(validator|handler)"
        rf"|{_POSTGRES_TYPE_IO}"
    ),
    "mysql": re.compile(r"(?!)"),
}
# Written like functions and part of the grammar, or volatile and harmless: the clock and random numbers.
_PLUS: dict[Dialect, str] = {
    "sqlite": """
        json json_array json_array_length json_each json_error_position json_extract json_group_array json_group_object
        json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_tree json_type
        json_valid jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
        jsonb_patch jsonb_remove jsonb_replace jsonb_set
        cast concat concat_ws current_date current_time current_timestamp exists format generate_series if match median
        octet_length percentile percentile_cont percentile_disc random regexp string_agg timediff unhex unistr
        unistr_quote
        bm25 highlight snippet
    """,
    "duckdb": """
        cast try_cast coalesce ifnull nullif percentile_cont percentile_disc extract position overlay substring
        trim try exists grouping grouping_id columns unpack struct_pack list_value array_value map row array struct
        tuple values interval current_date current_time current_timestamp localtime localtimestamp now today
        get_current_timestamp transaction_timestamp random uuid gen_random_uuid uuidv4 uuidv7
    """,
    "postgres": """
        cast coalesce nullif greatest least extract position overlay substring trim exists grouping array row values
        normalize collation xmlelement xmlforest xmlconcat xmlagg xmlserialize xmlparse json json_array
        json_arrayagg json_object json_objectagg json_scalar json_serialize json_exists json_query json_value
        current_date current_time current_timestamp localtime localtimestamp now clock_timestamp statement_timestamp
        transaction_timestamp timeofday random random_normal gen_random_uuid uuidv4 uuidv7
    """,
    "mysql": """
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
    """,
}
# Table sources written as a call. Readers of files, settings and catalogues are table functions too: all refused.
TABLE_FUNCTIONS: dict[Dialect, frozenset[str]] = {
    "sqlite": frozenset("json_each json_tree generate_series".split()),
    "duckdb": frozenset(
        "range generate_series unnest json_each json_tree generate_subscripts regexp_split_to_table".split()
    ),
    "postgres": frozenset(
        """
        generate_series generate_subscripts unnest json_array_elements json_array_elements_text json_each json_each_text
        json_object_keys json_populate_record json_populate_recordset json_to_record json_to_recordset
        jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
        jsonb_path_query jsonb_populate_record jsonb_populate_recordset jsonb_to_record jsonb_to_recordset
        regexp_matches regexp_split_to_table string_to_table
        """.split()
    ),
    "mysql": frozenset({"json_table"}),
}


def allowed(dialect: Dialect, catalogue: frozenset[str]) -> frozenset[str]:
    """The functions of `catalogue` that a query may call, and the grammar's own; all names in lower case."""
    minus = _MINUS[dialect]
    plus = frozenset(_PLUS[dialect].split()) | TABLE_FUNCTIONS[dialect]
    return frozenset(name for name in map(str.lower, catalogue) if not minus.fullmatch(name)) | plus


@cache
def packaged_catalogue(dialect: Dialect) -> frozenset[str]:
    """Function names from `catalogue/<dialect>.txt`; empty for MySQL, which has no catalogue of them."""
    if dialect == "mysql":
        return frozenset()
    text = (files(__package__) / "catalogue" / f"{dialect}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
