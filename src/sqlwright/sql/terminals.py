"""The terminals of the query grammar: keywords, literals, functions, and the names of one schema, as Lark.

Each is one regular expression. llguidance's lexer takes the longest match and never goes back, hence one rule for all:
an infix keyword has the blanks on both its sides, optional words are terminals of their own, and everything else begins
without a blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..core import Dialect, Schema
from .dialects import RULES
from .functions import allowed, packaged_catalogue
from .keywords import KEYWORDS, VERBS

MAX_BLANKS = 16
MAX_STRING = 120  # characters
MAX_NAME = 40  # characters of an alias; in quotes twice as many

_BLANK = r"[ \t\r\n]"
_0 = rf"{_BLANK}{{0,{MAX_BLANKS}}}"
_1 = rf"{_BLANK}{{1,{MAX_BLANKS}}}"
_WORD = re.compile(r"[^\W\d]\w*\Z")
_ALIAS = rf"/[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME}}}|[一-鿿][一-鿿A-Za-z0-9_]{{0,{MAX_NAME}}}/"
# An alias takes none of these, or the engine or the guard would read it as something else.
_NO_ALIAS = frozenset(
    """
    binary current_catalog current_role current_schema current_user distinctrow glob ilike map positional recursive
    rlike separator session_user tablesample
    """.split()
).union(VERBS, *(rules.reserved for rules in RULES.values()))
_AGGREGATES = "sum avg min max total group_concat string_agg stddev variance median bool_and bool_or"
_RANKS = "row_number rank dense_rank percent_rank cume_dist"
# name: fewest and most arguments. What the guard does not allow in a dialect is left out there.
_FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys("abs ceil ceiling floor sign sqrt exp ln".split(), (1, 1)),
    **dict.fromkeys("lower upper length char_length reverse hex".split(), (1, 1)),
    **dict.fromkeys(
        "year month day hour minute dayofweek dayofmonth dayofyear weekday quarter last_day".split(), (1, 1)
    ),
    **dict.fromkeys("typeof julianday unixepoch".split(), (1, 1)),
    **dict.fromkeys("trim ltrim rtrim round".split(), (1, 2)),
    **dict.fromkeys("date time datetime".split(), (1, 3)),
    **dict.fromkeys("nullif ifnull instr date_trunc date_part date_format to_char left right strpos".split(), (2, 2)),
    **dict.fromkeys("mod power pow datediff timediff".split(), (2, 2)),
    **dict.fromkeys("substr substring".split(), (2, 3)),
    **dict.fromkeys("strftime".split(), (2, 3)),
    **dict.fromkeys("iif if replace lpad rpad split_part substring_index".split(), (3, 3)),
    **dict.fromkeys("coalesce greatest least concat".split(), (2, 6)),
}
_WINDOWED: dict[str, tuple[int, int]] = {
    **dict.fromkeys("lag lead".split(), (1, 3)),
    **dict.fromkeys("ntile first_value last_value".split(), (1, 1)),
}


# Every name that the grammar takes before a parenthesis.
FUNCTION_NAMES = frozenset((*_AGGREGATES.split(), *_RANKS.split(), *_FUNCTIONS, *_WINDOWED, "count"))


def terminals(schema: Schema, ctes: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """Each terminal's name and its Lark expression."""
    return {**_KEYWORDS, **_literals(schema.dialect), **_functions(schema.dialect), **_names(schema, ctes, outputs)}


def argument_counts(dialect: Dialect) -> list[tuple[str, int, int]]:
    """The terminals of functions with the fewest and most arguments; WINDOWED_ ones need an OVER."""
    groups = [("FUNCTION", _FUNCTIONS), ("WINDOWED", _WINDOWED)]
    counts = {(kind, *known[name]) for kind, known in groups for name in _guarded(known, dialect)}
    return [(f"{kind}_{low}_{high}", low, high) for kind, low, high in sorted(counts)]


def _functions(dialect: Dialect) -> dict[str, str]:
    found = {
        "AGGREGATE": _one_of(_guarded(_AGGREGATES.split(), dialect)),
        "RANK": _one_of(_guarded(_RANKS.split(), dialect)),
    }
    for name, low, high in argument_counts(dialect):
        known = _WINDOWED if name.startswith("WINDOWED") else _FUNCTIONS
        found[name] = _one_of(n for n in _guarded(known, dialect) if known[n] == (low, high))
    return found


def _guarded(names: Iterable[str], dialect: Dialect) -> list[str]:
    """Those of `names` that the guard allows without a connection."""
    guard = allowed(dialect, packaged_catalogue(dialect))
    return [name for name in names if name in guard]


def _literals(dialect: Dialect) -> dict[str, str]:
    types = "|".join(map(_any_case, RULES[dialect].types.split()))
    # A backslash is left out: whether it escapes depends on the engine's settings.
    string = rf"'([^'\\\x00-\x1f]|''){{0,{MAX_STRING}}}'"
    double = rf'|"[^"\\\x00-\x1f]{{0,{MAX_STRING}}}"' if RULES[dialect].double_quotes != "name" else ""
    return {
        "STRING": f"/{string}/",
        "VALUE": f"/{string}{double}/",  # what a name is compared with
        "TYPE": rf"/({types})(\([0-9]{{1,3}}(,[0-9]{{1,2}})?\))?/",
    }


def _names(schema: Schema, ctes: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """Tables, columns and aliases. A table's own name before a dot is followed by a column of that table only."""
    dialect = schema.dialect
    tables = [table for table in schema if table.columns]
    columns = dict.fromkeys(column.name for table in tables for column in table.columns)
    found = _named("COLUMN", (*columns, *outputs), dialect)
    for i, table in enumerate(tables):
        found |= _named(f"T{i}", (table.name,), dialect, is_table=True)
        if table.namespace:
            found |= _named(f"S{i}", (table.namespace,), dialect, is_table=True)
        found |= _named(f"C{i}", (c.name for c in table.columns), dialect)
    full = [f'S{i} "." T{i}' if table.namespace else f"T{i}" for i, table in enumerate(tables)]
    if ctes:
        found |= _named("CTE", ctes, dialect, is_table=True)
    bare = [table.name for table in tables if _WORD.match(table.name)]
    other = f"PLAIN_NAME & ~{_one_of(bare)}" if bare else "PLAIN_NAME"
    quotes = [(_escaped(opened), _escaped(closed)) for opened, closed in RULES[dialect].name_quotes]
    quoted = [rf"/{a}[^\x00-\x1f\\{a}{b}]{{1,{2 * MAX_NAME}}}{b}/" for a, b in quotes]
    return found | {
        "TABLE": " | ".join([*full, *(["CTE"] if ctes else [])]),
        "PLAIN_NAME": f"{_ALIAS} & ~{_one_of(_NO_ALIAS)}",
        "BARE_NAME": f"/{_1}/ ({_ALIAS} & ~{_one_of(_NO_ALIAS | KEYWORDS)})",
        "NAME": " | ".join(["PLAIN_NAME", *quoted]),
        "OTHER_NAME": other,
        "QUALIFIER": " | ".join(["OTHER_NAME", *(f"/{a}/ OTHER_NAME /{b}/" for a, b in quotes)]),
        "QUALIFIED": " | ".join(['QUALIFIER "." COLUMN', *(f'{name} "." C{i}' for i, name in enumerate(full))]),
        "QUALIFIED_STAR": " | ".join(['QUALIFIER ".*"', *(f'{name} ".*"' for name in full)]),
    }


def _named(key: str, names: Iterable[str], dialect: Dialect, *, is_table: bool = False) -> dict[str, str]:
    """The terminal `key` for one of `names`: bare where the engine reads it back so, and in each of its quotes."""
    rules = RULES[dialect]
    quotes = rules.name_quotes
    marks = {mark for pair in quotes for mark in pair}
    every = [n for n in names if n and not any(ord(c) < 32 or c in marks for c in n)]
    plain = [n for n in every if _WORD.match(n) and n.lower() not in rules.reserved]
    if rules.names == "folded":  # what is not quoted
        plain = [n for n in plain if n == n.lower()]
    exact = rules.names == "kept" and is_table  # files, on most servers
    forms = [f"/{_escaped(opened)}/ {key}_ANY /{_escaped(closed)}/" for opened, closed in quotes]
    found = {f"{key}_ANY": _choice(every, any_case=not exact and rules.names != "folded")}
    if plain:
        found[f"{key}_BARE"] = _choice(plain, any_case=not exact)
    return {**found, key: " | ".join([f"{key}_BARE"] * bool(plain) + forms)}


def _choice(names: Sequence[str], *, any_case: bool) -> str:
    """One of `names`. ASCII ones stand in one group: a flag for each would double the text."""
    ascii_names = [_escaped(n) for n in names if n.isascii()]
    others = [_any_case(n) if any_case else _escaped(n) for n in names if not n.isascii()]
    group = [f"(?i-u:{'|'.join(ascii_names)})" if any_case else "|".join(ascii_names)] if ascii_names else []
    return f"/{'|'.join([*group, *others])}/" if names else "/x/ & /y/"  # nothing


def _keyword(words: str, *, before: str = "", after: str = "") -> str:
    """A terminal of `words` in any case, between blanks as asked."""
    return "/" + before + _1.join(_any_case(word) for word in words.split()) + after + "/"


def _any_case(word: str) -> str:
    """`word` with its ASCII letters in any case. Unicode's rules would take other letters too: U+017F for an s."""
    if word.isascii():
        return f"(?i-u:{_escaped(word)})"
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else _escaped(c) for c in word)


def _escaped(text: str) -> str:
    return re.sub(r"[^\w <>]", lambda m: "\\" + m.group() if m.group().isascii() else m.group(), text)


def _infix(words: str) -> str:
    return _keyword(words, before=_1, after=_1)


def _one_of(words: Iterable[str], *, before: str = "", after: str = "") -> str:
    return "/" + before + "(" + "|".join(_any_case(w) for w in sorted(words)) + ")" + after + "/"


_KEYWORDS: dict[str, str] = {
    "SPACE": "/ /",
    "SEMICOLON": f"/{_0};/",
    "WITH": _keyword("with", after=_1),
    "SELECT": _keyword("select", before=_0, after=_1),
    "DISTINCT": _keyword("distinct", after=_1),
    "DISTINCT_OF": _keyword("distinct"),  # DISTINCT(name)
    "FROM": _infix("from"),
    "WHERE": _infix("where"),
    "GROUP_BY": _infix("group by"),
    "HAVING": _infix("having"),
    "ORDER_BY": _infix("order by"),
    "FIRST_ORDER_BY": _keyword("order by", after=_1),
    "PARTITION_BY": _keyword("partition by", after=_1),
    "DIRECTION": _one_of(("asc", "desc"), before=_1),
    "NULLS": f"/{_1}{_any_case('nulls')}{_1}({_any_case('first')}|{_any_case('last')})/",
    "LIMIT": _infix("limit"),
    "OFFSET": _infix("offset"),
    "AS": _infix("as"),
    "ON": _infix("on"),
    "USING": _keyword("using", before=_1),
    "JOIN": _infix("join"),
    "INNER_JOIN": _infix("inner join"),
    "CROSS_JOIN": _infix("cross join"),
    "NATURAL_JOIN": _infix("natural join"),
    "SIDE": _one_of(("left", "right", "full"), before=_1, after=_1),
    "OUTER": _keyword("outer", after=_1),
    "JOIN_TAIL": _keyword("join", after=_1),
    "AND": _infix("and"),
    "OR": _infix("or"),
    "NOT": _keyword("not", after=_1),
    "INFIX_NOT": _infix("not"),
    "IN": _keyword("in", before=_1),
    "IN_TAIL": _keyword("in"),
    "LIKE": _infix("like"),
    "LIKE_TAIL": _keyword("like", after=_1),
    "BETWEEN": _infix("between"),
    "BETWEEN_TAIL": _keyword("between", after=_1),
    "ESCAPE": _infix("escape"),
    "IS": _infix("is"),
    "NULL": _keyword("null"),
    "BOOLEAN": _one_of(("true", "false")),
    "EXISTS": _keyword("exists"),
    "UNION": _infix("union"),
    "INTERSECT": _infix("intersect"),
    "EXCEPT": _infix("except"),
    "ALL": _keyword("all", after=_1),
    "CASE": _keyword("case", after=_1),
    "FIRST_WHEN": _keyword("when", after=_1),
    "WHEN": _infix("when"),
    "THEN": _infix("then"),
    "ELSE": _infix("else"),
    "END": _keyword("end", before=_1),
    "OVER": _keyword("over", before=_1),
    "CAST": _keyword("cast"),
    "EXTRACT": _keyword("extract"),
    "FIELD": _one_of("year month day hour minute quarter week dow doy".split()),
    "COUNT": _keyword("count"),
    "CLOCK": _one_of(("current_date", "current_timestamp")),
    "STAR": r"/\*/",
    "COMMA": f"/{_0},{_0}/",
    "LPAR": rf"/{_0}\({_0}/",
    "RPAR": rf"/{_0}\)/",
    "MINUS": "/-/",  # never behind another operator: two would begin a comment
    "OPERATOR": rf"/{_0}([-+*\/%]|\|\|){_0}/",
    "COMPARE": rf"/{_0}(=|<|>|<=|>=|<>|!=){_0}/",
    "INTEGER": "/[0-9]{1,9}/",
    "NUMBER": r"/[0-9]{1,19}(\.[0-9]{1,10})?/",
}
