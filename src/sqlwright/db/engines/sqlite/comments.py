"""Comments that stand in a CREATE TABLE statement, which SQLite keeps word for word.

CREATE TABLE city (       -- places we deliver to      (the table's)
  id INTEGER PRIMARY KEY,
  size INTEGER,           -- inhabitants               (of size, also after the comma)
  kind TEXT DEFAULT 'x'   /* town or village */        (of kind)
)
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | '(?:[^']|'')*' )
  | (?P<word> [^\W\d][\w$]* )
  | (?P<newline> \n )
  | (?P<mark> [(),] )
    """,
    re.VERBOSE | re.DOTALL,
)
_CONSTRAINTS = frozenset({"constraint", "primary", "unique", "check", "foreign"})


def comments(sql: str) -> tuple[str, dict[str, str]]:
    """The table's comment and each column's, "" and absent where there is none.

    A comment belongs to the column whose definition began last; one that stands alone on its line is left out,
    because it may head a group of columns or hide an old one.
    """
    table = ""
    columns: dict[str, str] = {}
    depth, current, expects_name, line_has_code = 0, "", False, False
    for match in _TOKEN.finditer(sql):
        kind, text = match.lastgroup, match.group()
        if kind == "comment":
            if depth == 0 or not line_has_code:
                continue
            said = _clean(text)
            if current:
                columns[current] = f"{columns[current]} {said}" if current in columns else said
            elif not table:
                table = said
            continue
        if kind == "newline":
            line_has_code = False
            continue
        line_has_code = True
        if kind == "mark":
            depth += {"(": 1, ")": -1, ",": 0}[text]
            expects_name = expects_name or (text == "(" and depth == 1) or (text == "," and depth == 1)
            if depth == 0 and text == ")":
                break
        elif expects_name and depth == 1:
            current = "" if kind == "word" and text.lower() in _CONSTRAINTS else _unquote(text)
            expects_name = False
            if not current:
                break  # constraints end the list of columns
    return table, {name: said for name, said in columns.items() if said}


def _clean(comment: str) -> str:
    text = comment[2:].removesuffix("*/") if comment.startswith("/*") else comment.lstrip("-")
    return " ".join(text.split())


def _unquote(name: str) -> str:
    if name[0] in "\"`'":
        return name[1:-1].replace(name[0] * 2, name[0])
    return name[1:-1] if name[0] == "[" else name
