"""The parts of the regular expressions that cut a statement into tokens, and the one that they make."""

from __future__ import annotations

import re

WORD_START = r"(?:[A-Za-z_]|[^\x00-\x7f\s])"
WORD_CHAR = r"(?:[A-Za-z0-9_$]|[^\x00-\x7f\s])"
HEX = r"0[xX][0-9a-fA-F]+"
DIGITS = r"\d+(?:_\d+)*"
FRACTION = r"(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = rf"(?:{HEX}|(?:{DIGITS}{FRACTION})(?!{WORD_CHAR})"
PLAIN_NUMBER = rf"(?:0x[0-9a-fA-F]+|(?:\d+{FRACTION})(?!{WORD_CHAR})"  # MySQL: 1_000 and 0X1F are names
SINGLE = r"'(?:[^']|'')*'"
LINE_COMMENT = r"--[^\r\n]*"
# A plain string goes on behind a line break: scan.l's whitespace_with_newline.
JOINED = rf"{SINGLE}(?:[ \t\f\v]*(?:{LINE_COMMENT})?[\r\n](?:[ \t\r\n\f\v]|{LINE_COMMENT}[\r\n])*{SINGLE})*"
ESCAPED = r"'(?:[^'\\]|''|\\.)*'"
DOUBLE = r'"(?:[^"]|"")+"'
ESCAPED_DOUBLE = r'"(?:[^"\\]|""|\\.)*"'
BACKQUOTE = r"`(?:[^`]|``)+`"
DOLLAR = r"\$(?P<tag>(?:[A-Za-z_][A-Za-z0-9_]*)?)\$(?P<body>.*?)\$(?P=tag)\$"
NEVER = r"(?!)"
BYTES = r"[xX]'(?:[0-9A-Fa-f]{2})*'"
BITS = r"[bB]'[01]*'"


def token_pattern(
    *,
    string: str,
    name: str,
    ops: str,
    comment: str,
    prefixes: str,
    dollar: str = NEVER,
    number: str = NUMBER,
    word: str = NEVER,
) -> re.Pattern[str]:
    """One token or comment. A prefixed string comes before the word that its prefix would be."""
    return re.compile(
        rf"(?P<space>\s+)|(?P<comment>{comment})|(?P<block>/\*)|(?P<dollar>{dollar})|(?P<prefixed>{prefixes})"
        rf"|(?P<unicode>[uU]&['\"])"
        rf"|(?P<string>{string})|(?P<name>{name})|(?P<number>{number})"
        rf"|(?P<word>{WORD_START}{WORD_CHAR}*|{word})|(?P<op>[{re.escape(ops)}])",
        re.DOTALL,
    )
