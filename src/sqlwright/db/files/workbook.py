"""Checks the parts of an Excel workbook against Excel's limits, before a reader builds anything from them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from ...core import UsageError

MAX_UNPACKED_BYTES = 500 << 20  # a workbook is a zip: what it says of its own size is checked before it is read
MAX_CELL_CHARS = 32_767  # these three are Excel's own limits
MAX_ROW = 1_048_576
MAX_COLUMN = 16_384  # XFD
MAX_CELLS = 10_000_000
MAX_STRINGS = 2_000_000  # the shared ones, which openpyxl keeps in memory: about 250 bytes each
MAX_OTHER_ELEMENTS = 300_000  # styles, relations and the like, which openpyxl reads as trees
_ESCAPED_CHARS = 8 * MAX_CELL_CHARS  # in XML a character can be written as _xHHHH_
_CHUNK = 64 << 10
_LONGEST_TOKEN = 1 << 20  # a tag, a comment: what the parser keeps until it ends
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_NOT_ONE = "it is not an Excel workbook."


def check_workbook(path: Path) -> None:
    """Raises UsageError for a file that is not a workbook or exceeds the limits."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED_BYTES:
                most = MAX_UNPACKED_BYTES >> 20
                raise UsageError(f"unpacked it has {unpacked >> 20} MB, and the limit is {most} MB.")
            if any(part.compress_type not in _PLAIN or part.flag_bits & 1 for part in parts):
                raise UsageError("it is encrypted, or not packed as Excel does it.")
            for part in parts:
                _check_part(packed, part)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise UsageError(_NOT_ONE) from error


def _check_part(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A part that is not XML, such as a picture, passes: openpyxl would stop at the same place."""
    limits = _Limits()
    with packed.open(part) as file:
        read = 0
        while chunk := file.read(_CHUNK):
            read += len(chunk)
            try:
                limits.parser.Parse(chunk)
            except expat.ExpatError:
                return
            if read - max(0, limits.parser.CurrentByteIndex) > _LONGEST_TOKEN:
                raise UsageError(_NOT_ONE)


class _Limits:
    """Counts one part's rows, cells and characters while expat reads it; its handlers raise UsageError."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._root
        self.parser.CharacterDataHandler = self._text
        self._chars = self._count = 0

    def _doctype(self, *_: object) -> None:
        raise UsageError("it declares XML entities, which Excel never does.")

    def _root(self, name: str, _: object) -> None:
        kinds = {"worksheet": self._in_sheet, "sst": self._in_strings}
        self.parser.StartElementHandler = kinds.get(_local(name), self._elsewhere)

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._chars = 0
            self._counted(MAX_CELLS, "a sheet has over {:,} cells. Save it as CSV.")
        elif name == "row":
            _check_row(attributes.get("r", "1"))

    def _in_strings(self, name: str, _: object) -> None:
        if _local(name) == "si":  # the text of a cell; the runs of a formatted one add up
            self._chars = 0
            self._counted(MAX_STRINGS, "it has over {:,} different texts. Save its sheets as CSV.")

    def _elsewhere(self, *_: object) -> None:
        self._chars = 0
        self._counted(MAX_OTHER_ELEMENTS, "its styles and settings have over {:,} parts. Save its sheets as CSV.")

    def _counted(self, most: int, sentence: str) -> None:
        self._count += 1
        if self._count > most:
            raise UsageError(sentence.format(most))

    def _text(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > _ESCAPED_CHARS:
            raise too_long_a_cell()


def too_long_a_cell() -> UsageError:
    return UsageError(f"a cell has more than {MAX_CELL_CHARS:,} characters, Excel's own limit.")


def _local(name: str) -> str:
    return name.rpartition(":")[2] if ":" in name else name


def _check_row(number: str) -> None:
    """A reader counts up to the number that a row gives itself, and openpyxl takes 1e9 for one too."""
    if not number.isdecimal():
        raise UsageError(_NOT_ONE)
    if len(number) > 12 or int(number) > MAX_ROW:
        raise UsageError(f"a cell is in row {number[:12]}; Excel's last one is {MAX_ROW:,}.")
