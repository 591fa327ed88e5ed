"""Where a phrase stands in a question."""

from __future__ import annotations

import re
from collections.abc import Iterator


def spans(question: str, phrase: str) -> Iterator[tuple[int, int]]:
    """Where the words of `phrase` stand side by side in `question`, as half-open ranges of characters."""
    if words := phrase.split():
        spelled = r"[\W_]+".join(map(re.escape, words))
        edges = (r"(?<!\w)", r"(?!\w)") if phrase.isascii() else ("", "")
        for match in re.finditer(spelled.join(edges), question, re.IGNORECASE):
            yield match.span()
