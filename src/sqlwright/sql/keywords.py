"""The unquoted words that a read-only query may use as keywords, in any dialect.

A word of the statement is a name that the tree accounts for, an allowed function, or a keyword from here. Anything
else (INTO, NOWAIT, SQL_CALC_FOUND_ROWS, STRAIGHT_JOIN ...) is something the parser skipped: it is refused.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Clauses, operators, units, the clock and types.
KEYWORDS = _words(
    """
    against all and anti any array as asc asof asymmetric at bernoulli between boolean both breadth by case cast
    collate columns conditional content cross cube current cycle default depth desc distinct distinctrow div
    document else empty end error escape except exclude exists expansion false fetch filter first following for
    from full glob group grouping groups having if ignore ilike in include inner intersect interval is isnull
    join json keep keys lambda language last lateral leading left like limit map mask match materialized member
    mod mode name natural nested next nfc nfd nfkc nfkd no normalized not notnull null nulls object of offset on
    only or order ordinality others outer over overflow overlaps partition path percent pivot placing position
    positional preceding qualify query range recursive regexp rename repeatable replace reservoir respect right
    rlike rollup row rows sample search select semi separator set sets similar some sounds struct symmetric
    system tablesample then ties to trailing trim true try_cast unbounded unconditional union unique unknown
    unpivot using value values variadic when where window with within without wrapper xor zone

    century day day_hour day_microsecond day_minute day_second days decade dow doy epoch hour hour_microsecond
    hour_minute hour_second hours isodow isoyear microsecond microseconds millennium millisecond milliseconds
    minute minute_microsecond minute_second minutes month months quarter quarters second second_microsecond
    seconds timezone week weeks year year_month years

    current_catalog current_date current_role current_schema current_time current_timestamp current_user
    localtime localtimestamp session_user user utc_date utc_time utc_timestamp

    bigint binary bit bitstring blob bool boolean bpchar bytea char character cidr date datemultirange daterange
    datetime dec decimal double enum fixed float float4 float8 geometry hugeint inet int int1 int128 int16 int2
    int32 int4 int4multirange int4range int64 int8 int8multirange int8range integer json jsonb jsonpath list
    long longblob longtext lseg macaddr macaddr8 map mediumblob mediumint mediumtext money name national nchar
    number numeric nummultirange numrange nvarchar oid path point polygon precision real regclass serial short
    signed smallint string struct text time timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us
    timestamptz timetz tinyblob tinyint tinytext tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector
    ubigint uhugeint uinteger union unsigned usmallint utinyint uuid varbinary varbit varchar variant varying
    xml year zone
    """
)

# Those that may stand before a parenthesis without being a call ...
BEFORE_PAREN = _words(
    """
    against all and any as at between by case columns cross cube default distinct div else end except exclude
    exists filter from full glob group grouping having ilike in inner intersect interval is join lateral left
    like limit materialized mod natural not on or order outer over partition pivot qualify regexp rename
    repeatable replace right rlike rollup select sets similar some tablesample then to union unpivot using
    values when where window with within xor
    """
)

# ... and types with a size or parts, which may where a type is due: `AS decimal(9, 2)`, `x::varchar(3)`.
SIZED_TYPES = _words(
    """
    bigint binary bit bpchar char character datetime dec decimal enum fixed float int integer list map mediumint
    nchar number numeric nvarchar row smallint struct text time timestamp timestamptz timetz tinyint union
    varbinary varbit varchar varying
    """
)

# What other statements begin with; in parentheses a lenient parser takes them for a column or table with an alias.
VERBS = _words(
    """
    abort alter analyze attach backup begin binlog cache call change check checkpoint close cluster comment
    commit copy create deallocate declare delete desc describe detach discard do drop end execute explain export
    fetch flush force grant handler help import insert install kill listen load lock merge move notify optimize
    pragma prepare purge reassign refresh reindex release rename repair replace reset restart resume revoke
    rollback savepoint security set show shutdown start stop summarize table truncate uninstall unlisten unlock
    update upsert use vacuum xa
    """
)
