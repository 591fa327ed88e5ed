"""Result tables as text and files: CSV, TSV, Markdown, HTML, Parquet."""

from .formats import FORMATS, Format, format_of

__all__ = ["FORMATS", "Format", "format_of"]
