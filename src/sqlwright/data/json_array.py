"""Decode the elements of a JSON array one by one, with the line each starts on.

The standard library decodes whole documents only; here memory holds one element and one chunk.
"""

from __future__ import annotations

import codecs
import json
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..core import DataError

CHUNK_BYTES = 1 << 18
# An element cut by the end of the buffer fails within these last characters (longest: `\\uXXXX\\uXXXX`) or as an
# unterminated string; any other failure is a real one, and reading on would only fill the memory.
CUT_MARGIN = 16
SPACE = " \t\r\n"


def iter_array(stream: BinaryIO, name: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[int, Any]]:
    """(line, element) for each element of the array that `stream` holds as UTF-8; lines count from 1.

    Raises DataError at the first place that is not JSON, after every element before it.
    """
    buffer = _Buffer(stream, name, chunk_bytes)
    buffer.expect("[")
    if buffer.peek() == "]":
        return
    while True:
        yield buffer.element()
        if buffer.peek() == "]":
            return
        buffer.expect(",")


class _Buffer:
    """Text read ahead of the decoder: `text[at:]` is still to be decoded, and its first character is on `line`."""

    def __init__(self, stream: BinaryIO, name: str, chunk_bytes: int) -> None:
        self.stream, self.name, self.chunk_bytes = stream, name, chunk_bytes
        self.decode_bytes = codecs.getincrementaldecoder("utf-8-sig")().decode
        self.decode_json = json.JSONDecoder().raw_decode
        self.text, self.at, self.line, self.ended = "", 0, 1, False

    def peek(self) -> str:
        """The next character that is not white space."""
        while True:
            end = self.at
            while end < len(self.text) and self.text[end] in SPACE:
                end += 1
            self.advance(end)
            if end < len(self.text):
                return self.text[end]
            if not self.more(self.chunk_bytes):
                raise self.error("the file ends inside the array", end)

    def expect(self, character: str) -> None:
        found = self.peek()
        if found != character:
            raise self.error(f"not JSON: expected {character!r}, found {found!r}", self.at)
        self.at += 1

    def element(self) -> tuple[int, Any]:
        self.peek()
        wanted = self.chunk_bytes
        while True:
            try:
                value, end = self.decode_json(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or len(self.text) - error.pos < CUT_MARGIN
                if cut and self.more(wanted):
                    wanted *= 2  # doubling keeps the retries of a long element linear
                    continue
                raise self.error(f"not JSON: {error.msg}", error.pos) from None
            except (RecursionError, ValueError) as error:  # nested too deep, or a number of thousands of digits
                raise self.error(f"not readable: {error}", self.at) from None
            line = self.line
            self.advance(end)
            return line, value

    def more(self, size: int) -> bool:
        """Read on; False at the end of the file."""
        if self.ended:
            return False
        self.text, self.at = self.text[self.at :], 0
        try:
            data = self.stream.read(size)
            self.ended = not data
            self.text += self.decode_bytes(data, final=not data)
        except UnicodeDecodeError as error:
            raise self.error(f"not UTF-8: {error.reason}", len(self.text)) from None
        except (EOFError, OSError, zlib.error) as error:  # a damaged .gz
            raise self.error(f"not readable: {error}", len(self.text)) from None
        return not self.ended

    def advance(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def error(self, reason: str, position: int) -> DataError:
        line = self.line + self.text.count("\n", self.at, position)
        return DataError(f"{reason}. Nothing after this can be read", path=self.name, line=line)
