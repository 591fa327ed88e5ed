"""The formats that rows are written in: one registry for the commands and the chat page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core import ResultTable
from .delimited import as_csv, as_csv_for_excel, as_tsv
from .markup import as_html, as_markdown


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


def _utf8(write: Callable[[ResultTable], str]) -> Callable[[ResultTable], bytes]:
    return lambda table: write(table).encode("utf-8", "replace")


def _parquet(table: ResultTable) -> bytes:
    from .parquet import as_parquet  # duckdb takes a tenth of a second to import

    return as_parquet(table)


_ALL = (
    Format(
        "csv",
        ".csv",
        "text/csv; charset=utf-8",
        "Comma-separated values; formulas of spreadsheets get an apostrophe.",
        _utf8(as_csv),
        download=as_csv_for_excel,
    ),
    Format("tsv", ".tsv", "text/tab-separated-values; charset=utf-8", "Tab-separated values.", _utf8(as_tsv)),
    Format("markdown", ".md", "text/markdown; charset=utf-8", "A Markdown table.", _utf8(as_markdown)),
    Format("html", ".html", "text/html; charset=utf-8", "A page with one table.", _utf8(as_html)),
    Format("parquet", ".parquet", "application/vnd.apache.parquet", "Parquet; needs -o.", _parquet, text=False),
)
FORMATS: dict[str, Format] = {f.name: f for f in _ALL}


def format_of(path: Path) -> Format | None:
    """The format that the ending of `path` names."""
    return next((f for f in _ALL if f.suffix == path.suffix.casefold()), None)
