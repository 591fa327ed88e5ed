"""A Schema from CREATE TABLE text, as data sets carry it beside a question.

Tolerant and fast: a small tokenizer instead of a full parser, because one schema is read for each of a hundred
thousand rows. Statements other than CREATE TABLE and ALTER TABLE ... ADD are skipped, and so are parts of a table
that say nothing about its columns and keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..core import Column, DataError, Dialect, ForeignKey, Schema, Table
from .ddl_tokens import DdlToken, ddl_tokens

_CREATE = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|EXTERNAL)\s+)*TABLE\b"
    r"|\bALTER\s+TABLE\b",
    re.IGNORECASE,
)
_INSERT = re.compile(r"\bINSERT\s+INTO\b(?:'(?:[^']|'')*'|[^;'])*", re.IGNORECASE)
_CONSTRAINTS = frozenset(
    """
    primary not null unique default references check collate generated auto_increment autoincrement constraint comment
    as on identity character foreign key storage encode
    """.split()
)
# Statements without an end that are read: each one is read to the end of the text, so thousands would take minutes.
MAX_UNCLOSED = 5
_DEFAULT_SCHEMAS = frozenset({"main", "public", "dbo"})


@dataclass(slots=True)
class _Parts:
    """A table as it is read, item by item."""

    columns: list[Column] = field(default_factory=list)
    primary_key: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list)


def parse_schema(ddl: str, *, db_id: str = "", dialect: Dialect = "sqlite") -> Schema:
    """The tables that `ddl` creates, in order. Raises DataError where there is none with a column.

    A table that is created twice has the columns of both: sql-create-context writes one for each part of a query. A
    foreign key without columns behind REFERENCES points at the primary key of the other table, where that is known.
    """
    ddl = _INSERT.sub("", ddl)  # its strings may hold anything
    found: dict[str, tuple[str, str, _Parts]] = {}
    reached = unclosed = 0
    for match in _CREATE.finditer(ddl):
        unclosed += match.start() < reached  # the statement before runs on over this one
        if unclosed > MAX_UNCLOSED:
            break
        alters = match.group()[:1] in "aA"
        tokens = list(_tokens(ddl, match.end(), whole=alters))
        reached = tokens[-1].end if tokens else 0
        namespace, name, rest = _table_name(tokens)
        key = f"{namespace}.{name}".casefold()
        if alters and key in found:
            _read_item(_after_add(rest), found[key][2], ddl)
        elif not alters and name:
            parts = found[key][2] if key in found else _Parts()
            for item in _items(rest):
                _read_item(item, parts, ddl)
            if parts.columns:
                found[key] = (namespace, name, parts)
    if not found:
        raise DataError(
            "Expected CREATE TABLE statements, found none with a column.", hint=f"The text begins {ddl[:60]!r}."
        )
    tables = [
        Table(name, tuple(p.columns), p.primary_key, tuple(p.foreign_keys), namespace=namespace)
        for namespace, name, p in found.values()
    ]
    return Schema(db_id, dialect, _with_referenced_keys(tables))


def _tokens(text: str, position: int, *, whole: bool) -> Iterator[DdlToken]:
    """Up to the statement's end, or, unless `whole`, up to the end of its first parentheses."""
    depth = 0
    for token in ddl_tokens(text, position):
        if token.text == ";" or (depth == 0 and token.word in ("create", "alter")):
            return
        yield token
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and depth <= 0 and not whole:
            return


def _table_name(tokens: list[DdlToken]) -> tuple[str, str, list[DdlToken]]:
    """(namespace, name, the tokens behind it)."""
    i = 0
    while i < len(tokens) and tokens[i].word in ("if", "not", "exists", "only"):
        i += 1
    names: list[str] = []
    while i < len(tokens) and tokens[i].kind != "op":
        names.append(tokens[i].name)
        i += 1
        if i >= len(tokens) or tokens[i].text != ".":
            break
        i += 1
    namespace = names[-2] if len(names) > 1 and names[-2].lower() not in _DEFAULT_SCHEMAS else ""
    return namespace, names[-1] if names else "", tokens[i:]


def _items(tokens: list[DdlToken]) -> Iterator[list[DdlToken]]:
    """What stands between the commas of the outermost parentheses; nothing for CREATE TABLE ... AS SELECT."""
    if not tokens or tokens[0].text != "(":
        return
    depth = 0
    item: list[DdlToken] = []
    for token in tokens:
        depth += (token.text in "([" and token.kind == "op") - (token.text in ")]" and token.kind == "op")
        if depth == 0:
            break
        if depth == 1 and token.kind == "op" and token.text in "(,":
            if item:
                yield item
            item = []
        else:
            item.append(token)
    if item:
        yield item


def _after_add(tokens: list[DdlToken]) -> list[DdlToken]:
    words = [t.word for t in tokens]
    return tokens[words.index("add") + 1 :] if "add" in words else []


def _read_item(item: list[DdlToken], parts: _Parts, ddl: str) -> None:
    if item and item[0].word == "constraint":
        item = item[2:] if len(item) > 2 and item[1].word not in ("primary", "foreign", "unique", "check") else item[1:]
    words = [t.word for t in item[:3]]
    if not item:
        return
    if words[:2] == ["primary", "key"]:
        parts.primary_key = _names_in_parentheses(item)
    elif words[:2] == ["foreign", "key"]:
        parts.foreign_keys += _reference(item, _names_in_parentheses(item))
    elif not _is_index(item):
        _read_column(item, parts, ddl)


def _is_index(item: list[DdlToken]) -> bool:
    """UNIQUE (a), KEY name (a), CHECK (...), LIKE other: no column, unless a type follows as in `key VARCHAR(9)`."""
    first = item[0].word
    if first in ("unique", "check", "exclude", "fulltext", "spatial", "period", "like"):
        return len(item) > 1 and (item[1].text == "(" or item[1].word in ("key", "index") or first == "like")
    if first not in ("key", "index") or len(item) < 2:
        return False
    brackets = [i for i, t in enumerate(item) if t.text == "("][:1]
    return bool(brackets) and brackets[0] <= 2 and not item[brackets[0] + 1 : brackets[0] + 2][0].text.isdigit()


def _read_column(item: list[DdlToken], parts: _Parts, ddl: str) -> None:
    name, rest = item[0].name, item[1:]
    if item[0].kind == "op":
        return
    end = next((i for i, t in enumerate(rest) if t.word in _CONSTRAINTS and (i or t.word != "character")), len(rest))
    type_ = " ".join(ddl[rest[0].start : rest[end - 1].end].split()) if end else ""
    words = [t.word for t in rest]
    nullable, comment = True, ""
    for i, (word, after) in enumerate(zip(words, [*words, ""][1:], strict=True)):
        if word == "not" and after == "null":
            nullable = False
        elif word == "primary" and after == "key":
            parts.primary_key += (name,)
        elif word == "comment" and i + 1 < len(rest) and rest[i + 1].kind == "string":
            comment = rest[i + 1].name
        elif word == "references":
            parts.foreign_keys += _reference(rest[i:], (name,))
    if name.casefold() not in (c.name.casefold() for c in parts.columns):
        parts.columns.append(Column(name, type_, nullable, comment))


def _names_in_parentheses(tokens: list[DdlToken]) -> tuple[str, ...]:
    """The names in the first parentheses, without lengths and directions: `(a, b(10) DESC)`."""
    names, depth, expect = [], 0, False
    for token in tokens:
        if token.text == "(":
            depth += 1
            expect = depth == 1
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                break
        elif token.text == "," and depth == 1:
            expect = True
        elif expect:
            names.append(token.name)
            expect = False
    return tuple(names)


def _reference(tokens: list[DdlToken], columns: tuple[str, ...]) -> list[ForeignKey]:
    at = next((i for i, t in enumerate(tokens) if t.word == "references"), None)
    if at is None or not columns:
        return []
    namespace, name, rest = _table_name(tokens[at + 1 :])
    targets = _names_in_parentheses(rest) if rest and rest[0].text == "(" else ()
    return [ForeignKey(columns, f"{namespace}.{name}" if namespace else name, targets)] if name else []


def _with_referenced_keys(tables: list[Table]) -> tuple[Table, ...]:
    keys = {t.full_name.casefold(): t.primary_key for t in tables}

    def complete(key: ForeignKey) -> ForeignKey:
        target = keys.get(key.ref_table.casefold(), ())
        return key if key.ref_columns or len(target) != len(key.columns) else replace(key, ref_columns=target)

    return tuple(replace(t, foreign_keys=tuple(complete(k) for k in t.foreign_keys)) for t in tables)
