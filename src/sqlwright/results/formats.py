"""The formats that rows are written in: one registry for the commands and the chat page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core import ResultTable


@dataclass(frozen=True, slots=True)
class Format:
    """`suffix` is that of its files, `media_type` what a browser is told. `text`: a terminal can show it."""

    name: str
    suffix: str
    media_type: str
    help: str
    write: Callable[[ResultTable], bytes]
    text: bool = True
    download: Callable[[ResultTable], bytes] | None = None

    @property
    def for_people(self) -> Callable[[ResultTable], bytes]:
        """What a person downloads and opens with an office program."""
        return self.download or self.write


# What writes a format is imported when it writes: every command that has the options reads this registry.
def _csv(table: ResultTable) -> bytes:
    from .delimited import as_csv

    return _utf8(as_csv(table))


def _csv_for_excel(table: ResultTable) -> bytes:
    from .delimited import as_csv_for_excel

    return as_csv_for_excel(table)


def _tsv(table: ResultTable) -> bytes:
    from .delimited import as_tsv

    return _utf8(as_tsv(table))


def _markdown(table: ResultTable) -> bytes:
    from .markup import as_markdown

    return _utf8(as_markdown(table))


def _html(table: ResultTable) -> bytes:
    from .markup import as_html

    return _utf8(as_html(table))


def _parquet(table: ResultTable) -> bytes:
    from .parquet import as_parquet

    return as_parquet(table)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


_ALL = (
    Format(
        "csv",
        ".csv",
        "text/csv; charset=utf-8",
        "Comma-separated values; formulas of spreadsheets get an apostrophe.",
        _csv,
        download=_csv_for_excel,
    ),
    Format("tsv", ".tsv", "text/tab-separated-values; charset=utf-8", "Tab-separated values.", _tsv),
    Format("markdown", ".md", "text/markdown; charset=utf-8", "A Markdown table.", _markdown),
    Format("html", ".html", "text/html; charset=utf-8", "A page with one table.", _html),
    Format("parquet", ".parquet", "application/vnd.apache.parquet", "Parquet; needs -o.", _parquet, text=False),
)
FORMATS: dict[str, Format] = {f.name: f for f in _ALL}


def format_of(path: Path) -> Format | None:
    """The format that the ending of `path` names."""
    return next((f for f in _ALL if f.suffix == path.suffix.casefold()), None)
