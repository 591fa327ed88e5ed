"""The rows of INSERT statements, as data sets carry them beside a schema. Nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .ddl_tokens import DdlToken, ddl_tokens

Constant = str | int | float | None
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS: dict[str, Constant] = {"null": None, "default": None, "true": 1, "false": 0}
_TYPED = frozenset({"date", "time", "timestamp", "datetime", "interval", "n", "e"})  # DATE '2024-01-31', E'...'
_CASTS = frozenset({"cast", "date", "datetime", "timestamp", "time"})  # CAST('1' AS INT), DATE('2024-01-31')
_INSERT = re.compile(r"\bINSERT\b", re.IGNORECASE)
_MAX_DIGITS = 18  # SQLite's integers have 64 bits


@dataclass(frozen=True, slots=True)
class Insert:
    """`columns` is empty where the statement names none. `problem` says why its rows are not all in `rows`."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Constant, ...], ...]
    problem: str = ""


def statements(text: str) -> Iterator[list[DdlToken]]:
    """The tokens of each statement of a CREATE and INSERT text, which may lack the semicolons."""
    found: list[DdlToken] = []
    depth = 0
    for token in ddl_tokens(text):
        starts = depth == 0 and token.word in ("create", "insert", "alter") and found
        if starts or token.text == ";":
            if found:
                yield found
            found, depth = [], 0
        if token.text != ";":
            found.append(token)
            depth += _nesting(token)
    if found:
        yield found


def parse_inserts(text: str) -> list[Insert]:
    """Every INSERT ... VALUES of `text`, in order."""
    if not _INSERT.search(text):
        return []
    return [read_insert(tokens) for tokens in statements(text) if tokens[0].word == "insert"]


def read_insert(tokens: list[DdlToken]) -> Insert:
    """One statement. A value that is not a constant, and what is not VALUES, is named in `problem`."""
    at = next((i + 1 for i, t in enumerate(tokens) if t.word == "into"), 1)
    name, at = _name(tokens, at)
    columns: tuple[str, ...] = ()
    if at < len(tokens) and tokens[at].text == "(":
        inside, at = _inside(tokens, at)
        columns = tuple(part[0].name for part in _split(inside) if part)
    if at >= len(tokens) or tokens[at].word not in ("values", "value"):
        return Insert(name, columns, (), f"INSERT INTO {name} is not followed by VALUES")
    rows, problem = [], ""
    at += 1
    while at < len(tokens) and tokens[at].text == "(":
        inside, at = _inside(tokens, at)
        try:
            rows.append(tuple(_constant(part) for part in _split(inside)))
        except ValueError as error:
            problem = f"INSERT INTO {name} holds {error}, which is not a constant"
        if at < len(tokens) and tokens[at].text == ",":
            at += 1
    if at < len(tokens):
        problem = problem or f"INSERT INTO {name} ends in {tokens[at].text!r}"
    return Insert(name, columns, tuple(rows), problem)


def _name(tokens: list[DdlToken], at: int) -> tuple[str, int]:
    """The last part of the dotted name at `at`, and the position behind it."""
    name = ""
    while at < len(tokens) and tokens[at].kind != "op":
        name = tokens[at].name
        at += 1
        if at >= len(tokens) or tokens[at].text != ".":
            break
        at += 1
    return name, at


def _inside(tokens: list[DdlToken], at: int) -> tuple[list[DdlToken], int]:
    """What is between the parenthesis at `at` and its partner, and the position behind that."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += _nesting(tokens[i])
        if depth == 0:
            return tokens[at + 1 : i], i + 1
    return tokens[at + 1 :], len(tokens)


def _split(tokens: Iterable[DdlToken]) -> Iterator[list[DdlToken]]:
    """The parts between the commas outside of parentheses."""
    part: list[DdlToken] = []
    depth = 0
    for token in tokens:
        depth += _nesting(token)
        if token.text == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _constant(tokens: list[DdlToken]) -> Constant:
    """Raises ValueError with the text of what is not one."""
    texts = [t.text for t in tokens]
    words = [t.word for t in tokens]
    if "::" in "".join(texts):  # PostgreSQL's cast
        return _constant(tokens[: texts.index(":")])
    if len(tokens) > 3 and words[0] in _CASTS and texts[1] == "(":
        inside, end = _inside(tokens, 1)
        value = inside[: next((i for i, t in enumerate(inside) if t.word == "as"), len(inside))]
        if end == len(tokens) and len(value) == 1:
            return _constant(value)
    if len(tokens) == 2 and words[0] in _TYPED and tokens[1].kind == "string":
        return tokens[1].name
    if len(tokens) == 1 and (tokens[0].kind == "string" or tokens[0].text[0] == '"'):
        return tokens[0].name
    if len(tokens) == 1 and words[0] in _WORDS:
        return _WORDS[words[0]]
    text = "".join(texts)
    if not _NUMBER.fullmatch(text):
        raise ValueError(" ".join(texts)[:60] or "an empty value")
    return int(text) if text.lstrip("+-").isdigit() and len(text) <= _MAX_DIGITS else float(text)


def _nesting(token: DdlToken) -> int:
    return 0 if token.kind != "op" else (token.text in "([") - (token.text in ")]")
