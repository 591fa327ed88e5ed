"""In PostgreSQL a cast may run code and read the catalogue, so only types of plain data are read.

`'x'::d` runs the CHECK of the domain d, `1260::regclass` gives a table's name, and a table's name is a type as well.
A person's own types are therefore refused, enums too: PostgreSQL compares an enum with a string without a cast.
The parser takes other engines' names of types (STRING, BLOB), and "Text" in quotes, for PostgreSQL's: a domain of such
a name is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ..core import Violation
from .policy import Policy
from .tables import folded

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


def check_casts(nodes: list[exp.Expr], policy: Policy) -> Iterator[Violation]:
    """Every type that is written in the query, whether in a cast, before a literal or in a list of columns."""
    if policy.dialect != "postgres":
        return
    for node in nodes:
        if isinstance(node, exp.DataType) and not _is_data(node):
            name = str(node.args.get("kind") or getattr(node.this, "name", node.this))
            yield Violation("not_allowed", f"The type {name[:60]} is none that a query may name.")


def _is_data(node: exp.DataType) -> bool:
    if isinstance(node, exp.IntervalSpan):  # DAY TO SECOND, inside an interval
        return True
    if not isinstance(node.this, exp.DType):  # an interval with its span; else regclass, oid, cstring
        return isinstance(node.this, exp.Interval)
    if node.this != exp.DType.USERDEFINED:
        return node.this.name in _CLASSES
    return folded(node.args.get("kind"), "postgres") in _BY_NAME
