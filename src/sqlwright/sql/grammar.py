"""A grammar of read-only queries over one schema, for decoding that cannot write anything else.

The text is Lark as llguidance reads it (https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md): the rules
are here, the terminals in `terminals.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core import Dialect, Schema
from .dialects import RULES
from .terminals import argument_counts, terminals

MAX_DEPTH = 6  # parentheses and CASE within each other: enough for all of Spider's gold


def sql_grammar(schema: Schema, *, ctes: Iterable[str] = (), outputs: Iterable[str] = ()) -> str:
    """One read-only SELECT statement in `schema.dialect` over the tables and columns of `schema`, as Lark.

    It may have WITH, set operations, subqueries, joins, aggregates, CASE, CAST, windows and the common functions that
    the guard allows. What every text of the grammar keeps to:

    - a table is one of `schema`, or one of `ctes`;
    - a column is one of `schema`, or one of `outputs`: `name` and `alias.name` of any table, `table.name` of that one;
    - names are spelled as the engine reads them: any case where it ignores case, in quotes where they need some;
    - nothing writes, nothing comments, and strings, numbers, lists and depth are bounded.

    What it does not: that an alias is declared, that a column is one of the tables in FROM, types, or grouping. In
    SQLite and MySQL a text in double quotes may stand where a value is compared. The captures `cte` (a CTE from its
    name to its end) and `output` (a name behind AS in a list of results) tell a decoder which names the statement has
    declared, to go on with a grammar that takes them too. Raises ValueError for a schema without tables.
    """
    if not any(table.columns for table in schema):
        raise ValueError("a schema without tables has no query")
    levels = (_RULES + (_nested(schema.dialect) if depth else _BOTTOM) for depth in range(MAX_DEPTH, -1, -1))
    rules = (
        text.replace("_@", f"_{depth}").replace("_%", f"_{depth - 1}")
        for depth, text in zip(range(MAX_DEPTH, -1, -1), levels, strict=True)
    )
    names = terminals(schema, tuple(ctes), tuple(outputs))
    return "\n".join([_START, *rules, *(f"{name}: {pattern}" for name, pattern in names.items())]) + "\n"


_START = f"""
start: SPACE? (WITH cte (COMMA cte){{0,4}})? query_{MAX_DEPTH} SEMICOLON?
cte[capture]: NAME AS LPAR query_{MAX_DEPTH} RPAR
output[capture]: NAME
alias: AS NAME | BARE_NAME
set_operator: (UNION | INTERSECT | EXCEPT) ALL?
join_words: JOIN | INNER_JOIN | SIDE OUTER? JOIN_TAIL
using: USING LPAR COLUMN (COMMA COLUMN){{0,3}} RPAR
limit: LIMIT INTEGER ((OFFSET | COMMA) INTEGER)?
"""

# _@ is one level of parentheses, and _% the level inside it.
_RULES = """
query_@: core_@ (set_operator core_@){0,3} order_@? limit?
core_@: SELECT (DISTINCT? item_@ | distinct_@) (COMMA item_@){0,19} from_@?
item_@: STAR | QUALIFIED_STAR | condition_@ (AS output | BARE_NAME)?
from_@: FROM source_@ join_@{0,9} (WHERE condition_@)? group_@? (HAVING condition_@)?
source_@: TABLE alias? | subquery_@
join_@: (COMMA | CROSS_JOIN | NATURAL_JOIN) source_@ | join_words source_@ (ON condition_@ | using)?
group_@: GROUP_BY sum_@ (COMMA sum_@){0,9}
order_@: ORDER_BY order_term_@ (COMMA order_term_@){0,5}
order_term_@: condition_@ DIRECTION? NULLS?
condition_@: test_@ ((AND | OR) test_@){0,15}
test_@: NOT? sum_@ comparison_@?
comparison_@: COMPARE value_@ | IS NOT? NULL | membership_@
    | (LIKE | INFIX_NOT LIKE_TAIL) value_@ (ESCAPE STRING)?
    | (BETWEEN | INFIX_NOT BETWEEN_TAIL) value_@ AND value_@
value_@: sum_@ | VALUE
sum_@: MINUS? atom_@ (OPERATOR atom_@){0,9}
atom_@: NUMBER | STRING | COLUMN | QUALIFIED | NULL | BOOLEAN | CLOCK | nested_@
"""

_NESTED = """
subquery_@: LPAR query_% RPAR ALIAS
membership_@: (IN | INFIX_NOT IN_TAIL) LPAR (query_% | value_% (COMMA value_%){0,49}) RPAR
distinct_@: DISTINCT_OF LPAR condition_% RPAR
nested_@: LPAR (condition_% | query_%) RPAR | EXISTS LPAR query_% RPAR | case_@ | call_@
case_@: CASE (FIRST_WHEN | sum_% WHEN) condition_% THEN condition_% more_cases_@{0,9} (ELSE condition_%)? END
more_cases_@: WHEN condition_% THEN condition_%
window_@: OVER LPAR (PARTITION_BY sum_% (COMMA sum_%){0,3} order_%? | first_order_@)? RPAR
first_order_@: FIRST_ORDER_BY order_term_% (COMMA order_term_%){0,3}
call_@: COUNT LPAR (STAR | DISTINCT? condition_% | distinct_%) RPAR window_@?
    | AGGREGATE LPAR (DISTINCT? condition_% | distinct_%) (COMMA STRING)? RPAR window_@?
    | RANK LPAR RPAR window_@
    | CAST LPAR condition_% AS TYPE RPAR
    | EXTRACT LPAR FIELD FROM condition_% RPAR
"""

# The innermost level: what it may hold anyway stands for what it may not.
_BOTTOM = """
subquery_@: TABLE
membership_@: IS NULL
distinct_@: DISTINCT COLUMN
nested_@: NULL
"""


def _nested(dialect: Dialect) -> str:
    """`_NESTED` with an alternative of `call` for each number of arguments that a function of `dialect` may have."""
    # PostgreSQL before 16 and MySQL want a name for each subquery in FROM.
    text = _NESTED.replace("ALIAS", "alias?" if RULES[dialect].alias_optional else "alias")
    for name, low, high in argument_counts(dialect):
        more = f" (COMMA condition_%){{{low - 1},{high - 1}}}" if high > 1 else ""
        text += f"    | {name} LPAR condition_%{more} RPAR{' window_@' if name.startswith('WINDOWED') else ''}\n"
    return text
