"""A tolerant tokenizer for the CREATE and INSERT text of data sets, in any dialect.

Fast rather than strict: a schema is read for each of a hundred thousand rows. The guard has its own, strict one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|#[^\n]*"
    r"|(?P<string>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")+\"|`[^`]+`|\[[^\]\n]*[^\]\d,\s][^\]\n]*\])"
    r"|(?P<word>(?:[^\W\d]|[^\x00-\x7f])(?:[\w$]|[^\x00-\x7f])*|\d[\w.]*)|(?P<op>[^\s])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DdlToken:
    """`kind` is string, name (quoted), word (a bare name or a number) or op (one character)."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """In lower case; "" for what is not a word."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """Without quotes."""
        if self.kind == "name":
            quote = self.text[-1]
            return self.text[1:-1] if quote == "]" else self.text[1:-1].replace(quote * 2, quote)
        return self.text[1:-1].replace("''", "'") if self.kind == "string" else self.text


def ddl_tokens(text: str, position: int = 0) -> Iterator[DdlToken]:
    """Every token from `position` on, without comments."""
    for match in _TOKEN.finditer(text, position):
        if match.lastgroup is not None:
            yield DdlToken(match.lastgroup, match.group(), match.start(), match.end())
