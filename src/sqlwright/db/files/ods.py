"""The sheets of an OpenDocument spreadsheet (.ods) as CSV files: values as they were last saved, without a library.

expat reads the one XML part as a stream. Values come from the attributes that hold them exactly, such as
`office:date-value`, and only texts from what a cell shows.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ...core import UsageError
from .excel import bounded, file_name, write_sheet
from .workbook import MAX_CELL_CHARS, MAX_COLUMN, MAX_ROW, MAX_UNPACKED_BYTES

CONTENT = "content.xml"
_CHUNK = 64 << 10
_NOT_ONE = "it is not an OpenDocument spreadsheet, or it is damaged."
_DAMAGED = (zipfile.BadZipFile, zlib.error, expat.ExpatError)
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_TIME = re.compile(r"P(?:0D)?T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
Row = tuple[Any, ...]


def ods_to_csv(path: Path, folder: Path) -> None:
    """One file a sheet that has a header and a row under it. Raises UsageError for any other file."""
    try:
        with zipfile.ZipFile(path) as packed:
            part = packed.getinfo(CONTENT)
            if part.file_size > MAX_UNPACKED_BYTES:
                most = MAX_UNPACKED_BYTES >> 20
                raise UsageError(f"unpacked it has {part.file_size >> 20} MB, and the limit is {most} MB.")
            if part.compress_type not in _PLAIN or part.flag_bits & 1:
                raise UsageError("it is encrypted.")
            rows = _rows(packed, part)
            for (_, title), found in groupby(rows, key=itemgetter(0)):
                write_sheet(bounded(row for _, row in found), folder / f"{file_name(title)}.csv")
    except UsageError:
        raise
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise UsageError(_NOT_ONE) from error


def _rows(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[tuple[int, str], Row]]:
    """((number and name of the sheet), cells) row by row; an empty cell is None."""
    reader = _Reader()
    read = 0
    with packed.open(part) as file:
        while chunk := file.read(_CHUNK):
            read += len(chunk)
            if read > MAX_UNPACKED_BYTES:
                raise UsageError(f"unpacked it has over {MAX_UNPACKED_BYTES >> 20} MB.")
            reader.parser.Parse(chunk)
            yield from reader.taken()
    reader.parser.Parse(b"", True)
    yield from reader.taken()


class _Reader:
    """Collects the rows of all sheets while expat reads; its handlers raise UsageError."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._found: list[tuple[tuple[int, str], Row, int]] = []
        self._sheet = (0, "")
        self._cells: list[str | None] = []
        self._row_repeated = self._cell_repeated = 1
        self._value: str | None = None
        self._texts: list[str] | None = None  # of the cell that is open
        self._chars = 0
        self._notes = 0  # depth of remarks, whose text is not the cell's
        self._in_paragraph = False

    def taken(self) -> Iterator[tuple[tuple[int, str], Row]]:
        found, self._found = self._found, []
        for sheet, row, repeated in found:
            for _ in range(repeated):
                yield sheet, row

    def _doctype(self, *_: object) -> None:
        raise UsageError("it declares XML entities, which a spreadsheet never does.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._sheet = self._sheet[0] + 1, attributes.get("table:name", "")
        elif name == "table:table-row":
            self._cells, self._row_repeated = [], _repeated(attributes, "table:number-rows-repeated", MAX_ROW)
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell_repeated = _repeated(attributes, "table:number-columns-repeated", MAX_COLUMN)
            self._value, self._texts, self._chars = _value(attributes), [], 0
        elif name == "office:annotation":
            self._notes += 1
        elif self._texts is not None and not self._notes:
            if name == "text:p":
                self._in_paragraph = True
                if self._texts:
                    self._texts.append("\n")
            elif name == "text:s":
                self._text(" " * min(MAX_CELL_CHARS, int(attributes.get("text:c", "1"))))
            elif name in ("text:tab", "text:line-break"):
                self._text("\t" if name == "text:tab" else "\n")

    def _end(self, name: str) -> None:
        if name == "office:annotation":
            self._notes -= 1
        elif name == "text:p" and not self._notes:
            self._in_paragraph = False
        elif name in ("table:table-cell", "table:covered-table-cell"):
            text = self._value if self._value is not None else "".join(self._texts or ())
            self._texts = None
            if len(self._cells) + self._cell_repeated > MAX_COLUMN and text:
                raise UsageError(f"a row has over {MAX_COLUMN:,} cells.")
            self._cells += [text or None] * min(self._cell_repeated, MAX_COLUMN - len(self._cells))
        elif name == "table:table-row":
            while self._cells and self._cells[-1] is None:
                self._cells.pop()
            if self._cells:  # rows without a value are written once, repeated a million times: the rest of the sheet
                self._found.append((self._sheet, tuple(self._cells), self._row_repeated))

    def _text(self, text: str) -> None:
        if self._texts is None or self._notes or not self._in_paragraph:
            return
        self._chars += len(text)
        if self._chars > MAX_CELL_CHARS:
            raise UsageError(f"a cell has more than {MAX_CELL_CHARS:,} characters.")
        self._texts.append(text)


def _repeated(attributes: dict[str, str], name: str, most: int) -> int:
    return max(1, min(most, int(attributes.get(name, "1"))))


def _value(attributes: dict[str, str]) -> str | None:
    """The exact value, None where it is what the cell shows. A date without a time of day is a date."""
    kind = attributes.get("office:value-type", "")
    if kind in ("float", "currency", "percentage"):
        return attributes.get("office:value")
    if kind == "date":
        return attributes.get("office:date-value", "").replace("T", " ").removesuffix(" 00:00:00") or None
    if kind == "boolean":
        return attributes.get("office:boolean-value")
    if kind == "time" and (found := _TIME.fullmatch(attributes.get("office:time-value", ""))):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return f"{hours:02.0f}:{minutes:02.0f}:{seconds:02.0f}"
    return attributes.get("office:string-value") if kind == "string" else None
