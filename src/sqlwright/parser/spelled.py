"""Where a phrase stands in a question."""

from __future__ import annotations

import re
from collections.abc import Iterator


def spans(question: str, phrase: str) -> Iterator[tuple[int, int]]:
    """Where the words of `phrase` stand side by side in `question`, as half-open ranges of characters.

    A Chinese character beside a word does not belong to it: 剔除DE的货运单.
    """
    if words := phrase.split():
        spelled = r"[\W_]+".join(map(re.escape, words))
        edges = (r"(?<![^\W\u3400-\u9fff])", r"(?![^\W\u3400-\u9fff])") if phrase.isascii() else ("", "")
        for match in re.finditer(spelled.join(edges), question, re.IGNORECASE):
            yield match.span()
