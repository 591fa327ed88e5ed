"""Documents become passages that know where they stand; a file that holds no text is refused in one sentence."""

from __future__ import annotations

import importlib.util

import pytest

from sqlwright.core import DataError, MissingExtraError, NotFoundError, UsageError
from sqlwright.retrieval.documents import (
    MAX_PASSAGE_CHARS,
    document_items,
    forget_document,
    passages,
    read_document,
    remember_document,
)

HAS_PDF = importlib.util.find_spec("pypdf") is not None


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text a page, written by hand: pypdf itself only reads."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{o:010d} 00000 n \n" for o in offsets)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def test_a_heading_goes_with_what_stands_below_it():
    text = "Before.\n\n# Revenue\nQuantity times price.\n\nWithout returns.\n## Regular customer ##\nFive orders.\n"
    assert [(p.place, p.text) for p in passages("terms.md", text)] == [
        ("terms.md", "Before."),
        ("terms.md, Revenue", "Revenue: Quantity times price. Without returns."),
        ("terms.md, Regular customer", "Regular customer: Five orders."),
    ]


@pytest.mark.parametrize("text", ["word " * 1000, "字" * 3000, "一句话。" * 500, "a. " * 900, "x\n\n" * 900])
def test_a_long_text_is_cut_and_nothing_of_it_is_lost(text):
    found = list(passages("long.txt", text))
    assert len(found) > 1
    assert all(len(p.text) <= MAX_PASSAGE_CHARS for p in found)
    assert len({p.place for p in found}) == len(found)
    assert "".join("".join(p.text.split()) for p in found) == "".join(text.split())


def test_a_document_is_kept_as_a_file_and_replaced_by_name(database, tmp_path):
    path = tmp_path / "terms.md"
    for words in ("old words", "new words"):
        path.write_text(words)
        kept = remember_document(database, path)
    assert kept.read_text() == "new words"
    assert [i.text for i in document_items(database)] == ["new words"]
    assert forget_document(database, "terms.md")
    assert not forget_document(database, "../pairs.jsonl")
    assert document_items(database) == ()


@pytest.mark.skipif(not HAS_PDF, reason="pypdf is not installed (extra rag)")
def test_a_pdf_becomes_text_with_its_pages(database, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf("Revenue is net of returns.", "A regular has five orders."))
    assert remember_document(database, path).name == "report.pdf.txt"
    assert [(i.place, i.text) for i in document_items(database)] == [
        ("report.pdf.txt, page 1", "Revenue is net of returns."),
        ("report.pdf.txt, page 2", "A regular has five orders."),
    ]


@pytest.mark.skipif(not HAS_PDF, reason="pypdf is not installed (extra rag)")
@pytest.mark.parametrize("data", [b"%PDF-1.4\n%%EOF", b"no pdf", b"", pdf("x")[:200], pdf("x").replace(b"0 R", b"9 R")])
def test_a_broken_pdf_is_one_sentence(tmp_path, data):
    path = tmp_path / "broken.pdf"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"broken\.pdf"):
        read_document(path)


@pytest.mark.skipif(HAS_PDF, reason="the extra is installed")
def test_a_pdf_needs_the_extra(tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf("x"))
    with pytest.raises(MissingExtraError, match=r"sqlwright\[rag\]"):
        read_document(tmp_path / "a.pdf")


def test_what_is_no_document_is_refused(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK")
    (tmp_path / "latin.txt").write_bytes("Fl\xe4che".encode("latin-1"))
    (tmp_path / "empty.md").write_text(" \n")
    with pytest.raises(UsageError, match="Markdown"):
        read_document(tmp_path / "a.docx")
    with pytest.raises(DataError, match="UTF-8"):
        read_document(tmp_path / "latin.txt")
    with pytest.raises(DataError, match="no text"):
        read_document(tmp_path / "empty.md")
    with pytest.raises(NotFoundError):
        read_document(tmp_path / "absent.md")
