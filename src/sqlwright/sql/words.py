"""The unquoted words that a read-only query may use as keywords, and those that are never a bare name.

A word of the statement is a name that the tree accounts for, a function on the list, a type, or a keyword from here.
Anything else (INTO, UPDATE, NOWAIT, SQL_NO_CACHE, STRAIGHT_JOIN ...) is something the parser skipped: it is refused.
"""

from __future__ import annotations

from ..core import Dialect

KEYWORDS = frozenset(
    """
    all any and array as asc asof asymmetric at bernoulli between boolean both by case cast collate columns
    cross cube current cycle day desc depth breadth default distinct distinctrow div double else empty end error
    escape except exclude exists expansion extract false fetch filter first following for from full glob group
    grouping groups having ignore ilike in include inner intersect interval is isnull join keep key keys lambda
    language last lateral leading left like limit map match materialized mod mode month name natural next no not
    notnull null nulls of offset on only or order ordinality others outer over overlaps overlay partition
    percent pivot placing position positional preceding qualify query range recursive regexp rename replace
    reservoir respect right rlike rollup row rows sample search select separator set sets similar some struct
    substring symmetric system tablesample then ties time to trailing trim true try_cast unbounded union unknown
    unpivot using value values variadic when where window with within without wrapper conditional unconditional
    zone xor against repeatable year hour minute second nested path columns nfc nfd nfkc nfkd normalized json
    object document content unique semi anti member overflow returning_ current_date current_time
    current_timestamp localtime localtimestamp utc_date utc_time utc_timestamp current_user session_user
    current_catalog current_schema current_role user bigint bigdecimal binary bit bitstring blob bool bpchar
    bytea char character cidr date datetime dec decimal enum float float4 float8 geometry hugeint inet int int1
    int2 int4 int8 int16 int32 int64 integer json jsonb jsonpath list long longblob longtext macaddr mediumint
    mediumtext money name nchar nvarchar national number numeric oid point precision real regclass serial short
    signed smallint string text time timestamp timestamptz timetz timestamp_s timestamp_ms timestamp_ns
    timestamp_us tinyint tinytext tsquery tsvector ubigint uhugeint uinteger unsigned usmallint utinyint uuid
    varbinary varbit varchar varying xml year zone
    """.split()
)

# Keywords and types that may stand before a parenthesis without being a call.
BEFORE_PAREN = frozenset(
    """
    all and any as between by case char character columns cross cube datetime dec decimal distinct double else
    enum except exclude exists filter float float4 float8 from full group having ilike in inner int integer
    intersect interval is join lateral left like limit map materialized mod natural nchar not number numeric
    nvarchar offset on or over outer partition pivot preceding qualify range rename replace right rlike regexp
    glob rollup sample reservoir bernoulli system select sets some string struct tablesample text then time
    timestamp timestamptz timetz union unpivot using values varbinary varbit varchar varying when where window
    with within xor array bit binary row bpchar returning_ div end exclude include nulls recursive to similar
    escape default against columns repeatable percent nested search smallint bigint tinyint mediumint bool
    boolean signed unsigned real precision year blob date json order
    """.split()
)

_ANY_ENGINE = """
    all and as case distinct else except from group having in into join limit not null on or order select set table
    then to union using when where with values update insert delete create alter drop grant
"""
# Reserved words of each engine: bare, they are never a name, so a tree that has one as a name was read wrongly.
RESERVED: dict[Dialect, frozenset[str]] = {
    "sqlite": frozenset(
        (
            _ANY_ENGINE + " add between check collate commit default exists index is isnull notnull"
            " transaction unique returning"
        ).split()
    ),
    "postgres": frozenset(
        (
            _ANY_ENGINE.replace(" set ", " ").replace("values", "").replace(" update insert delete", "")
            + """
            analyse analyze any array asc asymmetric both cast check collate column constraint current_catalog
            current_date current_role current_time current_timestamp current_user default deferrable desc do end
            fetch for foreign initially intersect lateral leading localtime localtimestamp offset only placing primary
            references returning session_user some symmetric trailing unique user variadic window
            """
        ).split()
    ),
    "duckdb": frozenset(
        (
            _ANY_ENGINE.replace(" set ", " ").replace("values", "").replace(" update insert delete", "")
            + """
            analyse analyze any asc asymmetric both cast check collate column constraint default deferrable desc
            describe do end fetch for foreign initially intersect lambda lateral leading offset only pivot pivot_longer
            pivot_wider placing primary qualify references returning show some summarize symmetric trailing unique
            unpivot variadic window
            """
        ).split()
    ),
    "mysql": frozenset(
        (
            _ANY_ENGINE
            + """
            between by call change check condition constraint cross database describe div explain exists for force
            ignore index inner insert interval is key kill like load lock loop match mod natural outer outfile
            procedure purge regexp release rename replace require return show sql_big_result sql_calc_found_rows
            straight_join terminated trigger undo unlock usage use window write xor
            """
        ).split()
    ),
}
