"""A strict reading of the characters: what the guard cannot read exactly as the engine does, it refuses.

`lex` cuts a statement into tokens by the engine's own lexical rules and writes it again without comments, with every
string literal in a form that the engine reads the same under any of its settings. That text, and no other, is parsed
and run, so a comment or a quoting trick cannot mean one thing to the guard and another to the engine.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from ..core import Dialect
from .dialects import RULES, DialectRules
from .dialects.tokens import LINE_COMMENT, SINGLE

MAX_BYTES = 64 * 1024
MAX_DEPTH = 50  # nested brackets and CASEs; the parser takes about 25 Python frames for each
MAX_PREFIXES = 50  # signs and NOTs in a row; the parser takes about 10 frames for each

Kind = Literal["word", "name", "string", "number", "op"]


class LexError(Exception):
    """The text cannot be read safely: `code` is stable, the message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is a name without its quotes, and otherwise the text itself; kind "name" is a quoted identifier.

    `start` and `end` (exclusive) are positions in `Lexed.text`.
    """

    kind: Kind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexed:
    """`text` is for the parser, `sql` for the engine; `depth` is how deep brackets and CASEs are nested.

    The two are equal but for PostgreSQL strings with a backslash before a quote: `sql` has them in the E'' form,
    which does not depend on standard_conforming_strings, and which the parser does not take everywhere.
    """

    text: str
    sql: str
    tokens: tuple[Token, ...]
    depth: int = 0


_COMMENT_MARK = re.compile(r"/\*|\*/")
_RUN_COMMENT = re.compile(r"M?!", re.IGNORECASE)
_PART_OR_COMMENT = re.compile(rf"{SINGLE}|{LINE_COMMENT}")
_OPENS = frozenset({"(", "[", "{", "case"})
_CLOSES = frozenset({")", "]", "}"})
_PREFIXES = frozenset({"+", "-", "~", "!", "not"})
_ODD_BACKSLASHES_BEFORE_QUOTE = re.compile(r"(?<!\\)(?:\\\\)*\\'")


def lex(sql: str, dialect: Dialect) -> Lexed:
    """The tokens of `sql` and the texts they make. Raises LexError with the reason."""
    _check_size(sql)
    rules = RULES[dialect]
    pattern = rules.tokens
    writer = _Writer(rules)
    position = 0
    while position < len(sql):
        match = pattern.match(sql, position)
        if match is None or match.group("unicode") or (match.group("word") and not _readable(match.group())):
            raise LexError(*_unreadable(sql, position, match))
        position = match.end()
        if match.group("block"):
            position = _comment_end(sql, position, rules)
        if match.group("space") or match.group("block") or match.group("comment"):
            writer.skip(sql[match.start() : position])
        else:
            writer.add(match)
    return writer.lexed()


def _check_size(sql: str) -> None:
    try:
        size = len(sql.encode("utf-8"))
    except UnicodeEncodeError:
        raise LexError("bad_character", "The text has half of a surrogate pair, which is not a character.") from None
    if size > MAX_BYTES:
        raise LexError("too_long", f"The statement has {size:,} bytes; at most {MAX_BYTES:,} are read.")
    if "\0" in sql:  # ends the text for a reader written in C
        raise LexError("bad_character", "The text has a NUL byte. Remove it.")


def _comment_end(sql: str, position: int, rules: DialectRules) -> int:
    """`position` is behind the opening mark; the result is behind the closing one."""
    if _RUN_COMMENT.match(sql, position) or (rules.hint_comments and sql.startswith("+", position)):
        raise LexError("run_comment", "A server may run what stands in a comment /*! or /*+. Remove it.")
    depth = 1
    for mark in _COMMENT_MARK.finditer(sql, position):
        if mark.group() == "*/":
            depth -= 1
        elif rules.nested_comments:
            depth += 1
        if depth == 0:
            return mark.end()
    raise LexError("unclosed", "A comment /* is not closed.")


def _readable(word: str) -> bool:
    """No control, format or unassigned character inside a name, and no symbol at its beginning.

    The engines take any other character beyond ASCII for a letter, as in the column 州、省、县.
    """
    if word.isascii():
        return True
    kinds = [unicodedata.category(c)[0] for c in word]
    return (kinds[0] in "LMN" or word[0] == "_") and not set(kinds) & {"C", "Z"}


class _Writer:
    """Writes the tokens again, with a blank wherever two of them could be read as one, or as a comment."""

    def __init__(self, rules: DialectRules) -> None:
        self.rules = rules
        self.text: list[str] = []
        self.sql: list[str] = []
        self.tokens: list[Token] = []
        self.length = self.prefixes = self.deepest = 0
        self.open: list[str] = []  # brackets and CASEs
        self.gap = ""

    def lexed(self) -> Lexed:
        """Semicolons at the end belong to no statement."""
        while self.tokens and self.tokens[-1].value == ";" and self.tokens[-1].kind == "op":
            self.tokens.pop()
            del self.text[-2:], self.sql[-2:]
        return Lexed("".join(self.text), "".join(self.sql), tuple(self.tokens), self.deepest)

    def skip(self, run: str) -> None:
        """Comments and unusual spaces become a blank."""
        plain = not self.gap and not run.strip(" \t\r\n")
        self.gap = run if plain else " "

    def add(self, match: re.Match[str]) -> None:
        text = match.group()
        if match.group("op"):
            self._op(text)
        elif match.group("name"):
            quote = text[-1]
            self._write("name", text[1:-1] if quote == "]" else text[1:-1].replace(quote * 2, quote), text)
        elif match.group("number"):
            text = text.replace("_", "") if "x" not in text.lower() else text
            text = "0" + text if text.startswith(".") else text  # the parser takes `.5` for a dot and a 5
            self._write("number", text, text)
        elif match.group("word"):
            self._write("word", text, text)
        else:
            self._string(match)

    def _string(self, match: re.Match[str]) -> None:
        text = sql = match.group()
        rules = self.rules
        if rules.joined_strings and self.tokens and self.tokens[-1].kind == "string":
            # An E string goes on with its escapes, and more may stand side by side in one version than in another.
            raise LexError("bad_literal", "One string stands right behind another. Write one, or join them with ||.")
        if rules.joined_strings and match.group("string"):
            text = sql = _in_one(text)
        elif match.group("dollar"):
            text = sql = "'" + match.group("body").replace("'", "''") + "'"
        elif match.group("prefixed") and text[0] in "eE":
            text = sql = "E'" + _double_quotes(text[2:-1], "'") + "'"
            if rules.strings_by_setting and "\\" not in text.replace("\\\\", ""):
                text = text[1:].replace("\\\\", "\\")
        elif rules.backslash_strings and text[0] in "nN":
            text = sql = "N'" + _double_quotes(text[2:-1], "'") + "'"
        elif rules.backslash_strings and not match.group("prefixed"):
            text = sql = "'" + _double_quotes(text[1:-1], text[0]) + "'"
        if rules.strings_by_setting and sql[0] == "'" and _ODD_BACKSLASHES_BEFORE_QUOTE.search(sql):
            sql = "E" + sql.replace("\\", "\\\\")
        self._write("string", text, text, sql)

    def _op(self, text: str) -> None:
        if text == "-" and not self.gap and self.text and self.text[-1] == "-":
            self.gap = " "  # MySQL's `1--1` is two signs
        self._write("op", text, text)

    def _nest(self, text: str) -> None:
        """Count what `text` opens or closes. Raises LexError where the statement is nested too deep."""
        if text in _OPENS:
            self.open.append(text)
            self.deepest = max(self.deepest, len(self.open))
        elif text in _CLOSES or (text == "end" and self.open[-1:] == ["case"]):
            del self.open[-1:]
        if len(self.open) > MAX_DEPTH:
            raise LexError("too_deep", f"Parentheses and CASEs are nested more than {MAX_DEPTH} deep.")
        self.prefixes = self.prefixes + 1 if text in _PREFIXES else 0
        if self.prefixes > MAX_PREFIXES:
            raise LexError("too_deep", f"There are more than {MAX_PREFIXES} signs or NOTs in a row.")

    def _write(self, kind: Kind, value: str, text: str, sql: str = "") -> None:
        self._nest(text.lower() if kind in ("op", "word") else "")
        if not self.gap and self.tokens and kind != "op" and self.tokens[-1].kind != "op":
            self.gap = " "  # `LIKE'x'`: no reader may take the word for a prefix of the string
        gap = self.gap if self.tokens else ""
        self.gap = ""
        self.text += (gap, text)
        self.sql += (gap, sql or text)
        start = self.length + len(gap)
        self.length = start + len(text)
        self.tokens.append(Token(kind, value, start, self.length))


def _in_one(text: str) -> str:
    """A string that goes on over line breaks, without them."""
    parts = (part for part in _PART_OR_COMMENT.findall(text) if part[0] == "'")
    return "'" + "".join(part[1:-1] for part in parts) + "'"


def _double_quotes(body: str, quote: str) -> str:
    """The body of a string with backslash escapes, for single quotes: each quote in it is doubled, none is escaped.

    It then ends at the same place whether or not the engine takes the backslash for an escape.
    """

    def piece(match: re.Match[str]) -> str:
        text = match.group()
        if text[-1] == "'":
            return "''"
        return '"' if text[-1] == '"' else text

    return re.sub(rf"\\.|{quote}{quote}|'", piece, body, flags=re.DOTALL)


def _unreadable(sql: str, position: int, match: re.Match[str] | None) -> tuple[str, str]:
    where = f"at position {position + 1}"
    if match is not None and match.group("unicode"):
        return "bad_character", f"Unicode escapes (U&) {where} are not read. Write the characters themselves."
    char = sql[position]
    if match is not None:
        char = next((c for c in match.group() if unicodedata.category(c)[0] in "CZ"), char)
    if char in "'\"`[":
        return "unclosed", f"A quote {char} {where} is not closed."
    if char in "@:?$":
        return "parameter", f"{char!r} {where}: parameters and variables are not allowed. Write the value."
    if char.isdigit():
        return "bad_literal", f"The number {where} runs into a name. Put a blank between them."
    plain = unicodedata.normalize("NFKC", char)
    hint = f" Did you mean {plain!r}?" if plain != char and plain.isascii() else ""
    return "bad_character", f"The character {char!r} ({unicodedata.name(char, 'unnamed')}) {where} is not SQL.{hint}"
