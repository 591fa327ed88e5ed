"""Statements nested at random: every construct that can hold another, or follow itself."""

from __future__ import annotations

from hypothesis import strategies as st

from sqlwright.core import Dialect


def _items(text: str) -> list[str]:
    return [item for line in text.strip().splitlines() for item in line.strip().split(" ; ")]


# What can hold an expression (E) or a query (Q): each names what it is itself, and the text around what it holds.
EXPRESSIONS = _items(
    """
    ({E}) ; -{E} ; NOT {E} ; ~{E} ; char({E}) ; date({E}) ; timestamp({E}) ; decimal({E}, 2) ; varchar({E})
    coalesce({E}, 1) ; CAST({E} AS INT) ; CAST({E} AS decimal(9, 2)) ; CASE WHEN {E} THEN 1 END
    CASE {E} WHEN 1 THEN 2 END ; CASE WHEN a = 1 THEN 2 ELSE {E} END ; ({Q}) ; EXISTS ({Q}) ; a IN ({Q})
    a IN (1, {E}) ; {E} IS NULL ; {E} BETWEEN 1 AND 2 ; 1 BETWEEN {E} AND {E1} ; {E} + {E1} ; a LIKE {E}
    {E}::int ; {E}[1] ; ({E})[1] ; ({E})[1:2] ; ARRAY[{E}] ; [{E}] ; {E} COLLATE x
    sum({E}) OVER (ORDER BY {E1}) ; count(*) FILTER (WHERE {E}) ; x -> {E} ; list_transform(a, x -> {E})
    {{'k': {E}}} ; row({E}, 1) ; ({E}, 1) ; interval({E}) ; INTERVAL {E} DAY ; extract(year FROM {E})
    trim(BOTH {E} FROM b) ; substring({E} FROM 1 FOR 2) ; json_object('a', {E}) ; a -> {E} ; a ->> {E}
    string_agg(b, ',' ORDER BY {E}) ; any({Q}) ; generate_series(1, {E}) ; struct_pack(a := {E})
    map {{1: {E}}} ; if({E}, 1, 2) ; convert({E}, char) ; a AT TIME ZONE {E} ; {E} || {E1} ; {E} AND {E1}
    ({E} OR {E1}) ; array(SELECT {E}) ; [{E} FOR x IN [1, 2]] ; try_cast({E} AS int) ; f({E}, {E1})
    """
)
QUERIES = _items(
    """
    SELECT {E} FROM t ; SELECT * FROM ({Q}) AS x ; SELECT *, * FROM ({Q}) AS x
    SELECT x.*, x.a FROM ({Q}) AS x, t ; WITH c AS ({Q}) SELECT *, * FROM c
    WITH RECURSIVE c AS ({Q}) SELECT * FROM c ; ({Q}) UNION ALL ({Q1}) ; SELECT 1 UNION {Q}
    SELECT a FROM t WHERE {E} ; SELECT a FROM t GROUP BY {E} HAVING {E1}
    SELECT a FROM t ORDER BY {E} LIMIT 1 ; SELECT * FROM t JOIN ({Q}) AS y ON {E1}
    SELECT * FROM (t JOIN ({Q}) AS y ON {E1}) ; SELECT * FROM t, LATERAL ({Q}) AS l
    SELECT * FROM t JOIN t AS u JOIN ({Q}) AS v ON 1 = 1 ON {E1} ; FROM ({Q}) ; SELECT * FROM unnest({E}) AS u
    SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY {E}) ; SELECT * FROM (({Q})) AS x
    SELECT DISTINCT {E} FROM ({Q1}) AS x ; SELECT * FROM (PIVOT ({Q}) ON a USING sum(a)) AS p
    SELECT * FROM (VALUES ({E})) AS v(a)
    """
)
# What may follow itself without holding anything.
CHAINS = _items(
    """
    [1] ; [1:2] ; ::int ; ::int[] ; COLLATE x ; IS NULL ; BETWEEN 1 AND 1 ; + 1 ; AND a = 1 ; OR a = 1
    || 'x' ; .a ; .a() ; UNION SELECT 1 ; UNION ALL SELECT a FROM t ; EXCEPT (SELECT 1) ; , t ; , t AS x
    JOIN t ; JOIN t ON 1 = 1 ; JOIN t USING (a) ; LEFT JOIN t AS x ON x.a = x.a ; , (SELECT 1) AS x ; , x.a
    , * ; , t.* ; , a AS b ; IN (1) ; LIKE 'x' ; -> 'x' ; ESCAPE 'x' ; AT TIME ZONE 'x' ; OVER ()
    FILTER (WHERE a) ; ORDER BY 1 ; LIMIT 1 ; WHERE a ; NULLS FIRST ; DESC ; x ; 'x' ; a b ; (1) ; ON 1 = 1
    TABLESAMPLE (1) ; PIVOT (sum(a) FOR b IN (1)) ; UNPIVOT (a FOR b IN (c)) ; GROUP BY ROLLUP (a)
    WINDOW w AS (ORDER BY a) ; NOT ; - ; INTERVAL ; DISTINCT ; CASE ; SELECT ; (
    """
)
LENGTH = 64 * 1024


def _fill(template: str, kind: str, inner: str) -> str:
    """`template` around `inner`; its other places get something short."""
    expression, query = (inner, "SELECT a FROM t") if kind == "E" else ("a", inner)
    filled = template.replace("{E}", "\0").replace("{Q}", "\1").replace("{E1}", "a").replace("{Q1}", "SELECT a FROM t")
    return filled.replace("{{", "{").replace("}}", "}").replace("\0", expression).replace("\1", query)


@st.composite
def nestings(draw: st.DrawFn, dialect: Dialect) -> str:
    """One to four constructs, around one another again and again, with chains of one to three kinds at the core."""
    cycle = draw(st.lists(st.sampled_from([*EXPRESSIONS, *QUERIES]), min_size=1, max_size=4))
    suffixes = draw(st.lists(st.sampled_from(CHAINS), max_size=3))
    levels = draw(st.sampled_from([1, 2, 3, 5, 8, 13, 21, 34, 48, 100, 1_000]))
    length = draw(st.sampled_from([0, 1, 3, 10, 30, 100, 300, 1_000, 10_000]))
    text, kind = draw(st.sampled_from(["1", "a", "t.a", "x.a"])), "E"
    for suffix in suffixes:
        suffix = suffix if suffix[0] in "[:.,(" else f" {suffix}"
        text += suffix * min(length, LENGTH // (3 * len(suffix)))
    for level in range(levels):
        template = cycle[level % len(cycle)]
        wants = "E" if "{E}" in template else "Q"
        if wants != kind:
            text = f"SELECT {text} FROM t" if wants == "Q" else f"({text})"
        wrapped = _fill(template, wants, text)
        if len(wrapped) > LENGTH - 100:
            break
        text, kind = wrapped, "Q" if template in QUERIES else "E"
    return text if kind == "Q" else f"SELECT {text} FROM t"
