"""The encoding of a text file: UTF-8, UTF-16, GB18030 or Windows-1252, also where lines differ."""

from __future__ import annotations

import codecs
from contextlib import suppress
from pathlib import Path

CHUNK_BYTES = 1 << 20


def is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def decoded(raw: bytes) -> tuple[str, str]:
    """The text of a file that is not UTF-8, and a remark on how it was read.

    Where lines of UTF-8 with letters beyond ASCII are at least as many as other ones, each line is read by itself: two
    programs have written the file. Else the whole is GB18030 where that is possible, else Windows-1252.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), "read as UTF-16"
    lines = raw.split(b"\n")
    utf8 = [_utf8(line) for line in lines]
    others = [number for number, text in enumerate(utf8, 1) if text is None]
    beyond = sum(text is not None and not text.isascii() for text in utf8)
    if not others:
        return raw.decode("utf-8-sig"), ""
    if beyond >= len(others):
        texts = [_western(line) if text is None else text for line, text in zip(lines, utf8, strict=True)]
        count = f"{len(others)} line{'' if len(others) == 1 else 's'}"
        remark = f"two encodings: UTF-8, and {count} of Windows-1252, the first of them line {others[0]}"
        return "\n".join(texts).removeprefix("\ufeff"), remark
    with suppress(UnicodeDecodeError):
        return raw.decode("gb18030"), "read as GB18030"
    return _western(raw), "read as Windows-1252"


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _western(raw: bytes) -> str:
    """Windows-1252 leaves five bytes undefined; Latin-1 reads any."""
    with suppress(UnicodeDecodeError):
        return raw.decode("cp1252")
    return raw.decode("latin-1")
