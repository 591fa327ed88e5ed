"""Notes and terms in Markdown, text and PDF, cut into passages that know where they stand.

A PDF becomes text once, when it is taught: what is kept can be read and edited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import DataError, MissingExtraError, NotFoundError, UsageError
from ..core.atomic import atomic_text
from .folder import DOCUMENTS, knowledge_folder
from .item import KnowledgeItem

if TYPE_CHECKING:
    from ..db import Database

TEXT = (".md", ".markdown", ".txt")
MAX_BYTES = 20_000_000
MAX_PAGES = 2_000
MAX_PASSAGE_CHARS = 600
PAGE = "\f"  # stands between the pages of a text that was a PDF

_HEADING = re.compile(r"#{1,6}\s+(.*?)[\s#]*$")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n")


def remember_document(database: Database, path: Path) -> Path:
    """Copy the text of `path` into the folder of `database`; a document of the same name is replaced.

    Raises NotFoundError, UsageError for another kind of file or one too large, DataError for one that cannot be read
    or holds no text, and MissingExtraError for a PDF without the extra.
    """
    text = read_document(path)
    pdf = path.suffix.lower() == ".pdf"
    target = knowledge_folder(database) / DOCUMENTS / (f"{path.name}.txt" if pdf else path.name)
    with atomic_text(target) as file:
        file.write(text)
    return target


def forget_document(database: Database, name: str) -> bool:
    """Delete the document of that file name; whether there was one."""
    path = next((p for p in document_paths(database) if p.name == name), None)
    if path is not None:
        path.unlink()
    return path is not None


def document_paths(database: Database) -> tuple[Path, ...]:
    folder = knowledge_folder(database) / DOCUMENTS
    found = sorted(folder.iterdir()) if folder.is_dir() else ()
    return tuple(p for p in found if p.is_file() and p.suffix.lower() in TEXT and not p.name.startswith("."))


def document_items(database: Database) -> tuple[KnowledgeItem, ...]:
    """The passages of every document of `database`, in order. Raises DataError for a file that cannot be read."""
    return tuple(item for path in document_paths(database) for item in passages(path.name, read_document(path)))


def read_document(path: Path) -> str:
    """See `remember_document` for what it raises."""
    if not path.is_file():
        raise NotFoundError(f"No document {str(path)!r}.")
    suffix = path.suffix.lower()
    if suffix not in (*TEXT, ".pdf"):
        raise UsageError(
            f"{path.name!r} is neither Markdown, text nor PDF.", f"Give a file that ends in {', '.join(TEXT)} or .pdf."
        )
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(f"{path.name!r} has over {MAX_BYTES // 10**6} MB.", "Cut it into smaller documents.")
    text = _pdf_text(path) if suffix == ".pdf" else _plain_text(path)
    if not text.strip():
        hint = "A scan has to go through text recognition first." if suffix == ".pdf" else ""
        raise DataError("no text in it", path=path, hint=hint)
    return text


def passages(name: str, text: str) -> Iterator[KnowledgeItem]:
    """Paragraphs under one heading together, up to MAX_PASSAGE_CHARS; a longer one is cut between sentences.

    The place is the file's name with the page or the heading, and the number of the passage where there are several.
    """
    pages = text.split(PAGE)
    for number, page in enumerate(pages, 1):
        for heading, body in _sections(page):
            where = f"page {number}" if len(pages) > 1 else heading
            pieces = _pieces(body)
            for part, piece in enumerate(pieces, 1):
                place = ", ".join(p for p in (name, where, f"part {part}" if len(pieces) > 1 else "") if p)
                yield KnowledgeItem("document", place, f"{heading}: {piece}" if heading else piece)


def _plain_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8: {error.reason}", path=path, hint="Save the document as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"Cannot read {str(path)!r}: {error.strerror}.") from None


def _pdf_text(path: Path) -> str:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise MissingExtraError("A PDF needs pypdf.", "rag") from error
    try:
        reader = PdfReader(path)
        if len(reader.pages) > MAX_PAGES:
            raise UsageError(f"{path.name!r} has over {MAX_PAGES} pages.", "Cut it into smaller documents.")
        return PAGE.join(page.extract_text() for page in reader.pages)
    except (PyPdfError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"not readable as PDF: {error}", path=path) from error


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Each heading with what stands below it; "" before the first."""
    heading, lines = "", list[str]()
    for line in text.splitlines():
        if match := _HEADING.match(line):
            if any(part.strip() for part in lines):
                yield heading, "\n".join(lines)
            heading, lines = match[1], []
        else:
            lines.append(line)
    if any(part.strip() for part in lines):
        yield heading, "\n".join(lines)


def _pieces(body: str) -> list[str]:
    """Neighbouring paragraphs joined, long ones cut, each at most MAX_PASSAGE_CHARS."""
    paragraphs = [" ".join(p.split()) if len(p) <= MAX_PASSAGE_CHARS else p for p in re.split(r"\n\s*\n", body)]
    units = [u for p in paragraphs for u in ([p] if len(p) <= MAX_PASSAGE_CHARS else _cut(p)) if u.strip()]
    pieces: list[str] = []
    for unit in units:
        if pieces and len(pieces[-1]) + len(unit) < MAX_PASSAGE_CHARS:
            pieces[-1] += f" {unit}"
        else:
            pieces.append(unit)
    return pieces


def _cut(paragraph: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(paragraph):
        flat = " ".join(sentence.split())
        yield from (flat[i : i + MAX_PASSAGE_CHARS] for i in range(0, len(flat), MAX_PASSAGE_CHARS))
