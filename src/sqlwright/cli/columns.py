"""Short tables of text for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Columns under `head`, two blanks apart, the first `left` of them to the left and the others to the right."""
    from rich.cells import cell_len

    lines = [head, *rows]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            text + " " * (width - cell_len(text)) if i < left else " " * (width - cell_len(text)) + text
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
