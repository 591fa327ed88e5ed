"""Examples from a file or hub in any known format."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..core import DataError, Dialogue, Example, UsageError
from .formats import Format, Reader, detect_format, formats_named
from .hub import PREFIXES, read_hub_rows
from .rows import Row, check_file, read_rows

OnBadRow = Callable[[DataError], None]
log = logging.getLogger(__name__)


def read_examples(
    source: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    split: str | None = None,
    strict: bool = False,
    on_bad_row: OnBadRow | None = None,
) -> Iterator[Example]:
    """The Examples of `source`, one after the other, in file order.

    `source` is a file (JSON Lines, JSON, CSV, TSV, Parquet; also .gz), "-" for the standard input, or
    `hf:owner/name[@revision]` or `modelscope:owner/name`, of which `split` ("train" unless named) is read.
    `format` is found from the first row's fields unless named.

    `id` is the row's own where it has one, else its 0-based number in the file, bad rows counted; a turn of a
    dialogue is `<dialogue>-<turn>`. Surrounding white space of questions and SQL is removed, nothing else changed.

    A row that cannot be read goes to `on_bad_row` as a DataError with file, line and reason; without one it is logged
    as a warning; with `strict` it is raised. A file without rows, or of unknown format, raises DataError.
    """
    rows = read_row_examples(source, format=format, split=split, strict=strict, on_bad_row=on_bad_row)
    return (example for _, examples in rows for example in examples)


def read_dialogues(
    source: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    split: str | None = None,
    strict: bool = False,
    on_bad_row: OnBadRow | None = None,
) -> Iterator[Dialogue]:
    """As `read_examples`, the turns of a dialogue together; a question that stands alone is a dialogue of one turn."""
    examples = read_examples(source, format=format, split=split, strict=strict, on_bad_row=on_bad_row)
    return group_dialogues(examples)


def group_dialogues(examples: Iterable[Example]) -> Iterator[Dialogue]:
    """Neighbours with the same `dialogue_id` together."""
    for (name, _), turns in itertools.groupby(examples, key=lambda e: (e.dialogue_id or e.id, not e.dialogue_id)):
        first, *rest = turns
        yield Dialogue(name, first.db_id, (first, *rest))


def read_row_examples(
    source: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    split: str | None = None,
    strict: bool = False,
    on_bad_row: OnBadRow | None = None,
) -> Iterator[tuple[Row, list[Example]]]:
    """As `read_examples`, each row of the file with its Examples; a dialogue of small talk has none."""
    rows = _rows(source, split)
    return _row_examples(str(source), rows, formats_named(format), strict, on_bad_row or _log)


def _rows(source: str | Path, split: str | None) -> Iterator[Row | DataError]:
    if str(source).startswith(PREFIXES):
        return read_hub_rows(str(source), split)
    if split is not None:
        raise UsageError(f"split {split!r} chooses within a hub data set; a file is one split already.")
    if str(source) != "-":
        check_file(Path(source))  # a missing file is an error of the call, not of the first row
    return read_rows(source)


def _row_examples(
    path: str, rows: Iterable[Row | DataError], candidates: tuple[Format, ...], strict: bool, report: OnBadRow
) -> Iterator[tuple[Row, list[Example]]]:
    read: Reader | None = None
    empty = True
    for row in rows:
        empty = False
        try:
            if isinstance(row, DataError):
                raise row
            read = read or detect_format(row.fields, path, candidates).open(path)
            yield row, _placed(read, row, path)
        except DataError as error:
            if strict or (read is None and not isinstance(row, DataError)):
                raise
            report(error)
    if empty:
        raise DataError("the file holds no rows", path=path)


def _placed(read: Reader, row: Row, path: str) -> list[Example]:
    """The row's Examples; what is wrong with it gets its place."""
    try:
        return list(read(row))
    except DataError as error:
        where = error.reason if row.line else f"row {row.number}: {error.reason}"
        raise DataError(where, path=path, line=row.line, hint=error.hint) from None


def _log(error: DataError) -> None:
    log.warning("%s", error)
