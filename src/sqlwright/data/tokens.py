"""Exact token counts with a model's own tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..core import NotFoundError, UsageError


def token_counter(path: str | Path) -> Callable[[str], int]:
    """Counts with the `tokenizer.json` at `path` or in the folder `path`, without special tokens.

    Raises NotFoundError and UsageError.
    """
    from tokenizers import Tokenizer

    file = Path(path) / "tokenizer.json" if Path(path).is_dir() else Path(path)
    if not file.is_file():
        raise NotFoundError(f"No tokenizer at {str(file)!r}.", "Name a tokenizer.json or a folder that holds one.")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # noqa: BLE001 - the library raises a bare Exception
        raise UsageError(f"{str(file)!r} is not a tokenizer.json: {error}") from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))
