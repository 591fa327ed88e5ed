"""PostgreSQL: postgresql.org/docs/current/sql-syntax-lexical.html."""

from __future__ import annotations

import re

from .rules import RESERVED_EVERYWHERE, DialectRules, PlainTypes, words
from .tokens import BITS, BYTES, DOLLAR, DOUBLE, ESCAPED, JOINED, LINE_COMMENT, token_pattern

# PostgreSQL's type input and output: domain_in runs a person's CHECK, and regclassin, like the other reg types, finds
# names in the catalogue by a number. Types whose functions are named without an underscore are listed.
_TYPE_IO = (
    r".*_(in|out|send|recv)|.*typmod(in|out)|reg(?!exp_|r_).*"
    r"|(bool|bpchar|bytea|char|cid|float[48]|gtsvector|int[248]|int2vector|name|oid|oidvector|text|tid|tsquery"
    r"|tsvector|unknown|varbit|varchar|xid8?)(in|out|send|recv)"
)
# The parser's own classes of types, as far as they are PostgreSQL's or a common extension's ...
_CLASSES = frozenset(
    """
    ARRAY BIGINT BIT BOOLEAN BPCHAR CHAR CIDR DATE DATEMULTIRANGE DATERANGE DECIMAL DOUBLE FLOAT GEOGRAPHY GEOMETRY
    HSTORE INET INT INT4MULTIRANGE INT4RANGE INT8MULTIRANGE INT8RANGE INTERVAL JSON JSONB LSEG MONEY NAME NCHAR
    NUMMULTIRANGE NUMRANGE NVARCHAR POINT SMALLINT TEXT TIME TIMESTAMP TIMESTAMPTZ TIMETZ TSMULTIRANGE TSRANGE
    TSTZMULTIRANGE TSTZRANGE UUID VARBINARY VARCHAR VECTOR XML
    """.split()
)
# ... and the types that it knows by no more than their name, or that are quoted. None is qualified by a schema.
_BY_NAME = frozenset(
    """
    bit bool box bpchar bytea char cidr circle date datemultirange daterange float4 float8 inet int2 int4
    int4multirange int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg macaddr macaddr8
    money name nummultirange numrange numeric path point polygon text time timestamp timestamptz timetz
    tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector uuid varbit varchar xml

    box2d box3d citext cube geography geometry halfvec hstore lquery ltree ltxtquery raster seg sparsevec vector
    """.split()
)

RULES = DialectRules(
    "postgres",
    tokens=token_pattern(
        string=JOINED,
        name=DOUBLE,
        ops="+-*/<>=~!@#%^&|?.,;:()[]",
        comment=LINE_COMMENT,
        prefixes=rf"{BYTES}|[xX]'[0-9A-Fa-f]*'|{BITS}|[eE]{ESCAPED}|[nN]'(?:[^'\\]|'')*'",
        dollar=DOLLAR,
    ),
    heads=("select", "with"),
    minus=re.compile(
        r"pg_(?!typeof\Z|size_pretty\Z).*|.*_to_xml|.*_to_xml_and_xmlschema|.*_to_xmlschema|txid_.*|current_setting"
        r"|inet_(client|server)_.*|set_config|lo_.*|lo(read|write)|dblink.*|ts_stat|ts_rewrite|to_reg.*|getpgusername"
        r"|.*_privilege|row_security_active|(col|obj|shobj)_description"
        r"|acl.*|makeaclitem|hash_aclitem.*|format_type|oidvectortypes|satisfies_hash_partition|.*_(validator|handler)"
        rf"|{_TYPE_IO}"
    ),
    plus=words("""
        cast coalesce nullif greatest least extract position overlay substring trim exists grouping array row values
        normalize collation xmlelement xmlforest xmlconcat xmlagg xmlserialize xmlparse json json_array
        json_arrayagg json_object json_objectagg json_scalar json_serialize json_exists json_query json_value
        current_date current_time current_timestamp localtime localtimestamp now clock_timestamp statement_timestamp
        transaction_timestamp timeofday random random_normal gen_random_uuid uuidv4 uuidv7
    """),
    table_functions=frozenset(
        """
        generate_series generate_subscripts unnest json_array_elements json_array_elements_text json_each json_each_text
        json_object_keys json_populate_record json_populate_recordset json_to_record json_to_recordset
        jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
        jsonb_path_query jsonb_populate_record jsonb_populate_recordset jsonb_to_record jsonb_to_recordset
        regexp_matches regexp_split_to_table string_to_table
        """.split()
    ),
    reserved=words(
        RESERVED_EVERYWHERE
        + """
    analyse analyze any array asc asymmetric both cast check collate column constraint current_catalog
    current_date current_role current_time current_timestamp current_user default deferrable desc do end false
    fetch for foreign initially intersect lateral leading localtime localtimestamp offset only placing primary
    references returning session_user some symmetric system_user trailing true unique user variadic window
        """
    ),
    system_tables=re.compile(r"pg_.*"),
    system_schemas=re.compile(r"information_schema|pg_.*"),
    default_schema="public",
    name_quotes=(('"', '"'),),
    types="integer int bigint real numeric decimal text varchar date timestamp boolean",
    nested_comments=True,
    hint_comments=True,
    joined_strings=True,
    strings_by_setting=True,
    names="folded",
    only_keyword=True,
    cte_scope="all_if_recursive",
    attribute_calls=True,
    plain_types=PlainTypes(_CLASSES, _BY_NAME),
)
