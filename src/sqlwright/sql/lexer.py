"""A strict reading of the characters: what the guard cannot read exactly as the engine does, it refuses.

`lex` cuts a statement into tokens by the engine's own lexical rules and writes it again without comments, with every
string literal in a form that the engine reads the same under any of its settings. That text, and no other, is parsed
and run, so a comment or a quoting trick cannot mean one thing to the guard and another to the engine.

Sources: sqlite.org/lang_keywords.html and tokenize.c; postgresql.org/docs/current/sql-syntax-lexical.html;
dev.mysql.com/doc/refman/8.4/en/language-structure.html; duckdb.org/docs/stable/sql/dialect/keywords_and_identifiers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from ..core import Dialect

MAX_BYTES = 64 * 1024
MAX_DEPTH = 50  # sqlglot's parser recurses; near 100 nested parentheses it gives up, and just before that it is slow

Kind = Literal["word", "name", "string", "number", "op"]


class LexError(Exception):
    """The text cannot be read safely: `code` is stable, the message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is what the engine understands: a name without its quotes, a string without its escapes' quoting.

    `start` and `end` (exclusive) are positions in `Lexed.text`. kind "name" is a quoted identifier.
    """

    kind: Kind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexed:
    text: str
    tokens: tuple[Token, ...]


# Sequences that hide text from every reader of the tree, or that one engine executes and another skips.
_FORBIDDEN = (
    ("\0", "a NUL byte"),
    ("\ufeff", "a byte order mark"),
    ("/*!", "the executable comment /*!"),
    ("/*M!", "the executable comment /*M!"),
    ("/*m!", "the executable comment /*M!"),
)
_WORD_START = r"(?:[A-Za-z_]|[^\x00-\x7f])"
_WORD_CHAR = r"(?:[A-Za-z0-9_$]|[^\x00-\x7f])"
_NUMBER = rf"(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?!{_WORD_CHAR})"
_SINGLE = r"'(?:[^']|'')*'"
_BACKSLASH = r"'(?:[^'\\]|''|\\.)*'"
_DOUBLE = r'"(?:[^"]|"")*"'
_BACKQUOTE = r"`(?:[^`]|``)*`"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The lexical rules of one engine. `prefixes` may stand right before a string's quote, in lower case."""

    string: str
    name: str
    ops: str
    comment: str
    prefixes: frozenset[str]
    number: str = _NUMBER
    nested_comments: bool = False
    dollar_quotes: bool = False

    def pattern(self) -> re.Pattern[str]:
        dollar = r"\$(?P<tag>(?:[A-Za-z_][A-Za-z0-9_]*)?)\$(?P<body>.*?)\$(?P=tag)\$" if self.dollar_quotes else r"(?!)"
        return re.compile(
            rf"(?P<comment>{self.comment})|(?P<block>/\*)|(?P<dollar>{dollar})"
            rf"|(?P<string>{self.string})|(?P<name>{self.name})|(?P<number>{self.number})"
            rf"|(?P<word>{_WORD_START}{_WORD_CHAR}*)|(?P<op>[{re.escape(self.ops)}])",
            re.DOTALL,
        )


_RULES: dict[Dialect, _Rules] = {
    "sqlite": _Rules(
        string=_SINGLE,
        name=rf"{_DOUBLE}|{_BACKQUOTE}|\[[^\]]*\]",
        ops="+-*/<>=~!%&|.,;()",
        comment=r"--[^\n]*",
        prefixes=frozenset({"x"}),
    ),
    "postgres": _Rules(
        string=_SINGLE,
        name=_DOUBLE,
        ops="+-*/<>=~!@#%^&|?.,;:()[]",
        comment=r"--[^\r\n]*",
        prefixes=frozenset({"e", "b", "x", "n"}),
        nested_comments=True,
        dollar_quotes=True,
    ),
    "duckdb": _Rules(
        string=_SINGLE,
        name=_DOUBLE,
        ops="+-*/<>=~!@#%^&|?.,;:()[]{}",
        comment=r"--[^\r\n]*",
        prefixes=frozenset({"e", "x"}),
        number=_NUMBER.replace(r"\d+(?:\.", r"\d+(?:_\d+)*(?:\."),
        nested_comments=True,
        dollar_quotes=True,
    ),
    "mysql": _Rules(
        string=rf"{_BACKSLASH}|{_BACKSLASH.replace(chr(39), chr(34))}",
        name=_BACKQUOTE,
        ops="+-*/<>=~!%^&|.,;()",
        comment=r"--(?=[\x00-\x20]|\Z)[^\n]*|\#[^\n]*",
        prefixes=frozenset({"x", "b", "n"}),
        number=rf"{_NUMBER}|\d+{_WORD_CHAR}+",  # a name may start with a digit: reported as a word
    ),
}
_PATTERNS = {dialect: rules.pattern() for dialect, rules in _RULES.items()}
_ESCAPE_STRING = re.compile(_BACKSLASH, re.DOTALL)
_MYSQL_PLAIN_NUMBER = re.compile(_NUMBER + r"\Z")
_NESTED = re.compile(r"/\*|\*/")


def lex(sql: str, dialect: Dialect) -> Lexed:
    """Tokens of `sql`, and the text they make. Raises LexError with the reason."""
    _check_characters(sql, dialect)
    return _Reader(sql, dialect).read()


def _check_characters(sql: str, dialect: Dialect) -> None:
    try:
        size = len(sql.encode("utf-8"))
    except UnicodeEncodeError:
        raise LexError("bad_character", "The text has half of a surrogate pair, which is no character.") from None
    if size > MAX_BYTES:
        raise LexError("too_long", f"The statement has {size:,} bytes; at most {MAX_BYTES:,} are read.")
    for sequence, name in _FORBIDDEN:
        if sequence in sql and not (sequence.startswith("/*") and dialect != "mysql"):
            raise LexError("bad_character", f"The text has {name}. Remove it.")


class _Reader:
    """One pass over the text; `parts` is the text to come."""

    def __init__(self, sql: str, dialect: Dialect) -> None:
        self.sql, self.dialect, self.rules, self.pattern = sql, dialect, _RULES[dialect], _PATTERNS[dialect]
        self.position = self.length = self.depth = 0
        self.parts: list[str] = []
        self.tokens: list[Token] = []
        self.gap = ""

    def read(self) -> Lexed:
        while self.position < len(self.sql):
            if not self._skip_space():
                self._token()
        return Lexed("".join(self.parts), tuple(self.tokens))

    def _skip_space(self) -> bool:
        start = self.position
        while self.position < len(self.sql) and self.sql[self.position].isspace():
            self.position += 1
        run = self.sql[start : self.position]
        # An unusual space is a letter to some engines: it is sent as a plain one.
        self.gap += run if all(c in " \t\r\n" for c in run) else ("\n" if "\n" in run else " ") * bool(run)
        return bool(run)

    def _token(self) -> None:
        match = self.pattern.match(self.sql, self.position)
        if match is None:
            raise LexError(*_unreadable(self.sql, self.position))
        kind, text = match.lastgroup, match.group()
        if kind in ("tag", "body"):
            kind = "dollar"
        if kind in ("comment", "block"):
            self._comment(match)
            return
        self.position = match.end()
        if kind == "dollar" or match.group("dollar") is not None:
            self._string(match.group("body"), prefix="")
        elif kind == "string":
            self._string(_unquote(text), prefix="", raw=text)
        elif kind == "name":
            self._name(text)
        elif kind == "number":
            self._add("number" if _MYSQL_PLAIN_NUMBER.match(text) or self.dialect != "mysql" else "word", text, text)
        elif kind == "word":
            self._word(text)
        else:
            self._op(text)

    def _comment(self, match: re.Match[str]) -> None:
        start, end = self.position, match.end()
        if match.group("block") is not None:
            end = self._block_end(end)
        self.position = end
        self.gap += "\n" if "\n" in self.sql[start:end] or self.sql.startswith("\n", end) else " "

    def _block_end(self, position: int) -> int:
        depth = 1
        for mark in _NESTED.finditer(self.sql, position):
            if mark.group() == "*/":
                depth -= 1
            elif self.rules.nested_comments:
                depth += 1
            if depth == 0:
                return mark.end()
        raise LexError("unclosed", "A comment /* is not closed.")

    def _word(self, text: str) -> None:
        odd = next((c for c in text if ord(c) > 127 and unicodedata.category(c)[0] not in "LMN"), None)
        if odd is not None:
            raise LexError(*_unreadable(self.sql, self.sql.index(odd, self.position - len(text))))
        if self.sql.startswith("'", self.position) and text.lower() in self.rules.prefixes:
            self._prefixed_string(text)
            return
        if (
            self.dialect == "postgres"
            and text.lower() == "u"
            and self.sql[self.position : self.position + 2]
            in (
                "&'",
                '&"',
            )
        ):
            raise LexError("bad_character", "Unicode escapes (U&'...') are not read. Write the characters themselves.")
        self._add("word", text, text)

    def _prefixed_string(self, prefix: str) -> None:
        escapes = prefix.lower() == "e"
        match = (_ESCAPE_STRING if escapes else re.compile(_SINGLE)).match(self.sql, self.position)
        if match is None:
            raise LexError("unclosed", "A string is not closed.")
        self.position = match.end()
        body = match.group()[1:-1]
        if not escapes and not re.fullmatch(r"[0-9A-Fa-f]*" if prefix.lower() in "xb" else r"[^\\]*", body):
            raise LexError("bad_literal", f"The literal {prefix}'...' holds something else than its digits.")
        self._string(body.replace("\\'", "''").replace("''", "'") if not escapes else body, prefix, raw=f"'{body}'")

    def _string(self, value: str, prefix: str, raw: str = "") -> None:
        """Add a string; `raw` is its spelling with quotes where that is safe to keep."""
        if prefix:
            text = prefix + "'" + _single_quoted_escapes(raw[1:-1]) + "'" if prefix.lower() == "e" else prefix + raw
        elif self.dialect == "mysql":
            quote, body = raw[0], raw[1:-1]
            body = body.replace("''", "'") if quote == "'" else body.replace('""', '"')
            text = "'" + _mysql_body(body) + "'"
        else:
            text = "'" + value.replace("'", "''") + "'"
            if self.dialect == "postgres" and re.search(r"(?<!\\)(?:\\\\)*\\'", text):
                # With standard_conforming_strings off, the backslash would take the quote along.
                text = "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
        joined = self.tokens and self.tokens[-1].kind == "string" and "\n" not in self.gap
        if joined and not self.gap:
            self.gap = " "
        self._add("string", value, text)

    def _name(self, text: str) -> None:
        quote = text[-1]
        value = text[1:-1] if quote == "]" else text[1:-1].replace(quote * 2, quote)
        if not value:
            raise LexError("bad_literal", "A quoted name is empty.")
        self._add("name", value, text)

    def _op(self, text: str) -> None:
        self.depth += (text in "([{") - (text in ")]}")
        if self.depth > MAX_DEPTH:
            raise LexError("too_deep", f"Parentheses are nested more than {MAX_DEPTH} deep.")
        if text == "-" and not self.gap and self.tokens and self.parts[-1] == "-":
            self.gap = " "  # MySQL's `1--1` is two signs; with a blank no reader takes it for a comment
        self._add("op", text, text)

    def _add(self, kind: Kind, value: str, text: str) -> None:
        if not self.gap and self.tokens and kind in ("string", "name", "word", "number"):
            # `LIKE'x'` and `1"a"` are two tokens; with a blank no reader can see a prefix or one word.
            self.gap = "" if self.tokens[-1].kind == "op" else " "
        if self.tokens or self.gap.strip():
            self.parts.append(self.gap)
            self.length += len(self.gap)
        self.gap = ""
        self.parts.append(text)
        self.tokens.append(Token(kind, value, self.length, self.length + len(text)))
        self.length += len(text)


def _unquote(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _single_quoted_escapes(body: str) -> str:
    """An E'' body in which a quote is always written twice, never behind a backslash."""
    return re.sub(r"\\(.)", lambda m: "''" if m.group(1) == "'" else m.group(), body, flags=re.DOTALL)


def _mysql_body(body: str) -> str:
    """A MySQL string's body for single quotes: quotes doubled, other backslash pairs kept as they are."""

    def piece(match: re.Match[str]) -> str:
        text = match.group()
        if text == "'" or text == "\\'":
            return "''"
        return '"' if text == '\\"' else text

    return re.sub(r"\\.|'", piece, body, flags=re.DOTALL)


def _unreadable(sql: str, position: int) -> tuple[str, str]:
    char = sql[position]
    if char in "'\"`[":
        return "unclosed", f"A quote {char} at position {position + 1} is not closed."
    if char in "@:?$":
        return (
            "parameter",
            f"{char!r} at position {position + 1}: parameters and variables are not allowed. Write the value.",
        )
    plain = unicodedata.normalize("NFKC", char)
    hint = f" Did you mean {plain!r}?" if plain != char and plain.isascii() else ""
    name = unicodedata.name(char, f"U+{ord(char):04X}")
    return "bad_character", f"The character {char!r} ({name}) at position {position + 1} is not SQL.{hint}"
